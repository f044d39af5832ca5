package till

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// pay begins the payment of the cart, or says why not. The cart leaves the
// screen's place for the next one; it comes back when the payment fails.
func (t *turn) pay(e Pay) {
	switch {
	case t.deferred != nil:
		t.reply(e.Req, fault.New(fault.ChequePaying))
	case len(t.scans) > 0 || t.checking(): // they were made before it and belong to this cheque
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
	t.start(e)
}

func (e Pay) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSale}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	if err := t.lawful(); err != nil {
		return b, err
	}
	if paid := t.cart.Order.Prepaid(t.priced.Total); len(paid) > 0 {
		var err *fault.Error
		if b.payments, err = e.payOrder(t, paid); err == nil {
			err = t.cashLimit(b.people, b.payments)
		}
		return b, err
	}
	parts, err := e.parts()
	if err == nil {
		total := t.priced.Total
		if b.round = t.roundOf(parts); b.round != 0 {
			total = t.cashTotal
		}
		b.payments, err = t.payments(parts, total)
	}
	if err == nil {
		err = t.cashLimit(b.people, b.payments)
	}
	return b, err
}

// takeCart puts the cart into a bracket, or says why it can not be registered.
func (t *turn) takeCart(b *bracket, seen Seen) *fault.Error {
	if t.stale(seen) {
		return fault.New(fault.ChequeStale)
	}
	if err := t.canSell(); err != nil {
		return err
	}
	if err := t.pendingFault(); err != nil {
		return err
	}
	if t.cart.Empty() {
		return fault.New(fault.ChequeEmpty)
	}
	if t.renewing.op != 0 || t.asking.op != 0 {
		return fault.New(fault.Busy) // its prices are being found out
	}
	if len(t.parked) > MaxParked { // a failed payment may need one more place
		return fault.New(fault.ParkedFull, strconv.Itoa(MaxParked))
	}
	t.reprice()
	if t.problem != nil {
		return t.problem
	}
	for i := range t.cart.Lines {
		if err := t.systemFault(t.systemOf(&t.cart.Lines[i].Item)); err != nil {
			return err
		}
	}
	b.cheque, b.rules, b.people = t.cart, t.pinned, t.cart.People
	return nil
}

// cashLimits are what an organisation or entrepreneur may pay another in cash
// by one contract: Bank of Russia, instruction 5348-U, item 4.
var cashLimits = []struct {
	from time.Time
	sum  money.Amount
}{
	{time.Date(2020, 4, 27, 0, 0, 0, 0, time.UTC), 100_000 * money.Rouble},
}

// cashLimit refuses more cash from an organisation than the law allows.
func (t *turn) cashLimit(who *doc.People, payments []doc.Payment) *fault.Error {
	if who == nil || who.Buyer == nil || t.country() != tax.Russia {
		return nil
	}
	var cash money.Amount
	for _, p := range payments {
		if p.Type == doc.PayCash {
			cash += p.Sum
		}
	}
	for i := len(cashLimits) - 1; i >= 0; i-- {
		if l := cashLimits[i]; !t.today().Before(l.from) {
			if cash > l.sum {
				return fault.New(fault.CashLimit, l.sum.String())
			}
			break
		}
	}
	return nil
}

// canSell tells why no fiscal document can be made now; nil: it can.
func (t *turn) canSell() *fault.Error {
	if t.cashier == nil {
		return fault.New(fault.LoginRequired)
	}
	return t.mayRegister()
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
	case s.otherFN():
		return fault.New(fault.FiscalChanged, d.Identity.FN, s.fn)
	}
	if err := s.systemFault(s.store.TaxSystem); err != nil {
		return err
	}
	switch {
	case !d.Status.Paper:
		return fault.New(fault.FiscalPaper)
	case d.Status.LidOpen:
		return fault.New(fault.FiscalLid)
	}
	return nil
}

