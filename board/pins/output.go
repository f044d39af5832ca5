package pins

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Output is a driven line. Levels are logical: true is "on", whichever level
// of the wire that is.
type Output struct {
	role Role
	pin  gpio.PinOut // Out is all that is ever called
	low  bool        // active low
	set  *Set

	mu      sync.Mutex
	on      bool // the last level set: the pin is never asked
	retired bool
	pulse   uint64 // counts Set and Pulse, so that a pulse ends only its own
}

// Role tells what the line is for.
func (o *Output) Role() Role { return o.role }

func (o *Output) String() string { return string(o.role) }

// On tells the last level set here.
func (o *Output) On() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.on
}

// Set drives the line. The drawer's coil can only be pulsed.
func (o *Output) Set(on bool) error {
	if on && o.role == Drawer {
		return fmt.Errorf("%w: the drawer is pulsed, never held", ErrTooLong)
	}
	_, err := o.begin(on)
	return err
}

// Pulse drives the line on for d, at most MaxPulse, and off again: also when
// ctx ends, the set is closed, or the first half failed half-way. A Set or
// another Pulse takes the line over; this one then ends without touching it.
// It returns when the line is off.
func (o *Output) Pulse(ctx context.Context, d time.Duration) error {
	if d <= 0 || d > MaxPulse {
		return fmt.Errorf("%w: %v, at most %v", ErrTooLong, d, MaxPulse)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	mine, err := o.begin(true)
	if err != nil {
		return errors.Join(err, o.end(mine))
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return o.end(mine)
	case <-ctx.Done():
		return errors.Join(ctx.Err(), o.end(mine))
	case <-o.set.closed:
		return errors.Join(ErrClosed, o.end(mine))
	}
}

// begin drives the line and takes it over from a running pulse.
func (o *Output) begin(on bool) (mine uint64, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pulse++
	if o.retired {
		return o.pulse, ErrClosed
	}
	return o.pulse, o.drive(on)
}

// end drives the line off if nobody has taken it over.
func (o *Output) end(mine uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pulse != mine || o.retired {
		return nil
	}
	return o.drive(false)
}

// retire drives the line off for good.
func (o *Output) retire() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.retired {
		return nil
	}
	o.retired = true
	return o.drive(false)
}

func (o *Output) drive(on bool) error {
	o.on = on // also when it fails: nobody knows then, and idle is set again
	if err := o.pin.Out(gpio.Level(on != o.low)); err != nil {
		return fmt.Errorf("pins: drive %s: %w", o.role, err)
	}
	return nil
}
