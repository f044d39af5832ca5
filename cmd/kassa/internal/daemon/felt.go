package daemon

import (
	"context"
	"slices"
	"sync"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/pos/till"
)

// sensors are the board's inputs as the till knows them; the lock key is a
// command.
var sensors = map[pins.Role]till.Sensor{
	pins.DrawerOpen: till.SensorDrawer, pins.CaseOpen: till.SensorCase,
	pins.PowerFail: till.SensorPower, pins.KeySubtotal: till.KeySubtotal,
}

// maxFelt bounds changes that wait for the till, of all inputs together. A
// contact that chatters faster loses changes, never the last level of a role.
const maxFelt = 64

// felt is what the board's inputs feel, on its way to the till.
type felt struct {
	mu    sync.Mutex
	queue []change
	wake  chan struct{} // of one
}

type change struct {
	role pins.Role
	on   bool
}

func newFelt() *felt { return &felt{wake: make(chan struct{}, 1)} }

// input takes a level; it never waits.
func (f *felt) input(role pins.Role, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) >= maxFelt { // the oldest of this role makes room
		oldest := max(0, slices.IndexFunc(f.queue, func(c change) bool { return c.role == role }))
		f.queue = slices.Delete(f.queue, oldest, oldest+1)
	}
	f.queue = append(f.queue, change{role, on})
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *felt) take() []change {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.queue
	f.queue = nil
	return all
}

// feel tells the till what its board feels.
func (h *hardware) feel(ctx context.Context) {
	for {
		select {
		case <-h.felt.wake:
		case <-ctx.Done():
			return
		}
		for _, c := range h.felt.take() {
			if err := h.sense(ctx, c); err != nil {
				return
			}
		}
	}
}

// sense hands one change on. When the supply fails everything that was said
// so far is on the disk before anything else is done: there may be moments.
func (h *hardware) sense(ctx context.Context, c change) error {
	h.d.log.Info("input", "dev", "gpio", "role", string(c.role), "on", c.on)
	if c.role == pins.KeyLock {
		if c.on {
			if err := h.d.loop.Do(ctx, till.Logout{}); err != nil {
				h.d.log.Warn("the lock key changes nothing now", "err", err)
			}
		}
		return ctx.Err()
	}
	if c.role == pins.KeyHelp {
		if c.on {
			return h.d.loop.Send(ctx, till.CallHelp{})
		}
		return ctx.Err()
	}
	if err := h.d.loop.Send(ctx, till.Sensed{Sensor: sensors[c.role], On: c.on}); err != nil {
		return err
	}
	if c.role == pins.PowerFail && c.on {
		if err := h.d.journal.Flush(ctx); err != nil && ctx.Err() == nil {
			h.d.log.Error("the journal is not flushed as the supply fails", "err", err)
		}
	}
	return nil
}
