package till

import (
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

// The report on the state of settlements is registered, with a shift or
// without one.
func (e StateReport) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpStateReport}
	if t.cashier == nil {
		return b, fault.New(fault.LoginRequired)
	}
	return b, t.deviceFault()
}

func (e StateReport) freeze(t *turn, b *bracket) *fault.Error {
	d := t.newDocument(doc.StateReport, 1)
	d.ID, d.Shift = b.id, t.totals()
	b.docs = []doc.Document{d}
	return nil
}

// totals are the shift's so far, or what there is without one.
func (t *turn) totals() *doc.Shift {
	if t.shift == nil {
		return &doc.Shift{OpenedAt: t.env.Now, Drawer: t.drawer}
	}
	now := t.shift.Totals
	return &now
}

// xReport prints the totals. It registers nothing, so it needs no intent: the
// document is made once the paper is.
func (t *turn) xReport(e XReport) {
	err := t.canReport()
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	b := bracket{req: e.Req, op: t.nextOp(), id: t.env.NewID()}
	t.job, t.phase = &b, Reporting
	t.do(FiscalReport{Op: b.op})
}

func (t *turn) canReport() *fault.Error {
	switch {
	case t.country() == tax.Belarus:
		return fault.New(fault.RegisterOnly)
	case t.cashier == nil:
		return fault.New(fault.LoginRequired)
	case t.shift == nil:
		return fault.New(fault.ShiftClosed)
	}
	return t.deviceFault()
}

func (t *turn) reported(e Reported) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	if e.Err != nil {
		t.giveUp(e.Err)
		return
	}
	d := t.newDocument(doc.XReport, 1)
	d.Shift = t.totals()
	t.lastNumber = d.Number
	b.docs, b.op = []doc.Document{d}, t.nextOp()
	t.job, t.phase = &b, Filing
	t.keep(b.op, documentEntry(&d, nil))
}
