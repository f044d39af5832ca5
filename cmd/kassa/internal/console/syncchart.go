package console

import (
	"fmt"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
)

// The chart of the last days is drawn here, as lines of an SVG that the page
// stretches: what was sent each hour as bars, what waited as a line above an
// own scale. Words and figures stand beside it in the page's own type.
const (
	chartHeight = 100
	chartHour   = 4 // units of width
	chartBar    = 3
)

// chart is a chart ready to be put into a page.
type chart struct {
	Width   int
	Bars    string // path of the hours' bars
	Queue   string // path of the queue's line
	Days    []chartDay
	MostBar int64 // sent in the busiest hour: the bars' height
	Most    int64 // the longest queue: the line's height
	Sent    int64 // in all
}

// chartDay is a day's place and what it came to.
type chartDay struct {
	At, Wide int // units..
	Of       int // ..of so many
	Name     string
	Sent     int64
	First    bool
}

// Chart draws the last days; nil: there is nothing to draw.
func (s *screen) Chart(hours []outbox.Flow) *chart {
	if len(hours) == 0 {
		return nil
	}
	c := &chart{Width: chartHour * len(hours)}
	for _, h := range hours {
		c.Sent += h.Sent
		c.MostBar, c.Most = max(c.MostBar, h.Sent), max(c.Most, h.Queued)
	}
	var bars, queue strings.Builder
	for i, h := range hours {
		x := chartHour * i
		if high := scaled(h.Sent, c.MostBar); high > 0 {
			fmt.Fprintf(&bars, "M%d %dv-%dh%dv%dz", x, chartHeight, high, chartBar, high)
		}
		if c.Most > 0 {
			draw := byte('L')
			if i == 0 {
				draw = 'M'
			}
			fmt.Fprintf(&queue, "%c%d %dh%d", draw, x, chartHeight-scaled(h.Queued, c.Most), chartHour)
		}
		c.day(s, i, h)
	}
	c.Bars, c.Queue = bars.String(), queue.String()
	return c
}

// scaled is a height; what is not nothing is seen.
func scaled(v, most int64) int {
	if v <= 0 || most <= 0 {
		return 0
	}
	return int(max(2, v*(chartHeight-2)/most))
}

func (c *chart) day(s *screen, i int, h outbox.Flow) {
	if n := len(c.Days); n > 0 && h.Begin.Hour() != 0 {
		c.Days[n-1].Wide += chartHour
		c.Days[n-1].Sent += h.Sent
		return
	}
	c.Days = append(c.Days, chartDay{At: chartHour * i, Wide: chartHour, Of: c.Width, Name: s.weekday(h.Begin), Sent: h.Sent, First: i == 0})
}

// weekday is a day in a few letters: "Пн 23".
func (s *screen) weekday(t time.Time) string {
	return s.loc.must(fmt.Sprintf("day.%d", t.Weekday())) + nbsp + fmt.Sprint(t.Day())
}

// Narrow tells that a day has no room for its words.
func (d chartDay) Narrow() bool { return d.Wide < 12*chartHour }

// Middle is where a day's words stand, in percent of the width.
func (d chartDay) Middle() int { return (d.At + d.Wide/2) * 100 / d.Of }
