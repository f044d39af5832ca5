package reports

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Spans lists the words for a period: this week begins on its Monday, this
// month on its first day.
func Spans() []string { return []string{"today", "yesterday", "week", "month"} }

// Asked is a period in a person's words: a span of Spans, days, or a shift's
// number; nothing at all is today.
type Asked struct{ Span, From, To, Shift string }

// Period reads what was asked for at a moment, whose zone is the till's.
// fault.BadRequest names what is wrong with it.
func (a Asked) Period(now time.Time) (p Period, err error) {
	if a.Shift != "" {
		if p.Shift, err = strconv.ParseInt(a.Shift, 10, 64); err != nil || p.Shift < 1 {
			return p, fault.New(fault.BadRequest, fmt.Sprintf("shift %.20q", a.Shift))
		}
		return p, nil
	}
	p.From, p.To = now, now
	switch a.Span {
	case "", "today":
	case "yesterday":
		p.From = now.AddDate(0, 0, -1)
		p.To = p.From
	case "week":
		p.From = now.AddDate(0, 0, -(int(now.Weekday())+6)%7)
	case "month":
		p.From = now.AddDate(0, 0, 1-now.Day())
	default:
		return p, fault.New(fault.BadRequest, fmt.Sprintf("span %.20q", a.Span))
	}
	for _, day := range []struct {
		text string
		at   *time.Time
	}{{a.From, &p.From}, {a.To, &p.To}} {
		if day.text == "" {
			continue
		}
		if *day.at, err = time.ParseInLocation(dayForm, day.text, now.Location()); err != nil {
			return p, fault.New(fault.BadRequest, fmt.Sprintf("day %.20q", day.text)).With(err)
		}
	}
	return p, nil
}
