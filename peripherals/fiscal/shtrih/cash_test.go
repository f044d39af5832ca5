package shtrih

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// TestJudgeCash: the verdict on a movement of 10.00 by what the counters show,
// devices that count less included. Nothing is guessed.
func TestJudgeCash(t *testing.T) {
	in, out := kkt.Operation{Kind: kkt.OpCashIn, Cash: 10_00}, kkt.Operation{Kind: kkt.OpCashOut, Cash: 10_00}
	for _, c := range []struct {
		name   string
		op     kkt.Operation
		doc    int64 // before, of a drawer with 50.00
		after  int64
		drawer money.Amount
		tells  bool
		want   kkt.FoundKind
	}{
		{"nothing happened", in, 7, 7, 50_00, true, kkt.NotRegistered},
		{"in", in, 7, 8, 60_00, true, kkt.Registered},
		{"out", out, 7, 8, 40_00, true, kkt.Registered},
		{"the number starts again", in, 65535, 0, 60_00, true, kkt.Registered},
		{"a slip that moved nothing", in, 7, 8, 50_00, true, kkt.NotRegistered},
		{"and another slip", in, 7, 9, 60_00, true, kkt.Registered},
		{"the other way", in, 7, 8, 40_00, true, kkt.Foreign},
		{"another sum", in, 7, 8, 60_01, true, kkt.Foreign},
		{"money without a slip", in, 7, 7, 60_00, true, kkt.Foreign},
		{"no numbers, moved", in, 0, 0, 60_00, true, kkt.Registered},
		{"no numbers, not moved", in, 0, 0, 50_00, true, kkt.NotRegistered},
		{"no numbers, another sum", out, 0, 0, 45_00, true, kkt.Foreign},
		{"no drawer, no slip", in, 7, 7, 0, false, kkt.NotRegistered},
		{"no drawer, a slip", in, 7, 8, 0, false, kkt.Foreign},
		{"neither", in, 0, 0, 0, false, kkt.Foreign},
	} {
		mark := kkt.Mark{Doc: c.doc, Drawer: 50_00}
		if !c.tells {
			mark.Drawer = 0
		}
		got, why := judgeCash(mark, c.op, witness{document: c.after, drawer: c.drawer, drawers: c.tells})
		if got != c.want || (got == kkt.Foreign) != (why != "") {
			t.Errorf("%s: %s (%s), want %s", c.name, got, why, c.want)
		}
	}
	// A drawer that is always empty, on a device that numbers nothing, may be
	// no counter at all.
	if got, _ := judgeCash(kkt.Mark{}, in, witness{drawers: true}); got != kkt.Foreign {
		t.Errorf("a device that always says 0: %s", got)
	}
	if got, _ := judgeCash(kkt.Mark{Doc: 3}, in, witness{drawers: true, document: 3}); got != kkt.NotRegistered {
		t.Errorf("an empty drawer: %s", got)
	}
}
