package loop

import (
	"context"
	"errors"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits of the relay's turns on the fiscal device. A sale that comes during a
// turn waits for its end: a block of a message, some 30 ms on a line of 115200
// baud and half a second on one of 4800, and courierTurn when the device hangs.
const (
	courierTurn  = 5 * time.Second
	courierYield = 5 * time.Millisecond // while something else waits for the device
)

// courier gives the relay its turns on the device: between operations, never
// within one. It belongs to the goroutine of the device.
type courier struct {
	l     *Loop
	quiet *quiet
	timer *time.Timer
	ready bool
	stale bool // somebody may have changed the device's settings
}

func newCourier(l *Loop, q *quiet) *courier {
	c := &courier{l: l, quiet: q, timer: time.NewTimer(0)}
	if !c.works() {
		c.timer.Stop()
	}
	return c
}

func (c *courier) works() bool { return c.l.o.Relay != nil && c.l.o.Exchange != nil }

// due is readable when the relay has something to do before its time.
func (c *courier) due() <-chan struct{} {
	if !c.works() {
		return nil
	}
	return c.l.o.Relay.Due()
}

// follow keeps up with the device's coming and going.
func (c *courier) follow(ctx context.Context, dev till.Device) {
	switch {
	case !c.works() || dev.Ready == c.ready && !c.stale:
	case dev.Ready:
		ctx, cancel := context.WithTimeout(ctx, statusTimeout)
		defer cancel()
		route, err := c.l.o.Exchange.Route(ctx)
		if err != nil {
			c.l.o.Log.Warn("the device does not tell where its messages go", "dev", "kkt", "err", err)
			return // asked again at the next look
		}
		c.ready, c.stale = true, false
		c.l.o.Relay.Route(route)
		c.timer.Reset(0)
	default:
		c.ready, c.stale = false, false
		c.l.o.Relay.Gone()
	}
}

// saw tells the relay of a document that waits to be carried.
func (c *courier) saw(ev till.Event) {
	if e, ok := ev.(till.Committed); ok && e.Err == nil && c.works() {
		c.l.o.Relay.Wake()
	}
}

// turn lets the relay do one thing, unless something else waits.
func (c *courier) turn(ctx context.Context) {
	wait := c.quiet.left()
	switch {
	case !c.ready:
		return
	case len(c.l.fiscal) > 0:
		c.timer.Reset(courierYield)
		return
	case wait > 0:
		c.timer.Reset(wait)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, courierTurn)
	defer cancel()
	c.timer.Reset(c.l.o.Relay.Step(ctx, port{c.l.o.Exchange}))
}

// port is a driver as the relay wants it.
type port struct{ device fiscal.Exchanger }

func (p port) Outgoing(ctx context.Context) ([]byte, bool, error) {
	message, done, err := p.device.Outgoing(ctx)
	if errors.Is(err, fiscal.ErrUnsupported) {
		err = errors.Join(relay.ErrUnsupported, err)
	}
	return message, done, err
}

func (p port) Incoming(ctx context.Context, answer []byte) (bool, error) {
	return p.device.Incoming(ctx, answer)
}

func (p port) Refused(err error) bool { return errors.Is(err, fiscal.ErrRefused) }
