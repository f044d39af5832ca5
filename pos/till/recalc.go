package till

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
)

// In a store whose cloud calculates discounts and points (Store.OnlineDiscount)
// a cheque is shown at the till's own prices and the cloud is asked when it is
// to be paid. Nothing waits for it but that payment, and not for long: without
// an answer that fits, the till's own prices stand, and the cheque, its
// document and its explanation say so. Only spending points needs the cloud's
// word. Whatever changes the cheque ends what the cloud has said.
//
// When the answer changes what there is to pay, the payment stops once: the
// customer has been told another sum.

// onlineFor is how long the cloud's prices of an unchanged cheque stand.
const onlineFor = 10 * time.Minute

// RecalcQuery is what a cloud is asked to calculate.
type RecalcQuery struct {
	Customer string // the cloud's id; "": nobody known
	Spend    int64  // points the customer would spend; 0: none
	Lines    []RecalcLine
}

// RecalcLine is a line at its full price.
type RecalcLine struct {
	ItemID   string
	ItemType string
	PackID   string
	Qty      qty.Milli
	Price    money.Amount // of one unit
}

// recalculating is a cheque the cloud is being asked about.
type recalculating struct {
	op       Op
	req      Req
	work     work // waits for the answer; nil: somebody only wants to see
	cheque   uuid.UUID
	revision int64
	total    money.Amount // that the person who pays has seen
}

// cartOf tells whether a work sells the cart, and what its author saw of it.
func cartOf(w work) (Seen, bool) {
	switch e := w.(type) {
	case Pay:
		return e.Seen, true
	case Prepay:
		return e.Seen, true
	case Exchange:
		return e.Seen, true
	}
	return Seen{}, false
}

// seeing is the work of somebody who sees the cart as it is now.
func seeing(w work, now Seen) work {
	switch e := w.(type) {
	case Pay:
		e.Seen = now
		return e
	case Prepay:
		e.Seen = now
		return e
	case Exchange:
		e.Seen = now
		return e
	}
	return w
}

// asksCloud asks for the cloud's prices before a work that sells the cart, if
// they are wanted and not known. What is wrong anyway is told without asking.
func (t *turn) asksCloud(w work) bool {
	seen, sells := cartOf(w)
	if !sells || t.stale(seen) || t.canSell() != nil || !t.cloudPrices() || t.onlineNow() {
		return false
	}
	t.askCloud(recalculating{req: reqOf(w), work: w})
	return true
}

// cloudPrices tells whether the cart is one a cloud calculates. The prices of a
// customer's order are agreed.
func (t *turn) cloudPrices() bool {
	return t.store.OnlineDiscount && !t.cart.Empty() && t.cart.Order == nil && !t.cart.Agreed() && t.problem == nil && t.pendingFault() == nil &&
		t.renewing.op == 0 && t.asking.op == 0
}

// onlineNow tells whether the cart has the cloud's prices.
func (t *turn) onlineNow() bool {
	r := t.cart.Recalc
	return r != nil && r.Online && t.env.Now.Sub(r.At).Abs() < onlineFor
}

func (t *turn) askCloud(r recalculating) {
	q := RecalcQuery{Customer: customerID(&t.cart)}
	if t.cart.Bonus > 0 {
		q.Spend = t.cart.Customer.Points(t.cart.Bonus)
	}
	for i := range t.cart.Lines {
		l := &t.cart.Lines[i]
		q.Lines = append(q.Lines, RecalcLine{ItemID: l.Item.ID, ItemType: string(l.Item.Type), PackID: l.PackID, Qty: l.Qty, Price: t.shown(l.ID).BasePrice})
	}
	r.op, r.cheque, r.revision, r.total = t.nextOp(), t.cart.ID, t.cart.Revision, t.priced.Total
	t.recalc = r
	t.do(Recalc{Op: r.op, Query: q})
}

