package loop

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/till"
)

// openTill is a till with a shift open and a code scanned.
func openTill(t *testing.T, p *ports, m *mailbox) (*Loop, func() error) {
	t.Helper()
	l, stop := startWith(t, p, func(o *Options) { o.Fiscal = m })
	for _, cmd := range []till.Event{till.Login{PIN: "1111"}, till.OpenShift{}, till.Scan{Code: "bread"}} {
		do(t, l, cmd)
	}
	return l, stop
}

// TestVisit: a visit happens once, in the device's own goroutine, and its
// answer comes back; no device, no visit.
func TestVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := openTill(t, p, &mailbox{device: device{p}})
		visits := 0
		if err := l.Visit(t.Context(), false, func(context.Context) error { visits++; return nil }); err != nil || visits != 1 {
			t.Errorf("%d visits, %v", visits, err)
		}
		wrong := errors.New("wrong")
		if err := l.Visit(t.Context(), true, func(context.Context) error { return wrong }); !errors.Is(err, wrong) {
			t.Error(err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if err := l.Visit(t.Context(), false, func(context.Context) error { t.Error("visited"); return nil }); fault.Of(err).Code != fault.Unavailable {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		l, stop := start(t, &ports{}, false)
		if err := l.Visit(t.Context(), false, func(context.Context) error { t.Error("visited"); return nil }); fault.Of(err).Code != fault.FiscalMissing {
			t.Error(err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestSaleInterruptsVisit: a long visit lets go when the till needs the
// device; a firm one is finished first.
func TestSaleInterruptsVisit(t *testing.T) {
	for _, firm := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			p := &ports{}
			l, stop := openTill(t, p, &mailbox{device: device{p}})
			began, ended := make(chan struct{}), make(chan error, 1)
			go func() {
				ended <- l.Visit(t.Context(), firm, func(ctx context.Context) error {
					close(began)
					select {
					case <-ctx.Done():
						return ctx.Err()
					case <-time.After(3 * time.Second):
						return nil
					}
				})
			}()
			<-began
			at := time.Now()
			do(t, l, till.Pay{Type: doc.PayCash})
			waited := time.Since(at)
			err := <-ended
			switch {
			case firm && (err != nil || waited < 3*time.Second):
				t.Errorf("firm: %v, the sale waited %s", err, waited)
			case !firm && (fault.Of(err).Code != fault.FiscalBusy || waited > 100*time.Millisecond):
				t.Errorf("%v, the sale waited %s", err, waited)
			}
			if err := stop(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestVisitKeepsOutOfOperations: whenever it comes, a visit is never between
// the steps of an operation, and it is let in in the end.
func TestVisitKeepsOutOfOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		slowStore(p, 700*time.Millisecond)
		m := &mailbox{device: device{p}}
		l, stop := openTill(t, p, m)
		var work sync.WaitGroup
		for n := range 40 {
			work.Go(func() {
				<-time.After(time.Duration(n) * 137 * time.Millisecond)
				err := l.Visit(t.Context(), false, func(context.Context) error {
					m.mu.Lock()
					defer m.mu.Unlock()
					if m.inside {
						t.Error("a visit within an operation")
					}
					return nil
				})
				if err != nil {
					t.Errorf("visit %d: %v", n, err)
				}
			})
		}
		do(t, l, till.Pay{Type: doc.PayCash})
		do(t, l, till.Scan{Code: "bread"})
		do(t, l, till.Pay{Type: doc.PayCash})
		work.Wait()
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestVisitDoesNotWaitForEver: neither for the device nor for a caller that
// has gone.
func TestVisitDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := openTill(t, p, &mailbox{device: device{p}})
		p.mu.Lock()
		p.hang = true // the next look takes the device's goroutine for 10 s, and again
		p.mu.Unlock()
		<-time.After(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.Visit(ctx, false, func(ctx context.Context) error { return nil }); fault.Of(err).Code != fault.Timeout {
			t.Error(err)
		}
		p.mu.Lock()
		p.hang = false
		p.mu.Unlock()
		began := time.Now()
		err := l.Visit(t.Context(), true, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		if err == nil || time.Since(began) > visitWait+firmTime {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// foreigner is a device on which somebody else's document is open, and which
// has registered something else in the till's place.
type foreigner struct{ *mailbox }

func (f foreigner) Status(ctx context.Context) (kkt.Status, error) {
	s, err := f.mailbox.Status(ctx)
	s.DocumentOpen = f.fd > 0
	return s, err
}

func (f foreigner) Commit(ctx context.Context, m kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	if op.Kind == kkt.OpOpenShift {
		return f.mailbox.Commit(ctx, m, op)
	}
	return doc.Fiscal{}, errors.New("no answer")
}

func (f foreigner) Find(_ context.Context, m kkt.Mark, _ kkt.Operation) (kkt.Found, error) {
	m.FD++
	return kkt.Found{Kind: kkt.Foreign, Now: m, Why: "somebody else's"}, nil
}

// TestVisitWhileBlocked: a till that has stopped before a person lets that
// person at the device, although a document is open on it.
func TestVisitWhileBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		l, stop := startWith(t, p, func(o *Options) { o.Fiscal = foreigner{&mailbox{device: device{p}}} })
		for _, cmd := range []till.Event{till.Login{PIN: "1111"}, till.OpenShift{}, till.Scan{Code: "bread"}} {
			do(t, l, cmd)
		}
		if err := l.Do(t.Context(), till.Pay{Type: doc.PayCash}); code(err) != fault.FiscalForeign {
			t.Fatalf("paid: %v", err)
		}
		<-time.After(3 * quietBracket) // looked at many times since
		visited := false
		if err := l.Visit(t.Context(), false, func(context.Context) error { visited = true; return nil }); err != nil || !visited {
			t.Errorf("visited %t: %v", visited, err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
