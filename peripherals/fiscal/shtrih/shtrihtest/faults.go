package shtrihtest

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// faults is what is wrong with the device.
type faults struct {
	plugged     bool
	hung        bool
	garbage     bool
	stray       bool
	delay       time.Duration
	lag         time.Duration // of everything it says
	markDelay   time.Duration // of the marking server
	keysDelay   time.Duration // of marking keys, while a shift is opened
	dropRequest int           // so many more
	nakRequest  int
	dropAck     int
	corrupt     int
	oversized   int
	split       time.Duration // of the next answer
	dropAnswer  armed
	disconnect  armed
	cutBefore   armed
	cutAfter    armed
}

// armed is a fault that waits for a command.
type armed struct {
	on   bool
	code uint16 // 0: any
}

// take tells whether the fault happens at this command, and then it has.
func (a *armed) take(code uint16) bool {
	if !a.on || a.code != 0 && a.code != code {
		return false
	}
	a.on = false
	return true
}

// active names what lasts or is armed.
func (f *faults) active() []string {
	names := []string{}
	for _, x := range []struct {
		on   bool
		name string
	}{
		{!f.plugged, "unplug"}, {f.hung, "hang"}, {f.garbage, "garbage"}, {f.stray, "stray-ff"}, {f.delay > 0, "delay"}, {f.lag > 0, "lag"},
		{f.markDelay > 0, "mark-slow"}, {f.keysDelay > 0, "keys-slow"},
		{f.dropRequest > 0, "drop-request"}, {f.nakRequest > 0, "nak-request"}, {f.dropAck > 0, "drop-ack"},
		{f.dropAnswer.on, "drop-answer"}, {f.corrupt > 0, "corrupt-answer"}, {f.oversized > 0, "oversized"}, {f.split > 0, "split"},
		{f.disconnect.on, "disconnect"}, {f.cutBefore.on, "cut-before"}, {f.cutAfter.on, "cut-after"},
	} {
		if x.on {
			names = append(names, x.name)
		}
	}
	return names
}

// FaultInfo describes a fault.
type FaultInfo struct {
	Name string `json:"name"`
	Args string `json:"args,omitempty"` // what may follow, in words
	Text string `json:"text"`           // what happens
}

type fault struct {
	FaultInfo
	run func(d *Device, arg string) error // d.mu is held; arg is "" when not given
}

