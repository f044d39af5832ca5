package daemon

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/board/power"
)

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
