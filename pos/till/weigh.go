package till

import (
	"context"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Goods sold by weight whose code says no weight are weighed on the till's
// scale, if it has one: the unit stands beside the cheque until what lies on
// the scale lies still, and scanning goes on. A weight that was typed before
// the code is taken as it is.

// Scale is the scale port. Weigh waits until what lies on the scale lies still
// and returns it; a *fault.Error says why there is no weight.
type Scale interface {
	Weigh(ctx context.Context) (qty.Milli, error)
}

// Weigh asks the scale; answered by Weighed.
type Weigh struct{ Op Op }

func (Weigh) effect() {}

// Weighed answers Weigh.
type Weighed struct {
	Op     Op
	Weight qty.Milli // kilograms
	Err    *fault.Error
}

func (Weighed) kind() eventKind { return evPermitted }

// weigh sends a unit to the scale and tells whether it waits there.
func (t *turn) weigh(h *held) bool {
	if !t.Settings.Scale || !h.match.Item.ByWeight || h.times != 0 || h.code.Marking != nil || !itemCode(&h.match) {
		return false
	}
	h.op = t.nextOp()
	t.wait(*h)
	t.do(Weigh{Op: h.op})
	return true
}

// weighed goes on with a unit that was on the scale.
func (t *turn) weighed(e Weighed) {
	h, ok := t.release(func(h *held) bool { return h.op == e.Op && e.Op != 0 })
	if !ok {
		return
	}
	h.op = 0
	switch {
	case e.Err != nil:
		t.refuseScan(h.scan, e.Err)
	case !e.Weight.Valid():
		t.refuseScan(h.scan, fault.New(fault.ScaleEmpty, h.match.Item.Name))
	default:
		h.times = e.Weight
		t.settle(h)
	}
	t.lookNext()
}
