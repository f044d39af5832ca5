package console

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// The page of the reports: what was sold, by hours, days, goods, ways to pay
// and cashiers, drawn and as a table. It is for whoever has the permission; a
// cashier opens it with such a person's PIN, for as long as a look takes.

const (
	reportsOpen = 10 * time.Minute // how long a PIN opens the page for
	shownRows   = 100              // of a report's table; the file has all
)

// Sales answers what was sold.
type Sales func(ctx context.Context, by reports.By, p reports.Period) (reports.SalesReport, error)

// grant is a person's word that the cashier may look.
type grant struct {
	cashier string
	until   time.Time
}

// reportsView is what the page shows.
type reportsView struct {
	Asked   reports.Asked
	By      reports.By
	Report  reports.SalesReport
	Rows    []reportRow
	More    int // rows that only the file has
	Plot    *plot
	Average money.Amount // of a receipt
	Err     string
	now     time.Time
}

// reportRow is one row of the table; Share is its part of the largest, in
// percent.
type reportRow struct {
	reports.Row
	Title string
	Share int
}

func (c *Console) reportRoutes(m *router) {
	m.HandleFunc("GET /reports", c.signedIn(c.reportsPage))
	m.HandleFunc("GET /reports/table", c.signedIn(c.reportsTable))
	m.HandleFunc("POST /do/reports-open", c.signedIn(c.openReports))
}

