// Package reports adds the till's documents up for whoever asks: shifts with
// what was sold and given back in each, by every way of paying.
//
// The answer has the form of an operator of fiscal data (offline/ofd), so the
// two can be laid side by side, and a program that reads that operator's
// report reads the till's at the same path.
//
// The books are added up once and then followed: a request costs what was
// journaled since the last. They reach as far back as anybody has asked.
package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// before is how much earlier than asked for the books begin. A shift that
// reaches into the period began before it, and by law not a month before; one
// the books begin in the middle of is over long before the period.
const before = 31 * 24 * time.Hour

// Options are the ports.
type Options struct {
	Records func(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error]
	Zone    *time.Location
}

// Reports are the books. All methods may be called concurrently.
type Reports struct {
	o Options

	mu    sync.Mutex
	book  ofd.Book
	since time.Time // the book begins here; zero: nothing is in it
	after uint64    // the last record in it
}

// New makes books with nothing in them.
func New(o Options) *Reports { return &Reports{o: o} }

// Shifts answers a request. fault.BadRequest names what is wrong with it.
func (r *Reports) Shifts(ctx context.Context, q ofd.Query) (ofd.Report, error) {
	from, err := r.from(q)
	if err != nil {
		return ofd.Report{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.IsZero() || from.Before(r.since) {
		r.book, r.since, r.after = ofd.Book{}, from, 0
	}
	if err := r.follow(ctx); err != nil {
		r.since = time.Time{} // half a book is none
		return ofd.Report{}, err
	}
	report, err := r.book.Report(q)
	if err != nil {
		return report, fault.New(fault.BadRequest, err.Error()).With(err)
	}
	return report, nil
}

// from is where the books have to begin for a request.
func (r *Reports) from(q ofd.Query) (time.Time, error) {
	for _, form := range []string{ofd.MomentForm, "2006-01-02"} {
		if t, err := time.ParseInLocation(form, q.From, r.o.Zone); err == nil {
			return t.Add(-before), nil
		}
	}
	return time.Time{}, fault.New(fault.BadRequest, fmt.Sprintf("date_from %.40q", q.From))
}

// follow adds what was journaled since.
func (r *Reports) follow(ctx context.Context) error {
	f := record.Filter{After: r.after, Since: r.since, Kinds: []record.Kind{record.Document}, Types: []string{string(doc.PosOpenSession), string(doc.ZReport),
		string(doc.StateReport), string(doc.Sell), string(doc.Payback), string(doc.Buy), string(doc.Buyback), string(doc.Correction)}}
	for rec, err := range r.o.Records(ctx, f) {
		if err != nil {
			return fmt.Errorf("reports: %w", err)
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			return fmt.Errorf("reports: record %d: %w", rec.Seq, err)
		}
		r.after = rec.Seq
		if e, ok := ofd.EventOf(&d); ok {
			r.book.Add(e)
		}
	}
	return nil
}
