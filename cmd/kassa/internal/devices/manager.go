// Package devices keeps the till's devices running.
//
// Each device has a goroutine that runs it, starts it again when it ends,
// with growing random pauses, and tells its state. Devices know nothing of
// each other: one that is dead, hangs, floods or panics changes nothing for
// the rest, and not even the end of the program waits for it longer than a
// bound.
//
// The adapters make devices of the drivers: Scanner, Display, Outputs. Their
// methods never block; what can not be delivered now is dropped or replaced
// by something newer, as each says. The fiscal printer is not here: whoever
// owns the fiscal bracket owns its driver.
//
// A Manager's methods may be called concurrently.
package devices

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Kind groups devices.
type Kind string

// The kinds.
const (
	KindScanner Kind = "scanner"
	KindDisplay Kind = "display"
	KindOutputs Kind = "outputs"
)

// Device is something to be kept running.
type Device interface {
	Name() string // unique
	Kind() Kind

	// Run opens the device, calls ready, works, and returns when the device is
	// lost or ctx ends. It is called again after a pause, never twice at once.
	Run(ctx context.Context, ready func()) error
}

// The manager's times and limits, where Options leave them out.
const (
	DefaultFirstPause  = 200 * time.Millisecond // the pause doubles from here..
	DefaultLongest     = 5 * time.Second        // ..to here: a replugged device is back that soon
	DefaultOpenTimeout = 15 * time.Second
	DefaultStopTimeout = 2 * time.Second
	MaxDevices         = 32

	// minPause keeps a lucky draw from spinning, steady is how long a device
	// must be ready for its troubles to be forgotten.
	minPause = 50 * time.Millisecond
	steady   = 10 * time.Second
)

// Options are the manager's.
type Options struct {
	// Changed is told every state, newest only: when it is slow, what a device
	// was in between is skipped. Calls do not overlap. nil: nobody.
	Changed func(State)

	FirstPause  time.Duration // upper bound of the first pause
	Longest     time.Duration // upper bound of all pauses
	OpenTimeout time.Duration // a device not ready by then is told to stop
	StopTimeout time.Duration // a device not stopped by then is abandoned

	// Draw chooses a pause in [0, bound); nil: at random.
	Draw func(bound time.Duration) time.Duration

	Log *slog.Logger // nil: none
}

var (
	// ErrHung: devices did not stop in time and were abandoned.
	ErrHung = errors.New("devices: did not stop")
	// ErrName: a device's name is empty or taken.
	ErrName = errors.New("devices: name is empty or taken")
	// ErrRunning: the manager runs already, or has run.
	ErrRunning = errors.New("devices: manager has been started")
	// ErrTooMany: more than MaxDevices.
	ErrTooMany = errors.New("devices: too many")

	errTardy = errors.New("does not open in time")
)

// Manager runs devices.
type Manager struct {
	o   Options
	log *slog.Logger

	wake chan struct{} // capacity 1: some device is dirty

	mu      sync.Mutex
	started bool
	slots   []*slot
}

// slot is a device and its state, guarded by the manager's mu.
type slot struct {
	device Device
	state  State
	dirty  bool // Changed has not been told yet
}

// New makes a manager without devices.
func New(o Options) *Manager {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.FirstPause, DefaultFirstPause)
	def(&o.Longest, DefaultLongest)
	def(&o.OpenTimeout, DefaultOpenTimeout)
	def(&o.StopTimeout, DefaultStopTimeout)
	if o.Draw == nil {
		o.Draw = rand.N[time.Duration]
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Manager{o: o, log: o.Log, wake: make(chan struct{}, 1)}
}

// Add registers a device. All are added before Run.
func (m *Manager) Add(d Device) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.started:
		return ErrRunning
	case len(m.slots) >= MaxDevices:
		return ErrTooMany
	case d.Name() == "" || slices.ContainsFunc(m.slots, func(s *slot) bool { return s.device.Name() == d.Name() }):
		return fmt.Errorf("%w: %q", ErrName, d.Name())
	}
	m.slots = append(m.slots, &slot{device: d, state: State{Name: d.Name(), Kind: d.Kind(), Phase: Opening, Since: time.Now()}})
	return nil
}

// States gives all devices in the order they were added.
func (m *Manager) States() []State {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make([]State, len(m.slots))
	for i, s := range m.slots {
		all[i] = s.state
	}
	return all
}

// Run keeps the devices running until ctx ends, then stops them. It returns
// nil, or ErrHung with the names of those that were left behind. It can be
// called once.
func (m *Manager) Run(ctx context.Context) error {
	m.mu.Lock()
	if m.started {
		m.mu.Unlock()
		return ErrRunning
	}
	m.started = true
	slots := m.slots
	m.mu.Unlock()

	stop := make(chan struct{})
	told := make(chan struct{})
	go func() {
		defer close(told)
		m.tell(stop)
	}()
	var all sync.WaitGroup
	for _, s := range slots {
		all.Go(func() { m.supervise(ctx, s) })
	}
	all.Wait()
	close(stop)
	t := time.NewTimer(m.o.StopTimeout)
	defer t.Stop()
	select {
	case <-told:
	case <-t.C: // Changed hangs
	}
	var hung []error
	for _, s := range m.States() {
		if s.Hung {
			hung = append(hung, fmt.Errorf("%w: %s", ErrHung, s.Name))
		}
	}
	return errors.Join(hung...)
}