// recalculate asks the cloud without paying.
func (t *turn) recalculate(e Recalculate) {
	var err *fault.Error
	switch {
	case t.stale(e.Seen):
		err = fault.New(fault.ChequeStale)
	case t.cart.Empty():
		err = fault.New(fault.ChequeEmpty)
	case !t.store.OnlineDiscount || t.cart.Order != nil || t.cart.Agreed():
		err = fault.New(fault.RecalcOff)
	case t.recalc.op != 0 || !t.cloudPrices():
		err = fault.New(fault.Busy)
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	t.askCloud(recalculating{req: e.Req})
}

// recalculated takes the cloud's prices, or says why the till's own stand, and
// goes on with what waited.
func (t *turn) recalculated(e Recalculated) {
	r := t.recalc
	if e.Op != r.op {
		return
	}
	t.recalc = recalculating{}
	defer t.lookNext() // codes that came meanwhile
	if t.cart.ID != r.cheque || t.cart.Revision != r.revision {
		t.reply(r.req, fault.New(fault.ChequeStale))
		return
	}
	why := e.Err
	if why == nil {
		why = t.unfit(e.Recalc)
	}
	if why != nil {
		if t.cart.Bonus > 0 {
			t.reply(r.req, fault.New(fault.BonusOffline).With(why))
			return
		}
		e.Recalc = cheque.Recalc{Why: string(why.Code)}
	}
	e.Recalc.At, e.Recalc.Online = t.env.Now, why == nil
	err := t.change(t.cart, t.cart.Recalculated(e.Recalc, t.env.Now))
	switch {
	case err != nil || r.work == nil:
		t.reply(r.req, err)
	case t.priced.Total != r.total:
		t.reply(r.req, fault.New(fault.PriceRecalculated, t.priced.Total.String(), r.total.String()))
	case !admit[evWork][t.phase].handle:
		t.reply(r.req, fault.New(admit[evWork][t.phase].refuse))
	default:
		t.carryOut(seeing(r.work, Seen{Cheque: t.cart.ID, Revision: t.cart.Revision}))
	}
}

// unfit tells why an answer can not be the cart's prices.
func (t *turn) unfit(r cheque.Recalc) *fault.Error {
	r.Online = true
	next := t.cart.Apply(t.cart.Recalculated(r, t.env.Now))
	rules := t.pinned
	if rules == nil {
		rules = t.rules
	}
	if _, err := rules.Price(&next, pricing.How{Now: t.today(), Country: t.country()}); err != nil {
		return fault.New(fault.CloudGarbage).With(err)
	}
	return nil
}

// pricedBy is what a receipt says of whose prices it has.
func pricedBy(c *cheque.Cheque) *doc.Recalc {
	if c.Recalc == nil {
		return nil
	}
	return &doc.Recalc{Online: c.Recalc.Online, Why: c.Recalc.Why}
}

// cloudPoints gives each receipt of a purchase its part of the points the cloud
// takes and gives: together as many as it said.
func cloudPoints(r *cheque.Recalc, all []doc.Receipt) {
	var total, sum, soTotal, soSum money.Amount
	for i := range all {
		total, sum = total+all[i].Total, sum+paidByPoints(&all[i])
	}
	part := func(points int64, so, of money.Amount) int64 {
		if of == 0 {
			return 0
		}
		n, err := money.Amount(points).MulDiv(int64(so), int64(of))
		if err != nil {
			return 0
		}
		return int64(n)
	}
	for i := range all {
		own := paidByPoints(&all[i])
		b := doc.Bonus{Program: r.Program, Sum: own,
			Spent:  part(r.Spent, soSum+own, sum) - part(r.Spent, soSum, sum),
			Earned: part(r.Earned, soTotal+all[i].Total, total) - part(r.Earned, soTotal, total)}
		soSum, soTotal = soSum+own, soTotal+all[i].Total
		if b.Spent == 0 {
			b.Sum = 0 // a few kopecks of a point that another receipt names
		}
		if b.Program != "" && (b.Spent > 0 || b.Earned > 0) {
			all[i].Bonus = &b
		}
	}
}

// paidByPoints is how much of a receipt's discount points have paid for.
func paidByPoints(r *doc.Receipt) (sum money.Amount) {
	for i := range r.Lines {
		for _, d := range r.Lines[i].Discounts {
			if d.RuleID == pricing.BonusID {
				sum += d.Sum
			}
		}
	}
	return sum
}