var faultList = []fault{
	{FaultInfo{"unplug", "", "cable pulled: connections break, new ones are refused, a serial line is silent"}, func(d *Device, _ string) error {
		d.faults.plugged = false
		d.cutPower()
		return nil
	}},
	{FaultInfo{"replug", "", "cable back in"}, func(d *Device, _ string) error {
		d.faults.plugged = true
		return nil
	}},
	{FaultInfo{"power-cycle", "", "power off and on: connections break, the kept answer is gone"}, func(d *Device, _ string) error {
		d.cutPower()
		return nil
	}},
	{FaultInfo{"paper-out", "[LINES]", "paper ends now, or after so many more lines: the slip is torn"}, func(d *Device, arg string) error {
		n, err := number(arg, 0, 0, 10_000)
		if err == nil {
			d.paperOut(n)
		}
		return err
	}},
	{FaultInfo{"paper-in", "", "a new roll; a torn slip waits for B0h"}, func(d *Device, _ string) error {
		d.paperIn()
		return nil
	}},
	{FaultInfo{"lid-open", "", "lid opened: nothing prints"}, func(d *Device, _ string) error {
		d.s.Lid = true
		return nil
	}},
	{FaultInfo{"lid-close", "", "lid closed"}, func(d *Device, _ string) error {
		d.s.Lid = false
		return nil
	}},
	{FaultInfo{"drawer-close", "", "somebody pushes the drawer in"}, func(d *Device, _ string) error {
		d.s.Drawer = false
		return nil
	}},
	{FaultInfo{"drop-answer", "[CODE|off]", "the next command (or the next with this hexadecimal code, such as FF45) is executed and its answer kept unsent, once"},
		waiting(func(f *faults) *armed { return &f.dropAnswer })},
	{FaultInfo{"disconnect", "[CODE|off]", "the next command is executed and its answer kept; then a network connection breaks, and on a serial line the answer is lost"},
		waiting(func(f *faults) *armed { return &f.disconnect })},
	{FaultInfo{"cut-before", "[CODE|off]", "the power goes off and on when the next command has arrived and nothing of it is done"},
		waiting(func(f *faults) *armed { return &f.cutBefore })},
	{FaultInfo{"cut-after", "[CODE|off]", "the power goes off and on when the next command is done and not answered"},
		waiting(func(f *faults) *armed { return &f.cutAfter })},
	{FaultInfo{"drop-request", "[TIMES]", "the next frame is not heard"}, counter(func(f *faults) *int { return &f.dropRequest })},
	{FaultInfo{"nak-request", "[TIMES]", "the next frame passes for damaged: v1 answers NAK, v2 nothing"}, counter(func(f *faults) *int { return &f.nakRequest })},
	{FaultInfo{"drop-ack", "[TIMES]", "the next frame of v1 is executed, its confirmation lost"}, counter(func(f *faults) *int { return &f.dropAck })},
	{FaultInfo{"corrupt-answer", "[TIMES]", "the next answer has a wrong check byte"}, counter(func(f *faults) *int { return &f.corrupt })},
	{FaultInfo{"oversized", "[TIMES]", "the next answer has a tail of zeros up to the longest frame"}, counter(func(f *faults) *int { return &f.oversized })},
	{FaultInfo{"split", "[MS]", "the next answer stops in its middle for so long, longer than a host waits for a byte"}, func(d *Device, arg string) error {
		n, err := number(arg, 1500, 0, 60_000)
		d.faults.split = time.Duration(n) * time.Millisecond
		return err
	}},
	{FaultInfo{"garbage", "on|off", "every byte is answered with nonsense"}, toggle(func(f *faults) *bool { return &f.garbage })},
	{FaultInfo{"stray-ff", "on|off", "FFh after every confirmed answer"}, toggle(func(f *faults) *bool { return &f.stray })},
	{FaultInfo{"delay", "MS", "every answer comes so much later; 0 ends it"}, func(d *Device, arg string) error {
		n, err := number(arg, 0, 0, 600_000)
		d.faults.delay = time.Duration(n) * time.Millisecond
		return err
	}},
	{FaultInfo{"lag", "MS", "everything it says, confirmations too, comes so much later, as over a bad bridge; 0 ends it"}, func(d *Device, arg string) error {
		n, err := number(arg, 0, 0, 60_000)
		d.faults.lag = time.Duration(n) * time.Millisecond
		return err
	}},
	{FaultInfo{"hang", "", "the device hears nothing and says nothing"}, func(d *Device, _ string) error {
		d.faults.hung = true
		return nil
	}},
	{FaultInfo{"unhang", "", "and comes back"}, func(d *Device, _ string) error {
		d.faults.hung = false
		return nil
	}},
	{FaultInfo{"clock-drift", "DURATION", "so much time passes, for the FN as well, such as 10m or -48h"}, func(d *Device, arg string) error {
		drift, err := time.ParseDuration(arg)
		if err != nil {
			return fmt.Errorf("%.40q is not a duration such as 10m or -48h", arg)
		}
		d.s.Drift, d.s.Clock.Timer = drift, drift
		return nil
	}},
	{FaultInfo{"shift-expired", "", "the open shift becomes 24 hours older"}, func(d *Device, _ string) error {
		if d.s.ShiftOpen {
			d.s.OpenedAt = d.s.OpenedAt.Add(-maxShift)
		}
		return nil
	}},
	{FaultInfo{"print-delay", "MS", "every slip takes so long to print"}, func(d *Device, arg string) error {
		n, err := number(arg, 0, 0, 600_000)
		d.o.PrintDelay = time.Duration(n) * time.Millisecond
		return err
	}},
}

func allFaults() []fault { return slices.Concat(faultList, clockFaults, healthFaults, markFaults) }

// Faults lists what can be made to go wrong.
func Faults() []FaultInfo {
	var all []FaultInfo
	for _, f := range allFaults() {
		all = append(all, f.FaultInfo)
	}
	return all
}

