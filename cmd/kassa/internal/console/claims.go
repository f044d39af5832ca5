package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// shownClaims is how many claims the dialog lists; a number finds the others.
const shownClaims = 40

// claimView is an advance, certificate, prepayment or debt in the list.
type claimView struct {
	till.Claim
	Over bool // it can not be used any more
}

// claimsView is what of the claims is listed.
type claimsView struct {
	Rows []claimView // newest first
	More int
	Find string
}

// claimsDialog lists what shop and customers owe each other, those of a number
// when one is asked for.
func claimsDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	v := claimsView{Find: strings.TrimSpace(query.Get("find"))}
	today := s.Now.Format("2006-01-02")
	for _, c := range slices.Backward(s.V.Claims) {
		if v.Find != "" && !strings.Contains(strings.ToLower(c.Number), strings.ToLower(v.Find)) {
			continue
		}
		if len(v.Rows) == shownClaims {
			v.More++
			continue
		}
		v.Rows = append(v.Rows, claimView{Claim: c, Over: c.Expires != "" && today > c.Expires})
	}
	return v, nil
}

// claimOf finds the claim an address or a form names by its id or number.
func claimOf(v *till.View, what string) (*till.Claim, *fault.Error) {
	i := slices.IndexFunc(v.Claims, func(c till.Claim) bool { return what != "" && (c.Number == what || c.ID.String() == what) })
	if i < 0 {
		return nil, fault.New(fault.ClaimUnknown, shortened(what))
	}
	return &v.Claims[i], nil
}

// claimLeft answers with what is left of a certificate or an advance, in
// kopecks, for the payment sheet.
func (c *Console) claimLeft(w http.ResponseWriter, r *http.Request) {
	v, _ := c.o.Till.View()
	claim, err := claimOf(&v, strings.TrimSpace(r.URL.Query().Get("number")))
	if err == nil && claim.Kind == doc.ClaimDebt {
		err = fault.New(fault.ClaimUnknown, shortened(claim.Number))
	}
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := w.Write([]byte(strconv.FormatInt(int64(claim.Left()), 10))); err != nil {
		c.o.Log.Debug("console: browser went away", "err", err)
	}
}

// handOverView is a prepayment that is handed over.
type handOverView struct {
	Claim *till.Claim
	Lines []api.PrepaidLine // with something left
	Rest  money.Amount      // to be paid when all of it is handed over
	Marks bool              // units of it are scanned
}

func handOverDialog(c *Console, query url.Values, s *screen) (any, *fault.Error) {
	claim, err := claimOf(&s.V, query.Get("claim"))
	if err != nil {
		return nil, err
	}
	if c.o.Books == nil {
		return nil, fault.New(fault.Unavailable)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	all, bad := c.o.Books.Prepaid(ctx, claim)
	if bad != nil {
		return nil, fault.Of(bad)
	}
	v := handOverView{Claim: claim}
	for _, l := range all {
		if l.Left > 0 {
			v.Lines = append(v.Lines, l)
			v.Rest += l.Sum - l.Paid
			v.Marks = v.Marks || l.Mark
		}
	}
	return v, nil
}

// handOver takes "claim", the quantities when the cheque is empty, and "pay".
func handOver(form url.Values, v *till.View) (till.Event, *fault.Error) {
	once, err := onceOf(form)
	cmd := till.HandOver{Once: once, Claim: form.Get("claim"), Parts: wayOf(form), Seen: seenNow(v)}
	if err == nil && len(v.Cheque.Lines) == 0 {
		if cmd.Lines, err = returnLines(form); err == nil && len(cmd.Lines) == 0 {
			err = fault.New(fault.ReturnNothing)
		}
	}
	return cmd, err
}

func repayDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	claim, err := claimOf(&s.V, query.Get("claim"))
	if err != nil {
		return nil, err
	}
	return claim, nil
}

// repay takes "claim", "sum" (nothing: all of it) and "pay".
func repay(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	once, sum, err := onceAndSum(form)
	return till.Repay{Once: once, Claim: form.Get("claim"), Sum: sum, Parts: wayOf(form)}, err
}

func prepayDialog(_ *Console, _ url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	return nil, s.needShift()
}

// prepay takes "sum" (nothing: all of the cheque) and "pay".
func prepay(form url.Values, v *till.View) (till.Event, *fault.Error) {
	once, sum, err := onceAndSum(form)
	return till.Prepay{Once: once, Sum: sum, Parts: wayOf(form), Seen: seenNow(v)}, err
}

func sellClaimDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	return doc.ClaimKind(query.Get("kind")), s.needShift()
}

