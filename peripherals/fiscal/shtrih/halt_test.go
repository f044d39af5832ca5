package shtrih_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// stuck is a link that can not be opened, or whose other end reads nothing.
type stuck struct{ opens bool }

func (s stuck) Open(ctx context.Context) (link.Conn, error) {
	if s.opens {
		near, _ := net.Pipe()
		return near, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func (stuck) String() string { return "stuck" }

// TestHaltInEveryState: wherever a call waits, Halt and the end of its context
// wake it at once, and the printer works afterwards.
func TestHaltInEveryState(t *testing.T) {
	status := func(ctx context.Context, p *shtrih.Printer) error { _, err := p.Status(ctx); return err }
	opening := func(ctx context.Context, p *shtrih.Printer) error {
		op := shiftOp(kkt.OpOpenShift)
		mark, err := p.Mark(ctx)
		if err == nil {
			err = p.Prepare(ctx, mark, op)
		}
		if err == nil {
			_, err = p.Commit(ctx, mark, op)
		}
		return err
	}
	for _, c := range []struct {
		name  string
		open  link.Opener // nil: to the device
		first bool        // it has answered before
		fault []string
		slow  uint16 // the command that takes long
		call  func(context.Context, *shtrih.Printer) error
	}{
		{name: "connecting", open: stuck{}, call: status},
		{name: "writing", open: stuck{opens: true}, call: status},
		{name: "finding out what is spoken", fault: []string{"hang"}, call: status},
		{name: "asking", first: true, fault: []string{"hang"}, call: status},
		{name: "noise", first: true, fault: []string{"garbage", "on"}, call: status},
		{name: "awaiting an answer", first: true, fault: []string{"delay", "100000"}, call: status},
		{name: "in the middle of an answer", first: true, fault: []string{"split", "60000"}, call: status},
		{name: "registering", first: true, slow: 0xE0, call: opening},
		{name: "printing", first: true, fault: []string{"print-delay", "50000"}, call: func(ctx context.Context, p *shtrih.Printer) error {
			return errors.Join(p.Report(ctx), p.Settle(ctx))
		}},
	} {
		for _, protocol := range []shtrihtest.Protocol{shtrihtest.V1, shtrihtest.V2} {
			for _, how := range []string{"halt", "context"} {
				t.Run(c.name+" "+string(protocol)+" "+how, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						var d *shtrihtest.Device
						d = device(t, shtrihtest.Options{Protocol: protocol, Hook: func(stage shtrihtest.Stage, cmd uint16) {
							if c.slow == cmd && stage == shtrihtest.Received {
								fault(t, d, "delay", "100000")
							}
						}})
						s := &swap{Opener: servePair(t, d)}
						p := printer(t, s, shtrih.Options{Timeouts: shtrih.DefaultTimeouts()})
						if c.first {
							if _, err := p.Identify(t.Context()); err != nil {
								t.Fatal(err)
							}
						}
						working := s.Opener
						if c.open != nil {
							s.Opener = c.open
						}
						if c.fault != nil {
							fault(t, d, c.fault[0], c.fault[1:]...)
						}
						ctx, cancel := context.WithCancel(context.Background())
						defer cancel()
						done := make(chan error, 1)
						go func() { done <- c.call(ctx, p) }()
						<-time.After(700 * time.Millisecond)
						select {
						case err := <-done:
							t.Fatal("did not wait: ", err)
						default:
						}
						begun := time.Now()
						if how == "context" {
							cancel()
						} else if err := p.Halt(); err != nil {
							t.Error(err)
						}
						err := <-done
						if took := time.Since(begun); took > 0 || !errors.Is(err, fiscal.ErrNoAnswer) {
							t.Errorf("woken after %s with %v", took, err)
						}
						s.Opener = working
						for _, mend := range [][]string{{"unhang"}, {"garbage", "off"}, {"delay", "0"}, {"print-delay", "0"}} {
							fault(t, d, mend[0], mend[1:]...)
						}
						<-time.After(2 * time.Minute)
						if _, err := p.Status(t.Context()); err != nil {
							t.Errorf("afterwards: %v", err)
						}
					})
				})
			}
		}
	}
}
