package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Limits of an update, and what a slot is given that has shown that it sells.
const (
	trialLimit = 40 * time.Minute // the gate alone waits ten for a till that can not sell
	askPause   = 5 * time.Second  // between two questions by SSH, which cost the machine seconds
	confirmed  = 9                // attempts
)

// updateState is what the till tells of updates.
type updateState struct {
	Version string
	Phase   string
	Percent int
	Failure *struct{ Code, Message, Detail string }
	Slots   struct {
		Booted string
		Slots  map[string]struct {
			Left     int
			Bootable bool
		}
	}
	Last *struct {
		ID, Version, Reason string
		Kept                bool
	}
}

// decided tells whether it is known what became of an update that began after
// before was asked, and whether the release that runs has shown that it sells.
func (u updateState) decided(before updateState) bool {
	news := u.Last != nil && (before.Last == nil || before.Last.ID != u.Last.ID)
	return news && u.Slots.Slots[u.Slots.Booted].Left == confirmed
}

func (u updateState) String() string {
	b, err := json.Marshal(u)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// updates asks inside: updates are nobody's business on the network.
func (s *scene) updates(ctx context.Context) (u updateState, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	answer, err := s.run(ctx, "", "kassa update status --json")
	if err != nil {
		return u, err
	}
	return u, json.Unmarshal([]byte(answer), &u)
}

// bring has the till fetch and install what is on the channel and waits until
// that is done or refused.
func (s *scene) bring(ctx context.Context) (u updateState, err error) {
	_, refused := s.run(ctx, "", "kassa update install --json")
	if u, err = s.updates(ctx); err != nil {
		return u, err
	}
	if refused != nil && u.Phase != "failed" {
		return u, refused
	}
	return u, nil
}

// trial publishes a release, installs it and says where the machine ends up.
type trial struct {
	what    string
	release release
	refused string // with this code, before anything is written
	kept    bool   // else: the old release comes back by itself
	reason  string // a part of why it was not kept
	back    bool   // and then the machine is told to go back
}

// mute is a till that runs and never answers; the gate, another program, works.
const mute = "[Service]\nType=simple\nWatchdogSec=0\nExecStart=\nExecStart=/usr/bin/sleep infinity\n"

var trials = []trial{
	{what: "that was tampered with", release: release{spoil: true}, refused: "update.tampered"},
	{what: "good", kept: true},
	{what: "good, back into the first slot", kept: true, back: true},
	{what: "older than what runs", release: release{version: "0.9.0"}, refused: "update.older"},
	{what: "released by a stranger", release: release{key: "stranger"}, refused: "update.unsigned"},
	{what: "signed by a stranger", release: release{signer: "stranger"}, refused: "update.failed"},
	{what: "whose kernel is garbage", release: release{change: []string{"rm /boot/vmlinuz", "write /etc/os-release /boot/vmlinuz"}}, reason: "did not start"},
	{what: "without a system", release: release{change: []string{"rm /usr/lib/systemd/systemd"}}, reason: "did not start"},
	{what: "without a till", release: release{change: []string{"rm /usr/bin/kassa"}}, reason: "did not start"},
	{what: "whose till never answers", release: release{lay: map[string]string{"/etc/systemd/system/kassa.service.d/mute.conf": mute}}, reason: "till: "},
}

// update goes through one trial.
func (s *scene) update(ctx context.Context, r *releaser, t trial) error {
	version, err := r.publish(t.release)
	if err != nil {
		return err
	}
	before, err := s.updates(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	u, err := s.bring(ctx)
	if err != nil {
		return err
	}
	brought := time.Since(began)
	if t.refused != "" {
		after, err := s.updates(ctx)
		if err != nil {
			return err
		}
		if u.Phase != "failed" || u.Failure == nil || u.Failure.Code != t.refused || fmt.Sprint(after.Slots) != fmt.Sprint(before.Slots) {
			return fmt.Errorf("it was not refused with %s: %v, before: %v", t.refused, u, before)
		}
		s.say("an update %s: refused after %.0f s (%s), the slots are as they were", t.what, brought.Seconds(), u.Failure.Code)
		return nil
	}
	if u.Phase != "installed" {
		return fmt.Errorf("it was not installed: %v", u)
	}
	began = time.Now()
	if err := s.last(ctx, "kassa update restart"); err != nil {
		return err
	}
	if u, err = s.known(ctx, before); err != nil {
		return err
	}
	want, runs := before.Slots.Booted, before.Version
	if t.kept {
		want, runs = other(want), version
	}
	if u.Last.Version != version || u.Last.Kept != t.kept || u.Slots.Booted != want || u.Version != runs || !strings.Contains(u.Last.Reason, t.reason) {
		return fmt.Errorf("it ended badly: %v, before: %v", u, before)
	}
	if err := s.audited(ctx, u); err != nil {
		return err
	}
	s.say("an update %s: installed in %.0f s, slot %s with %s runs %.0f s after the restart, kept: %t %s", t.what, brought.Seconds(), u.Slots.Booted, u.Version, time.Since(began).Seconds(), u.Last.Kept, u.Last.Reason)
	if t.back {
		return s.rollback(ctx, u)
	}
	return nil
}

// known waits until it is known what became of an update that began after
// before, and the till sells.
func (s *scene) known(ctx context.Context, before updateState) (u updateState, err error) {
	var asked time.Time
	err = s.within(ctx, trialLimit, "it is known what became of the update", func() (bool, error) {
		if _, sells, _ := s.till.ready(ctx); !sells || time.Since(asked) < askPause {
			return false, nil
		}
		asked = time.Now()
		now, err := s.updates(ctx)
		if err != nil {
			return false, nil // it goes down, or is not up yet
		}
		u = now
		return now.decided(before), nil
	})
	if err != nil {
		err = fmt.Errorf("%w; last: %v, before: %v, the console: %s", err, u, before, s.serial())
	}
	return u, err
}

// audited: what became of the update is in the journal, once.
func (s *scene) audited(ctx context.Context, u updateState) error {
	what := "update_rolled_back"
	if u.Last.Kept {
		what = "update_kept"
	}
	var page struct{ Records []struct{ ID string } }
	if err := s.call(ctx, "GET", "/api/v1/journal?kind=audit&type="+what, nil, &page); err != nil {
		return err
	}
	n := 0
	for _, r := range page.Records {
		if r.ID == u.Last.ID {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("the journal has %s of update %s %d times", what, u.Last.ID, n)
	}
	return nil
}

// rollback has the machine go back into the other slot's release.
func (s *scene) rollback(ctx context.Context, before updateState) error {
	began := time.Now()
	if err := s.last(ctx, "kassa update rollback"); err != nil {
		return err
	}
	var u updateState
	if err := s.within(ctx, trialLimit, "the other slot runs", func() (bool, error) {
		if _, sells, _ := s.till.ready(ctx); !sells {
			return false, nil
		}
		now, err := s.updates(ctx)
		if err != nil {
			return false, nil // it goes down, or is not up yet
		}
		u = now
		return now.Slots.Booted == other(before.Slots.Booted) && now.Slots.Slots[now.Slots.Booted].Left == confirmed, nil
	}); err != nil {
		return fmt.Errorf("%w: %v", err, u)
	}
	if u.Version == before.Version {
		return fmt.Errorf("rolled back, and %s runs still", u.Version)
	}
	s.say("rolled back by hand: slot %s with %s runs after %.0f s", u.Slots.Booted, u.Version, time.Since(began).Seconds())
	return nil
}

func other(slot string) string {
	if slot == "A" {
		return "B"
	}
	return "A"
}

// allUpdates goes through all of them on one card.
func (s *scene) allUpdates(ctx context.Context) error {
	if err := s.call(ctx, "POST", "/api/v1/shift/close", nil, nil); err != nil {
		return fmt.Errorf("close the shift: %w", err)
	}
	for _, t := range trials {
		if err := s.update(ctx, s.releaser, t); err != nil {
			return fmt.Errorf("an update %s: %w", t.what, err)
		}
	}
	if err := s.sell(ctx); err != nil {
		return fmt.Errorf("a sale after all updates: %w", err)
	}
	s.say("%d updates, each ended as it should", len(trials))
	return s.check(ctx)
}
