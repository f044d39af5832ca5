package console

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

// Documents are looked for by anything that is on them. The newest come first;
// a search that takes too long says how far back it came and goes on from
// there when asked.

const (
	searchTime = 1500 * time.Millisecond // of one answer
	maxSought  = 8                       // words of one search
)

// sought is what a document has to have: all words, and a time.
type sought struct {
	since, until time.Time
	words        []word
}

// word is one thing that was typed, and what else it may mean.
type word struct {
	text   string // in lower case
	number int64  // -1: it is none
	sum    money.Amount
	isSum  bool
}

// seek reads what a person typed. A day stands for its documents, two days
// for those from one to the other.
func seek(text string, now time.Time) (q sought) {
	for _, w := range strings.Fields(strings.ToLower(text)) {
		w = strings.Trim(w, "№#«»\"₽")
		if day, ok := dayIn(w, now); ok {
			if q.since.IsZero() || day.Before(q.since) {
				q.since = day
			}
			if end := day.AddDate(0, 0, 1); end.After(q.until) {
				q.until = end
			}
			continue
		}
		if w == "" || len(q.words) == maxSought {
			continue
		}
		s := word{text: w, number: -1}
		if n, err := strconv.ParseInt(w, 10, 64); err == nil && n >= 0 {
			s.number = n
		}
		if sum, err := money.Parse(strings.Replace(w, ",", ".", 1)); err == nil {
			s.sum, s.isSum = sum, true
		}
		q.words = append(q.words, s)
	}
	return q
}

// dayIn reads 22.11.2026, 22.11.26, 22.11 (the last one that was) or 2026-11-22.
func dayIn(s string, now time.Time) (time.Time, bool) {
	for _, form := range []string{"02.01.2006", "02.01.06", "2.1.2006", time.DateOnly} {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return t, true
		}
	}
	t, err := time.ParseInLocation("02.01.2006", fmt.Sprintf("%s.%d", s, now.Year()), now.Location())
	if err != nil || len(s) != len("22.11") {
		return time.Time{}, false
	}
	if t.After(now) {
		t = t.AddDate(-1, 0, 0)
	}
	return t, true
}

// found tells whether a document has everything that was asked for.
func (q *sought) found(d *documentRow, name string) bool {
	for _, w := range q.words {
		if !w.on(d, name) {
			return false
		}
	}
	return true
}

// on tells whether a word is on a document.
func (w *word) on(d *documentRow, name string) bool {
	if w.number >= 0 && (d.Number == w.number || d.Fiscal != nil && (int64(d.Fiscal.FD) == w.number || int64(d.Fiscal.Sign) == w.number)) {
		return true
	}
	if w.isSum && d.HasSum() && max(d.Sum(), -d.Sum()) == w.sum {
		return true
	}
	has := func(texts ...string) bool {
		for _, t := range texts {
			if strings.Contains(strings.ToLower(t), w.text) {
				return true
			}
		}
		return false
	}
	if has(d.Name, name, d.Cashier.Name) {
		return true
	}
	if p := d.People; p != nil {
		if has(p.Contact, p.Person, p.Customer) || p.Buyer != nil && has(p.Buyer.Name, p.Buyer.INN) {
			return true
		}
	}
	if d.Receipt != nil {
		for i := range d.Receipt.Lines {
			l := &d.Receipt.Lines[i]
			if has(l.Name) || l.Barcode == w.text || l.Code == w.text || w.isSum && l.Total == w.sum {
				return true
			}
		}
	}
	if d.Stock != nil {
		for i := range d.Stock.Positions {
			if p := &d.Stock.Positions[i]; has(p.Name) || p.Barcode == w.text {
				return true
			}
		}
	}
	return false
}

// search reads one page of what is found, newest first, from before a record
// on; 0: from the newest.
func (c *Console) search(ctx context.Context, s *screen, text string, before uint64) (*documentsView, error) {
	q := seek(text, s.Now)
	v := &documentsView{Path: "/documents", Find: text, Before: before}
	if c.o.Documents == nil {
		return v, nil
	}
	f := record.Filter{Kinds: []record.Kind{record.Document}, Before: before, Since: q.since, Until: q.until, Reverse: true}
	stop := time.Now().Add(searchTime)
	for rec, err := range c.o.Documents(ctx, f) {
		if err != nil {
			return nil, err
		}
		if len(v.Rows) == documentsShown || time.Now().After(stop) {
			v.Older, v.Reached = rec.Seq+1, rec.Time
			break
		}
		row := c.row(&rec)
		if !row.Bad && q.found(&row, s.DocName(row.Type)) {
			v.Rows = append(v.Rows, row)
		}
	}
	return v, nil
}

// row reads a record of the list.
func (c *Console) row(rec *record.Record) documentRow {
	row := documentRow{Seq: rec.Seq}
	if err := json.Unmarshal(rec.Data, &row.Document); err != nil {
		c.o.Log.Error("console: stored document does not read", "seq", rec.Seq, "err", err)
		row.Bad = true
		row.Type = doc.Type(rec.Type)
		row.Time = rec.Time
	}
	row.Erased = rec.Erased
	if len(rec.Private) > 0 && json.Unmarshal(rec.Private, &row.People) != nil {
		c.o.Log.Error("console: stored people do not read", "seq", rec.Seq)
	}
	return row
}
