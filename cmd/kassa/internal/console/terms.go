package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

// priceView asks for a discount or a price, of a line or of the whole cheque.
type priceView struct {
	Line string // id; empty: the whole cheque
	Name string
	Now  money.Amount // what it comes to
}

// adjustDialog asks for a discount: of the line the address names, else of the
// cheque.
func adjustDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	if query.Get("line") == "" {
		return priceView{Now: s.V.Cheque.Total}, nil
	}
	return lineTerms(query, s, func(l *doc.Line) money.Amount { return l.Total })
}

// priceDialog asks for a line's price.
func priceDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	return lineTerms(query, s, func(l *doc.Line) money.Amount { return l.Price })
}

func lineTerms(query url.Values, s *screen, of func(*doc.Line) money.Amount) (any, *fault.Error) {
	id, err := uuid.Parse(query.Get("line"))
	i := slices.IndexFunc(s.V.Cheque.Lines, func(l doc.Line) bool { return l.ID == id })
	if err != nil || i < 0 {
		return nil, fault.New(fault.ChequeNoLine)
	}
	l := &s.V.Cheque.Lines[i]
	return priceView{Line: id.String(), Name: l.Name, Now: of(l)}, nil
}

// change reads "value" and "as": percent or money off, with "dearer" on. No
// value takes the change back.
func change(form url.Values) (percent int64, sum money.Amount, bad *fault.Error) {
	text := strings.TrimSpace(form.Get("value"))
	if text == "" {
		return 0, 0, nil
	}
	text = strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if form.Get("as") == "money" {
		var err error
		if sum, err = money.Parse(text); err != nil || sum < 0 {
			return 0, 0, fault.New(fault.AmountBad, shortened(text))
		}
	} else {
		p, err := qty.Parse(text) // thousandths, as percents are
		if err != nil {
			return 0, 0, fault.New(fault.AmountBad, shortened(text))
		}
		percent = int64(p)
	}
	if form.Get("dearer") != "" {
		percent, sum = -percent, -sum
	}
	return percent, sum, nil
}

func adjustLine(form url.Values, v *till.View, l *doc.Line) (till.Event, *fault.Error) {
	percent, sum, err := change(form)
	return till.AdjustLine{Line: l.ID, Percent: percent, Sum: sum, Seen: seenNow(v)}, err
}

func adjustCheque(form url.Values, v *till.View) (till.Event, *fault.Error) {
	percent, sum, err := change(form)
	return till.AdjustCheque{Percent: percent, Sum: sum, Seen: seenNow(v)}, err
}

// setPrice takes "value", the price of one unit; none: the catalogue's again.
func setPrice(form url.Values, v *till.View, l *doc.Line) (till.Event, *fault.Error) {
	cmd := till.SetPrice{Line: l.ID, Seen: seenNow(v)}
	if text := strings.TrimSpace(form.Get("value")); text != "" {
		var err error
		if cmd.Price, err = money.Parse(text); err != nil || cmd.Price <= 0 {
			return nil, fault.New(fault.AmountBad, shortened(text))
		}
	}
	return cmd, nil
}

// setCustomer takes "customer": an id, a card, a telephone or a name; empty is
// nobody in particular.
func setCustomer(form url.Values, v *till.View) (till.Event, *fault.Error) {
	text := strings.TrimSpace(form.Get("customer"))
	if text == "" {
		return till.ClearCustomer{Seen: seenNow(v)}, nil
	}
	return till.SetCustomer{Text: text, Seen: seenNow(v)}, nil
}

// setCoupon takes "code", and "remove" to take it back.
func setCoupon(form url.Values, v *till.View) (till.Event, *fault.Error) {
	if form.Get("remove") != "" {
		return till.RemoveCoupon{Code: form.Get("code"), Seen: seenNow(v)}, nil
	}
	return till.AddCoupon{Code: strings.TrimSpace(form.Get("code")), Seen: seenNow(v)}, nil
}

// setBonus takes "value", the points that are spent, as money.
func setBonus(form url.Values, v *till.View) (till.Event, *fault.Error) {
	cmd := till.SpendBonus{Seen: seenNow(v)}
	if text := strings.TrimSpace(form.Get("value")); text != "" {
		var err error
		if cmd.Sum, err = money.Parse(text); err != nil || cmd.Sum < 0 {
			return nil, fault.New(fault.AmountBad, shortened(text))
		}
	}
	return cmd, nil
}

// Customer is who is known to buy: the name, where it is known.
func (s *screen) Customer() string {
	c := s.V.Cheque.Customer
	if c == nil {
		return ""
	}
	if c.Name == "" {
		return c.ID
	}
	return c.Name
}

// CashDue is what is to be paid in cash alone.
func (s *screen) CashDue() money.Amount {
	if c := s.V.Cheque.CashTotal; c != 0 {
		return c
	}
	return s.V.Cheque.Total
}

// PricedBy says whose prices the cheque has, and what becomes of the points.
func (s *screen) PricedBy() string {
	r := s.V.Cheque.Recalc
	if !r.Online {
		return s.loc.must("recalc.own", fault.Text(fault.Code(r.Why), s.loc.name))
	}
	parts := []string{s.loc.must("recalc.online")}
	if r.Spent > 0 {
		parts = append(parts, s.loc.must("recalc.spent", r.Spent))
	}
	if r.Earned > 0 {
		parts = append(parts, s.loc.must("recalc.earned", r.Earned))
	}
	if r.Balance != nil && *r.Balance > 0 {
		parts = append(parts, s.loc.must("recalc.balance", *r.Balance))
	}
	return strings.Join(parts, " · ")
}