// sellClaim takes "kind", "number" and "expires" of a certificate, "sum" and
// "pay".
func sellClaim(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	once, _, err := onceAndSum(form)
	cmd := till.SellClaim{Once: once, Kind: doc.ClaimKind(form.Get("kind")), Number: strings.TrimSpace(form.Get("number")), Expires: form.Get("expires"), Parts: wayOf(form)}
	if err == nil {
		cmd.Sum, err = roubles(form.Get("sum"))
	}
	return cmd, err
}

// wayOf reads how all of something is paid: "pay" is a way, nothing when there
// is nothing to pay.
func wayOf(form url.Values) []till.Part {
	switch way := form.Get("pay"); way {
	case "":
		return nil
	case wayQR:
		return []till.Part{{Type: doc.PayElectron, QR: true}}
	default:
		return []till.Part{{Type: doc.PaymentType(way)}}
	}
}

func onceAndSum(form url.Values) (once till.Once, sum money.Amount, err *fault.Error) {
	if once, err = onceOf(form); err == nil && strings.TrimSpace(form.Get("sum")) != "" {
		sum, err = roubles(form.Get("sum"))
	}
	return once, sum, err
}

// ordersDialog lists the customers' orders, as the cloud has them now.
func ordersDialog(c *Console, _ url.Values, _ *screen) (any, *fault.Error) {
	return c.orders()
}

func (c *Console) orders() ([]catalog.Order, *fault.Error) {
	if c.o.Books == nil {
		return nil, fault.New(fault.CloudNone)
	}
	ctx, stop := c.lookingUp()
	defer stop()
	list, err := c.o.Books.Orders(ctx)
	return list, fault.Of(err)
}

// takeOrder takes "id" of an order.
func (c *Console) takeOrder(form url.Values, _ *till.View) (till.Event, *fault.Error) {
	list, err := c.orders()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(o catalog.Order) bool { return o.ID == form.Get("id") })
	if i < 0 {
		return nil, fault.New(fault.NotFound, shortened(form.Get("id")))
	}
	ctx, stop := c.lookingUp()
	defer stop()
	cmd, bad := c.o.Books.OrderCheque(ctx, &list[i])
	return cmd, fault.Of(bad)
}

// Digits are the keys of a number.
func (s *screen) Digits() []int { return []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 0} }

// OrderSum is what an order comes to.
func (s *screen) OrderSum(o catalog.Order) (sum money.Amount) {
	for _, p := range o.Positions {
		if n, err := p.Price.MulDiv(int64(p.Qty), 1000); err == nil {
			sum += n
		}
	}
	return sum
}

// OrderPaid is what of it was paid already.
func (s *screen) OrderPaid(o catalog.Order) money.Amount { return o.PaidCash + o.PaidNoCash + o.PaidQR }

// customersFound answers with who fits what was typed, to choose from.
func (c *Console) customersFound(w http.ResponseWriter, r *http.Request) {
	var found []catalog.CustomerCard
	text := strings.TrimSpace(r.URL.Query().Get("customer"))
	if c.o.Customers != nil && len([]rune(text)) >= shortestName {
		var err error
		if found, err = c.o.Customers(r.Context(), text, maxFound); err != nil {
			c.refuse(w, r, http.StatusOK, fault.Of(err)) // the row takes the place of the list
			return
		}
	}
	loc := c.localeOf(r)
	v, _ := c.o.Till.View()
	loc.write(w, c.o.Log, "found", dialogData{screen: c.screen(loc, v, c.o.Now()), Lang: loc.name, D: foundView{found, shortened(text)}})
}

// foundView is whom a text means.
type foundView struct {
	Found []catalog.CustomerCard
	Text  string
}

// Of customers by name.
const (
	shortestName = 2 // runes
	maxFound     = 6
)

// couponView is a coupon of the cheque.
type couponView struct {
	Code  string
	Known bool // some promotion of the till is for it
}

// Coupons are those the customer gave.
func (s *screen) Coupons() (all []couponView) {
	rules := s.V.Promotions()
	for _, code := range s.V.Cheque.Coupons {
		known := slices.ContainsFunc(rules, func(p till.PromotionView) bool { return strings.EqualFold(p.When.Coupon, code) })
		all = append(all, couponView{code, known})
	}
	return all
}

// explainDialog tells how the prices came about: of the line the address
// names, else of all.
func explainDialog(_ *Console, query url.Values, s *screen) (any, *fault.Error) {
	if s.Empty() {
		return nil, fault.New(fault.ChequeEmpty)
	}
	trace, err := s.V.Explain()
	if err != nil {
		return nil, fault.Of(err)
	}
	if id, bad := uuid.Parse(query.Get("line")); bad == nil {
		for _, l := range trace.Lines {
			if l.Line == id {
				trace.Lines = trace.Lines[:0:0]
				trace.Lines = append(trace.Lines, l)
				break
			}
		}
	}
	return trace, nil
}
