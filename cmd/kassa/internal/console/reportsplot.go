package console

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/pos/money"
)

// plot is time drawn as columns, ready to be put into a page: one an hour or a
// day, the empty ones too. What is below zero hangs under the line. The table
// beneath says the same in figures.
type plot struct {
	Width  int
	Bars   string       // path of the columns above the line
	Below  string       // ..of those under it
	Zero   int          // where the line is
	Labels []plotLabel  // under the columns, as many as there is room for
	Most   money.Amount // what the highest column stands for
	Peak   string       // ..and when that was
}

// plotLabel stands under a column; At is its middle in percent of the width.
type plotLabel struct {
	At   int
	Text string
}

const (
	plotStep    = 8 // units of width a column
	plotBar     = 6
	plotHeight  = 100
	maxLabels   = 12
	earlyHour   = 9 // a day is drawn at least from here..
	lateHour    = 20
	maxPlotDays = 93 // more are no columns any more
)

// plot draws a report over time; nil: it is none, or there is nothing in it.
func (s *screen) plot(v *reportsView) *plot {
	keys := plotKeys(v, s.Now.Location())
	if len(v.Report.Rows) == 0 || len(keys) == 0 {
		return nil
	}
	sums := map[string]money.Amount{}
	var high, low money.Amount
	p := &plot{Width: plotStep * len(keys)}
	for i := range v.Report.Rows {
		r := &v.Report.Rows[i]
		sums[r.Key] = r.Sum
		if low = min(low, r.Sum); r.Sum > high {
			high, p.Peak = r.Sum, s.rowTitle(v.By, r)
		}
	}
	p.Most = high
	p.Zero = plotHeight
	if low < 0 {
		p.Zero = int(int64(plotHeight) * int64(high) / int64(high-low))
	}
	var bars, below strings.Builder
	for i, key := range keys {
		x := plotStep*i + (plotStep-plotBar)/2
		switch sum := sums[key]; {
		case sum > 0:
			h := max(1, int(int64(p.Zero)*int64(sum)/int64(high)))
			bars.WriteString(column(x, p.Zero, h))
		case sum < 0:
			h := max(1, int(int64(plotHeight-p.Zero)*int64(sum)/int64(low)))
			fmt.Fprintf(&below, "M%d %dv%dh%dv-%dz", x, p.Zero, h, plotBar, h)
		}
	}
	p.Bars, p.Below = bars.String(), below.String()
	every := (len(keys) + maxLabels - 1) / maxLabels
	for i := 0; i < len(keys); i += every {
		p.Labels = append(p.Labels, plotLabel{At: (2*i + 1) * 50 / len(keys), Text: s.plotText(v.By, keys[i])})
	}
	return p
}

// column is one that stands on a line.
func column(x, line, high int) string {
	return fmt.Sprintf("M%d %dv-%dh%dv%dz", x, line, high, plotBar, high)
}

// plotText is a column's name, short.
func (s *screen) plotText(by reports.By, key string) string {
	if by == reports.ByHour {
		return strings.TrimPrefix(key, "0")
	}
	t, err := time.Parse(time.DateOnly, key)
	if err != nil {
		return key
	}
	return s.weekday(t)
}

// plotKeys are the columns: hours from the first to the last that sold
// anything, days from the first to the last that was asked for.
func plotKeys(v *reportsView, zone *time.Location) (keys []string) {
	switch v.By {
	case reports.ByHour:
		first, last := earlyHour, lateHour
		for _, r := range v.Report.Rows {
			if h, err := strconv.Atoi(r.Key); err == nil {
				first, last = min(first, h), max(last, h)
			}
		}
		for h := first; h <= last; h++ {
			keys = append(keys, fmt.Sprintf("%02d", h))
		}
	case reports.ByDay:
		from, err := time.ParseInLocation(time.DateOnly, v.Report.From, zone)
		to, err2 := time.ParseInLocation(time.DateOnly, v.Report.To, zone)
		if err != nil || err2 != nil {
			return nil
		}
		for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
			if keys = append(keys, day.Format(time.DateOnly)); len(keys) > maxPlotDays {
				return nil
			}
		}
	}
	return keys
}
