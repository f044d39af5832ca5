// Package drawer opens a cash drawer whose coil hangs on a GPIO line, through
// a relay or a transistor. (A drawer on the fiscal printer's connector is
// opened by the printer.)
//
// A drawer's lock is a coil for 12 or 24 V that is made for short pulses:
// 100 to 200 ms open it, a second warms it, a minute burns it. So a pulse is
// bounded, and between two there is a rest. Whoever opens the drawer without
// a sale writes an audit record; that is the till's business, not the coil's.
//
// A Drawer may be used concurrently.
package drawer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Times of the coil.
const (
	DefaultPulse = 150 * time.Millisecond
	MinPulse     = 20 * time.Millisecond
	MaxPulse     = 500 * time.Millisecond
	Rest         = 500 * time.Millisecond // from the end of a pulse to the next
)

var (
	// ErrResting: the drawer was opened a moment ago; it is open.
	ErrResting = errors.New("drawer: opened a moment ago")
	// ErrPulse: a pulse length out of MinPulse..MaxPulse.
	ErrPulse = errors.New("drawer: pulse length out of range")
)

// Coil is the line: pins.Output is one. Pulse returns when the line is off,
// which it is at the latest after d, whatever happens.
type Coil interface {
	Pulse(ctx context.Context, d time.Duration) error
}

// Drawer is a cash drawer.
type Drawer struct {
	coil  Coil
	pulse time.Duration

	mu   sync.Mutex
	busy bool
	next time.Time // when the coil has rested
}

// New makes a drawer; pulse 0 means DefaultPulse.
func New(coil Coil, pulse time.Duration) (*Drawer, error) {
	if pulse == 0 {
		pulse = DefaultPulse
	}
	if pulse < MinPulse || pulse > MaxPulse {
		return nil, fmt.Errorf("%w: %v, must be %v..%v", ErrPulse, pulse, MinPulse, MaxPulse)
	}
	return &Drawer{coil: coil, pulse: pulse}, nil
}

func (d *Drawer) String() string { return "drawer" }

// Kick opens the drawer and returns when the coil is off again. ErrResting
// when it was opened less than Rest ago. An error does not say whether the
// drawer is open.
func (d *Drawer) Kick(ctx context.Context) error {
	d.mu.Lock()
	if d.busy || time.Now().Before(d.next) {
		d.mu.Unlock()
		return ErrResting
	}
	d.busy = true
	d.mu.Unlock()

	err := d.coil.Pulse(ctx, d.pulse)

	d.mu.Lock()
	d.busy, d.next = false, time.Now().Add(Rest)
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("kick drawer: %w", err)
	}
	return nil
}
