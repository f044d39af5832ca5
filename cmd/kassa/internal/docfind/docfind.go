// Package docfind tells whether a document is one that a person looks for by
// anything that is on it: its number, its FD or fiscal sign, a sum, a part of
// an item's, a customer's or the cashier's name, a barcode, a day.
package docfind

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// MaxWords is how many words of what was typed count.
const MaxWords = 8

// Query is what a document has to have: all words, and a time. Times that are
// zero bound nothing.
type Query struct {
	Since, Until time.Time
	words        []word
}

// word is one thing that was typed, and what else it may mean.
type word struct {
	text   string // in lower case
	number int64  // -1: it is none
	sum    money.Amount
	isSum  bool
}

// Parse reads what a person typed at a moment, whose zone the days are of. A
// day stands for its documents, two days for those from one to the other.
func Parse(text string, now time.Time) (q Query) {
	for _, w := range strings.Fields(strings.ToLower(text)) {
		w = strings.Trim(w, "№#«»\"₽")
		if day, ok := dayIn(w, now); ok {
			if q.Since.IsZero() || day.Before(q.Since) {
				q.Since = day
			}
			if end := day.AddDate(0, 0, 1); end.After(q.Until) {
				q.Until = end
			}
			continue
		}
		if w == "" || len(q.words) == MaxWords {
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

// Match tells whether a document has every word; kind is its type as the
// person would call it. The times are the reader's business.
func (q *Query) Match(d *doc.Document, kind string) bool {
	for _, w := range q.words {
		if !w.on(d, kind) {
			return false
		}
	}
	return true
}

// on tells whether a word is on a document.
func (w *word) on(d *doc.Document, kind string) bool {
	if w.number >= 0 && (d.Number == w.number || d.Fiscal != nil && (int64(d.Fiscal.FD) == w.number || int64(d.Fiscal.Sign) == w.number)) {
		return true
	}
	if sum, ok := Sum(d); w.isSum && ok && max(sum, -sum) == w.sum {
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
	if has(d.Name, kind, d.Cashier.Name) {
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

// Sum is a receipt's total, a cash movement's sum or a report's revenue; false:
// such a document has none.
func Sum(d *doc.Document) (money.Amount, bool) {
	switch {
	case d.Receipt != nil:
		return d.Receipt.Total, true
	case d.Cash != nil:
		return d.Cash.Sum, true
	case d.Shift != nil && (d.Type == doc.ZReport || d.Type == doc.XReport):
		return d.Shift.Revenue, true
	}
	return 0, false
}
