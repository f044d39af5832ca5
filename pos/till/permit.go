package till

import (
	"context"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Marked goods. Before a marked unit enters the cheque its code is judged: the
// device must be one that registers marked goods (FFD 1.2), no unit is sold
// twice, and the permit port must allow it (the "разрешительный режим" of
// government decree 1944 of 21.11.2023). The till never waits for the answer:
// the unit stands beside the cheque until it comes, and scanning goes on.

// MaxHeld is how many scanned units may wait beside the cheque, for an answer
// of the permit port or of a person.
const MaxHeld = 32

// PermitQuery asks whether one marked unit may be sold here and now.
type PermitQuery struct {
	Code string // the marking code, byte for byte
	Unit string // GTIN and serial: what names the unit
	FN   string // fiscal storage of the device that will register it
	Part bool   // only a part of what has the code is sold, others before or after it
	Own  bool   // only this till's journal is asked: the country has no permit port
}

// PermitAnswer is the permit port's answer.
type PermitAnswer struct {
	// Refused says why the unit may not be sold, one of fault's permit codes or
	// fault.MarkSold; "": it may.
	Refused fault.Code
	Permit  doc.Permit // for the receipt
	Local   bool       // the local module answered: there was no answer from outside
}

// Permit is the permit port. An error means that nobody answered, which is no
// permission.
type Permit interface {
	Check(ctx context.Context, q PermitQuery) (PermitAnswer, error)
}

// CheckPermit asks the permit port about a unit, and this till's own journal
// whether it was sold here before; answered by Permitted.
type CheckPermit struct {
	Op    Op
	Query PermitQuery
}

func (CheckPermit) effect() {}

// Permitted answers CheckPermit. Err says why there is no answer.
type Permitted struct {
	Op     Op
	Answer PermitAnswer
	Err    *fault.Error
}

func (Permitted) kind() eventKind { return evPermitted }

// markFault tells why the device registers no marked goods; nil: it does, or
// nobody knows yet which device it is.
func (s *State) markFault() *fault.Error {
	id := &s.device.Identity
	if id.FN == "" || id.SKKO || (id.FFD == "1.2" && id.Marking) {
		return nil
	}
	return fault.New(fault.MarkDevice, id.FFD)
}

// marking takes the unit's code in, or asks for it. It tells whether the unit
// waits now.
func (t *turn) marking(h *held) (waits bool, err *fault.Error) {
	it := &h.match.Item
	if (!it.Marked() && h.code.Marking == nil) || h.unmarked || h.later || h.line.Permit != nil || h.set != nil {
		return false, nil // a unit with a code passes the port whatever the catalogue calls its item
	}
	if err := t.markFault(); err != nil {
		return false, err
	}
	if h.code.Marking == nil {
		err := t.askMark(h)
		return err == nil, err
	}
	unit := h.code.Marking.Identity()
	if err := t.portion(h); err != nil {
		return false, err
	}
	if !h.measured() && t.unitIsHere(unit) {
		return false, fault.New(fault.MarkTwice, it.Name)
	}
	h.line.Mark, h.line.MRC = h.code.Raw, h.code.Marking.MRC
	h.op = t.nextOp()
	t.wait(*h)
	t.do(CheckPermit{Op: h.op, Query: PermitQuery{Code: h.line.Mark, Unit: unit, FN: t.device.Identity.FN, Part: h.measured(), Own: t.country() != tax.Russia}})
	return true, nil
}

// measured tells whether goods are measured out of what has the code: a keg, a
// cheese, a package that is sold in parts. Their code is sold again and again.
func (h *held) measured() bool {
	return h.match.Item.Measured() || h.match.Item.Divisible && h.times != 0 && h.times < qty.One
}

// portion finds how much is sold by a scanned marking code. Nothing is guessed:
// of goods that are measured it stands in the code, was typed, or is that of the
// question or line that waits for the code.
func (t *turn) portion(h *held) *fault.Error {
	it := &h.match.Item
	if !h.measured() {
		if h.times != 0 && h.times != qty.One || h.match.Qty != qty.One {
			return fault.New(fault.MarkOne, it.Name)
		}
		return nil
	}
	switch {
	case h.match.PackID != "":
		return fault.New(fault.MarkOne, it.Name)
	case h.times != 0:
	case h.code.Marking.Weight > 0 && it.ByWeight:
		h.times = h.code.Marking.Weight
	default:
		if h.times = t.portionWanted(it.ID); h.times == 0 {
			return fault.New(fault.ItemWeight, it.Name)
		}
	}
	return nil
}

// portionWanted is how much of an item waits for its code; 0: nothing.
func (t *turn) portionWanted(item string) qty.Milli {
	for i := range t.held {
		h := &t.held[i]
		if h.asks == AskMark && h.match.Item.ID == item && h.portion > 0 {
			return h.portion
		}
	}
	for i := range t.cart.Lines {
		if l := &t.cart.Lines[i]; l.Item.ID == item && l.WantsMark() {
			return l.Qty
		}
	}
	return 0
}

// unitIsHere looks for a unit in every cheque this till has open: the cart,
// what is being paid, what is parked, and what waits beside the cart.
func (t *turn) unitIsHere(unit string) bool {
	all := append([]cheque.Cheque{t.cart}, t.parked...)
	if t.job != nil {
		all = append(all, t.job.cheque)
	}
	for i := range all {
		for k := range all[i].Lines {
			if UnitOf(all[i].Lines[k].Mark) == unit {
				return true
			}
		}
	}
	for i := range t.held {
		if UnitOf(t.held[i].line.Mark) == unit || t.held[i].set.has(func(l *cheque.Line) bool { return UnitOf(l.Mark) == unit }) {
			return true
		}
	}
	return false
}

// UnitOf names the unit of a marking code; "" when it is none.
func UnitOf(mark string) string {
	if mark == "" {
		return ""
	}
	c, err := gs1.Classify(mark, &gs1.Shop{})
	if err != nil || c.Marking == nil {
		return mark
	}
	return c.Marking.Identity()
}

// permitted goes on with a unit the permit port has answered about.
func (t *turn) permitted(e Permitted) {
	h, ok := t.release(func(h *held) bool { return h.op == e.Op && e.Op != 0 })
	if !ok {
		return
	}
	h.op = 0
	err := e.Err
	if err == nil && e.Answer.Refused != "" {
		err = fault.New(e.Answer.Refused, h.match.Item.Name)
	}
	if err != nil {
		d := t.auditWho()
		d.Cheque, d.Item, d.Unit, d.Note = idText(t.cart.ID), h.match.Item.Name, UnitOf(h.line.Mark), string(err.Code)
		t.audit(auditPermit, d, uuid.Nil)
		t.refuseScan(h.scan, err)
	} else {
		permit := e.Answer.Permit
		h.line.Permit = &permit
		t.unitCame(h)
	}
	t.lookNext()
}
