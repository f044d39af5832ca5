package reports

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/shift"
)

// Limits of what is asked for and of what is kept.
const (
	MaxDays  = 366    // of one report
	maxCells = 60_000 // rows kept in memory, of all days and shifts together; some 6 MB
)

// By is what a report has a row for each of.
type By string

// What a report may have rows of.
const (
	ByHour    By = "hour" // of the day, all days of the period together
	ByDay     By = "day"
	ByGoods   By = "goods"
	ByPayment By = "payment"
	ByCashier By = "cashier"
)

// Bys lists them.
func Bys() []By { return []By{ByHour, ByDay, ByGoods, ByPayment, ByCashier} }

// Period is some days of the till's zone, both included, or one shift, by its
// number on this till.
type Period struct {
	From, To time.Time
	Shift    int64
}

// SalesReport is what was sold in a period. The sum of the rows is the total,
// and that of a closed shift is the revenue of its Z report, to the kopeck.
type SalesReport struct {
	By    By     `json:"by"`
	From  string `json:"from"` // 2026-11-22
	To    string `json:"to"`
	Shift int64  `json:"shift,omitzero"`
	Rows  []Row  `json:"rows"`
	Total Figure `json:"total"`
}

// SalesOptions are the ports.
type SalesOptions struct {
	Records func(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error]
	// Head is the newest record that can be read.
	Head func() uint64
	Zone *time.Location
}

// Sales are the books of what was sold, a page a day. A page is written when
// somebody first asks for its day and followed from then on: a question costs
// what was journaled since the last one. A receipt counts on the day, and at
// the hour, at which it became durable. All methods may be called
// concurrently.
type Sales struct {
	o SalesOptions

	mu    sync.Mutex
	after uint64 // all pages hold every record up to this one
	pages map[string]*page
	used  []string // names of pages, the longest unused first
}

// NewSales makes books with nothing in them.
func NewSales(o SalesOptions) *Sales { return &Sales{o: o, pages: map[string]*page{}} }

const dayForm = "2006-01-02"

