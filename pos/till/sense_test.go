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

// hear tells the till some news.
func (w *world) hear(t testing.TB, news Event) {
	t.Helper()
	w.events = append(w.events, news)
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
	// A time server says that the FN is the one who is wrong, and is believed
	// until the FN has another document.
	w.hear(t, ClockConfirmed{})
	w.look()
	if w.warned(fault.ClockBehind) != "" {
		t.Errorf("confirmed, and warned: %v", w.state.warnings)
	}
	last = last.Add(time.Minute)
	w.look()
	if w.warned(fault.ClockBehind) != fault.Warn {
		t.Errorf("warnings %v", w.state.warnings)
	}
}

// A clock that falls back behind a document is wrong from then on, by more
// than what a time server puts right; one that ran ahead is forgiven when a
// time server says so.
func TestADocumentIsAFloor(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.now = w.now.AddDate(4, 0, 0) // it runs ahead, and nobody knows
	w.sell(t, bread)
	flagged := func(want bool) {
		t.Helper()
		w.sell(t, bread)
		all := w.documents(doc.Sell)
		if all[len(all)-1].ClockBad != want || (w.warned(fault.ClockBehind) != "") != want {
			t.Errorf("flagged %v, warnings %v", all[len(all)-1].ClockBad, w.state.warnings)
		}
	}
	w.now = w.now.Add(-50 * time.Second)
	flagged(false)
	w.now = w.now.AddDate(-4, 0, 0)
	flagged(true)
	flagged(true)
	w.hear(t, ClockConfirmed{})
	flagged(false)
	w.hear(t, ClockConfirmed{}) // says nothing new
	flagged(false)
	w.check()
}

// By how much the device's clock is off is told while it is.
func TestTheDevicesClockIsOff(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	d := w.state.device
	for off, want := range map[time.Duration]fault.Severity{0: "", time.Minute: fault.Warn, 72 * time.Minute: fault.Warn} {
		d.Drift = off
		w.hear(t, DeviceChanged{Device: d})
		if got := w.warned(fault.FiscalDrift); got != want {
			t.Errorf("%v off: %q, want %q", off, got, want)
		}
	}
	w.check()
}
