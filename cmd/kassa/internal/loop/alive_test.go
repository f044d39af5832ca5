package loop

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/pos/till"
)

// The watchdog is fed while the loop turns, whatever its disk and its fiscal
// device do, and no longer than it turns.
func TestAliveIsTheLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns atomic.Int64
		var hung atomic.Bool
		wake := make(chan struct{})
		p := &ports{appendIn: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }} // a disk that rests
		l, stop := startWith(t, p, func(o *Options) {
			o.Fiscal = &device{p}
			o.Alive, o.Beat = func() { turns.Add(1) }, 5*time.Second
			o.Now = func() time.Time {
				if hung.Load() {
					<-wake
				}
				return time.Now()
			}
		})
		p.mu.Lock()
		p.hang = true
		p.mu.Unlock()
		do(t, l, till.Login{PIN: "1111"})
		before := turns.Load()
		<-time.After(time.Minute)
		if n := turns.Load() - before; n < 12 {
			t.Errorf("%d turns in a minute of a disk and a device that hang", n)
		}
		hung.Store(true)
		if err := l.Send(t.Context(), till.Tick{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		before = turns.Load()
		<-time.After(time.Hour)
		if n := turns.Load() - before; n != 0 {
			t.Errorf("%d turns of a loop that hangs", n)
		}
		hung.Store(false)
		close(wake)
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
