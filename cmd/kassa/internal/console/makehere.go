package console

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// Goods, customers and orders that begin at this till. They can be used at
// once, without a network too, and are sent to the cloud before what names them.

// barcodeShape is what an unknown code looks like that may be printed on goods;
// a marking code, of which only a part is shown, does not.
var barcodeShape = regexp.MustCompile(`^(?:[0-9]{3,14}|[0-9]*[A-Za-z][0-9A-Za-z._/-]{2,39})$`)

// Makes tells whether goods, customers and orders can be made here.
func (s *screen) Makes() bool { return s.makes }

// unknownBarcode is the barcode of a notice that goods can be made of, with the
// units it was scanned for; false: it can not.
func unknownBarcode(n *till.Notice) (code string, ok bool) {
	if n.Code != fault.CodeUnknown {
		return "", false
	}
	code = n.Raw
	if _, after, times := strings.Cut(code, "*"); times {
		code = after
	}
	return code, barcodeShape.MatchString(code)
}

// makeView asks what is made.
type makeView struct {
	Notice uuid.UUID // the scan it began with
	Code   string
	Rates  []tax.Rate
	Units  []string
	Text   string // what was typed before
}

// makeItemDialog asks for the goods of an unknown code, whose notice is in the
// address; without one for goods that have no code.
func makeItemDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if !s.makes {
		return nil, fault.New(fault.Unavailable)
	}
	v := makeView{Units: api.Units, Text: shortened(strings.TrimSpace(query.Get("text")))}
	for _, info := range tax.Rates() {
		if info.ValidIn(tax.Of(s.V.Currency), s.Now) && !strings.Contains(string(info.Rate), "/") {
			v.Rates = append(v.Rates, info.Rate)
		}
	}
	if query.Get("notice") == "" {
		return v, nil
	}
	n, err := noticeOf(query.Get("notice"), &s.V)
	if err != nil {
		return nil, err
	}
	code, ok := unknownBarcode(n)
	if !ok {
		return nil, fault.New(fault.CodeBad, shortened(n.Raw))
	}
	v.Notice, v.Code = n.ID, code
	return v, nil
}

func noticeOf(text string, v *till.View) (*till.Notice, *fault.Error) {
	id, err := uuid.Parse(text)
	i := slices.IndexFunc(v.Notices, func(n till.Notice) bool { return n.ID == id })
	if err != nil || i < 0 {
		return nil, fault.New(fault.NotFound, "notice")
	}
	return &v.Notices[i], nil
}

// makeItem takes "name", "price", "rate", "unit" and "notice". What was made of
// a scanned code is scanned again; what has none goes by its name.
func (c *Console) makeItem(form url.Values, v *till.View) ([]till.Event, *fault.Error) {
	if c.o.Made.Product == nil {
		return nil, fault.New(fault.Unavailable)
	}
	p := api.NewProduct{Name: form.Get("name"), Rate: tax.Rate(form.Get("rate")), Unit: form.Get("unit")}
	var err *fault.Error
	if p.Price, err = roubles(form.Get("price")); err != nil {
		return nil, err
	}
	var next []till.Event
	if text := form.Get("notice"); text != "" {
		n, err := noticeOf(text, v)
		if err != nil {
			return nil, err
		}
		code, ok := unknownBarcode(n)
		if !ok {
			return nil, fault.New(fault.CodeBad, shortened(n.Raw))
		}
		p.Barcodes = []string{code}
		next = append(next, till.Dismiss{Notice: n.ID})
		if p.Unit == api.Units[0] || code != n.Raw { // what is weighed waits for its weight
			next = append(next, till.Scan{Code: n.Raw})
		}
	}
	ctx, stop := c.lookingUp()
	defer stop()
	if _, bad := c.o.Made.Product(ctx, p); bad != nil {
		return nil, fault.Of(bad)
	}
	return next, nil
}

// makeCustomerDialog asks for a customer; what was typed to find one is taken
// over: digits are a telephone's, or a card's.
func makeCustomerDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if !s.makes {
		return nil, fault.New(fault.Unavailable)
	}
	return makeView{Text: shortened(strings.TrimSpace(query.Get("text")))}, nil
}

// Digits tells whether a number was typed, not a name.
func (v makeView) Digits() bool { return strings.ContainsAny(v.Text, "0123456789") }

// makeCustomer takes "name", "phone" and "card". The customer is known to the
// open cheque at once.
func (c *Console) makeCustomer(form url.Values, v *till.View) ([]till.Event, *fault.Error) {
	if c.o.Made.Customer == nil {
		return nil, fault.New(fault.Unavailable)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	who, err := c.o.Made.Customer(ctx, api.NewCustomer{Name: form.Get("name"), Phone: form.Get("phone"), Card: form.Get("card")})
	if err != nil {
		return nil, fault.Of(err)
	}
	return []till.Event{till.SetCustomer{Text: who.ID, Seen: seenNow(v)}}, nil
}

// makeOrderDialog asks whether the open cheque is an order.
func makeOrderDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	switch {
	case !s.makes:
		return nil, fault.New(fault.Unavailable)
	case s.Empty():
		return nil, fault.New(fault.ChequeEmpty)
	}
	return nil, nil
}

// makeOrder takes "description". The open cheque becomes an order.
func (c *Console) makeOrder(form url.Values, _ *till.View) ([]till.Event, *fault.Error) {
	if c.o.Made.Order == nil {
		return nil, fault.New(fault.Unavailable)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	_, err := c.o.Made.Order(ctx, api.NewOrder{Description: form.Get("description")})
	return nil, fault.Of(err)
}

// making are the actions that make something here, by the last part of the path.
func (c *Console) making() map[string]steps {
	return map[string]steps{"make-item": c.makeItem, "make-customer": c.makeCustomer, "make-order": c.makeOrder}
}
