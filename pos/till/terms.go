package till

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// What a cheque's prices depend on beside its lines: prices and changes by
// hand, the customer, coupons, bonus points. All of it is journaled with the
// cheque and comes back with it; who the customer is, by name, stands in the
// private part.

// setPrice types a line's price.
func (t *turn) setPrice(e SetPrice) {
	if t.stale(e.Seen) {
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	}
	ch, err := t.cart.SetPrice(e.Line, e.Price, t.env.Now)
	if err != nil {
		t.reply(e.Req, termFault(err, e.Price.String()))
		return
	}
	was, d := t.shown(e.Line), t.auditWho()
	ferr := t.change(t.cart, ch)
	if ferr == nil {
		d.Cheque, d.Item, d.Was, d.Sum = t.cart.ID.String(), was.Name, int64(was.Price), int64(e.Price)
		t.audit(auditPrice, d, uuid.Nil)
	}
	t.reply(e.Req, ferr)
}

// adjustLine makes a line cheaper or dearer by hand.
func (t *turn) adjustLine(e AdjustLine) {
	if t.stale(e.Seen) {
		t.reply(e.Req, fault.New(fault.ChequeStale))
		return
	}
	a := t.adjust(e.Percent, e.Sum)
	ch, err := t.cart.AdjustLine(e.Line, &a, t.env.Now)
	if err != nil {
		t.reply(e.Req, termFault(err, adjusted(e.Percent, e.Sum)))
		return
	}
	was := t.shown(e.Line)
	ferr := t.change(t.cart, ch)
	if ferr == nil {
		t.auditAdjust(a, was.Name, was.Total, t.shown(e.Line).Total)
	}
	t.reply(e.Req, ferr)
}

// adjustCheque makes the whole cheque cheaper or dearer by hand.
func (t *turn) adjustCheque(e AdjustCheque) {
	a := t.adjust(e.Percent, e.Sum)
	ch, err := t.cart.AdjustAll(&a, t.env.Now)
	ferr := t.mayTerms(e.Seen, err, adjusted(e.Percent, e.Sum))
	if ferr == nil && t.cart.Empty() {
		ferr = fault.New(fault.ChequeEmpty)
	}
	if ferr == nil {
		was := t.priced.Total
		if ferr = t.change(t.cart, ch); ferr == nil {
			t.auditAdjust(a, "", was, t.priced.Total)
		}
	}
	t.reply(e.Req, ferr)
}

// adjust is a change by hand with who allowed it.
func (t *turn) adjust(percent int64, sum money.Amount) cheque.Adjust {
	a := cheque.Adjust{Percent: percent, Sum: sum}
	if t.by != nil {
		a.Who = t.by.ID
	}
	return a
}

func (t *turn) auditAdjust(a cheque.Adjust, item string, was, now money.Amount) {
	d := t.auditWho()
	d.Cheque, d.Item, d.Percent, d.Was, d.Sum = t.cart.ID.String(), item, a.Percent, int64(was), int64(now)
	t.audit(auditDiscount, d, uuid.Nil)
}

// shown is a line of the cart as it is priced now; without prices its name.
func (t *turn) shown(id uuid.UUID) doc.Line {
	i := t.cart.Find(id)
	if i >= 0 && i < len(t.priced.Rows) {
		return t.priced.Shown(i)
	}
	if i >= 0 {
		return doc.Line{ID: id, Name: t.cart.Lines[i].Item.Name}
	}
	return doc.Line{}
}

// mayTerms is why a change of the cheque's terms may not be applied.
func (t *turn) mayTerms(seen Seen, err error, arg string) *fault.Error {
	switch {
	case t.stale(seen):
		return fault.New(fault.ChequeStale)
	case err != nil:
		return termFault(err, arg)
	}
	return nil
}

// terms applies a change of the cheque's terms. A customer or a coupon may
// come before the first item.
func (t *turn) terms(req Req, seen Seen, plan func(cheque.Cheque) (cheque.Change, error), arg string) {
	c := t.cart
	if c.Revision == 0 {
		c.ID = t.env.NewID()
	}
	ch, err := plan(c)
	ferr := t.mayTerms(seen, err, arg)
	if ferr == nil {
		ferr = t.change(c, ch)
	}
	t.reply(req, ferr)
}

func (t *turn) addCoupon(e AddCoupon) {
	code := strings.TrimSpace(printable(e.Code))
	t.terms(e.Req, e.Seen, func(c cheque.Cheque) (cheque.Change, error) {
		ch, err := c.AddCoupon(code, t.env.Now)
		if err == nil && !t.takesCoupon(code) {
			err = errNoPromotion
		}
		return ch, err
	}, code)
}

// errNoPromotion: no promotion wants this coupon.
var errNoPromotion = errors.New("till: coupon of no promotion")

