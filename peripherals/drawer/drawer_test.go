package drawer

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// coil records pulses.
type coil struct {
	pulses []time.Duration
	err    error
}

func (c *coil) Pulse(ctx context.Context, d time.Duration) error {
	c.pulses = append(c.pulses, d)
	select {
	case <-time.After(d):
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestKick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &coil{}
		d, err := New(c, 0)
		if err != nil {
			t.Fatal(err)
		}
		first := make(chan error, 1)
		go func() { first <- d.Kick(t.Context()) }()
		synctest.Wait()
		if err := d.Kick(t.Context()); !errors.Is(err, ErrResting) {
			t.Errorf("during a pulse: %v", err)
		}
		if err := <-first; err != nil {
			t.Fatal(err)
		}
		if err := d.Kick(t.Context()); !errors.Is(err, ErrResting) {
			t.Errorf("right after a pulse: %v", err)
		}
		time.Sleep(Rest)
		if err := d.Kick(t.Context()); err != nil {
			t.Errorf("after a rest: %v", err)
		}
		if len(c.pulses) != 2 || c.pulses[0] != 150*time.Millisecond {
			t.Errorf("pulses %v", c.pulses)
		}
	})
}

func TestAFailedKickRestsAsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("relay fell off")
		c := &coil{err: broken}
		d, err := New(c, MaxPulse)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Kick(t.Context()); !errors.Is(err, broken) {
			t.Error(err)
		}
		if err := d.Kick(t.Context()); !errors.Is(err, ErrResting) {
			t.Errorf("the coil may be warm: %v", err)
		}
	})
}

func TestPulseRange(t *testing.T) {
	for _, p := range []time.Duration{-1, 1, MinPulse - 1, MaxPulse + 1, time.Hour} {
		if _, err := New(&coil{}, p); !errors.Is(err, ErrPulse) {
			t.Errorf("%v: %v", p, err)
		}
	}
}
