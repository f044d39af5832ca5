package till

import (
	"slices"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// watched is a world whose till closes its shift by itself.
func watched(t testing.TB, open bool) *world {
	w := newWorldWith(t, func(w *world) { w.settings.Watch = Watch{Close: true, Open: open} })
	w.ready(t)
	return w
}

// pass lets time pass, a tick a minute.
func (w *world) pass(t testing.TB, d time.Duration) {
	t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(time.Minute)
		w.events = append(w.events, Tick{})
		if err := w.run(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWatchClosesTheShift(t *testing.T) {
	w := watched(t, false)
	w.pass(t, 22*time.Hour)
	if v := w.state.View(w.now); w.warned(fault.ShiftLong) != fault.Warn || !v.Shift.Due {
		t.Errorf("closing is not offered: %+v, %v", v.Shift, w.state.warnings)
	}
	w.mustDo(t, Logout{})
	w.pass(t, 89*time.Minute)
	if w.state.shift == nil {
		t.Fatal("closed before 23 h 30 min")
	}
	w.pass(t, 5*time.Minute)
	if w.state.shift != nil || w.shift {
		t.Fatalf("the shift is open: %v", w.trace)
	}
	if z := w.documents(doc.CloseSession); len(z) != 1 || z[0].Cashier.Name != "Иванова А." || z[0].Fiscal == nil {
		t.Errorf("closed by %+v", z)
	}
	if !slices.ContainsFunc(w.state.notices, func(n Notice) bool { return n.Code == fault.ShiftAuto }) {
		t.Errorf("notices %v", w.state.notices)
	}
	w.pass(t, 3*time.Hour)
	w.check()
	if w.count(kkt.OpOpenShift) != 1 {
		t.Error("the next shift was opened unasked")
	}

	w = watched(t, false) // at 24 hours an open cheque is parked, and kept
	w.fill(t, bread, milk)
	w.pass(t, 24*time.Hour+2*time.Minute)
	if w.state.shift != nil || len(w.state.parked) != 1 || len(w.state.parked[0].Lines) != 2 {
		t.Errorf("shift %v, parked %v", w.state.shift, w.state.parked)
	}
	w.check()
}

func TestWatchWaitsForASaleToEnd(t *testing.T) {
	w := watched(t, false)
	w.pass(t, 23*time.Hour+20*time.Minute)
	w.fill(t, bread)
	w.pass(t, 20*time.Minute)
	if w.state.shift == nil {
		t.Fatal("closed under an open cheque")
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.pass(t, 3*time.Minute)
	if w.state.shift == nil {
		t.Fatal("closed while somebody was selling")
	}
	w.pass(t, 3*time.Minute)
	if w.state.shift != nil {
		t.Error("not closed after five quiet minutes")
	}
	w.check()
}

func TestWatchTriesAgain(t *testing.T) {
	w := watched(t, true)
	w.refuse = fault.New(fault.FiscalBusy)
	w.pass(t, 23*time.Hour+43*time.Minute)
	if w.state.shift == nil || w.count(kkt.OpCloseShift) != 0 {
		t.Fatal("closed a shift the device refuses to close")
	}
	told := 0
	for _, n := range w.state.notices {
		if n.Code == fault.FiscalBusy {
			told++
		}
	}
	if told == 0 || told > 3 {
		t.Errorf("told %d times in a quarter of an hour", told)
	}
	w.fill(t, bread)
	w.status = func(s *kkt.Status) { s.Paper = false }
	w.look()
	w.pass(t, 25*time.Minute)
	if len(w.state.cart.Lines) != 1 {
		t.Error("the cheque was parked though nothing can be closed")
	}
	w.refuse, w.status = nil, nil
	w.look()
	w.pass(t, 10*time.Minute)
	w.check()
	if w.count(kkt.OpCloseShift) != 1 || w.count(kkt.OpOpenShift) != 2 || w.state.shift == nil || len(w.state.parked) != 1 {
		t.Errorf("closed %d, opened %d, parked %d", w.count(kkt.OpCloseShift), w.count(kkt.OpOpenShift), len(w.state.parked))
	}
}

func TestWatchIsOffUnlessConfigured(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.pass(t, 26*time.Hour)
	if w.state.shift == nil {
		t.Error("closed by a till that was not told to")
	}
	if w.warned(fault.ShiftExpired) != fault.Stop {
		t.Errorf("warnings %v", w.state.warnings)
	}
}

// TestStepsOfTheFNChange follows the guide from the old FN to the new one.
func TestStepsOfTheFNChange(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	want := func(when string, steps ...string) {
		t.Helper()
		var got []string
		for _, s := range w.state.View(w.now).KKT.Steps {
			switch {
			case s.Done:
				got = append(got, s.Name)
			case s.Unknown:
				got = append(got, s.Name+"?")
			}
		}
		if !slices.Equal(got, steps) {
			t.Errorf("%s: %v, want %v", when, got, steps)
		}
	}
	w.status = func(s *kkt.Status) { s.Unsent = 2 }
	w.look()
	want("selling", StepAccept)
	w.mustDo(t, CloseShift{})
	w.look()
	want("closed", StepShift, StepAccept)
	w.status = func(s *kkt.Status) { s.Unsent = 0 }
	w.look()
	want("sent", StepShift, StepUnsent, StepAccept)
	w.status = func(s *kkt.Status) { s.FNPhase = 7 }
	w.look()
	want("archive closed", StepShift, StepUnsent, StepArchive)
	w.replaceFN(newFN)
	w.status = func(s *kkt.Status) { s.FNPhase = 1 }
	w.look()
	want("new FN", StepShift, StepUnsent, StepArchive)
	w.status = nil
	w.look()
	want("registered", StepShift, StepUnsent, StepArchive, StepRegister)
	w.restart() // and the old FN is out of reach for ever
	want("after a restart", StepShift, StepUnsent+"?", StepArchive+"?", StepRegister)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, AcceptFN{FN: newFN})
	w.look()
	want("accepted", StepShift, StepUnsent, StepAccept)
}
