package relay_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// TestOperatorFaults: whatever an operator does wrong, the document stays in
// the FN and goes through when the operator is sound again.
func TestOperatorFaults(t *testing.T) {
	for _, f := range new(ofdtest.OFD).Faults() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.start(relay.Options{Answering: 300 * time.Millisecond})
			s.must(kkt.OpOpenShift, kkt.OpSale)
			var args []string
			if !f.Lasts {
				args = []string{"2"}
			}
			if err := s.ofd.Fault(f.Name, args...); err != nil {
				t.Fatal(err)
			}
			if f.Lasts {
				s.failing(t)
				if err := s.ofd.Fault(ofdtest.FaultUp); err != nil {
					t.Fatal(err)
				}
				s.start(relay.Options{}) // with all the time an answer may take
			}
			s.carry()
			s.reconcile()
			if on := s.ofd.State().Faults; len(on) != 0 {
				t.Errorf("%v never struck", on)
			}
		})
	}
}

// failing steps until the relay has failed four times, and looks at what a
// person is told.
func (s *shop) failing(t *testing.T) {
	t.Helper()
	for s.relay.Status().Failures < 4 {
		if st := s.relay.Status(); st.State == relay.Failing {
			s.clock.pass(st.NextTry.Sub(s.clock.Now()))
		}
		if rest := s.relay.Step(t.Context(), port{s.printer}); rest > 0 && s.relay.Status().State == relay.Carrying {
			<-s.relay.Due()
		}
	}
	st := s.relay.Status()
	if st.Code != relay.CodeNetwork || st.Why == "" || !st.NextTry.After(s.clock.Now()) || s.pending() != 3 {
		t.Errorf("%d pending, %+v", s.pending(), st)
	}
	s.clock.pass(10 * time.Minute)
	if w := s.relay.Warnings(); len(w) != 1 || w[0].Code != fault.RelayUnreachable || w[0].Since.IsZero() {
		t.Errorf("%+v", w)
	}
}

// exchangeCodes are the commands of an exchange.
var exchangeCodes = []uint16{0xFF30, 0xFF31, 0xFF32, 0xFF33}

// TestCuts: power cut of the KKT, a new till, both, and a lost answer, at
// every stage of every command of an exchange: each document is confirmed
// once.
func TestCuts(t *testing.T) {
	cases := 0
	for _, code := range exchangeCodes {
		for _, stage := range []shtrihtest.Stage{shtrihtest.Received, shtrihtest.Executed, shtrihtest.Answered} {
			for _, nth := range []int32{1, 2} {
				for _, what := range []string{"device", "till", "both"} {
					cases++
					t.Run(fmt.Sprintf("%X/%s/%d/%s", code, stage, nth, what), func(t *testing.T) {
						t.Parallel()
						cut(t, code, stage, nth, what)
					})
				}
			}
		}
	}
	t.Logf("%d cases", cases)
}

// cut runs an exchange that something happens to when a command reaches a
// stage for the nth time.
func cut(t *testing.T, code uint16, stage shtrihtest.Stage, nth int32, what string) {
	var count, restart atomic.Int32
	var armed atomic.Bool
	var s *shop
	s = newShop(t, func(at shtrihtest.Stage, cmd uint16) {
		if !armed.Load() || cmd != code || at != stage || count.Add(1) != nth {
			return
		}
		if what != "till" {
			if err := s.kkt.Fault("power-cycle"); err != nil {
				t.Error(err)
			}
		}
		if what != "device" {
			restart.Store(1)
		}
	})
	s.must(kkt.OpOpenShift, kkt.OpSale)
	armed.Store(true)
	s.between = func() {
		if restart.CompareAndSwap(1, 0) {
			s.start(relay.Options{})
		}
	}
	s.carry()
	if count.Load() < nth {
		t.Fatalf("%X came %d times only", code, count.Load())
	}
	s.reconcile()
}

// TestLineFaults: answers of the device that are lost, damaged or late.
func TestLineFaults(t *testing.T) {
	for _, f := range []string{"drop-answer FF30", "drop-answer FF31", "drop-answer FF32", "drop-answer FF33", "drop-request", "nak-request 3",
		"drop-ack 2", "corrupt-answer", "stray-ff on"} {
		t.Run(f, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.must(kkt.OpOpenShift, kkt.OpSale)
			var name, arg string
			if n, _ := fmt.Sscan(f, &name, &arg); n == 2 {
				if err := s.kkt.Fault(name, arg); err != nil {
					t.Fatal(err)
				}
			} else if err := s.kkt.Fault(name); err != nil {
				t.Fatal(err)
			}
			s.carry()
			s.reconcile()
		})
	}
}

// TestSalesBetween: a receipt after every single step. Nothing is lost, the
// exchange gets on nevertheless, and nothing of it counts as a failure.
func TestSalesBetween(t *testing.T) {
	s := newShop(t, nil)
	s.must(kkt.OpOpenShift)
	left := 60
	s.between = func() {
		if left > 0 {
			left--
			s.must(kkt.OpSale)
		}
		if st := s.relay.Status(); st.Failures > 0 {
			t.Fatalf("with %d receipts to go: %+v", left, st)
		}
	}
	s.carry()
	s.reconcile()
	if n := len(s.kkt.Documents()); n != 62 {
		t.Errorf("%d documents", n)
	}
}

// TestSaleWithin: one receipt after the nth step, for every step of carrying
// two documents: the message it interrupts arrives without a failure.
func TestSaleWithin(t *testing.T) {
	for n := 1; ; n++ {
		s := newShop(t, nil)
		s.must(kkt.OpOpenShift)
		sold := false
		s.between = func() {
			if s.steps == n {
				sold = true
				s.must(kkt.OpSale)
			}
			if st := s.relay.Status(); st.Failures > 0 {
				t.Fatalf("a sale after step %d: %+v", n, st)
			}
		}
		s.carry()
		s.reconcile()
		if !sold {
			if n < 10 {
				t.Errorf("only %d steps", n)
			}
			return
		}
	}
}

// TestOpenReceipt: while a receipt is open the FN talks to nobody; the relay
// comes back later.
func TestOpenReceipt(t *testing.T) {
	s := newShop(t, nil)
	s.must(kkt.OpOpenShift)
	mark, err := s.printer.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	op := kkt.Operation{Kind: kkt.OpSale, Receipt: receipt(t)}
	if err := s.printer.Prepare(t.Context(), mark, op); err != nil {
		t.Fatal(err)
	}
	if rest := s.relay.Step(t.Context(), port{s.printer}); rest == 0 || s.relay.Status().Failures != 0 {
		t.Errorf("rests %s, %+v", rest, s.relay.Status())
	}
	if _, err := s.printer.Commit(t.Context(), mark, op); err != nil {
		t.Fatal(err)
	}
	s.carry()
	s.reconcile()
}
