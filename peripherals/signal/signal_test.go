package signal

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// buzzer notes when it was on.
type buzzer struct {
	start time.Time
	heard []Tone // On: since the start, Off: until
	err   error
}

func (b *buzzer) Pulse(ctx context.Context, d time.Duration) error {
	from := time.Since(b.start)
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	b.heard = append(b.heard, Tone{from, time.Since(b.start)})
	if b.err != nil {
		return b.err
	}
	return ctx.Err()
}

func TestPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &buzzer{start: time.Now()}
		if err := Unknown.Play(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		want := []Tone{{0, 60 * ms}, {120 * ms, 180 * ms}, {240 * ms, 300 * ms}}
		if d := cmp.Diff(want, b.heard); d != "" {
			t.Error(d)
		}
		if time.Since(b.start) != Unknown.Length() {
			t.Errorf("took %v, Length says %v", time.Since(b.start), Unknown.Length())
		}
	})
}

func TestPlayEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, after := range []time.Duration{30 * ms, 90 * ms} { // in a tone, in a pause
			b := &buzzer{start: time.Now()}
			ctx, cancel := context.WithTimeout(t.Context(), after)
			if err := Unknown.Play(ctx, b); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
			if d := time.Since(b.start); d != after {
				t.Errorf("ended after %v, want %v", d, after)
			}
		}
		b := &buzzer{start: time.Now(), err: errors.New("cut wire")}
		if err := Alarm.Play(t.Context(), b); !errors.Is(err, b.err) || len(b.heard) != 1 {
			t.Errorf("%v after %d beeps", err, len(b.heard))
		}
	})
}

func TestPatternsAreShortAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for i, p := range Patterns() {
		if p.Length() > MaxLength || p.Name == "" || seen[p.Name] || len(p.Tones) == 0 {
			t.Errorf("%+v", p)
		}
		seen[p.Name] = true
		for _, q := range Patterns()[:i] {
			if cmp.Equal(p.Tones, q.Tones) {
				t.Errorf("%s and %s sound alike", p.Name, q.Name)
			}
		}
	}
}

func TestLights(t *testing.T) {
	for _, c := range []struct {
		light Light
		at    time.Duration
		want  bool
	}{
		{Off, 0, false}, {On, time.Hour, true}, {"disco", 0, false},
		{Slow, 0, true}, {Slow, time.Second - 1, true}, {Slow, time.Second, false}, {Slow, 2 * time.Second, true},
		{Fast, 0, true}, {Fast, Tick, false}, {Fast, 2 * Tick, true},
	} {
		if got := c.light.Lit(c.at); got != c.want {
			t.Errorf("%s at %v: %v", c.light, c.at, got)
		}
	}
	if On.Blinks() || Off.Blinks() || !Slow.Blinks() || !Fast.Blinks() {
		t.Error("Blinks is wrong")
	}
}
