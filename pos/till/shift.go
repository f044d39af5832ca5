package till

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/shift"
)

func (e OpenShift) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpOpenShift}
	switch {
	case t.cashier == nil:
		return b, fault.New(fault.LoginRequired)
	case t.shift != nil:
		return b, fault.New(fault.ShiftOpen)
	}
	return b, t.deviceFault()
}

func (e OpenShift) freeze(t *turn, b *bracket) *fault.Error {
	if b.mark.ShiftOpen && !b.mark.Cloud {
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

// CloseShift closes the till's shift, or a shift on the device that is not
// the till's.
func (e CloseShift) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpCloseShift, watch: e.watch}
	switch {
	case t.cashier == nil && !e.watch:
		return b, fault.New(fault.LoginRequired)
	case t.shift == nil && (!t.device.Ready || t.device.Status.Shift == kkt.ShiftClosed):
		return b, fault.New(fault.ShiftClosed)
	case !t.cart.Empty() || len(t.scans) > 0:
		return b, fault.New(fault.ChequeNotEmpty)
	}
	err := t.deviceFault()
	if t.shift != nil && t.otherFN() && err != nil && err.Code == fault.FiscalChanged {
		err = nil // our shift ended with its FN; it is closed beside the device
	}
	return b, err
}

func (e CloseShift) freeze(t *turn, b *bracket) *fault.Error {
	types := []doc.Type{doc.ZReport}
	if t.shift != nil {
		types = append(types, doc.CloseSession)
	} else if !b.mark.ShiftOpen {
		return fault.New(fault.ShiftClosed)
	}
	totals := t.totals()
	totals.Acquiring = b.acquired
	for i, typ := range types {
		d := t.newDocument(typ, int64(i)+1)
		d.Shift = totals
		b.docs = append(b.docs, d)
	}
	return nil
}

// closeBeside tells whether our shift is closed without the device: somebody
// closed the device's already, its FN is another one, or its currency.
func (t *turn) closeBeside(m kkt.Mark) bool {
	return !m.ShiftOpen || m.Cloud || t.shiftCurrency() != nil || (t.shift != nil && t.shift.FN != "" && m.FN != t.shift.FN)
}

// count lets a durable document take its effect on the till.
func (t *turn) count(d *doc.Document) {
	t.lastNumber = max(t.lastNumber, d.Number)
	t.remember(d.ID)
	t.goneOf(d)
	if f := d.Fiscal; f != nil && !f.Cloud && !f.SKKO && (t.fn == "" || f.FN == t.fn) {
		t.fn, t.lastFD = f.FN, max(t.lastFD, f.FD)
	}
	switch d.Type {
	case doc.OpenSession:
		s := shift.New(d.ShiftID, d.ShiftNumber, d.Time, d.Shift.Drawer).Add(d)
		s.Cashier, s.Currency = d.Cashier, d.Currency
		if d.Fiscal != nil {
			s.FN = d.Fiscal.FN
		}
		t.acquired = nil
		t.shift, t.lastShift = &s, max(t.lastShift, d.ShiftNumber)
	case doc.CloseSession:
		t.drawer, t.acquired = d.Shift.Drawer, d.Shift.Acquiring
		t.shift = nil
	default:
		if t.shift != nil && d.ShiftID == t.shift.ID && d.ShiftID != uuid.Nil {
			s := t.shift.Add(d)
			t.shift = &s
		}
	}
}
