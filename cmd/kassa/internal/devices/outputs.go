package devices

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/peripherals/drawer"
	"github.com/kassa-pos/kassa/peripherals/signal"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Limits of what waits.
const (
	maxKicks = 1               // the drawer is open after one
	maxBeeps = 4               // more would still sound when everybody has gone on
	kickLife = 2 * time.Second // a drawer that opens by itself later is a thief's
)

// OutputsOptions say what hangs on the board's lines.
type OutputsOptions struct {
	Name        string
	Pins        pins.Options
	DrawerPulse time.Duration // 0: drawer.DefaultPulse

	// Input is told the level of each configured input at start and at every
	// change. It is called on several goroutines and must not block. nil: nobody.
	Input func(role pins.Role, on bool)

	Log *slog.Logger // nil: none
}

// Outputs is the board's lines kept running: drawer, buzzer, lamps, keys.
type Outputs struct {
	o     OutputsOptions
	log   *slog.Logger
	kicks chan time.Time // when it was asked for
	beeps chan signal.Pattern
	lit   chan struct{} // capacity 1: a lamp changed
	meter signal.Meter  // of the goroutine that beeps

	mu     sync.Mutex
	ready  bool
	lights map[pins.Role]signal.Light
}

// NewOutputs makes a device of the board's lines.
func NewOutputs(o OutputsOptions) (*Outputs, error) {
	if _, err := drawer.New(nil, o.DrawerPulse); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Outputs{
		o: o, log: o.Log,
		kicks:  make(chan time.Time, maxKicks),
		beeps:  make(chan signal.Pattern, maxBeeps),
		lit:    make(chan struct{}, 1),
		lights: map[pins.Role]signal.Light{},
	}, nil
}

// Name is the device's name.
func (u *Outputs) Name() string { return u.o.Name }

// Kind is KindOutputs.
func (u *Outputs) Kind() Kind { return KindOutputs }

// Has tells whether a line is configured for the role.
func (u *Outputs) Has(role pins.Role) bool {
	_, ok := u.o.Pins.Roles[role]
	return ok
}

// Kick has the drawer opened now or not at all: DeviceDown when the board is
// not there, Busy when a kick waits already. It never blocks.
func (u *Outputs) Kick() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case !u.Has(pins.Drawer):
		return fault.New(fault.DeviceDown, string(pins.Drawer), "no line is configured")
	case !u.ready:
		return fault.New(fault.DeviceDown, u.o.Name, "not connected")
	}
	select {
	case u.kicks <- time.Now():
		return nil
	default:
		return fault.New(fault.Busy)
	}
}

// Beep has a pattern played after those that wait. It never blocks; when too
// many wait, or there is no buzzer now, the beep is dropped.
func (u *Outputs) Beep(p signal.Pattern) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.ready || !u.Has(pins.Buzzer) {
		return
	}
	select {
	case u.beeps <- p:
	default:
		u.log.Debug("beep dropped", "dev", u.o.Name, "pattern", p.Name)
	}
}

// Light sets a lamp, now and whenever the board comes back. It never blocks.
// A role that is no lamp, or not configured, changes nothing.
func (u *Outputs) Light(role pins.Role, l signal.Light) {
	if !slices.Contains(pins.Lamps(), role) {
		return
	}
	u.mu.Lock()
	u.lights[role] = l
	u.mu.Unlock()
	select {
	case u.lit <- struct{}{}:
	default:
	}
}

// Run drives the lines until the board is lost.
func (u *Outputs) Run(ctx context.Context, ready func()) error {
	set, err := pins.Open(ctx, u.o.Pins)
	if err != nil {
		return err
	}
	u.connect(true)
	defer u.connect(false)
	ready()

	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	errs := make(chan error, 4+len(pins.Inputs()))
	work := func(f func(context.Context, *pins.Set) error) {
		all.Go(func() {
			errs <- f(ctx, set)
			cancel() // one ends, all end
		})
	}
	work(func(ctx context.Context, s *pins.Set) error { return s.Wait(ctx) })
	work(u.runDrawer)
	work(u.runBuzzer)
	work(u.runLamps)
	for _, role := range pins.Inputs() {
		if set.Has(role) && u.o.Input != nil {
			work(func(ctx context.Context, s *pins.Set) error {
				return s.Watch(ctx, role, func(on bool) { u.o.Input(role, on) })
			})
		}
	}
	all.Wait()
	cancel()
	err = <-errs // the first, which ended the others
	return errors.Join(err, set.Close())
}

// connect opens or shuts the door for kicks and beeps; what waited is dropped
// both ways.
func (u *Outputs) connect(ready bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ready = ready
	for {
		select {
		case <-u.kicks:
		case <-u.beeps:
		default:
			return
		}
	}
}

func (u *Outputs) runDrawer(ctx context.Context, set *pins.Set) error {
	coil, err := set.Output(pins.Drawer)
	if errors.Is(err, pins.ErrNoRole) {
		<-ctx.Done()
		return ctx.Err()
	}
	d, err := drawer.New(coil, u.o.DrawerPulse)
	if err != nil {
		return err
	}
	for {
		select {
		case asked := <-u.kicks:
			if time.Since(asked) > kickLife {
				u.log.Warn("drawer not opened: asked too long ago", "dev", u.o.Name)
				continue
			}
			if err := d.Kick(ctx); err != nil && !errors.Is(err, drawer.ErrResting) {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (u *Outputs) runBuzzer(ctx context.Context, set *pins.Set) error {
	b, err := set.Output(pins.Buzzer)
	if errors.Is(err, pins.ErrNoRole) {
		<-ctx.Done()
		return ctx.Err()
	}
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case p := <-u.beeps:
			if !u.meter.Allow(time.Now(), p) {
				u.log.Debug("beep dropped: the buzzer has to rest", "dev", u.o.Name, "pattern", p.Name)
				continue
			}
			if err := p.Play(ctx, b); err != nil {
				return err
			}
			rest.Reset(signal.Gap)
			select {
			case <-rest.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// runLamps drives the lamps at every change, and ticks only while one blinks.
func (u *Outputs) runLamps(ctx context.Context, set *pins.Set) error {
	start := time.Now()
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-u.lit:
		case <-ctx.Done():
			return ctx.Err()
		}
		blinks, err := u.drive(set, time.Since(start))
		if err != nil {
			return err
		}
		if blinks {
			t.Reset(signal.Tick)
		}
	}
}

// drive sets all lamps to what they should be now.
func (u *Outputs) drive(set *pins.Set, at time.Duration) (blinks bool, err error) {
	u.mu.Lock()
	lights := maps.Clone(u.lights)
	u.mu.Unlock()
	for role, l := range lights {
		lamp, err := set.Output(role)
		if err != nil {
			continue // not configured on this board
		}
		blinks = blinks || l.Blinks()
		if want := l.Lit(at); lamp.On() != want {
			if err := lamp.Set(want); err != nil {
				return false, err
			}
		}
	}
	return blinks, nil
}