// mayReport tells whether the person at the till may see the reports now.
func (c *Console) mayReport(v *till.View) bool {
	if v.Cashier == nil {
		return false
	}
	for _, p := range v.Permissions {
		if p == catalog.MayReports {
			return true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.granted.cashier == v.Cashier.ID && c.o.Now().Before(c.granted.until)
}

// openReports asks the till whether somebody who may has said so.
func (c *Console) openReports(w http.ResponseWriter, r *http.Request) {
	ctx, stop := c.commandContext(r)
	defer stop()
	if err := c.do(ctx, till.Allow{Permission: catalog.MayReports}); err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	v, _ := c.o.Till.View()
	if v.Cashier != nil {
		c.mu.Lock()
		c.granted = grant{v.Cashier.ID, c.o.Now().Add(reportsOpen)}
		c.mu.Unlock()
	}
	w.Header().Set("Kassa-Go", "/reports")
	w.WriteHeader(http.StatusNoContent)
}

// asked reads the page's address.
func askedOf(q url.Values) (reports.By, reports.Asked) {
	return cmp.Or(reports.By(q.Get("by")), reports.ByHour), reports.Asked{Span: q.Get("span"), From: q.Get("from"), To: q.Get("to"), Shift: q.Get("shift")}
}

func (c *Console) reportsPage(w http.ResponseWriter, r *http.Request) {
	c.page(w, r, "reports", "reports.title", func(p *pageData) error {
		v := &reportsView{now: c.o.Now()}
		if v.By, v.Asked = askedOf(r.URL.Query()); c.o.Sales == nil || !c.mayReport(&p.V) {
			return nil
		}
		p.Sold = v
		period, err := v.Asked.Period(v.now)
		if err == nil {
			v.Report, err = c.o.Sales(r.Context(), v.By, period)
		}
		if err != nil { // what was asked for stands there to be mended
			v.Err = p.loc.fault(fault.Of(err))
			return nil
		}
		v.fill(p.screen)
		return nil
	})
}

// fill makes rows and chart of the report.
func (v *reportsView) fill(s *screen) {
	var most money.Amount
	for _, r := range v.Report.Rows {
		most = max(most, r.Sum, -r.Sum)
	}
	for i := range v.Report.Rows {
		r := &v.Report.Rows[i]
		if len(v.Rows) == shownRows {
			v.More = len(v.Report.Rows) - shownRows
			break
		}
		row := reportRow{Row: *r, Title: s.rowTitle(v.By, r)}
		if most > 0 {
			row.Share = int(max(r.Sum, -r.Sum) * 100 / most)
		}
		v.Rows = append(v.Rows, row)
	}
	if n := v.Report.Total.Sales; n > 0 && v.By != reports.ByGoods {
		v.Average, _ = v.Report.Total.Sold.MulDiv(1, n) // a sum's part is no larger than the sum
	}
	v.Plot = s.plot(v)
}

// rowTitle is a row's name: of days as the screen writes them.
func (s *screen) rowTitle(by reports.By, r *reports.Row) string {
	if by == reports.ByDay {
		if t, err := time.ParseInLocation(time.DateOnly, r.Key, s.Now.Location()); err == nil {
			return s.loc.day(t)
		}
	}
	return reports.Title(by, r, s.loc.name)
}

// Link is the page with something else asked for.
func (v *reportsView) Link(by reports.By, span string) string {
	q := url.Values{"by": {string(by)}}
	for name, value := range map[string]string{"span": v.Asked.Span, "from": v.Asked.From, "to": v.Asked.To, "shift": v.Asked.Shift} {
		if value != "" && span == "" {
			q.Set(name, value)
		}
	}
	if span != "" {
		q.Set("span", span)
	}
	return "/reports?" + q.Encode()
}

// Table is the report as a file.
func (v *reportsView) Table() string {
	u, err := url.Parse(v.Link(v.By, ""))
	if err != nil {
		return "/reports/table" // Link makes addresses that read
	}
	u.Path = "/reports/table"
	return u.String()
}

// Spans and Bys are what the page offers.
func (v *reportsView) Spans() []string { return reports.Spans() }

// Bys lists what a report may have rows of.
func (v *reportsView) Bys() []reports.By { return reports.Bys() }

// Now tells which span is shown: none of them when days or a shift are.
func (v *reportsView) Now() string {
	if v.Asked.From != "" || v.Asked.To != "" || v.Asked.Shift != "" {
		return ""
	}
	return cmp.Or(v.Asked.Span, "today")
}

// First and Last are the days in the form's fields.
func (v *reportsView) First() string {
	return cmp.Or(v.Asked.From, v.Report.From, v.now.Format(time.DateOnly))
}

// Last is the last of them.
func (v *reportsView) Last() string {
	return cmp.Or(v.Asked.To, v.Report.To, v.now.Format(time.DateOnly))
}

// Word is a way to pay, a column: a word of the reports.
func (s *screen) Word(key string) string { return reports.Word(key, s.loc.name) }

// Heading names what is shown: the days or the shift.
func (s *screen) Heading(v *reportsView) string {
	day := func(text string) string {
		t, err := time.ParseInLocation(time.DateOnly, text, s.Now.Location())
		if err != nil {
			return text
		}
		return s.loc.day(t)
	}
	switch {
	case v.Report.Shift != 0:
		return s.loc.must("shift.number", v.Report.Shift)
	case v.Report.From == v.Report.To:
		return day(v.Report.From)
	}
	return day(v.Report.From) + " — " + day(v.Report.To)
}

// reportsTable sends the report as a file for a spreadsheet.
func (c *Console) reportsTable(w http.ResponseWriter, r *http.Request) {
	v, _ := c.o.Till.View()
	if c.o.Sales == nil || !c.mayReport(&v) {
		c.refuse(w, r, http.StatusForbidden, fault.New(fault.LoginSenior, fault.Named(fault.MayReports)))
		return
	}
	by, asked := askedOf(r.URL.Query())
	period, err := asked.Period(c.o.Now())
	var report reports.SalesReport
	if err == nil {
		report, err = c.o.Sales(r.Context(), by, period)
	}
	var table bytes.Buffer
	if err == nil {
		err = reports.CSV{Language: c.localeOf(r).name, BOM: true}.Write(&table, report)
	}
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", report.FileName()))
	if _, err := table.WriteTo(w); err != nil {
		c.o.Log.Debug("console: browser went away", "err", err)
	}
}
