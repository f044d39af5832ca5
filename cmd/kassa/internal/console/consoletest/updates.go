package consoletest

import (
	"context"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Updates is a machine with two slots and a channel that has a newer release.
// What is asked for begins and stays where it is until a test says how it goes.
type Updates struct {
	mu     sync.Mutex
	status updates.Status
	asked  []string
}

// NewUpdates is such a machine at a moment.
func NewUpdates(now time.Time) *Updates {
	return &Updates{status: updates.Status{
		Version: "1.4.0", Channel: true, Phase: updates.Idle, Checked: now.Add(-3 * time.Hour),
		Available: &updates.Release{Version: "1.5.0", Released: now.AddDate(0, 0, -4), Size: 61 << 20, Notes: map[string]string{"ru": "Быстрее поиск, новые отчёты.", "en": "Faster search, new reports."}},
		Slots: &slots.Report{Booted: slots.A, Next: slots.A, Slots: map[slots.Slot]slots.Info{
			slots.A: {Left: 3, Bootable: true, Version: "1.4.0", Installed: now.AddDate(0, -1, 0)}, slots.B: {Left: 3, Bootable: true, Version: "1.3.2", Installed: now.AddDate(0, -3, 0)}}},
		Last: &updates.Outcome{Trial: updates.Trial{Slot: slots.A, Version: "1.4.0", FromVersion: "1.3.2"}, Kept: true, Ended: now.AddDate(0, -1, 0)},
	}}
}

// Set changes how things stand.
func (u *Updates) Set(change func(*updates.Status)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(&u.status)
}

// Asked is what was asked for, in order.
func (u *Updates) Asked() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.asked...)
}

func (u *Updates) ask(what string, change func(*updates.Status)) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asked = append(u.asked, what)
	if u.status.Slots == nil && what != "check" {
		return fault.New(fault.UpdateNoSlots)
	}
	change(&u.status)
	return nil
}

// Status tells how things stand; nothing is to be waited for.
func (u *Updates) Status() (updates.Status, <-chan struct{}) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.status, nil
}

// Check finds what is there.
func (u *Updates) Check(context.Context) error { return u.ask("check", func(*updates.Status) {}) }

// Install begins.
func (u *Updates) Install(_ context.Context, w updates.Wish) error {
	return u.ask("install "+w.From+" by "+w.By, func(s *updates.Status) {
		s.Phase, s.Percent, s.Failure, s.Release = updates.Downloading, 40, nil, s.Available
	})
}

// Cancel gives up.
func (u *Updates) Cancel() error {
	return u.ask("cancel", func(s *updates.Status) {
		if s.Waits = false; s.Phase == updates.Downloading {
			s.Phase, s.Percent, s.Failure = updates.Failed, 0, fault.New(fault.UpdateCancelled)
		}
	})
}

// Restart begins to.
func (u *Updates) Restart(_ context.Context, by string, _ bool) error {
	return u.ask("restart by "+by, func(s *updates.Status) { s.Phase = updates.Restarting })
}

// Rollback is refused by the machine.
func (u *Updates) Rollback(_ context.Context, by string, _ bool) error {
	if err := u.ask("rollback by "+by, func(*updates.Status) {}); err != nil {
		return err
	}
	return fault.New(fault.UpdateSilent)
}

// RestartWhenFree promises to.
func (u *Updates) RestartWhenFree(by string) error {
	return u.ask("later by "+by, func(s *updates.Status) { s.Waits = true })
}
