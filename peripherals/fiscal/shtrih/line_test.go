package shtrih_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/tax"
)

func fault(t *testing.T, d *shtrihtest.Device, name string, args ...string) {
	t.Helper()
	if err := d.Fault(name, args...); err != nil {
		t.Fatal(err)
	}
}

func bread(t *testing.T) kkt.Operation {
	return receipt(t, kkt.OpSale, 0, line(t, "Хлеб", 20_00, 1000, tax.VAT10))
}

// prepared opens a shift and prepares a sale.
func prepared(t *testing.T, p *shtrih.Printer) (kkt.Mark, kkt.Operation) {
	t.Helper()
	do(t, p, shiftOp(kkt.OpOpenShift))
	mark, err := p.Mark(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	op := bread(t)
	if err := p.Prepare(context.Background(), mark, op); err != nil {
		t.Fatal(err)
	}
	return mark, op
}

// TestNoise: what a bad line does to frames costs time, not receipts.
func TestNoise(t *testing.T) {
	for _, f := range [][]string{{"corrupt-answer", "5"}, {"nak-request", "5"}, {"drop-ack", "9"}, {"stray-ff", "on"}, {"print-delay", "30"}, {"delay", "5"}} {
		t.Run(f[0], func(t *testing.T) {
			t.Parallel()
			d := device(t, shtrihtest.Options{})
			p := printer(t, servePair(t, d), shtrih.Options{})
			fault(t, d, f[0], f[1:]...)
			do(t, p, shiftOp(kkt.OpOpenShift))
			do(t, p, bread(t))
			if err := p.Settle(context.Background()); err != nil {
				t.Error(err)
			}
			do(t, p, shiftOp(kkt.OpCloseShift))
			if n := len(registered(d)); n != 3 {
				t.Errorf("%d documents, want 3", n)
			}
		})
	}
}

// TestKeptAnswer: on a sound line a lost answer of FF45h is fetched by ENQ, and
// the receipt is registered without doubt and without Find.
func TestKeptAnswer(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	mark, op := prepared(t, p)
	fault(t, d, "drop-answer", "FF45")
	f, err := p.Commit(context.Background(), mark, op)
	if err != nil || f.FD != mark.FD+1 || f.Recovered {
		t.Errorf("%+v, %v", f, err)
	}
	if n := len(registered(d)); n != 2 {
		t.Errorf("%d documents, want 2", n)
	}
}

// TestLostRequest: a question that was not heard is asked again, a registering
// command is not.
func TestLostRequest(t *testing.T) {
	var drop atomic.Bool
	var d *shtrihtest.Device
	d = device(t, shtrihtest.Options{Hook: func(stage shtrihtest.Stage, cmd uint16) {
		if stage == shtrihtest.Answered && cmd == 0xFF40 && drop.CompareAndSwap(true, false) { // the one before FF45h
			fault(t, d, "drop-request")
		}
	}})
	p := printer(t, servePair(t, d), shtrih.Options{})
	fault(t, d, "drop-request")
	mark, op := prepared(t, p)
	drop.Store(true)
	if _, err := p.Commit(context.Background(), mark, op); !errors.Is(err, fiscal.ErrNoAnswer) {
		t.Errorf("commit: %v", err)
	}
	if n := len(registered(d)); n != 1 {
		t.Errorf("%d documents, want the opening", n)
	}
	if found, err := p.Find(context.Background(), mark, op); err != nil || found.Kind != kkt.NotRegistered {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestGarbage(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, servePair(t, d), shtrih.Options{})
	fault(t, d, "garbage", "on")
	if _, err := p.Identify(context.Background()); !errors.Is(err, fiscal.ErrGarbage) {
		t.Errorf("identify: %v", err)
	}
	fault(t, d, "garbage", "off")
	if _, err := p.Identify(context.Background()); err != nil {
		t.Errorf("after the noise: %v", err)
	}
}

// TestHaltWakes does it with the time-outs of the field, which alone would
// take ten seconds.
func TestHaltWakes(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	for name, wait := range map[string]func(*shtrih.Printer, context.Context) error{
		"status": func(p *shtrih.Printer, ctx context.Context) error { _, err := p.Status(ctx); return err },
		"settle": func(p *shtrih.Printer, ctx context.Context) error { return p.Settle(ctx) },
	} {
		p := printer(t, servePair(t, d), shtrih.Options{Timeouts: shtrih.DefaultTimeouts()})
		if _, err := p.Identify(context.Background()); err != nil {
			t.Fatal(err)
		}
		fault(t, d, "hang")
		ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- wait(p, ctx) }()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for woken := false; !woken; {
			select {
			case err := <-done:
				woken = true
				if ctx.Err() != nil || !errors.Is(err, fiscal.ErrNoAnswer) {
					t.Errorf("%s: %v, %v", name, err, ctx.Err())
				}
			case <-tick.C:
				if err := p.Halt(); err != nil {
					t.Error(err)
				}
			}
		}
		fault(t, d, "unhang")
	}
}

// TestDetailsLost: once FF45h has answered, the receipt is registered, even if
// the device is never heard of again.
func TestDetailsLost(t *testing.T) {
	var d *shtrihtest.Device
	d = device(t, shtrihtest.Options{Hook: func(stage shtrihtest.Stage, cmd uint16) {
		if stage == shtrihtest.Received && cmd == 0xFF0A {
			fault(t, d, "unplug")
		}
	}})
	p := printer(t, serveTCP(t, d), shtrih.Options{})
	// Opening the shift reads details too: do it past the trap.
	raw := dial(t, serveTCP(t, d))
	raw.ok("E0", "1E000000")
	mark, err := p.Mark(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	op := bread(t)
	if err := p.Prepare(context.Background(), mark, op); err != nil {
		t.Fatal(err)
	}
	f, err := p.Commit(context.Background(), mark, op)
	docs := d.Documents()
	last := docs[len(docs)-1]
	want := doc.Fiscal{FN: mark.FN, FD: last.FD, Sign: last.Sign, Shift: 1, Receipt: 1, Time: noon, Total: op.Total(),
		Serial: "0000000000012345", RegNumber: "0000000400054321"}
	if err != nil || !reflect.DeepEqual(f, want) {
		t.Errorf("%+v, %v, want %+v", f, err, want)
	}
}

// TestAnotherDevice: what is plugged in after a loss is asked who it is.
func TestAnotherDevice(t *testing.T) {
	a := device(t, shtrihtest.Options{Serial: "1", FN: "9999078900000001"})
	b := device(t, shtrihtest.Options{Serial: "2", FN: "9999078900000002", FFD: "1.05", TaxSystems: []tax.System{tax.SimplifiedIncome, tax.Patent}})
	s := &swap{Opener: serveTCP(t, a)}
	p := printer(t, s, shtrih.Options{})
	first, err := p.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s.Opener = serveTCP(t, b)
	fault(t, a, "unplug")
	second, err := p.Identify(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if first.Serial != "1" || second.Serial != "2" || second.FFD != "1.05" || second.FN != "9999078900000002" || len(second.TaxSystems) != 2 {
		t.Errorf("%+v, then %+v", first, second)
	}
}

func TestWrongPassword(t *testing.T) {
	d := device(t, shtrihtest.Options{})
	p := printer(t, serveTCP(t, d), shtrih.Options{Password: 12345})
	_, err := p.Identify(context.Background())
	var e *fiscal.DeviceError
	if !errors.As(err, &e) || e.Code != 0x4F || !strings.Contains(err.Error(), "пароль") {
		t.Error(err)
	}
}

// swap is a link whose other end can be exchanged.
type swap struct{ link.Opener }
