package shtrihtest

import "time"

// clock is what the device knows of time beside its own clock.
type clock struct {
	// Timer is how far the FN's timer is off the real time: it can not be set,
	// and the FN refuses what differs from it by more than five minutes.
	Timer time.Duration `json:"timer,omitempty"`
	// Pending is the date of 22h until 23h says it again; Lost means that the
	// clock stopped without power. Either way the device waits in mode 6.
	Pending []byte `json:"pending,omitempty"` // day, month, year of the century
	Lost    bool   `json:"lost,omitempty"`
}

func (c *clock) waits() bool { return c.Lost || len(c.Pending) > 0 }

// timerTolerance is how far the FN lets the device's clock be off its timer.
const timerTolerance = 5 * time.Minute

var clockCommands = map[uint16]handler{
	0x21: {min: 8, system: true, run: (*Device).setTime},
	0x22: {min: 8, system: true, run: (*Device).setDate},
	0x23: {min: 8, system: true, run: (*Device).confirmDate},
}

// unconfirmed are the commands that work while the date is not confirmed.
var unconfirmed = map[uint16]bool{0x10: true, 0x11: true, 0x15: true, 0x1F: true, 0x21: true, 0x22: true, 0x23: true, 0x2D: true, 0x2E: true,
	0x6B: true, 0xF7: true, 0xFC: true, 0xFF01: true, 0xFF02: true, 0xFF03: true, 0xFF04: true, 0xFF09: true, 0xFF39: true, 0xFF40: true}

// set makes the clock show t. d.mu is held.
func (d *Device) set(t time.Time) { d.s.Drift = t.Sub(d.o.Now().Truncate(time.Second)) }

// setTime is 21h. Seconds are dropped, as by most models.
func (d *Device) setTime(in *call) ([]byte, byte) {
	hms := in.bytes(3)
	switch {
	case d.s.ShiftOpen || d.s.Receipt != nil:
		return nil, errMode
	case hms[0] > 23 || hms[1] > 59 || hms[2] > 59:
		return nil, errParams
	}
	t := d.now()
	d.set(time.Date(t.Year(), t.Month(), t.Day(), int(hms[0]), int(hms[1]), 0, 0, t.Location()))
	return nil, 0
}

// setDate is 22h: the date counts when 23h has said it again.
func (d *Device) setDate(in *call) ([]byte, byte) {
	dmy := in.bytes(3)
	if d.s.ShiftOpen || d.s.Receipt != nil {
		return nil, errMode
	}
	if t := onDate(d.now(), dmy); t.Day() != int(dmy[0]) || int(t.Month()) != int(dmy[1]) {
		return nil, errDate
	}
	d.s.Clock.Pending = append([]byte(nil), dmy...)
	return nil, 0
}

func (d *Device) confirmDate(in *call) ([]byte, byte) {
	switch dmy := in.bytes(3); {
	case len(d.s.Clock.Pending) == 0:
		return nil, errMode
	case string(dmy) != string(d.s.Clock.Pending):
		return nil, errDateDiffers
	default:
		d.set(onDate(d.now(), dmy))
		d.s.Clock.Pending, d.s.Clock.Lost = nil, false
		return nil, 0
	}
}

// onDate is t's time of day on another date.
func onDate(t time.Time, dmy []byte) time.Time {
	return time.Date(2000+int(dmy[2]), time.Month(dmy[1]), int(dmy[0]), t.Hour(), t.Minute(), t.Second(), 0, t.Location())
}

// offTimer tells whether the FN refuses the clock. d.mu is held.
func (d *Device) offTimer() bool { return (d.s.Drift - d.s.Clock.Timer).Abs() > timerTolerance }

var clockFaults = []fault{
	{FaultInfo{"clock-wrong", "DURATION", "the clock is off by so much, and the FN's timer is not, such as 7m"}, func(d *Device, arg string) error {
		off, err := time.ParseDuration(arg)
		if err == nil {
			d.s.Drift = d.s.Clock.Timer + off
		}
		return err
	}},
	{FaultInfo{"clock-lost", "", "the clock stopped without power: it shows 2000-01-01 and waits for a date"}, func(d *Device, _ string) error {
		d.set(time.Date(2000, 1, 1, 0, 0, 0, 0, d.o.Now().Location()))
		d.s.Clock.Lost = true
		return nil
	}},
	{FaultInfo{"clock-set", "", "somebody sets the clock right, at the device"}, func(d *Device, _ string) error {
		d.s.Drift = d.s.Clock.Timer
		d.s.Clock.Pending, d.s.Clock.Lost = nil, false
		return nil
	}},
}
