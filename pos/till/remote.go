package till

import (
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
)

// A till with a fiscal device may register receipts for tills that have none:
// the cloud hands them out (a master, in the cloud's words). Such a receipt
// goes the way of every other, intent and outcome and all; only its prices are
// settled already, its money is elsewhere, and nobody at this till waits for
// it. A cashier who pays meanwhile is served next.
//
// What the cloud hands out is journaled by who takes it, before the till hears
// of it, in the group TakenGroup names; the registered document ends it.

// TakenGroup is the journal's group of an operation taken from the cloud and
// neither registered nor rejected yet.
func TakenGroup(op uuid.UUID) uuid.UUID { return uuid.NewSHA1(op, []byte("taken")) }

// mayRegister tells why no fiscal document can be made now, whoever wants it.
func (t *turn) mayRegister() *fault.Error {
	switch {
	case t.shift == nil:
		return fault.New(fault.ShiftClosed)
	case t.spaceLow:
		return fault.New(fault.JournalSpace)
	case t.felt.power:
		return fault.New(fault.PowerFailing)
	}
	if err := t.deviceFault(); err != nil {
		return err
	}
	// The device's clock decides, not ours: it is the one that refuses.
	if t.device.Status.Shift == kkt.ShiftExpired {
		return fault.New(fault.ShiftExpired)
	}
	return nil
}

func (e Fiscalise) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kindOf(e.Type), people: e.People}
	switch {
	case e.Type != doc.Sell && e.Type != doc.Payback, e.ID == uuid.Nil, e.Remote.Href == "":
		return b, fault.New(fault.RemoteBad, string(e.Type))
	case t.deferred != nil || len(t.scans) > 0:
		return b, fault.New(fault.ChequePaying) // the customer at this till comes first
	}
	if err := t.mayRegister(); err != nil {
		return b, err
	}
	_, err := e.body(t)
	return b, err
}

// body is the receipt. Its sums are the cloud's.
func (e Fiscalise) body(t *turn) (doc.Receipt, *fault.Error) {
	rules, _ := pricing.Compile(pricing.Config{FreePrice: true})
	c := e.Cheque
	priced, err := rules.Price(&c, pricing.How{Now: t.today(), Country: t.country()})
	if err != nil {
		return doc.Receipt{}, priceFault(err, "")
	}
	bodies, ferr := t.split(&c, &priced)
	switch {
	case ferr != nil:
		return doc.Receipt{}, ferr
	case len(bodies) != 1: // the cloud wants one receipt
		return doc.Receipt{}, fault.New(fault.RemoteBad, "tax systems")
	case e.Prepaid:
		if ferr := prepaidFor(&bodies[0], paidSum(e.Payments)); ferr != nil {
			return doc.Receipt{}, ferr
		}
		// Whose goods they are the other till knows, and the cloud.
		bodies[0].Claim = nil
	case priced.Total != paidSum(e.Payments):
		return doc.Receipt{}, fault.New(fault.RemoteBad, paidSum(e.Payments).String()+" / "+priced.Total.String())
	}
	r, remote := bodies[0], e.Remote
	r.ChequeID, r.Recalc, r.Bonus, r.Remote = e.ID, nil, nil, &remote
	return r, nil
}

// prepaidFor makes of a receipt for goods one for their prepayment with a sum.
func prepaidFor(r *doc.Receipt, sum money.Amount) *fault.Error {
	totals := make([]money.Amount, len(r.Lines))
	for i := range totals {
		totals[i] = r.Lines[i].Total
	}
	parts, err := money.Allocate(sum, totals)
	if err != nil || sum <= 0 || sum > r.Total {
		return fault.New(fault.RemoteBad, sum.String()+" / "+r.Total.String())
	}
	return prepaid(r, parts)
}

func (e Fiscalise) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	r, err := e.body(t)
	if err != nil {
		return err
	}
	bodies := []doc.Receipt{r}
	if err := t.share(bodies, e.Payments); err != nil {
		return err
	}
	if err := t.receipts(b, e.Type, bodies); err != nil {
		return err
	}
	if t.cashier == nil {
		b.docs[0].Cashier = t.shift.Cashier
	}
	return nil
}

// RemoteLine makes a line whose price is settled of an item and what the cloud
// says of it.
func RemoteLine(it catalog.Item, l cheque.Line) cheque.Line {
	it.Prices, it.DiscountProhibited, it.Tobacco = nil, false, false // its price is not made here
	l.Item, l.Printed, l.Code = it, true, it.Code
	return l
}

// remote tells whether a bracket registers for another till.
func (b *bracket) remote() bool {
	return len(b.docs) > 0 && b.docs[0].Receipt != nil && b.docs[0].Receipt.Remote != nil || b.isFiscalise()
}

func (b *bracket) isFiscalise() bool {
	_, is := b.work.(Fiscalise)
	return is
}

// waitsForRemote lets a payment wait while another till's receipt is being
// registered, which takes a second or two.
func (t *turn) waitsForRemote(ev Event) bool {
	p, pays := ev.(Pay)
	if !pays || t.job == nil || !t.job.remote() || t.deferred != nil {
		return false
	}
	switch t.phase {
	case Marking, Intending, Preparing, Committing, Recording, Voiding:
		t.deferred, t.before = &p, len(t.scans)
		return true
	}
	return false
}

// freeWaiting answers a payment that waits for another till's receipt: that
// one can not be finished now.
func (t *turn) freeWaiting(err *fault.Error) {
	if p := t.deferred; p != nil && t.job != nil && t.job.remote() {
		t.deferred = nil
		t.reply(p.Req, err)
	}
}
