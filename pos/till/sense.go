package till

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Sensor is something around the till that feels.
type Sensor string

// The sensors.
const (
	SensorPower  Sensor = "power"    // on: the supply has failed, a battery holds the till for moments
	SensorCase   Sensor = "case"     // on: the case is open
	SensorDrawer Sensor = "drawer"   // on: the cash drawer is open
	KeySubtotal  Sensor = "subtotal" // pressed: the customer sees the sum
)

// Sensed is what a sensor feels, at the start and at each change.
type Sensed struct {
	Sensor Sensor
	On     bool
}

func (Sensed) kind() eventKind { return evNews }

const (
	// drawerFollows is how soon after a pulse a drawer that opens has been opened
	// by it.
	drawerFollows = 5 * time.Second
	// drawerLong is how long the drawer of a till at work may stand open.
	drawerLong = 2 * time.Minute
)

// senses is what the sensors have felt last.
type senses struct {
	power  bool      // it has failed
	open   bool      // the case is
	drawer time.Time // since when it is open; zero: it is shut
	pulse  time.Time // the last one that the till has given it
}

// sensed notes a change. What is being registered when the supply fails goes
// on to its end, or to its intent; nothing new is begun. The case and a drawer
// that was opened without the till are somebody's doing and are kept.
func (t *turn) sensed(e Sensed) {
	n := &t.felt
	switch e.Sensor {
	case SensorPower:
		if e.On != n.power {
			n.power = e.On
			t.note(e.On, auditPowerLost, auditPowerBack)
		}
	case SensorCase:
		if e.On != n.open {
			n.open = e.On
			t.note(e.On, auditCaseOpened, auditCaseShut)
		}
	case SensorDrawer:
		switch open := !n.drawer.IsZero(); {
		case e.On && !open:
			n.drawer = t.env.Now
			if since := t.env.Now.Sub(n.pulse); n.pulse.IsZero() || since < 0 || since > drawerFollows {
				t.audit(auditDrawerForced, t.auditWho(), uuid.Nil)
			}
		case !e.On:
			n.drawer = time.Time{}
		}
	case KeySubtotal:
		if e.On {
			t.touched = uuid.Nil
		}
	}
}

func (t *turn) note(on bool, begun, over string) {
	code := over
	if on {
		code = begun
	}
	t.audit(code, t.auditWho(), uuid.Nil)
}

// openDrawer pulses the drawer.
func (t *turn) openDrawer() {
	t.felt.pulse = t.env.Now
	t.do(OpenDrawer{})
}

// feltWarnings are what the sensors have to say now.
func (t *turn) feltWarnings(add func(fault.Severity, *fault.Error)) {
	n := &t.felt
	if n.power {
		add(fault.Stop, fault.New(fault.PowerFailing))
	}
	if n.open {
		add(fault.Warn, fault.New(fault.CaseOpen))
	}
	if !n.drawer.IsZero() && t.env.Now.Sub(n.drawer) >= drawerLong {
		add(fault.Warn, fault.New(fault.DrawerOpen))
	}
}
