package loop

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// ports are a till's surroundings in memory, each with a way to misbehave.
type ports struct {
	mu       sync.Mutex
	appended []record.Entry
	appendIn func(ctx context.Context) error // before an append succeeds
	hang     bool                            // the fiscal device does not answer
	fd       uint32
	shift    bool
	drawer   int
	woken    int
}

func (p *ports) Append(ctx context.Context, e ...record.Entry) (uint64, error) {
	if p.appendIn != nil {
		if err := p.appendIn(ctx); err != nil {
			return 0, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.appended = append(p.appended, e...)
	return uint64(len(p.appended)), nil
}

func (p *ports) Post(e ...record.Entry) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.appended = append(p.appended, e...)
	return nil
}

func (p *ports) Lookup(_ context.Context, _ int64, code string) (catalog.Match, error) {
	if code != "bread" {
		return catalog.Match{}, ErrNoItem
	}
	return catalog.Match{Generation: 1, Code: code, Qty: qty.One, Item: catalog.Item{ID: "b", Name: "Хлеб", Rate: tax.VAT10,
		Prices: []catalog.Price{{Type: "retail", Value: 5000}}}}, nil
}

func (p *ports) OpenDrawer() bool { p.mu.Lock(); defer p.mu.Unlock(); p.drawer++; return true }
func (p *ports) Beep(till.Signal) {}

// device is the same ports seen as a fiscal device.
type device struct{ *ports }

func (d device) wait(ctx context.Context) error {
	d.mu.Lock()
	hang := d.hang
	d.mu.Unlock()
	if !hang {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (d device) Identify(ctx context.Context) (kkt.Identity, error) {
	return kkt.Identity{FN: "9999078902000001", TestFN: true, TaxSystems: []tax.System{tax.General}}, d.wait(ctx)
}

func (d device) Status(ctx context.Context) (kkt.Status, error) {
	return kkt.Status{Paper: true, Shift: kkt.ShiftOpened}, d.wait(ctx)
}

func (d device) Mark(ctx context.Context) (kkt.Mark, error) {
	return kkt.Mark{FN: "9999078902000001", FD: d.fd, ShiftOpen: d.shift}, d.wait(ctx)
}

func (d device) Prepare(ctx context.Context, _ kkt.Mark, _ kkt.Operation) error { return d.wait(ctx) }

func (d device) Commit(ctx context.Context, _ kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	if err := d.wait(ctx); err != nil {
		return doc.Fiscal{}, err
	}
	d.fd++
	d.shift = op.Kind != kkt.OpCloseShift
	return doc.Fiscal{FN: "9999078902000001", FD: d.fd, Time: time.Now()}, nil
}

func (d device) Find(ctx context.Context, m kkt.Mark, _ kkt.Operation) (kkt.Found, error) {
	return kkt.Found{Kind: kkt.NotRegistered, Now: m}, d.wait(ctx)
}
func (d device) Settle(ctx context.Context) error     { return d.wait(ctx) }
func (d device) Report(ctx context.Context) error     { return d.wait(ctx) }
func (d device) OpenDrawer(ctx context.Context) error { return d.wait(ctx) }
func (d device) Halt() error                          { return nil }

// start runs a loop over the ports inside a synctest bubble.
func start(t *testing.T, p *ports, withDevice bool) (*Loop, func() error) {
	t.Helper()
	return startWith(t, p, func(o *Options) {
		if withDevice {
			p.fd, p.shift = 0, false
			o.Fiscal = &device{p}
		}
	})
}

// startWith is start with more changed.
func startWith(t *testing.T, p *ports, change func(*Options)) (*Loop, func() error) {
	t.Helper()
	o := Options{
		Settings: till.Settings{Bench: true, Currency: "RUB"}, Journal: p, Catalog: p, Outputs: p,
		Cashiers: func() []catalog.Cashier {
			return []catalog.Cashier{{ID: "c", Name: "Анна", PINHash: "hash of 1111"}}
		},
		CheckPIN:     func(hash, pin string) (bool, error) { return hash == "hash of "+pin, nil },
		Wake:         func() { p.mu.Lock(); p.woken++; p.mu.Unlock() },
		WroteNothing: func(error) bool { return false },
		Explain:      fault.Of, Now: time.Now, NewID: func() uuid.UUID { return uuid.Must(uuid.NewV7()) },
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)), KKTEvery: 2 * time.Second,
	}
	change(&o)
	l := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, till.Restored{}) }()
	store := till.CatalogChanged{Generation: 1, Store: catalog.Store{PriceType: "retail", TaxSystem: tax.General}}
	if err := l.Send(ctx, store); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return l, func() error { cancel(); return <-ended }
}

