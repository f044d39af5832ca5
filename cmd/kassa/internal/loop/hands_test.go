package loop

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kassa-pos/kassa/pos/kkt"
)

// lidded is a device whose lid somebody opens and closes.
type lidded struct {
	device
	open  *atomic.Bool
	looks *atomic.Int32
}

func (d lidded) Status(ctx context.Context) (kkt.Status, error) {
	d.looks.Add(1)
	s, err := d.device.Status(ctx)
	s.LidOpen = d.open.Load()
	return s, err
}

// TestHandsAreNoticed: a lid that was closed is known to be at once, for a
// sale is refused until then; a device at rest is left alone.
func TestHandsAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &ports{}
		d := lidded{device{p}, &atomic.Bool{}, &atomic.Int32{}}
		l, stop := startWith(t, p, func(o *Options) { o.Fiscal = d })
		defer func() {
			if err := stop(); err != nil {
				t.Error(err)
			}
		}()
		lid := func() bool { v, _ := l.View(); return v.KKT.Status.LidOpen }
		d.open.Store(true)
		time.Sleep(l.o.KKTEvery + time.Millisecond)
		if synctest.Wait(); !lid() {
			t.Fatal("the open lid was not seen")
		}
		d.open.Store(false)
		time.Sleep(handsEvery + time.Millisecond)
		if synctest.Wait(); lid() {
			t.Error("the closed lid was not seen")
		}
		before := d.looks.Load()
		time.Sleep(10 * l.o.KKTEvery)
		if synctest.Wait(); d.looks.Load()-before > 11 {
			t.Errorf("%d looks at a device at rest", d.looks.Load()-before)
		}
	})
}
