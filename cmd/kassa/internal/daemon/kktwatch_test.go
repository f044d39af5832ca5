package daemon

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// agedTool is a device whose FN is at its end.
type agedTool struct {
	fiscal.Service

	mu    sync.Mutex
	asked int
	busy  bool
	err   error
	days  int
}

func (a *agedTool) now(days int, busy bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.days, a.busy, a.err = days, busy, err
}

func (a *agedTool) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// visit is Loop.Visit of a till that is busy or not.
func (a *agedTool) visit(ctx context.Context, firm bool, do func(context.Context) error) error {
	a.mu.Lock()
	busy := a.busy || firm // a sale would have to wait for a firm one
	a.mu.Unlock()
	if busy {
		return fault.New(fault.FiscalBusy)
	}
	return do(ctx)
}

func (a *agedTool) Facts(context.Context) (kkt.Facts, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	return kkt.Facts{Identity: kkt.Identity{FN: "1"}, FNExpires: time.Now().AddDate(0, 0, a.days), FNDocuments: -1, FNBuffer: -1}, a.err
}

func (a *agedTool) Status(context.Context) (kkt.Status, error) {
	return kkt.Status{FNPhase: 3, Clock: time.Now()}, nil
}

// TestKKTWatch: the device is asked a minute after the start and every six
// hours, sooner when it was busy; what was learnt stays while it is away.
func TestKKTWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		device := &agedTool{}
		device.now(5, true, nil)
		w := &kktWatch{device: device, now: time.Now, visit: device.visit}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			w.run(ctx)
			close(ended)
		}()
		after := func(d time.Duration, asked int, codes ...fault.Code) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			got := w.warnings()
			if n := device.count(); n != asked || len(got) != len(codes) {
				t.Fatalf("asked %d times, want %d; %+v", n, asked, got)
			}
			for i, c := range codes {
				if got[i].Code != c {
					t.Errorf("%s instead of %s", got[i].Code, c)
				}
			}
		}
		after(factsFirst+time.Second, 0)
		device.now(5, false, nil)
		after(factsRetry, 1, fault.FiscalFNExpires)
		device.now(1, false, errors.New("away"))
		after(factsEvery, 2, fault.FiscalFNExpires)
		device.now(1, false, nil)
		after(factsRetry, 3, fault.FiscalFNLastDays)
		cancel()
		<-ended
	})
}
