package shtrihtest

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// How a device with a network of its own waits.
const (
	networkAnswer = 10 * time.Second // for an operator's whole answer
	networkRest   = time.Second      // after a failure
)

// errRefusedTicket: the FN did not want what the operator answered.
var errRefusedTicket = errors.New("the FN refused the operator's answer")

// Network is the device's own network: it sends what waits to the address in
// its settings until ctx ends. It rests while the host is to carry the
// messages, and without power. It returns when ctx ends.
func (d *Device) Network(ctx context.Context, dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	for ctx.Err() == nil {
		changed := d.Changed()
		rest := time.Duration(0)
		if message, address, epoch := d.outbound(); message != nil {
			if err := d.carry(ctx, dial, address, message, epoch); err == nil {
				continue
			} else if ctx.Err() == nil {
				d.log.Debug("emulated device did not reach its operator", "err", err)
			}
			rest, changed = networkRest, nil
		}
		pause(ctx, changed, rest)
	}
}

// pause waits for a change, or for a while.
func pause(ctx context.Context, changed <-chan struct{}, rest time.Duration) {
	var over <-chan time.Time
	if rest > 0 {
		t := time.NewTimer(rest)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-changed:
	case <-over:
	case <-ctx.Done():
	}
}

// outbound gives the message that waits, where it goes and the power's epoch.
func (d *Device) outbound() (message []byte, address string, epoch int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byHost() || !d.faults.plugged || d.faults.hung || d.s.FNDoc != 0 {
		return nil, "", 0
	}
	x := d.next()
	if x.out == nil {
		return nil, "", 0
	}
	x.taken, x.waiting = len(x.out), true
	d.x = x
	if x.notice != 0 {
		return x.out, d.marksAddress(), d.epoch
	}
	return x.out, d.address(ofdHostField, ofdPortField), d.epoch
}

// carry takes one message to its operator and lets the FN look at the answer.
func (d *Device) carry(ctx context.Context, dial func(context.Context, string, string) (net.Conn, error), address string, message []byte, epoch int) error {
	ctx, cancel := context.WithTimeout(ctx, networkAnswer)
	defer cancel()
	conn, err := dial(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // what was said is judged by the FN
	unwatch := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer unwatch()
	if _, err := conn.Write(message); err != nil {
		return err
	}
	answer := make([]byte, ofdwire.HeaderSize, exchangeMax)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	h, err := ofdwire.ParseHeader(answer)
	if err != nil || h.Size() > exchangeMax {
		return errors.Join(err, errRefusedTicket)
	}
	answer = answer[:h.Size()]
	if _, err := io.ReadFull(conn, answer[ofdwire.HeaderSize:]); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.epoch != epoch || d.x.ticket(d, answer) != 0 {
		return errRefusedTicket
	}
	d.notify()
	return d.save()
}
