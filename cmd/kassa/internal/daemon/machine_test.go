package daemon

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/board/power"
	"github.com/kassa-pos/kassa/pos/fault"
)

// A clock that is set by hours is noticed beside the one that nobody sets, and
// told with both times.
func TestAClockThatJumps(t *testing.T) {
	ahead := time.Duration(0)
	d := &daemon{log: slog.New(slog.DiscardHandler), o: Options{Trust: func() (clock.Trust, error) { return clock.Battery, nil }}}
	d.now = func() time.Time { return time.Now().Add(ahead) }
	m := &machine{d: d}
	jumped := func() int {
		if trust := m.look(); trust != clock.Battery {
			t.Errorf("the clock is %s", trust)
		}
		return slices.IndexFunc(m.warnings(), func(w fault.Warning) bool {
			return w.Code == fault.ClockJumped && len(w.Args) == 2 && w.Args[0] != w.Args[1]
		})
	}
	for range 2 {
		if jumped() >= 0 {
			t.Error("a clock that goes on jumps")
		}
	}
	ahead = -5 * time.Hour
	for range 2 { // told until somebody has read it
		if jumped() < 0 {
			t.Errorf("five hours are not told: %v", m.warnings())
		}
	}
}

// What a board says of its supply and its heat, as the operator reads it.
func TestSupply(t *testing.T) {
	for name, c := range map[string]struct {
		state power.State
		want  string
	}{
		"well":                        {power.State{Heat: 52_000}, ""},
		"a weak supply":               {power.State{Undervolted: true, WasUnder: true}, "warning board.undervoltage []"},
		"slowed down by a weak one":   {power.State{Undervolted: true, Throttled: true, Heat: 52_000}, "warning board.undervoltage []"},
		"it was weak":                 {power.State{WasUnder: true}, "info board.undervoltage []"},
		"hot":                         {power.State{Heat: 81_000}, "warning board.hot [81]"},
		"hot for this board":          {power.State{Heat: 95_000, Critical: 105_000}, "warning board.hot [95]"},
		"slowed down before it is":    {power.State{Throttled: true, Heat: 61_500}, "warning board.hot [61]"},
		"hot, and badly fed formerly": {power.State{Heat: 90_000, WasUnder: true}, "info board.undervoltage []; warning board.hot [90]"},
	} {
		var got []string
		for _, w := range supply(c.state) {
			got = append(got, fmt.Sprint(w.Severity, " ", w.Code, " ", w.Args))
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("%s: %q, want %q", name, all, c.want)
		}
	}
}