// Fault makes something go wrong, or right again, by name.
func (d *Device) Fault(name string, args ...string) error {
	for _, f := range allFaults() {
		if f.Name != name {
			continue
		}
		if len(args) > 1 || (len(args) == 1 && f.Args == "") {
			if f.Args == "" {
				return fmt.Errorf("%s takes no arguments", name)
			}
			return fmt.Errorf("%s takes one argument, %s", name, f.Args)
		}
		arg := ""
		if len(args) == 1 {
			arg = args[0]
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		if err := f.run(d, arg); err != nil {
			return fmt.Errorf("%s %s: %w", name, f.Args, err)
		}
		d.notify()
		return d.save()
	}
	return fmt.Errorf("no fault %.40q", name)
}

// cutPower breaks connections and forgets what is not durable. d.mu is held.
func (d *Device) cutPower() {
	d.epoch++
	d.resetPorts()
	d.reading, d.x = nil, exchange{}
	d.s.Marks.forget()
	d.printing = time.Time{}
	d.dropNetwork()
}

// paperOut ends the paper after n more lines; now when 0. d.mu is held.
func (d *Device) paperOut(n int) {
	d.s.Left = n
	if n > 0 {
		return
	}
	d.s.Sub = subNoPaper
	if time.Now().Before(d.printing) { // in the middle of a slip
		d.s.Sub = subTorn
		text, _ := d.tape.after(d.tape.slip)
		d.s.Torn = trimNewline(text)
		d.tape.print([]string{styled(Torn, "")})
	}
}

func (d *Device) paperIn() {
	d.s.Left = plentyOfPaper
	switch d.s.Sub {
	case subNoPaper:
		d.s.Sub = subReady
	case subTorn:
		d.s.Sub = subWaitsB0
	}
}

func counter(field func(*faults) *int) func(*Device, string) error {
	return func(d *Device, arg string) error {
		n, err := number(arg, 1, 0, 1000)
		if err == nil {
			*field(&d.faults) = n
		}
		return err
	}
}

func waiting(field func(*faults) *armed) func(*Device, string) error {
	return func(d *Device, arg string) error {
		if arg == "off" {
			*field(&d.faults) = armed{}
			return nil
		}
		code, err := hexCode(arg)
		if err == nil {
			*field(&d.faults) = armed{on: true, code: code}
		}
		return err
	}
}

func toggle(field func(*faults) *bool) func(*Device, string) error {
	return func(d *Device, arg string) error {
		if arg != "" && arg != "on" && arg != "off" {
			return fmt.Errorf("%.40q is neither on nor off", arg)
		}
		*field(&d.faults) = arg != "off"
		return nil
	}
}

func number(arg string, missing, low, high int) (int, error) {
	if arg == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(arg)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%.40q is not a number of %d..%d", arg, low, high)
	}
	return n, nil
}

func hexCode(arg string) (uint16, error) {
	if arg == "" {
		return 0, nil
	}
	v, err := strconv.ParseUint(arg, 16, 16)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a command's code in hexadecimal, such as FF45", arg)
	}
	return uint16(v), nil
}

// manner tells how the device treats bytes just now.
func (d *Device) manner() (silent, babbles bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults.hung || !d.faults.plugged, d.faults.garbage
}

func (d *Device) lag() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.faults.lag
}

// take uses up one of a counted fault.
func (d *Device) take(n *int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if *n == 0 {
		return false
	}
	*n--
	return true
}

func (d *Device) takeRequestFault() (lost, refused bool) {
	if d.take(&d.faults.dropRequest) {
		return true, false
	}
	return false, d.take(&d.faults.nakRequest)
}

// delivery is how an answer goes out.
type delivery struct {
	lost, broken   bool // not at all; with the connection
	damaged, stray bool
	swollen        bool
	pause          time.Duration // in its middle
}

func (d *Device) takeAnswerFault(answer []byte) delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &d.faults
	how := delivery{lost: f.hung || !f.plugged, stray: f.stray}
	code, _ := commandCode(answer)
	switch {
	case f.dropAnswer.take(code):
		how.lost = true
	case f.disconnect.take(code):
		how.broken = true
	}
	if how.lost || how.broken {
		return how
	}
	for _, x := range []struct {
		left *int
		does *bool
	}{{&f.corrupt, &how.damaged}, {&f.oversized, &how.swollen}} {
		if *x.left > 0 {
			*x.left--
			*x.does = true
		}
	}
	how.pause, f.split = f.split, 0
	return how
}
