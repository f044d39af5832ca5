package till

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// walk plays a cashier's day towards its goal: two sales between the opening
// and the closing of a shift. After a crash it looks at the screen and goes on
// from there, as a person would.
type walk struct {
	w    *world
	done bool
}

func (k *walk) next() Event {
	s := &k.w.state
	switch {
	case s.cashier == nil:
		return Login{PIN: "1111"}
	case s.shift == nil && k.sold() == 0:
		return OpenShift{}
	case k.sold() < 2 && len(s.cart.Lines) < 2:
		return Scan{Code: []string{"4600000000015", "4600000000022"}[len(s.cart.Lines)]}
	case k.sold() < 2:
		if k.sold() == 0 {
			return Pay{Type: doc.PayCash, Tendered: 500_00}
		}
		return Pay{Type: doc.PayElectron}
	case s.shift != nil:
		return CloseShift{}
	}
	k.done = true
	return nil
}

func (k *walk) sold() int {
	n := 0
	for _, f := range k.w.fn {
		if f.kind.Receipt() {
			n++
		}
	}
	return n
}

// play walks to the end through crashes and refusals that pass.
func (k *walk) play() {
	for n := 0; !k.done; n++ {
		if n > 60 {
			k.w.t.Fatalf("no progress in phase %s: %v", k.w.state.phase, k.w.trace)
		}
		cmd := k.next()
		if cmd == nil {
			return
		}
		k.w.say("%T", cmd)
		refused, err := k.w.do(cmd)
		if refused != nil {
			k.w.say("refused: %v", refused)
		}
		for err != nil {
			k.w.crash()
			err = k.w.run()
		}
	}
}

// TestOneBreakage breaks the day at every single step, in every way.
func TestOneBreakage(t *testing.T) {
	clean := newWorld(t)
	(&walk{w: clean}).play()
	clean.check()
	if len(clean.fn) != 4 || clean.drawers != 1 {
		t.Fatalf("the plain day made %d fiscal documents and opened the drawer %d times", len(clean.fn), clean.drawers)
	}
	runs := 0
	for at := 1; at <= clean.steps; at++ {
		for _, b := range []breakage{crashBefore, crashAfter, loseRequest, loseAnswer, powerCut} {
			for _, drop := range []bool{false, true} {
				w := newWorld(t)
				w.drop = drop
				w.break_ = func(step int) breakage {
					if step == at {
						return b
					}
					return fine
				}
				(&walk{w: w}).play()
				w.check()
				if got := (&walk{w: w}).sold(); got != 2 {
					t.Errorf("step %d, breakage %d: %d receipts, want 2", at, b, got)
				}
				if t.Failed() {
					t.Fatalf("step %d, breakage %d, drop %v", at, b, drop)
				}
				runs++
			}
		}
	}
	t.Logf("%d days with one breakage each", runs)
}

// TestTwoBreakages crashes again while recovering from anything.
func TestTwoBreakages(t *testing.T) {
	clean := newWorld(t)
	(&walk{w: clean}).play()
	for at := 1; at <= clean.steps; at++ {
		for gap := 1; gap <= 6; gap++ {
			for _, first := range []breakage{crashAfter, loseAnswer, powerCut} {
				for _, second := range []breakage{crashBefore, crashAfter, loseRequest, loseAnswer} {
					w := newWorld(t)
					w.drop = gap%2 == 0
					w.break_ = func(step int) breakage {
						switch step {
						case at:
							return first
						case at + gap:
							return second
						}
						return fine
					}
					(&walk{w: w}).play()
					w.check()
					if t.Failed() {
						t.Fatalf("steps %d and %d, breakages %d and %d", at, at+gap, first, second)
					}
				}
			}
		}
	}
}

// TestDeviceGoneForLong keeps the device silent over many questions and a
// restart: the till asks on, sells nothing and finds the receipt in the end.
func TestDeviceGoneForLong(t *testing.T) {
	w := newWorld(t)
	w.sell(t, "4600000000015")
	commits := 0
	w.break_ = func(int) breakage { return fine }
	for range 2 {
		w.mustDo(t, Scan{Code: "4600000000039"})
		silent := false
		w.break_ = func(int) breakage {
			if w.state.phase == Committing {
				commits++
				silent = true
				return loseAnswer
			}
			if silent {
				return loseAnswer
			}
			return fine
		}
		w.events = append(w.events, Pay{Req: 9000 + Req(commits), Type: doc.PayCash})
		for range 30 {
			if len(w.events) == 0 {
				break
			}
			ev := w.events[0]
			w.events = w.events[1:]
			w.step(ev)
		}
		if w.state.phase != Resolving {
			t.Fatalf("phase %s while the device is silent", w.state.phase)
		}
		if len(w.state.warnings) == 0 || w.state.warnings[0].Code != fault.FiscalUnsure {
			t.Errorf("no warning while in doubt: %v", w.state.warnings)
		}
		w.crash()
		w.break_ = func(int) breakage { return fine }
		if err := w.run(); err != nil {
			t.Fatal(err)
		}
		if w.state.phase != Idle || !w.state.cart.Empty() {
			t.Fatalf("after the device came back: phase %s, %d lines", w.state.phase, len(w.state.cart.Lines))
		}
	}
	w.check()
	if len(w.fn) != 4 {
		t.Errorf("%d fiscal documents, want 4", len(w.fn))
	}
}