// Report answers a question. fault.BadRequest names what is wrong with it,
// fault.NotFound: there is no such shift.
func (s *Sales) Report(ctx context.Context, by By, p Period) (SalesReport, error) {
	if !slices.Contains(Bys(), by) {
		return SalesReport{}, fault.New(fault.BadRequest, fmt.Sprintf("by %.40q", by))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.follow(ctx); err != nil {
		s.pages, s.used = map[string]*page{}, nil // half a page is none
		return SalesReport{}, err
	}
	report := SalesReport{By: by, Shift: p.Shift, Rows: []Row{}}
	rows := map[string]*Row{}
	take := func(name string, pg *page) {
		report.Total.merge(&pg.total)
		for key, r := range pg.by(by, name) {
			sum := row(rows, key, r.Name)
			sum.Unit, sum.Qty = cmp.Or(r.Unit, sum.Unit), sum.Qty+r.Qty
			sum.merge(&r.Figure)
		}
	}
	var err error
	if p.Shift != 0 {
		err = s.shift(ctx, p.Shift, &report, take)
	} else {
		err = s.days(ctx, p, &report, take)
	}
	s.forget()
	if err != nil {
		return SalesReport{}, err
	}
	for _, r := range rows {
		report.Rows = append(report.Rows, *r)
	}
	slices.SortFunc(report.Rows, order(by))
	return report, nil
}

// by gives a page's rows.
func (p *page) by(by By, name string) map[string]*Row {
	switch by {
	case ByHour:
		return p.hours
	case ByGoods:
		return p.goods
	case ByPayment:
		return p.ways
	case ByCashier:
		return p.staff
	}
	if p.total == (Figure{}) {
		return nil
	}
	return map[string]*Row{name: {Key: name, Name: name, Figure: p.total}}
}

// order: time runs on, everything else begins with the most.
func order(by By) func(a, b Row) int {
	return func(a, b Row) int {
		if by == ByHour || by == ByDay {
			return strings.Compare(a.Key, b.Key)
		}
		return cmp.Or(cmp.Compare(b.Sum, a.Sum), strings.Compare(a.Name, b.Name), strings.Compare(a.Key, b.Key))
	}
}

// days reads each day's page, and writes those that are not there, each run
// of them in one pass.
func (s *Sales) days(ctx context.Context, p Period, report *SalesReport, take func(string, *page)) error {
	from, to := s.midnight(p.From), s.midnight(p.To)
	if n := int(to.Sub(from)/(24*time.Hour)) + 1; to.Before(from) || n > MaxDays {
		return fault.New(fault.BadRequest, fmt.Sprintf("from %s to %s: at most %d days", from.Format(dayForm), to.Format(dayForm), MaxDays))
	}
	report.From, report.To = from.Format(dayForm), to.Format(dayForm)
	var missing []time.Time
	flush := func() error {
		if len(missing) == 0 {
			return nil
		}
		first, last := missing[0], missing[len(missing)-1]
		written := map[string]*page{}
		for _, day := range missing {
			written[day.Format(dayForm)] = newPage()
		}
		missing = nil
		if err := s.read(ctx, record.Filter{Since: first, Until: last.AddDate(0, 0, 1)}, func(d *doc.Document, at time.Time) {
			if pg := written[at.Format(dayForm)]; pg != nil {
				pg.add(d, at.Hour())
			}
		}); err != nil {
			return err
		}
		for name, pg := range written {
			s.pages[name] = pg
		}
		return nil
	}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if s.pages[day.Format(dayForm)] == nil {
			missing = append(missing, day)
		} else if err := flush(); err != nil {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		name := day.Format(dayForm)
		take(name, s.pages[name])
		s.use(name)
	}
	return nil
}

// midnight is a moment's day in the till's zone.
func (s *Sales) midnight(t time.Time) time.Time {
	t = t.In(s.o.Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, s.o.Zone)
}

// shift reads a shift's documents; by days it may have two rows.
func (s *Sales) shift(ctx context.Context, number int64, report *SalesReport, take func(string, *page)) error {
	id, err := s.shiftID(ctx, number)
	if err != nil {
		return err
	}
	days := map[string]*page{}
	err = s.read(ctx, record.Filter{Shift: id}, func(d *doc.Document, at time.Time) {
		name := at.Format(dayForm)
		if days[name] == nil {
			days[name] = newPage()
		}
		days[name].add(d, at.Hour())
		if report.From == "" || name < report.From {
			report.From = name
		}
		report.To = max(report.To, name)
	})
	for name, pg := range days {
		take(name, pg)
	}
	return err
}

// shiftID finds a shift by its number on this till.
func (s *Sales) shiftID(ctx context.Context, number int64) (uuid.UUID, error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Types: []string{string(doc.OpenSession)}, Reverse: true}
	for rec, err := range s.o.Records(ctx, f) {
		if err != nil {
			return uuid.Nil, fmt.Errorf("reports: %w", err)
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err == nil && d.ShiftNumber == number {
			return d.ShiftID, nil
		}
	}
	return uuid.Nil, fault.New(fault.NotFound, fmt.Sprintf("shift %d", number))
}

// follow adds what was journaled since to the pages it belongs to.
func (s *Sales) follow(ctx context.Context) error {
	head := s.o.Head()
	after := s.after
	s.after = head
	if len(s.pages) == 0 || head <= after {
		return nil
	}
	return s.read(ctx, record.Filter{After: after}, func(d *doc.Document, at time.Time) {
		if pg := s.pages[at.Format(dayForm)]; pg != nil {
			pg.add(d, at.Hour())
		}
	})
}

// revenue are the types that may count in it.
var revenue = []string{string(doc.Sell), string(doc.Payback), string(doc.Correction)}

// read gives the receipts up to s.after that a filter chooses.
func (s *Sales) read(ctx context.Context, f record.Filter, each func(d *doc.Document, at time.Time)) error {
	f.Kinds, f.Types, f.Before = []record.Kind{record.Document}, revenue, s.after+1
	for rec, err := range s.o.Records(ctx, f) {
		if err != nil {
			return fmt.Errorf("reports: %w", err)
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			return fmt.Errorf("reports: record %d: %w", rec.Seq, err)
		}
		if shift.Sign(&d) != 0 {
			each(&d, rec.Time.In(s.o.Zone))
		}
	}
	return nil
}

// use remembers that a page was wanted just now.
func (s *Sales) use(name string) {
	if i := slices.Index(s.used, name); i >= 0 {
		s.used = slices.Delete(s.used, i, i+1)
	}
	s.used = append(s.used, name)
}

// forget drops the pages that nobody has asked for the longest.
func (s *Sales) forget() {
	cells := 0
	for _, pg := range s.pages {
		cells += pg.cells()
	}
	for len(s.used) > 0 && cells > maxCells {
		cells -= s.pages[s.used[0]].cells()
		delete(s.pages, s.used[0])
		s.used = s.used[1:]
	}
}