func (e Pay) freeze(t *turn, b *bracket) *fault.Error {
	bodies, err := t.cartBodies(b)
	if err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

// cartBodies are the receipts of the bracket's cheque with their shares of its
// payments. It is priced once more, with the rules it was shown with, at the
// moment it is frozen.
func (t *turn) cartBodies(b *bracket) ([]doc.Receipt, *fault.Error) {
	if err := t.shiftFault(b.mark); err != nil {
		return nil, err
	}
	priced, err := t.priceFor(b)
	if err != nil {
		return nil, err
	}
	if priced.Total != paidSum(b.payments) {
		return nil, fault.New(fault.ChequeStale)
	}
	bodies, err := t.split(&b.cheque, &priced)
	if err != nil {
		return nil, err
	}
	return bodies, t.share(bodies, b.payments)
}

func paidSum(payments []doc.Payment) (sum money.Amount) {
	for _, p := range payments {
		sum += p.Sum
	}
	return sum
}

// clockSlack is by how much a clock may fall behind a document's time without
// being wrong: time servers put right what has drifted.
const clockSlack = time.Minute

// newDocument makes the header of the nth document from now. No later one can
// be earlier.
func (t *turn) newDocument(typ doc.Type, nth int64) doc.Document {
	n := t.lastNumber + nth
	d := doc.Document{ID: t.env.NewID(), Type: typ, Number: n, Name: t.documentName(n), Time: t.env.Now,
		Cashier: t.docCashier(), Currency: t.currency(), ClockBad: t.env.Now.Before(t.floor)}
	if at := d.Time.Add(-clockSlack); at.After(t.floor) {
		t.floor = at
	}
	if t.shift != nil {
		d.ShiftID, d.ShiftNumber = t.shift.ID, t.shift.Number
		if t.cashier == nil { // the till closes the shift by itself
			d.Cashier = t.shift.Cashier
		}
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

// paid shows the receipt with its change and opens the drawer for cash.
func (t *turn) paid(b *bracket) {
	d := &b.docs[0]
	last := &LastView{ChequeID: d.Receipt.ChequeID, DocumentID: d.ID, Number: d.Number, Type: d.Type, At: d.Time}
	if d.Fiscal != nil {
		last.FN, last.FD, last.Sign = d.Fiscal.FN, d.Fiscal.FD, d.Fiscal.Sign
	}
	last.Parts = append(b.done[:len(b.done):len(b.done)], lastPart(d))
	cash := false
	for _, p := range last.Parts {
		last.add(p)
		cash = cash || p.Cash
	}
	if len(last.Parts) == 1 {
		last.QR, last.Parts = last.Parts[0].QR, nil
	}
	t.last, t.receipt = last, last
	if t.cart.Empty() {
		t.forgetNotices()
	}
	if b.booted {
		t.notice(fault.New(fault.FiscalFinished, d.Name), "")
	}
	if cash {
		t.openDrawer()
	}
	t.do(Beep{SignalPaid})
}

// operations number what a receipt registers, in its QR code.
var operations = map[doc.Type]int{doc.Sell: 1, doc.Payback: 2, doc.Buy: 3, doc.Buyback: 4}

// receiptCode is what the QR code of a receipt says; nil where it has none: it is
// not in an FN, or the time there is not known.
func receiptCode(d *doc.Document) *gs1.Receipt {
	f := d.Fiscal
	typ := d.Type
	if d.Receipt != nil && d.Receipt.Correction != nil {
		typ = d.Receipt.Correction.Of
	}
	if f == nil || f.SKKO || f.Time.IsZero() || f.FD == 0 || d.Receipt == nil || operations[typ] == 0 {
		return nil
	}
	at := f.Time
	return &gs1.Receipt{Time: time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC),
		Sum: d.Receipt.Total, FN: f.FN, FD: f.FD, Sign: f.Sign, Operation: operations[typ]}
}

// add counts one receipt of several. In an exchange what comes back is taken
// from what is sold: the sums are what changes hands.
func (v *LastView) add(p LastPart) {
	paid := p.Paid
	if p.Type == doc.Payback && v.Type != doc.Payback {
		paid = slices.Clone(paid)
		for i := range paid {
			paid[i].Sum = -paid[i].Sum
			if paid[i].Type == doc.PayCash {
				paid[i].Tendered = paid[i].Sum
			}
			p.Tendered += paid[i].Tendered
		}
		p.Total = -p.Total
	}
	v.Payment, v.Paid = p.Payment, addPaid(v.Paid, paid)
	v.Total, v.Tendered, v.Change = v.Total+p.Total, v.Tendered+p.Tendered, v.Change+p.Change
}

// lastPart is what is told of one registered receipt.
func lastPart(d *doc.Document) LastPart {
	p := LastPart{DocumentID: d.ID, Number: d.Number, Type: d.Type, Total: d.Receipt.Total}
	if d.Fiscal != nil {
		p.FN, p.FD, p.Sign = d.Fiscal.FN, d.Fiscal.FD, d.Fiscal.Sign
	}
	if code := receiptCode(d); code != nil {
		p.QR = code.String()
	}
	p.Paid = addPaid(nil, d.Receipt.Payments)
	for _, pay := range d.Receipt.Payments {
		p.Payment = pay.Type
		p.Tendered, p.Change = p.Tendered+pay.Tendered, p.Change+pay.Change
		p.Cash = p.Cash || pay.Type == doc.PayCash
	}
	return p
}