// supervise runs one device again and again.
func (m *Manager) supervise(ctx context.Context, s *slot) {
	for tries := 0; ; tries++ {
		steadily, err := m.attempt(ctx, s)
		if ctx.Err() != nil {
			m.move(s, halted, nil)
			return
		}
		m.move(s, ending(err), err)
		if steadily {
			tries = 0
		}
		t := time.NewTimer(m.pause(tries))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			m.move(s, halted, nil)
			return
		}
	}
}

// pause draws one from nothing to a bound that doubles: devices on one hub
// that went together do not come back together.
func (m *Manager) pause(tries int) time.Duration {
	bound := m.o.Longest
	if tries < 16 {
		bound = min(bound, m.o.FirstPause<<tries)
	}
	return max(minPause, m.o.Draw(bound))
}

// attempt runs the device once and tells whether it was ready for long. It
// returns before the device only when that hangs and ctx has ended.
func (m *Manager) attempt(ctx context.Context, s *slot) (steadily bool, err error) {
	run, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan struct{})
	result := make(chan error, 1)
	var once sync.Once
	go func() {
		result <- m.guarded(run, s.device, func() { once.Do(func() { close(ready) }) })
	}()
	tardy := time.NewTimer(m.o.OpenTimeout)
	defer tardy.Stop()

	select {
	case <-ready:
		since := time.Now()
		m.move(s, opened, nil)
		select {
		case err = <-result:
		case <-ctx.Done():
			err = m.leave(s, result)
		}
		return time.Since(since) >= steady, err
	case err = <-result:
		return false, err
	case <-tardy.C:
		cancel()
		m.move(s, failed, errTardy)
	case <-ctx.Done():
	}
	// Told to stop. While the manager runs there is time: a second attempt
	// beside one that hangs would be two on one device.
	select {
	case err = <-result:
		if err == nil || errors.Is(err, context.Canceled) {
			err = errTardy
		}
	case <-ctx.Done():
		err = m.leave(s, result)
	}
	return false, err
}

// leave waits for a device that was told to stop, but not for ever.
func (m *Manager) leave(s *slot, result <-chan error) error {
	t := time.NewTimer(m.o.StopTimeout)
	defer t.Stop()
	select {
	case err := <-result:
		return err
	case <-t.C:
		m.mu.Lock()
		s.state.Hung = true
		m.mu.Unlock()
		m.log.Error("device does not stop, left behind", "dev", s.state.Name)
		return ErrHung
	}
}

// guarded runs a device and makes an error of a panic.
func (m *Manager) guarded(ctx context.Context, d Device, ready func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			m.log.Error("device panicked", "dev", d.Name(), "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return d.Run(ctx, ready)
}

// move changes a device's state and has it told.
func (m *Manager) move(s *slot, e event, err error) {
	m.mu.Lock()
	was := s.state
	to, ok := next(was.Phase, e)
	if !ok {
		m.mu.Unlock()
		return
	}
	now := &s.state
	now.Phase, now.Why = to, ""
	switch to {
	case Ready:
		now.Tries = 0
	case Absent, Failing:
		now.Tries++
		now.Why = why(err)
	}
	trouble := func(p Phase) bool { return p == Absent || p == Failing }
	if to != was.Phase && !(trouble(to) && trouble(was.Phase)) {
		now.Since = time.Now()
	}
	changed := was.Phase != now.Phase || was.Why != now.Why || was.Hung != now.Hung
	s.dirty = s.dirty || changed
	state := *now
	m.mu.Unlock()
	if !changed {
		return
	}
	m.log.Info("device "+string(state.Phase), "dev", state.Name, "why", state.Why)
	select {
	case m.wake <- struct{}{}:
	default: // awake already
	}
}

// tell hands states to Changed until stop, and then what is left.
func (m *Manager) tell(stop <-chan struct{}) {
	for {
		for s, ok := m.dirty(); ok; s, ok = m.dirty() {
			if m.o.Changed != nil {
				m.o.Changed(s)
			}
		}
		select {
		case <-m.wake:
		case <-stop:
			for s, ok := m.dirty(); ok && m.o.Changed != nil; s, ok = m.dirty() {
				m.o.Changed(s)
			}
			return
		}
	}
}

// dirty takes one state that has not been told.
func (m *Manager) dirty() (State, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.slots {
		if s.dirty {
			s.dirty = false
			return s.state, true
		}
	}
	return State{}, false
}
