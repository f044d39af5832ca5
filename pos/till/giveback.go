package till

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

func (e Return) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSaleReturn, base: e.Sale}
	if e.Sale == uuid.Nil {
		return b, fault.New(fault.BadRequest, "sale")
	}
	return b, t.canSell()
}

func (e Return) freeze(t *turn, b *bracket) *fault.Error {
	r, err := t.refund(b, e.Lines, e.Payment)
	if err != nil {
		return err
	}
	b.people = b.sale.People
	if b.sale.Type == doc.Buy {
		b.kind = kkt.OpBuyReturn
		return t.receipts(b, doc.Buyback, []doc.Receipt{r})
	}
	return t.receipts(b, doc.Payback, []doc.Receipt{r})
}

// refund makes the receipt body that undoes the loaded sale, or lines of it.
func (t *turn) refund(b *bracket, lines []ReturnLine, by doc.PaymentType) (doc.Receipt, *fault.Error) {
	sale := b.sale
	if err := t.shiftFault(b.mark); err != nil {
		return doc.Receipt{}, err
	}
	if !comesUndone(sale) || sale.Fiscal == nil {
		return doc.Receipt{}, fault.New(fault.ReturnOf, sale.Name, string(sale.Type))
	}
	if err := t.systemFault(sale.Receipt.TaxSystem); err != nil {
		return doc.Receipt{}, err
	}
	f := newRefunds(sale.Receipt, b.back, t.claim(sale.ID))
	r, err := f.of(sale, lines, by, t.env.NewID)
	if err != nil {
		return r, err
	}
	r.ChequeID, r.BaseID, r.BaseNo, r.Repays = b.id, sale.ID, sale.Number, sale.Receipt.Repays
	if sale.Receipt.Claim != nil {
		r.Order = sale.Receipt.Order
	}
	if sale.Type == doc.Buy { // money comes in
		return r, nil
	}
	return r, t.drawerHolds(&r)
}

// begin takes the cheque for goods that come back.
func (e TakeBack) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSaleReturn}
	switch {
	case plain(e.Reason, MaxReason) == "":
		return b, fault.New(fault.ReasonNone)
	case e.Payment != doc.PayCash && e.Payment != doc.PayElectron:
		return b, fault.New(fault.BadRequest, string(e.Payment))
	case e.Of != nil && (len(e.Of.FN) != fnDigits || e.Of.FD == 0 || e.Of.Sum <= 0):
		return b, fault.New(fault.BadRequest, "receipt")
	}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	if total := t.priced.Total; e.Of != nil && total > min(e.Left, e.Of.Sum) {
		return b, fault.New(fault.ReturnMore, strconv.FormatUint(uint64(e.Of.FD), 10), min(e.Left, e.Of.Sum).String())
	}
	b.payments = []doc.Payment{{Type: e.Payment, Sum: t.priced.Total}}
	return b, nil
}

// fnDigits is the length of an FN's number.
const fnDigits = 16

func (e TakeBack) freeze(t *turn, b *bracket) *fault.Error {
	bodies, err := t.cartBodies(b)
	if err != nil {
		return err
	}
	for i := range bodies {
		r := &bodies[i]
		r.Reason, r.Other = plain(e.Reason, MaxReason), e.Of
		for j := range r.Lines {
			comesBack(&r.Lines[j])
		}
		if err := t.drawerHolds(r); err != nil {
			return err
		}
	}
	d := t.auditWho()
	d.Note, d.Sum = plain(e.Reason, MaxReason), int64(paidSum(b.payments))
	t.audit(auditTakeBack, d, uuid.Nil)
	return t.receipts(b, doc.Payback, bodies)
}

// comesUndone tells whether a document is one that Return undoes: a sale, or a
// purchase from a person.
func comesUndone(d *doc.Document) bool {
	return (d.Type == doc.Sell || d.Type == doc.Buy) && d.Receipt != nil
}

// drawerHolds refuses to give out more cash than there is.
func (t *turn) drawerHolds(r *doc.Receipt) *fault.Error {
	for _, p := range r.Payments {
		if p.Type == doc.PayCash && p.Sum > t.shift.Totals.Drawer {
			return fault.New(fault.FiscalCash)
		}
	}
	return nil
}

// signOf is a document's fiscal sign as it is printed.
func signOf(d *doc.Document) string { return strconv.FormatUint(uint64(d.Fiscal.Sign), 10) }