func do(t *testing.T, l *Loop, cmd till.Event) {
	t.Helper()
	if err := l.Do(t.Context(), cmd); err != nil {
		t.Fatalf("%T: %v", cmd, err)
	}
}

func code(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}

func TestSaleThroughTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := start(t, p, true)
		if got := code(l.Do(t.Context(), till.Login{PIN: "9"})); got != fault.LoginRefused {
			t.Errorf("wrong PIN: %s", got)
		}
		for _, cmd := range []till.Event{till.Login{PIN: "1111"}, till.OpenShift{}, till.Scan{Code: "bread"}, till.Pay{Type: doc.PayCash, Tendered: 10000}} {
			do(t, l, cmd)
		}
		if got := code(l.Do(t.Context(), till.Scan{Code: "stone"})); got != fault.CodeUnknown {
			t.Errorf("unknown code: %s", got)
		}
		v, _ := l.View()
		if v.Last == nil || v.Last.Change != 5000 || p.drawer != 1 || p.woken == 0 {
			t.Errorf("last %+v, drawer %d, woken %d", v.Last, p.drawer, p.woken)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestHungDeviceStallsNothingElse: while the device hangs, scans go on and
// every command is answered; the payment is answered at the deadline.
func TestHungDeviceStallsNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := start(t, p, true)
		for _, cmd := range []till.Event{till.Login{PIN: "1111"}, till.OpenShift{}, till.Scan{Code: "bread"}} {
			do(t, l, cmd)
		}
		p.mu.Lock()
		p.hang = true
		p.mu.Unlock()
		paid := make(chan error, 1)
		go func() { paid <- l.Do(t.Context(), till.Pay{Type: doc.PayCash}) }()
		synctest.Wait()
		before := time.Now()
		for range 20 {
			do(t, l, till.Scan{Code: "bread"})
		}
		if took := time.Since(before); took != 0 {
			t.Errorf("twenty scans waited %s for a hung device", took)
		}
		if err := <-paid; code(err) == "" {
			t.Error("a payment on a hung device succeeded")
		}
		v, _ := l.View()
		if v.Phase != "idle" || len(v.Parked) != 1 {
			t.Errorf("phase %s, %d parked", v.Phase, len(v.Parked))
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestFailedDiskEndsTheLoop: the cashier is told, and the loop ends so that
// the process starts again into recovery.
func TestFailedDiskEndsTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := start(t, p, true)
		do(t, l, till.Login{PIN: "1111"})
		p.appendIn = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() } // a disk that never answers
		if got := code(l.Do(t.Context(), till.OpenShift{})); got != fault.JournalWrite {
			t.Errorf("opening a shift on a dead disk: %s", got)
		}
		if got := code(l.Do(t.Context(), till.Scan{Code: "bread"})); got != fault.Unavailable && got != fault.JournalWrite {
			t.Errorf("after the end: %s", got)
		}
		if _, err := l.Wait(t.Context(), 1<<40); code(err) != fault.Unavailable {
			t.Errorf("waiting for a till that is gone: %v", err)
		}
		if err := stop(); !errors.Is(err, ErrHalted) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestWithoutDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := start(t, p, false)
		do(t, l, till.Login{PIN: "1111"})
		if got := code(l.Do(t.Context(), till.OpenShift{})); got != fault.FiscalMissing {
			t.Errorf("without a device: %s", got)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestGivingUpWaitingLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := start(t, p, true)
		do(t, l, till.Login{PIN: "1111"})
		release := make(chan struct{})
		p.appendIn = func(context.Context) error { <-release; return nil }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if got := code(l.Do(ctx, till.OpenShift{})); got != fault.Timeout {
			t.Errorf("impatient client got %s", got)
		}
		close(release)
		synctest.Wait()
		if v, _ := l.View(); v.Shift == nil {
			t.Error("the shift was not opened after the client went away")
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestGoneCallersCommandsDoNotRun: a command whose caller has gone before it
// was taken is refused, never executed by chance.
func TestGoneCallersCommandsDoNotRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, stop := start(t, &ports{}, true)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 50 {
			if err := l.Do(gone, till.Scan{Code: "bread"}); err == nil {
				t.Fatal("a gone caller was answered")
			}
		}
		synctest.Wait()
		if v, _ := l.View(); len(v.Cheque.Lines) != 0 {
			t.Errorf("%s units in the cheque", v.Cheque.Lines[0].Qty)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
