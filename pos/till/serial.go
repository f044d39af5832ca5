package till

import (
	"slices"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Goods that are sold with their serial numbers: each unit is a line of its own,
// and one number is sold once. The number finds its item; scanned by another code
// the till asks for it.

// numbered takes the unit's serial number in, or asks for it. It tells whether
// the unit waits now.
func (t *turn) numbered(h *held) (waits bool, err *fault.Error) {
	it := &h.match.Item
	if !it.Serials || h.line.Serial != "" || h.set != nil {
		return false, nil
	}
	if h.match.Serial == "" {
		q, err := h.quantity()
		if err != nil {
			return false, err
		}
		if h.need = int(q / qty.One); h.need < 1 || h.need > MaxHeld {
			return false, fault.New(fault.QtyBad, q.String())
		}
		err = t.askPerson(h, AskSerial)
		return err == nil, err
	}
	switch {
	case h.times != 0 && h.times != qty.One:
		return false, fault.New(fault.QtyBad, h.times.String())
	case t.numberIsHere(it.ID, h.match.Serial):
		return false, fault.New(fault.SerialTwice, it.Name)
	}
	h.line.Serial, h.line.SerialID = h.match.Serial, h.match.SerialID
	l := h.line
	l.Item, l.Code = *it, h.match.Code
	if t.intoSet(h, &l) {
		return true, nil
	}
	t.codeCame(h)
	return false, nil
}

// numberIsHere looks for a serial number in every cheque this till has open.
func (t *turn) numberIsHere(item, number string) bool {
	is := func(l *cheque.Line) bool { return l.Serial == number && l.Item.ID == item }
	all := append([]cheque.Cheque{t.cart}, t.parked...)
	if t.job != nil {
		all = append(all, t.job.cheque)
	}
	for i := range all {
		if slices.ContainsFunc(all[i].Lines, func(l cheque.Line) bool { return is(&l) }) {
			return true
		}
	}
	return slices.ContainsFunc(t.held, func(h held) bool { return h.set.has(is) })
}
