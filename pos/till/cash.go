package till

import (
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

func (e CashIn) begin(t *turn) (bracket, *fault.Error)  { return t.moveCash(kkt.OpCashIn, e.CashMove) }
func (e CashOut) begin(t *turn) (bracket, *fault.Error) { return t.moveCash(kkt.OpCashOut, e.CashMove) }

func (e CashIn) freeze(t *turn, b *bracket) *fault.Error {
	return t.freezeCash(b, doc.CashIncome, e.CashMove)
}

func (e CashOut) freeze(t *turn, b *bracket) *fault.Error {
	return t.freezeCash(b, doc.CashOutcome, e.CashMove)
}

func (t *turn) moveCash(kind kkt.OperationKind, m CashMove) (bracket, *fault.Error) {
	b := bracket{kind: kind}
	if name := plain(m.Person, doc.MaxPerson); name != "" {
		b.people = &doc.People{Person: name}
	}
	if m.Sum <= 0 || m.Sum > money.Max {
		return b, fault.New(fault.AmountBad, m.Sum.String())
	}
	if m.Category < 0 || m.Category > MaxCategory || (kind == kkt.OpCashIn && m.Category != 0) {
		return b, fault.New(fault.BadRequest, "category")
	}
	if err := t.canSell(); err != nil {
		return b, err
	}
	if kind == kkt.OpCashOut && m.Sum > t.shift.Totals.Drawer {
		return b, fault.New(fault.FiscalCash)
	}
	if kind == kkt.OpCashIn && m.Sum > money.Max-t.shift.Totals.Drawer {
		return b, fault.New(fault.SumRange)
	}
	return b, nil
}

func (t *turn) freezeCash(b *bracket, typ doc.Type, m CashMove) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	d := t.newDocument(typ, 1)
	d.ID, d.Cash = b.id, &doc.Cash{Sum: m.Sum, Description: plain(m.Reason, MaxReason), Category: m.Category}
	b.docs = []doc.Document{d}
	return nil
}

// countDrawer puts a count of the drawer beside what should be in it.
func (t *turn) countDrawer(e CountDrawer) {
	switch {
	case t.cashier == nil:
		t.reply(e.Req, fault.New(fault.LoginRequired))
	case t.shift == nil:
		t.reply(e.Req, fault.New(fault.ShiftClosed))
	case e.Sum < 0 || e.Sum > money.Max:
		t.reply(e.Req, fault.New(fault.AmountBad, e.Sum.String()))
	default:
		who, should := t.auditWho(), int64(t.shift.Totals.Drawer)
		who.Sum, who.Should = int64(e.Sum), &should
		t.audit(auditDrawer, who, uuid.Nil)
		t.reply(e.Req, nil)
	}
}

// noSale opens the drawer for somebody who may, and says so in the journal.
func (t *turn) noSale(e NoSale) {
	reason := plain(e.Reason, MaxReason)
	if reason == "" {
		t.reply(e.Req, fault.New(fault.ReasonNone))
		return
	}
	d := t.auditWho()
	d.Note = reason
	t.audit(auditNoSale, d, uuid.Nil)
	t.openDrawer()
	t.reply(e.Req, nil)
}
