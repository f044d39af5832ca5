package till

import (
	"fmt"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// pay begins the payment of the cart, or says why not. The cart leaves the
// screen's place for the next one; it comes back when the payment fails.
func (t *turn) pay(e Pay) {
	switch {
	case t.deferred != nil:
		t.reply(e.Req, fault.New(fault.ChequePaying))
	case len(t.scans) > 0: // they were made before it and belong to this cheque
		t.deferred, t.before = &e, len(t.scans)
	default:
		t.payNow(e)
	}
}

func (t *turn) payNow(e Pay) {
	if id := e.Seen.Cheque; id != uuid.Nil && t.receipt != nil && id == t.receipt.ChequeID {
		t.reply(e.Req, nil) // paid already: the answer got lost on its way
		return
	}
	payment, err := t.canPay(e)
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	c, rules := t.cart, t.pinned
	t.emptyCart()
	t.last = nil
	t.begin(bracket{req: e.Req, kind: kkt.OpSale, cheque: c, payment: payment, rules: rules})
}

func (t *turn) canPay(e Pay) (doc.Payment, *fault.Error) {
	if t.stale(e.Seen) {
		return doc.Payment{}, fault.New(fault.ChequeStale)
	}
	if err := t.canSell(); err != nil {
		return doc.Payment{}, err
	}
	if t.cart.Empty() {
		return doc.Payment{}, fault.New(fault.ChequeEmpty)
	}
	if len(t.parked) > MaxParked { // a failed payment may need one more place
		return doc.Payment{}, fault.New(fault.ParkedFull, strconv.Itoa(MaxParked))
	}
	t.reprice()
	if t.problem != nil {
		return doc.Payment{}, t.problem
	}
	total := t.priced.Total
	p := doc.Payment{ID: t.env.NewID(), Type: e.Type, Sum: total}
	switch {
	case e.Type != doc.PayCash && e.Type != doc.PayElectron:
		return p, fault.New(fault.BadRequest, string(e.Type))
	case e.Tendered < 0 || (e.Type == doc.PayElectron && e.Tendered != 0):
		return p, fault.New(fault.AmountBad, e.Tendered.String())
	case e.Type == doc.PayElectron || e.Tendered == 0:
		if e.Type == doc.PayCash {
			p.Tendered = total
		}
		return p, nil
	case e.Tendered < total:
		return p, fault.New(fault.PaidLess, e.Tendered.String(), total.String())
	case e.Tendered-total > MaxChange:
		return p, fault.New(fault.ChangeHuge, (e.Tendered - total).String())
	}
	p.Tendered, p.Change = e.Tendered, e.Tendered-total
	return p, nil
}

// canSell tells why no fiscal document can be made now; nil: it can.
func (t *turn) canSell() *fault.Error {
	switch {
	case t.cashier == nil:
		return fault.New(fault.LoginRequired)
	case t.shift == nil:
		return fault.New(fault.ShiftClosed)
	case t.spaceLow:
		return fault.New(fault.JournalSpace)
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

// deviceFault tells why the fiscal device may not be used; nil: it may.
func (s *State) deviceFault() *fault.Error {
	d := &s.device
	switch {
	case !d.Ready && d.Err != nil && d.Err.Code != fault.FiscalNoAnswer:
		return d.Err
	case !d.Ready:
		return fault.New(fault.FiscalMissing)
	case d.Identity.TestFN && !s.Settings.Bench:
		return fault.New(fault.FiscalTestFN, d.Identity.FN)
	case s.store.TaxSystem != 0 && len(d.Identity.TaxSystems) > 0 && !d.Supports(s.store.TaxSystem):
		return fault.New(fault.FiscalTaxSystem, s.store.TaxSystem.String())
	case !d.Status.Paper:
		return fault.New(fault.FiscalPaper)
	case d.Status.LidOpen:
		return fault.New(fault.FiscalLid)
	}
	return nil
}

// freeze makes the documents of a bracket, now that the device's place is
// known. Nothing in them changes afterwards but the fiscal data.
func (t *turn) freeze(b *bracket) *fault.Error {
	switch b.kind {
	case kkt.OpSale:
		return t.freezeSale(b)
	case kkt.OpOpenShift:
		return t.freezeOpen(b)
	case kkt.OpCloseShift:
		return t.freezeClose(b)
	}
	return fault.New(fault.BadRequest, string(b.kind))
}

func (t *turn) freezeSale(b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	// Priced once more, with the rules it was shown with, at the moment it is frozen.
	priced, err := t.pricedFor(b.cheque)
	if err != nil {
		return priceFault(err, "")
	}
	if priced.Total != b.payment.Sum {
		return fault.New(fault.ChequeStale)
	}
	d := t.newDocument(doc.Sell, 1)
	d.ID = b.id
	d.Receipt = &doc.Receipt{ChequeID: b.cheque.ID, Lines: priced.Lines, Payments: []doc.Payment{b.payment}, Gross: priced.Gross,
		Discount: priced.Discount, Total: priced.Total, VAT: priced.VAT, TaxSystem: t.store.TaxSystem, Catalog: b.cheque.Catalog}
	if err := d.Validate(); err != nil {
		return fault.New(fault.Internal).With(err)
	}
	b.docs = []doc.Document{d}
	return nil
}

// newDocument makes the header of the nth document from now.
func (t *turn) newDocument(typ doc.Type, nth int64) doc.Document {
	n := t.lastNumber + nth
	d := doc.Document{ID: t.env.NewID(), Type: typ, Number: n, Name: t.documentName(n), Time: t.env.Now,
		Cashier: t.docCashier(), Currency: t.Settings.Currency, ClockBad: t.env.Now.Before(t.floor)}
	if t.shift != nil {
		d.ShiftID, d.ShiftNumber = t.shift.ID, t.shift.Number
	}
	return d
}

func (t *turn) documentName(n int64) string {
	prefix := t.store.Prefix
	if prefix == "" {
		prefix = t.Settings.Prefix
	}
	return fmt.Sprintf("%s%06d", prefix, n)
}

// paid shows the change and opens the drawer.
func (t *turn) paid(b *bracket) {
	d := &b.docs[0]
	last := &LastView{ChequeID: d.Receipt.ChequeID, DocumentID: d.ID, Number: d.Number, Type: d.Type, Total: d.Receipt.Total, At: d.Time}
	cash := false
	for _, p := range d.Receipt.Payments {
		last.Payment, last.Tendered, last.Change = p.Type, p.Tendered, p.Change
		cash = cash || p.Type == doc.PayCash
	}
	if d.Fiscal != nil {
		last.FN, last.FD, last.Sign = d.Fiscal.FN, d.Fiscal.FD, d.Fiscal.Sign
	}
	t.last, t.receipt = last, last
	if t.cart.Empty() {
		t.notices = nil
	}
	if b.booted {
		t.notice(fault.New(fault.FiscalFinished, d.Name), "")
	}
	if cash {
		t.do(OpenDrawer{})
	}
	t.do(Beep{SignalPaid})
}
