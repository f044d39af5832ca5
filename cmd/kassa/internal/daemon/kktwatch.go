package daemon

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// How often the fiscal device is asked for what changes in weeks. It takes a
// hundred commands, so it waits until the till has started.
const (
	factsFirst = time.Minute
	factsEvery = 6 * time.Hour
	factsRetry = time.Minute // the till came first, or the device is away
)

// kktWatch warns of what wears out in the fiscal device: the FN's age and
// room, the battery, notices that are not sent.
type kktWatch struct {
	device tool
	visit  func(ctx context.Context, firm bool, do func(context.Context) error) error
	now    func() time.Time

	mu   sync.Mutex
	last []fault.Warning
}

// run asks until ctx ends. What was learnt stays while the device is away:
// that it is away is another warning.
func (w *kktWatch) run(ctx context.Context) {
	next := time.NewTimer(factsFirst)
	defer next.Stop()
	for {
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
		if err := w.look(ctx); err != nil {
			next.Reset(factsRetry)
		} else {
			next.Reset(factsEvery)
		}
	}
}

func (w *kktWatch) look(ctx context.Context) error {
	var f kkt.Facts
	var s kkt.Status
	err := w.visit(ctx, false, func(ctx context.Context) (err error) {
		if f, err = w.device.Facts(ctx); err == nil {
			s, err = w.device.Status(ctx)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = slices.DeleteFunc(kkt.Warnings(f, s, w.now()), func(w fault.Warning) bool {
		return w.Code == fault.FiscalDrift // the till tells of it, at every look
	})
	return nil
}

// warnings are those of the last look.
func (w *kktWatch) warnings() []fault.Warning {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]fault.Warning(nil), w.last...)
}
