package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// Compare lays journal, FN, operator and cloud of a shift (its number), a day
// (2026-11-22) or a month (2026-11) side by side. It asks all of them and may
// take a minute.
type Compare func(ctx context.Context, of string) (reconcile.Result, error)

func (c *Console) compareRoutes(m *router) {
	m.HandleFunc("GET /reconcile", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "reconcile", "compare.title", nil) }))
	m.HandleFunc("POST /do/compare", c.signedIn(c.compare))
	m.HandleFunc("POST /do/compare-print", c.signedIn(c.atKKT(c.printCompared)))
}

// compare takes "id": last, today, yesterday, month, before, or a shift's
// number.
func (c *Console) compare(w http.ResponseWriter, r *http.Request) {
	of := c.periodNamed(r.FormValue("id"))
	if of == "" {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.New(fault.NotFound, r.FormValue("id")))
		return
	}
	c.chore(&c.comparing, of, func(ctx context.Context, end *choreView) error {
		if c.o.Compare == nil {
			return fault.New(fault.Unavailable)
		}
		result, err := c.o.Compare(ctx, of)
		if err == nil {
			end.Compared = &result
		}
		return err
	})(w, r)
}

// printCompared prints what the page shows.
func (c *Console) printCompared(ctx context.Context) error {
	v := c.comparing.view()
	if v.Compared == nil {
		return fault.New(fault.NotFound)
	}
	return c.o.KKT.Print(ctx, v.Compared.Slip(v.Name, c.o.Language))
}

// periodNamed is what a button stands for.
func (c *Console) periodNamed(id string) string {
	const day, month = "2006-01-02", "2006-01"
	now := c.o.Now()
	switch id {
	case "today":
		return now.Format(day)
	case "yesterday":
		return now.AddDate(0, 0, -1).Format(day)
	case "month":
		return now.Format(month)
	case "before":
		return now.AddDate(0, 0, -now.Day()).Format(month)
	case "last":
		v, _ := c.o.Till.View()
		last := v.LastShift
		if v.Shift != nil {
			last--
		}
		if last < 1 {
			return ""
		}
		return strconv.FormatInt(last, 10)
	}
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// Period is a compared period as a person reads it.
func (s *screen) Period(of string) string {
	if _, err := strconv.Atoi(of); err == nil {
		return s.loc.must("shift.number", of)
	}
	if day, err := time.Parse("2006-01-02", of); err == nil {
		return day.Format("02.01.2006")
	}
	if month, err := time.Parse("2006-01", of); err == nil {
		return month.Format("01.2006")
	}
	return of
}

// CompareFault says why nothing was compared.
func (s *screen) CompareFault() string { return s.loc.fault(s.Comparing.Err) }

// comparedRow is one operation of one shift, or one kind of payment of it: what
// each side has.
type comparedRow struct {
	Shift int64
	Name  string
	Way   bool // a kind of payment
	Cells [4]comparedCell
}

// comparedCell is one side's figure.
type comparedCell struct {
	Known bool
	Sum   money.Amount
	Count int64
	Odd   bool // not what the journal has
}

var operationNames = [4]doc.Type{doc.Sell, doc.Payback, doc.Buy, doc.Buyback}

// Compared are the figures of a comparison, a row an operation that was there;
// behind it the kinds of payment, where there are several or they differ.
func (s *screen) Compared() []comparedRow {
	var rows []comparedRow
	if s.Comparing.Compared == nil {
		return rows
	}
	for i := range s.Comparing.Compared.Rows {
		shift := &s.Comparing.Compared.Rows[i]
		for op, name := range operationNames {
			if shift.There(op) {
				rows = append(rows, s.operationRow(shift, op, s.DocName(name)))
				rows = append(rows, s.wayRows(shift, op)...)
			}
		}
	}
	return rows
}

func (s *screen) operationRow(shift *reconcile.Row, op int, name string) comparedRow {
	row := comparedRow{Shift: shift.Shift, Name: name}
	for i, f := range shift.Sides() {
		if f != nil {
			row.Cells[i] = comparedCell{Known: true, Sum: f.Sums[op], Count: f.Counts[op],
				Odd: shift.Journal != nil && (f.Sums[op] != shift.Journal.Sums[op] || f.Counts[op] != shift.Journal.Counts[op])}
		}
	}
	return row
}

func (s *screen) wayRows(shift *reconcile.Row, op int) []comparedRow {
	used := shift.Used(op)
	var rows []comparedRow
	odd := false
	for _, w := range used {
		row := comparedRow{Way: true, Name: reconcile.WayName(w, s.loc.name)}
		for i, f := range shift.Sides() {
			if f != nil && !f.Partly {
				row.Cells[i] = comparedCell{Known: true, Sum: f.Ways[op][w], Odd: shift.Journal != nil && f.Ways[op][w] != shift.Journal.Ways[op][w]}
				odd = odd || row.Cells[i].Odd
			}
		}
		rows = append(rows, row)
	}
	if len(used) < 2 && !odd {
		return nil
	}
	return rows
}

// comparedText is a difference with what to do about it.
type comparedText struct {
	Text    string
	Pending bool
}

// shownDifferences is how many a page lists.
const shownDifferences = 50

// Differences are the first of a comparison, what is wrong before what is late.
func (s *screen) Differences() (all []comparedText) {
	for _, pending := range []bool{false, true} {
		for _, d := range s.Comparing.Compared.Differences {
			if d.Pending == pending && len(all) < shownDifferences {
				all = append(all, comparedText{d.Text(s.loc.name), pending})
			}
		}
	}
	return all
}

// Contradictions is how many differences will not be well by themselves.
func (s *screen) Contradictions() int64 {
	r := s.Comparing.Compared
	return int64(len(r.Differences) + r.More - r.Pending)
}

// Late is how many will be.
func (s *screen) Late() int64 { return int64(s.Comparing.Compared.Pending) }

// MoreDifferences is how many the page does not list.
func (s *screen) MoreDifferences() int {
	r := s.Comparing.Compared
	return max(0, len(r.Differences)-shownDifferences) + r.More
}

// SilentSides are those that said nothing, with why.
func (s *screen) SilentSides() (all []string) {
	for _, side := range []reconcile.Side{reconcile.SideFN, reconcile.SideOFD, reconcile.SideCloud} {
		if why, silent := s.Comparing.Compared.Silent[side]; silent {
			all = append(all, s.named("compare.side.", string(side))+": "+why)
		}
	}
	return all
}
