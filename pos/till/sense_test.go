package till

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// feel tells the till what a sensor feels.
func (w *world) feel(t testing.TB, s Sensor, on bool) {
	t.Helper()
	w.events = append(w.events, Sensed{s, on})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
}

func (w *world) audits(code string) (n int) {
	for _, e := range append(w.durable[:len(w.durable):len(w.durable)], w.posted...) {
		if e.Type == code {
			n++
		}
	}
	return n
}

// The supply fails in every phase of a sale: the receipt comes to its end, one
// receipt, and nothing new is begun until the supply is back.
func TestPowerFailsDuringASale(t *testing.T) {
	for _, phase := range []Phase{Marking, Intending, Preparing, Committing, Recording} {
		w := newWorld(t)
		w.ready(t)
		w.fill(t, bread)
		_, fx := w.upTo(t, phase, Pay{Type: doc.PayCash})
		w.step(Sensed{SensorPower, true})
		for _, e := range fx {
			w.perform(e)
		}
		if err := w.run(); err != nil {
			t.Fatal(err)
		}
		w.rest(t, Idle, 0, 1)
		if w.warned(fault.PowerFailing) != fault.Stop {
			t.Errorf("%s: warnings %v", phase, w.state.warnings)
		}
		w.fill(t, milk) // the cheque can always be filled
		w.refused(t, Pay{Type: doc.PayCash}, fault.PowerFailing)
		w.feel(t, SensorPower, true) // told again, nothing new
		w.feel(t, SensorPower, false)
		w.mustDo(t, Pay{Type: doc.PayCash})
		w.rest(t, Idle, 0, 2)
		if w.audits(auditPowerLost) != 1 || w.audits(auditPowerBack) != 1 || w.warned(fault.PowerFailing) != "" {
			t.Errorf("%s: %d lost, %d back", phase, w.audits(auditPowerLost), w.audits(auditPowerBack))
		}
	}
}

// The subtotal key shows the customer the sum in place of the last line.
func TestSubtotalKey(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.fill(t, bread, milk)
	if w.state.View(w.now).Cheque.Touched == uuid.Nil {
		t.Fatal("no line is touched")
	}
	w.feel(t, KeySubtotal, true)
	w.feel(t, KeySubtotal, false)
	if w.state.View(w.now).Cheque.Touched != uuid.Nil {
		t.Error("a line is still shown")
	}
	w.fill(t, bread)
	if w.state.View(w.now).Cheque.Touched == uuid.Nil {
		t.Error("the next line is not shown")
	}
}

func TestDrawerOpenedByHand(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.sell(t, bread)
	w.feel(t, SensorDrawer, true) // the sale's pulse
	w.feel(t, SensorDrawer, true)
	if n := w.audits(auditDrawerForced); n != 0 {
		t.Errorf("%d records of a drawer that the till has opened", n)
	}
	w.pass(t, time.Minute)
	if w.warned(fault.DrawerOpen) != "" {
		t.Error("warned after a minute")
	}
	w.pass(t, 2*time.Minute)
	if w.warned(fault.DrawerOpen) != fault.Warn {
		t.Error("not warned of a drawer that stays open")
	}
	w.feel(t, SensorDrawer, false)
	w.feel(t, SensorDrawer, true) // nobody has asked
	if d := auditOf(t, w, auditDrawerForced); d.Cashier == "" {
		t.Errorf("who was at the till: %+v", d)
	}
	if w.warned(fault.DrawerOpen) != "" {
		t.Error("warned of a drawer that has just opened")
	}
	w.check()
}

func TestCaseOpened(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.feel(t, SensorCase, false)
	w.feel(t, SensorCase, true)
	w.sell(t, bread) // it sells
	if w.warned(fault.CaseOpen) != fault.Warn || w.audits(auditCaseOpened) != 1 || w.audits(auditCaseShut) != 0 {
		t.Errorf("warnings %v", w.state.warnings)
	}
	w.feel(t, SensorCase, false)
	if w.warned(fault.CaseOpen) != "" || w.audits(auditCaseShut) != 1 {
		t.Errorf("warnings %v", w.state.warnings)
	}
	w.check()
}

// The FN's last document says that the clock is wrong, not one that is minutes
// ahead.
func TestFiscalStorageKnowsTheTime(t *testing.T) {
	var last time.Time
	w := newWorldWith(t, func(w *world) { w.status = func(s *kkt.Status) { s.LastTime = last } })
	w.ready(t)
	last = w.now.Add(10 * time.Minute)
	w.look()
	if w.warned(fault.ClockBehind) != "" {
		t.Error("ten minutes are the device's clock")
	}
	last = w.now.AddDate(1, 0, 0)
	w.look()
	if w.warned(fault.ClockBehind) != fault.Warn {
		t.Errorf("warnings %v", w.state.warnings)
	}
	w.sell(t, bread)
	if d := w.documents(doc.Sell); len(d) != 1 || !d[0].ClockBad {
		t.Errorf("not flagged: %+v", d)
	}
}
