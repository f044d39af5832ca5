package till

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/shift"
)

func (t *turn) openShift(e OpenShift) {
	var err *fault.Error
	switch {
	case t.cashier == nil:
		err = fault.New(fault.LoginRequired)
	case t.shift != nil:
		err = fault.New(fault.ShiftOpen)
	default:
		err = t.deviceFault()
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	t.begin(bracket{req: e.Req, kind: kkt.OpOpenShift})
}

func (t *turn) freezeOpen(b *bracket) *fault.Error {
	if b.mark.ShiftOpen {
		return fault.New(fault.ShiftForeign, fmt.Sprint(b.mark.Shift))
	}
	id := t.env.NewID()
	totals := shift.New(id, t.lastShift+1, t.env.Now, t.drawer).Totals
	for i, typ := range []doc.Type{doc.OpenSession, doc.PosOpenSession} {
		d := t.newDocument(typ, int64(i)+1)
		d.ShiftID, d.ShiftNumber, d.Shift = id, t.lastShift+1, &totals
		b.docs = append(b.docs, d)
	}
	return nil
}

// closeShift closes the till's shift, or a shift on the device that is not
// the till's.
func (t *turn) closeShift(e CloseShift) {
	var err *fault.Error
	switch {
	case t.cashier == nil:
		err = fault.New(fault.LoginRequired)
	case t.shift == nil && (!t.device.Ready || t.device.Status.Shift == kkt.ShiftClosed):
		err = fault.New(fault.ShiftClosed)
	case !t.cart.Empty() || len(t.scans) > 0:
		err = fault.New(fault.ChequeNotEmpty)
	default:
		err = t.deviceFault()
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	t.begin(bracket{req: e.Req, kind: kkt.OpCloseShift})
}

func (t *turn) freezeClose(b *bracket) *fault.Error {
	totals := doc.Shift{OpenedAt: t.env.Now, Drawer: t.drawer}
	types := []doc.Type{doc.ZReport}
	if t.shift != nil {
		totals, types = t.shift.Totals, append(types, doc.CloseSession)
	} else if !b.mark.ShiftOpen {
		return fault.New(fault.ShiftClosed)
	}
	for i, typ := range types {
		d := t.newDocument(typ, int64(i)+1)
		d.Shift = &totals
		b.docs = append(b.docs, d)
	}
	return nil
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
	totals := t.shift.Totals
	d.Shift = &totals
	t.lastNumber = d.Number
	b.docs, b.op = []doc.Document{d}, t.nextOp()
	t.job, t.phase = &b, Filing
	t.keep(b.op, documentEntry(&d))
}

// count lets a durable document take its effect on the shift.
func (t *turn) count(d *doc.Document) {
	t.lastNumber = max(t.lastNumber, d.Number)
	switch d.Type {
	case doc.OpenSession:
		s := shift.New(d.ShiftID, d.ShiftNumber, d.Time, d.Shift.Drawer).Add(d)
		if d.Fiscal != nil {
			s.FN = d.Fiscal.FN
		}
		t.shift, t.lastShift = &s, max(t.lastShift, d.ShiftNumber)
	case doc.CloseSession:
		t.drawer = d.Shift.Drawer
		t.shift = nil
	default:
		if t.shift != nil && d.ShiftID == t.shift.ID && d.ShiftID != uuid.Nil {
			s := t.shift.Add(d)
			t.shift = &s
		}
	}
}
