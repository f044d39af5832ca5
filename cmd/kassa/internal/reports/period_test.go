package reports

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

func TestPeriods(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 30, 0, 0, zone) // a Sunday
	for _, c := range []struct {
		Asked
		from, to string
		shift    int64
	}{
		{Asked{}, "2026-11-22", "2026-11-22", 0}, {Asked{Span: "yesterday"}, "2026-11-21", "2026-11-21", 0},
		{Asked{Span: "week"}, "2026-11-16", "2026-11-22", 0}, {Asked{Span: "month"}, "2026-11-01", "2026-11-22", 0},
		{Asked{From: "2026-10-05", To: "2026-10-05"}, "2026-10-05", "2026-10-05", 0}, {Asked{From: "2026-10-05"}, "2026-10-05", "2026-11-22", 0},
		{Asked{Span: "week", To: "2026-11-20"}, "2026-11-16", "2026-11-20", 0}, {Asked{Shift: "7", From: "x"}, "0001-01-01", "0001-01-01", 7},
	} {
		p, err := c.Period(now)
		if err != nil || p.From.Format(dayForm) != c.from || p.To.Format(dayForm) != c.to || p.Shift != c.shift {
			t.Errorf("%+v: %s to %s, shift %d, %v", c.Asked, p.From, p.To, p.Shift, err)
		}
	}
	for _, a := range []Asked{{Span: "year"}, {From: "22.11.2026"}, {To: "tomorrow"}, {Shift: "0"}, {Shift: "-1"}, {Shift: "x"}} {
		if _, err := a.Period(now); fault.Of(err).Code != fault.BadRequest {
			t.Errorf("%+v: %v", a, err)
		}
	}
	monday := time.Date(2026, 11, 23, 0, 30, 0, 0, zone)
	if p, err := (Asked{Span: "week"}).Period(monday); err != nil || !p.From.Equal(monday) {
		t.Errorf("a Monday's week begins on %s, %v", p.From, err)
	}
}
