package daemon

import (
	"context"
	"errors"
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
	asked int
	err   error
	days  int
}

func (a *agedTool) Facts(context.Context) (kkt.Facts, error) {
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
		device := &agedTool{days: 5}
		busy := true
		w := &kktWatch{device: device, now: time.Now, visit: func(ctx context.Context, firm bool, do func(context.Context) error) error {
			if firm {
				t.Error("a sale would wait for it")
			}
			if busy {
				return fault.New(fault.FiscalBusy)
			}
			return do(ctx)
		}}
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
			if device.asked != asked || len(got) != len(codes) {
				t.Fatalf("asked %d times, want %d; %+v", device.asked, asked, got)
			}
			for i, c := range codes {
				if got[i].Code != c {
					t.Errorf("%s instead of %s", got[i].Code, c)
				}
			}
		}
		after(factsFirst+time.Second, 0)
		busy = false
		after(factsRetry, 1, fault.FiscalFNExpires)
		device.days, device.err = 1, errors.New("away")
		after(factsEvery, 2, fault.FiscalFNExpires)
		device.err = nil
		after(factsRetry, 3, fault.FiscalFNLastDays)
		cancel()
		<-ended
	})
}
