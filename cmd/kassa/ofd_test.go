package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/offline/ofd/ofdtest"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
)

// operator is a fake OFD for a rig.
func operator(t *testing.T) (*ofdtest.OFD, string) {
	t.Helper()
	f, err := ofdtest.Open(ofdtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- f.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-served, f.Close()); err != nil {
			t.Error(err)
		}
	})
	return f, l.Addr().String()
}

// serial puts the rig's device on a serial line instead of its network.
func (r *rig) serial() {
	r.t.Helper()
	port, err := boardtest.NewPTY()
	if err != nil {
		r.t.Fatal(err)
	}
	held, err := os.OpenFile(port.Path, os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0) // a line is not gone while nobody reads it
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = r.dev.ServeConn(ctx, port) }) // ends with the port
	r.t.Cleanup(func() {
		r.kill()
		cancel()
		serving.Wait()
		_ = errors.Join(held.Close(), port.Close()) // the device has closed it
	})
	text, err := os.ReadFile(r.config())
	if err != nil {
		r.t.Fatal(err)
	}
	changed := strings.Replace(string(text), "tcp://"+r.listen, "serial://"+port.Path+"?baud=115200", 1)
	if err := os.WriteFile(r.config(), []byte(changed), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// delivered waits until the operator has all and the FN knows it, and compares
// them document by document.
func (r *rig) delivered(f *ofdtest.OFD) {
	r.t.Helper()
	r.await("the operator has confirmed everything", func() bool { return r.dev.State().Unsent == 0 })
	fn, got, tickets := r.dev.Documents(), f.Documents(), r.dev.Tickets()
	if len(fn) != len(got) || len(fn) != len(tickets) {
		r.t.Fatalf("%d documents in the FN, %d at the operator, %d tickets", len(fn), len(got), len(tickets))
	}
	for i := range fn {
		if got[i].FD != fn[i].FD || string(got[i].Body) != string(fn[i].TLV) || tickets[i].FD != fn[i].FD || tickets[i].Sign != got[i].Sign {
			r.t.Errorf("FD %d, at the operator FD %d, ticket for FD %d", fn[i].FD, got[i].FD, tickets[i].FD)
		}
	}
}

func (r *rig) sell() {
	r.t.Helper()
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"})
}

// TestSerialKKT: a KKT on a serial line, the whole till over it: what is sold
// reaches the operator, a failing operator is told of, nothing is lost.
func TestSerialKKT(t *testing.T) {
	plainOnly(t)
	f, address := operator(t)
	r := newRigWith(t, t.TempDir(), "", func(o *shtrihtest.Options) { o.ByHost, o.OFD = true, address })
	r.serial()
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	r.sell()
	r.delivered(f)
	if err := f.Fault("down"); err != nil {
		t.Fatal(err)
	}
	r.sell()
	r.await("the failure is told", func() bool {
		s, err := r.status()
		return err == nil && s.OFD != nil && s.OFD.State == relay.Failing && s.OFD.Pending == 1 && !s.OFD.Oldest.IsZero() && s.OFD.To == address
	})
	s, err := r.status()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 waiting", "the till carries to " + address, "failed", "next at"} {
		if !strings.Contains(s.OFD.Line(), want) {
			t.Errorf("%q does not say %q", s.OFD.Line(), want)
		}
	}
	if err := f.Fault(ofdtest.FaultUp); err != nil {
		t.Fatal(err)
	}
	r.sell() // the operator's absence never stopped a sale
	r.delivered(f)
	r.stop()
	r.agree()
}

// TestRelayKilled: the till is killed with a command of the exchange executed
// and not answered; the next one goes on, and each document arrives once.
func TestRelayKilled(t *testing.T) {
	stages := []shtrihtest.Stage{shtrihtest.Executed}
	if os.Getenv("KASSA_LONG") != "" {
		stages = []shtrihtest.Stage{shtrihtest.Received, shtrihtest.Executed, shtrihtest.Answered}
	}
	for _, cmd := range []uint16{0xFF30, 0xFF31, 0xFF32, 0xFF33} {
		for _, stage := range stages {
			t.Run(fmt.Sprintf("%X/%s", cmd, stage), func(t *testing.T) {
				t.Parallel()
				f, address := operator(t)
				dir := t.TempDir()
				r := newRigWith(t, dir, "", func(o *shtrihtest.Options) { o.ByHost, o.OFD = true, address })
				struck := make(chan struct{})
				var armed atomic.Bool
				hook := func(s shtrihtest.Stage, c uint16) {
					if s == stage && c == cmd && armed.CompareAndSwap(true, false) {
						_ = r.child.Process.Kill() // the rig makes sure
						close(struck)
					}
				}
				r.hook.Store(&hook)
				r.start("")
				r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
				r.must("POST", "/api/v1/shift/open", nil)
				r.delivered(f)
				armed.Store(true)
				err := r.call("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}}, nil)
				if err == nil { // else it was killed while it looked whether something waits
					err = r.call("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"}, nil)
				}
				t.Logf("sold: %t", err == nil)
				<-struck
				r.kill()
				r.start("")
				r.delivered(f)
				r.stop()
				r.agree()
				if _, err := os.Stat(filepath.Join(dir, "kkt.tickets")); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