// takesCoupon tells whether some promotion wants this coupon, be it on another
// day or for other goods: why it does nothing now stands with the prices.
func (t *turn) takesCoupon(code string) bool {
	rules := t.rules
	if t.pinned != nil && !t.cart.Empty() {
		rules = t.pinned
	}
	return rules != nil && slices.ContainsFunc(rules.Config().Promotions, func(p catalog.Promotion) bool { return p.When.Coupon == code })
}

func (t *turn) removeCoupon(e RemoveCoupon) {
	t.terms(e.Req, e.Seen, func(c cheque.Cheque) (cheque.Change, error) { return c.RemoveCoupon(e.Code, t.env.Now) }, printable(e.Code))
}

// spendBonus takes a part of the customer's points for money. Only the cloud
// knows how many there are: without its word nothing is spent.
func (t *turn) spendBonus(e SpendBonus) {
	who := t.cart.Customer
	var err *fault.Error
	switch {
	case e.Sum == 0: // taken back
	case who == nil:
		err = fault.New(fault.CustomerNone)
	case t.store.OnlineDiscount: // the cloud says how many, when the cheque is paid
	case who.Bonus == nil || who.BonusProgram == "":
		err = fault.New(fault.BonusUnknown)
	case e.Sum > *who.Bonus:
		err = fault.New(fault.BonusMore, who.Bonus.String())
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	t.terms(e.Req, e.Seen, func(c cheque.Cheque) (cheque.Change, error) { return c.SpendBonus(e.Sum, t.env.Now) }, e.Sum.String())
}

// setCustomer looks a customer up; the answer is found.
func (t *turn) setCustomer(e SetCustomer) {
	text := plain(e.Text, MaxCustomer)
	switch {
	case text == "":
		t.reply(e.Req, fault.New(fault.BadRequest, "customer"))
	case t.stale(e.Seen):
		t.reply(e.Req, fault.New(fault.ChequeStale))
	case t.asking.op != 0:
		t.reply(e.Req, fault.New(fault.Busy))
	default:
		t.asking = asking{op: t.nextOp(), req: e.Req, seen: e.Seen, cheque: t.cart.ID, text: text}
		t.do(FindCustomer{Op: t.asking.op, Text: text})
	}
}

// asking is a customer being looked up.
type asking struct {
	op     Op
	req    Req
	seen   Seen
	cheque uuid.UUID
	text   string
}

// customerFound takes the one customer that was meant; several are a question.
func (t *turn) customerFound(e CustomerFound) {
	a := t.asking
	if e.Op != a.op {
		return
	}
	t.asking = asking{}
	var err *fault.Error
	switch {
	case e.Err != nil:
		err = e.Err
	case len(e.Found) == 0:
		err = fault.New(fault.CustomerUnknown)
	case len(e.Found) > 1:
		err = fault.New(fault.CustomerMany, strconv.Itoa(len(e.Found)))
	case t.cart.ID != a.cheque:
		err = fault.New(fault.ChequeStale)
	}
	if err != nil {
		if t.reply(a.req, err); a.req == 0 { // a card at the scanner
			t.notice(err, t.shownScan(a.text))
		}
		return
	}
	who := e.Found[0]
	t.terms(a.req, Seen{}, func(c cheque.Cheque) (cheque.Change, error) {
		ch := c.SetCustomer(&who.Customer, t.env.Now)
		t.nameCustomer(&ch, who.Name)
		return ch, nil
	}, "")
}

func (t *turn) clearCustomer(e ClearCustomer) {
	if t.cart.Customer == nil {
		t.reply(e.Req, fault.New(fault.CustomerNone))
		return
	}
	t.terms(e.Req, e.Seen, func(c cheque.Cheque) (cheque.Change, error) {
		ch := c.SetCustomer(nil, t.env.Now)
		t.nameCustomer(&ch, "")
		return ch, nil
	}, "")
}

// nameCustomer puts the customer's name into the private part of a change.
func (t *turn) nameCustomer(ch *cheque.Change, name string) {
	p, electronic := t.people(), t.cart.Electronic
	p.Customer = plain(name, doc.MaxPerson)
	ch.People, ch.Electronic = &p, &electronic
}

// adjusted is a change by hand as people read it; "" of both at once, which
// only a program asks for.
func adjusted(percent int64, sum money.Amount) string {
	switch {
	case percent != 0 && sum != 0:
		return ""
	case percent != 0:
		return qty.Milli(percent).String() + "%"
	}
	return sum.String()
}

// termFault tells of a change that was not planned.
func termFault(err error, arg string) *fault.Error {
	switch {
	case errors.Is(err, cheque.ErrNoLine):
		return fault.New(fault.ChequeNoLine)
	case errors.Is(err, errNoPromotion):
		return fault.New(fault.CouponUnknown, arg)
	case errors.Is(err, cheque.ErrCoupon), errors.Is(err, cheque.ErrNoCoupon):
		return fault.New(fault.CouponBad, arg)
	case errors.Is(err, cheque.ErrPrice), errors.Is(err, cheque.ErrAdjust) && arg != "":
		return fault.New(fault.AmountBad, arg)
	}
	return fault.New(fault.BadRequest, "percent | amount").With(err)
}
