package lockout

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestLock(t *testing.T) {
	var l Lock
	now := start
	for range Tries - 1 {
		l.Missed(now)
		if l.Wait(now) != 0 {
			t.Fatal("locked too early")
		}
	}
	for want := First; want < 2*Most; want *= 2 {
		l.Missed(now)
		if got := l.Wait(now); got != min(want, Most) {
			t.Errorf("locked for %v, want %v", got, min(want, Most))
		}
		now = now.Add(l.Wait(now))
		if l.Wait(now) != 0 {
			t.Error("the lock does not end")
		}
	}
	now = now.Add(Forgot + time.Second)
	l.Missed(now)
	if l.Wait(now) != 0 {
		t.Error("a quiet spell forgets nothing")
	}
}

// A clock that is set back while it is locked locks for Most at the longest.
func TestClockSetBack(t *testing.T) {
	var l Lock
	for range Tries {
		l.Missed(start)
	}
	past := time.Unix(0, 0)
	if got := l.Wait(past); got != Most {
		t.Errorf("locked for %v", got)
	}
	if got := l.Wait(past.Add(Most)); got != 0 {
		t.Errorf("and then for %v", got)
	}
}

// A restart changes nothing while the clock is right, and never unlocks.
func TestRestore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l Lock
		var refused []time.Time
		now := start
		for range rapid.IntRange(0, 30).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, int(2*Forgot/time.Second)).Draw(t, "pause")) * time.Second)
			if l.Wait(now) > 0 {
				continue
			}
			l.Missed(now)
			refused = append(refused, now)
		}
		now = now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "off")) * time.Second)
		if got := Restore(refused, now); got != l {
			t.Fatalf("restored %+v, want %+v", got, l)
		}
		// A board that wakes up in 1970 was off for no time that it knows of.
		past := time.Unix(0, 0)
		asleep := Restore(refused, past)
		var was time.Duration
		if len(refused) > 0 {
			was = l.until.Sub(l.at)
		}
		if got := asleep.Wait(past); got != min(max(0, was), Most) {
			t.Fatalf("locked for %v, was for %v", got, was)
		}
	})
}
