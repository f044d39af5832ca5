package console

import (
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/till"
)

// Seat says where the guests of a tablet's cheque sit, and what the waiter has
// noted; "" for one that was parked at the till.
func (s *screen) Seat(t *till.TabletView) string {
	if t == nil {
		return ""
	}
	words := []string{s.loc.must("parked.tablet")}
	if t.Order {
		words[0] = s.loc.must("parked.order")
	}
	if t.Table != nil {
		words = append(words, s.loc.must("parked.table", strconv.FormatInt(*t.Table, 10)))
	}
	if t.Place != nil {
		words = append(words, s.loc.must("parked.place", strconv.FormatInt(*t.Place, 10)))
	}
	for _, more := range []string{t.Number, t.Note} {
		if more != "" {
			words = append(words, more)
		}
	}
	return strings.Join(words, ", ")
}
