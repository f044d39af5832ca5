package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// Where cuts fall in an update.
const (
	stateAt, stateLength = 1 << 20, 2 * 0x4000 // of the slots' state on the card, see board/slots
	slotLength           = 1024 * mib
	slotWritten          = 768 * mib             // of a slot, whatever the release
	stateWrites          = 7                     // of the state, at least: RAUC 2 (or 4), the boot script 2, the gate 3
	followEvery          = 2 * time.Millisecond  // how often the log of writes is read
	countEvery           = 50 * time.Millisecond // how often the server's count is
)

// moment is a part of an update in which the power goes.
type moment struct {
	name  string
	fresh bool // of a release that was never brought before
	// wait returns at the moment: the cut falls before the write of the
	// number it returns, or now.
	wait func(s *scene, ctx context.Context, m *update) (before int, what string, err error)
}

// update is one that is under way.
type update struct {
	version string
	before  updateState
	ended   chan error // how the commands inside have ended
	log     *follower
}

var moments = []moment{
	{"an update's download", true, (*scene).inDownload},
	{"an update's installation", false, (*scene).inSlot},
	{"an update's write of the slots' state", false, (*scene).inState},
	{"an update's first start", false, (*scene).inStart},
}

// cutUpdates pulls the plug n times, in each part of an update in turn.
func (s *scene) cutUpdates(ctx context.Context, first, n int) error {
	for i := range n {
		at := moments[i%len(moments)]
		if err := s.cutUpdate(ctx, first+i, at); err != nil {
			return fmt.Errorf("cut %d, in %s: %w", first+i, at.name, err)
		}
		s.cuts["in "+at.name]++
	}
	return nil
}

// cutUpdate pulls the plug in an update. Whatever becomes of that, the till
// sells afterwards, its journal verifies, and it is known what runs.
func (s *scene) cutUpdate(ctx context.Context, i int, at moment) (err error) {
	if err := s.closed(ctx); err != nil {
		return err
	}
	m, err := s.beginUpdate(ctx, at.fresh)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.log.Close()) }()
	running, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, err := s.run(running, "", "kassa update install --json")
		if err == nil {
			err = s.last(running, "kassa update restart")
		}
		m.ended <- err
	}()
	before, what, err := at.wait(s, ctx, m)
	if err != nil {
		return err
	}
	l, err := s.pull(before)
	stop()
	if err != nil {
		return err
	}
	s.client.CloseIdleConnections()
	took, err := s.boot(ctx)
	if err != nil {
		return err
	}
	if err := s.letIn(ctx); err != nil {
		return err
	}
	u, err := s.updates(ctx)
	if err != nil {
		return err
	}
	if what != "" { // the slots may have been touched
		if u, err = s.known(ctx, m.before); err != nil {
			return err
		}
		if err := s.audited(ctx, u); err != nil {
			return err
		}
	}
	kept := u.Version == m.version
	want := m.before.Slots.Booted
	if kept {
		want = other(want)
	}
	if u.Slots.Booted != want || !kept && u.Version != m.before.Version || what != "" && u.Last.Kept != kept {
		return fmt.Errorf("%v, before: %v", u, m.before)
	}
	if err := errors.Join(s.check(ctx), s.sell(ctx)); err != nil {
		return err
	}
	ends := "the old release"
	if kept {
		ends = "the new release"
	}
	s.say("cut %d: in %s%s, %d sectors on their way, %d of them lost; sells again after %.0f s with %s (%s, slot %s)",
		i, at.name, what, l.kept+l.lost, l.lost, took.Seconds(), ends, u.Version, u.Slots.Booted)
	return s.check(ctx)
}

// closed ends the shift, if there is one: nobody updates a till that sells.
func (s *scene) closed(ctx context.Context) error {
	err := s.call(ctx, "POST", "/api/v1/shift/close", nil, nil)
	var no *refusal
	if errors.As(err, &no) && no.Code == "shift.closed" {
		return nil
	}
	return err
}

// beginUpdate sees to it that the channel has a release that does not run yet.
func (s *scene) beginUpdate(ctx context.Context, fresh bool) (*update, error) {
	u, err := s.updates(ctx)
	if err != nil {
		return nil, err
	}
	if fresh || s.releaser.newest == "" || s.releaser.newest == u.Version {
		if _, err := s.releaser.publish(release{}); err != nil {
			return nil, err
		}
	}
	f, err := s.card.follow()
	return &update{version: s.releaser.newest, before: u, ended: make(chan error, 1), log: f}, err
}

// inDownload waits until a part of the bundle is on its way.
func (s *scene) inDownload(ctx context.Context, m *update) (int, string, error) {
	size, err := s.releaser.size(m.version)
	if err != nil {
		return 0, "", err
	}
	part := int64(s.rng.Float64() * float64(size))
	from := s.releaser.sent.Load()
	err = s.happens(ctx, m, countEvery, "a part of the bundle has gone out", func() (bool, error) { return s.releaser.sent.Load()-from >= part, nil })
	return -1, "", err
}

// inSlot waits until a part of the slot is written.
func (s *scene) inSlot(ctx context.Context, m *update) (before int, what string, err error) {
	spare := slotA("").at
	if m.before.Slots.Booted == "A" {
		spare += slotLength
	}
	part, have := int64(s.rng.Float64()*slotWritten), int64(0)
	err = s.happens(ctx, m, followEvery, "a part of the slot is written", func() (bool, error) {
		return m.log.each(func(w write) bool {
			if w.in(spare, slotLength) {
				have += w.length
			}
			before = m.log.read
			return have > part
		})
	})
	return before, fmt.Sprintf(" (%d MB of slot %s written)", have/mib, other(m.before.Slots.Booted)), err
}

// inState waits for a write of the slots' state: by RAUC, by the boot script
// or by the gate. The write itself is torn.
func (s *scene) inState(ctx context.Context, m *update) (before int, what string, err error) {
	which, seen := 1+s.rng.IntN(stateWrites), 0
	err = s.happens(ctx, nil, followEvery, "the slots' state is written", func() (bool, error) {
		return m.log.each(func(w write) bool {
			if w.in(stateAt, stateLength) {
				seen++
			}
			before = m.log.read
			return seen == which
		})
	})
	return before, fmt.Sprintf(" (the %d. of this update)", which), err
}

// inStart waits for some moment of the new release's first start.
func (s *scene) inStart(ctx context.Context, m *update) (int, string, error) {
	err := s.happens(ctx, nil, lookEvery, "the other slot starts", func() (bool, error) {
		b, err := os.ReadFile(s.serial())
		return strings.Contains(string(b), "slots: starting "+other(m.before.Slots.Booted)), err
	})
	if err != nil {
		return 0, "", err
	}
	after := time.Duration(s.rng.Float64() * firstSpan * float64(s.took.ready))
	select {
	case <-time.After(after):
	case <-ctx.Done():
		return 0, "", ctx.Err()
	}
	return -1, fmt.Sprintf(" of slot %s (%.0f s)", other(m.before.Slots.Booted), after.Seconds()), nil
}

// happens waits for something; with an update, that must not end before it.
func (s *scene) happens(ctx context.Context, m *update, every time.Duration, what string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, trialLimit)
	defer cancel()
	var ended <-chan error
	if m != nil {
		ended = m.ended
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if yes, err := so(); err != nil || yes {
			return err
		}
		select {
		case <-tick.C:
		case err := <-ended:
			return fmt.Errorf("the update was over before %s: %v", what, err)
		case <-s.ended:
			return fmt.Errorf("QEMU has ended before %s", what)
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		}
	}
}
