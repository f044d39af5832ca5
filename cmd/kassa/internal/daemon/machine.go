package daemon

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/board/power"
	"github.com/kassa-pos/kassa/board/watchdog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// How often the machine is looked at, and how long a jump of its clock is told.
const (
	machineEvery = 3 * time.Second
	jumpTold     = 12 * time.Hour
)

// machine is the computer under the till: its watchdogs, its supply, its clock.
type machine struct {
	d   *daemon
	dog *watchdog.Dog

	mu    sync.Mutex
	last  []fault.Warning
	dogs  []fault.Warning // found at the start
	jump  *fault.Warning
	guard clock.Guard
	said  string // the last error of a look, said once
}

// newMachine finds the watchdogs. A till without one, or with one that can not
// be used, sells and says so.
func newMachine(d *daemon) *machine {
	m := &machine{d: d}
	o := watchdog.Options{Getenv: os.Getenv, PID: os.Getpid(), Log: d.log}
	if w := d.cfg.Watchdog; w != nil {
		o.Hardware = func() (watchdog.Hardware, error) { return watchdog.OpenDevice(w.Device, time.Duration(w.Timeout)) }
	}
	var err error
	if m.dog, err = watchdog.Open(o); err != nil {
		d.log.Error("watchdog", "dev", "watchdog", "err", err)
		m.dogs = append(m.dogs, fault.Warning{Code: fault.BoardWatchdog, Severity: fault.Warn, Args: []string{err.Error()}, Since: d.now()})
	}
	if m.dog.Bit() {
		d.log.Error("the machine was restarted by its watchdog", "dev", "watchdog")
		m.dogs = append(m.dogs, fault.Warning{Code: fault.BoardRestarted, Severity: fault.Warn, Since: d.now()})
	}
	return m
}

// recovering is told each step of a long opening of the journal.
func (m *machine) recovering(done, total uint64) {
	m.dog.Progress(fmt.Sprintf("the journal is being put in order: %d of %d", done, total))
}

// run looks at the machine until ctx ends.
func (m *machine) run(ctx context.Context) {
	tick := time.NewTicker(machineEvery)
	defer tick.Stop()
	for {
		if m.look() == clock.Synced {
			m.confirm(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (m *machine) look() clock.Trust {
	root := os.DirFS("/")
	state, powerErr := power.Read(root)
	trust, clockErr := m.trust()
	mono, monoErr := clock.Monotonic()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.say(powerErr, clockErr, monoErr)
	now := m.d.now()
	m.last = append(supply(state), m.time(trust, now)...)
	if monoErr == nil {
		if jump := m.guard.Look(now, mono); jump != 0 {
			m.d.log.Warn("the clock was set", "by", jump.String(), "now", now)
			w := fault.New(fault.ClockJumped, now.Add(-jump).Format("02.01.2006 15:04:05"), now.Format("02.01.2006 15:04:05"))
			m.jump = &fault.Warning{Code: w.Code, Severity: fault.Info, Args: w.Args, Since: now}
		}
	}
	if m.jump != nil && now.Sub(m.jump.Since).Abs() > jumpTold {
		m.jump = nil
	}
	return trust
}

// trust is whose word the time is.
func (m *machine) trust() (clock.Trust, error) {
	if m.d.o.Trust != nil {
		return m.d.o.Trust()
	}
	return clock.Here(os.DirFS("/"))
}

// confirm tells a till that takes its clock for a wrong one that a time server
// stands by it.
func (m *machine) confirm(ctx context.Context) {
	v, _ := m.d.loop.View()
	if slices.ContainsFunc(v.Warnings, func(w fault.Warning) bool { return w.Code == fault.ClockBehind }) {
		_ = m.d.loop.Send(ctx, till.ClockConfirmed{}) // or the till ends
	}
}

// say logs what a look could not find out, once until it changes.
func (m *machine) say(errs ...error) {
	for _, err := range errs {
		if err != nil && err.Error() != m.said {
			m.said = err.Error()
			m.d.log.Warn("the machine does not tell of itself", "err", err)
		}
	}
}

// supply warns of a board that is badly fed, too hot or slowed down. One that
// is slowed down because it is badly fed is told of its supply.
func supply(s power.State) (all []fault.Warning) {
	switch {
	case s.Undervolted:
		all = append(all, fault.Warning{Code: fault.PowerWeak, Severity: fault.Warn})
	case s.WasUnder:
		all = append(all, fault.Warning{Code: fault.PowerWeak, Severity: fault.Info})
	}
	if s.Hot() || (s.Throttled && !s.Undervolted) {
		all = append(all, fault.Warning{Code: fault.BoardHot, Severity: fault.Warn, Args: []string{strconv.Itoa(s.Heat / 1000)}})
	}
	return all
}

// time warns of a clock that nothing confirms: no time server, no battery, no
// fiscal device, whose clock has a battery, that says the same.
func (m *machine) time(trust clock.Trust, now time.Time) []fault.Warning {
	if trust != clock.Nobodys {
		return nil
	}
	if v, _ := m.d.loop.View(); v.KKT.Ready && !v.KKT.Status.Clock.IsZero() {
		return nil // if it says otherwise, that is a warning of its own
	}
	return []fault.Warning{{Code: fault.ClockNobody, Severity: fault.Info, Args: []string{now.Format("02.01.2006 15:04")}}}
}

// warnings are those of the last look.
func (m *machine) warnings() []fault.Warning {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := append(append([]fault.Warning(nil), m.dogs...), m.last...)
	if m.jump != nil {
		all = append(all, *m.jump)
	}
	return all
}
