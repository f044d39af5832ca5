package ofd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// ErrQuery: a request the report does not know.
var ErrQuery = errors.New("ofd: bad request")

// Event is one fiscal document, as far as the report is about it.
type Event struct {
	RN, FN    string
	Shift     int64
	Time      time.Time // the device's own
	Type      string    // of DocumentTypes
	Operation string    // of Operations; "" of what is no receipt
	Taxation  string    // of Taxation; ""
	Cash, Ecash, Prepaid, Credit, Provision,
	Total money.Amount
}

// Book adds documents up to shifts. Its zero value is empty; it is not for
// several goroutines. What it holds grows with shifts, operations and tax
// systems, not with documents.
type Book struct {
	shifts map[key]*ledger
}

type ledger struct {
	rn          string
	open, close time.Time
	first, last time.Time // of its documents
	cells       map[cell]*tally
}

// cell is what a request can choose by.
type cell struct{ typ, operation, taxation string }

type tally struct {
	cash, ecash, prepaid, credit, provision, total way
}

type way struct {
	sum   money.Amount
	count int64
}

func (w *way) add(sum money.Amount, counts bool) {
	if w.sum += sum; counts {
		w.count++
	}
}

// Add adds a document. A document that is added twice counts twice.
func (b *Book) Add(e Event) {
	if b.shifts == nil {
		b.shifts = map[key]*ledger{}
	}
	k := key{e.FN, e.Shift}
	l := b.shifts[k]
	if l == nil {
		l = &ledger{first: e.Time, last: e.Time, cells: map[cell]*tally{}}
		b.shifts[k] = l
	}
	l.rn = cmp.Or(e.RN, l.rn)
	if e.Time.Before(l.first) {
		l.first = e.Time
	}
	if e.Time.After(l.last) {
		l.last = e.Time
	}
	switch e.Type {
	case "openShift":
		l.open = e.Time
	case "closeShift":
		l.close = e.Time
	}
	if e.Operation == "" {
		return
	}
	c := cell{e.Type, e.Operation, e.Taxation}
	t := l.cells[c]
	if t == nil {
		t = &tally{}
		l.cells[c] = t
	}
	t.cash.add(e.Cash, e.Cash != 0)
	t.ecash.add(e.Ecash, e.Ecash != 0)
	t.prepaid.add(e.Prepaid, e.Prepaid != 0)
	t.credit.add(e.Credit, e.Credit != 0)
	t.provision.add(e.Provision, e.Provision != 0)
	t.total.add(e.Total, true)
}

// Report answers a request: shifts any of whose documents lie in the period.
// Lists of ids choose nothing, for a book knows none: who keeps several shops
// keeps several books. ErrQuery names the field that is wrong.
func (b *Book) Report(q Query) (Report, error) {
	from, err := moment("date_from", q.From, false)
	if err != nil {
		return Report{}, err
	}
	to, err := moment("date_to", q.To, true)
	if err != nil {
		return Report{}, err
	}
	for name, list := range map[string]struct{ given, known []string }{
		"document_types": {q.DocumentTypes, DocumentTypes}, "operation_types": {q.Operations, Operations}, "taxation_types": {q.Taxation, Taxation}} {
		for _, v := range list.given {
			if !slices.Contains(list.known, v) {
				return Report{}, fmt.Errorf("%w: %s: %.40q", ErrQuery, name, v)
			}
		}
	}
	order, err := ordering(q.Orders)
	if err != nil {
		return Report{}, err
	}
	if q.Limit < 0 || q.Offset < 0 {
		return Report{}, fmt.Errorf("%w: limit or offset below zero", ErrQuery)
	}
	all := []Shift{}
	for k, l := range b.shifts {
		if q.Shift != 0 && k.shift != q.Shift || naive(l.last).Before(from) || naive(l.first).After(to) {
			continue
		}
		all = append(all, l.shift(k, q))
	}
	slices.SortFunc(all, order)
	total := int64(len(all))
	all = all[min(q.Offset, len(all)):]
	if q.Limit > 0 {
		all = all[:min(q.Limit, len(all))]
	}
	return Report{all, &total}, nil
}

// naive drops the zone: the device's own digits are what is compared.
func naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func moment(field, s string, end bool) (time.Time, error) {
	if t, err := time.Parse(MomentForm, s); err == nil {
		return t, nil
	}
	t, err := time.Parse("2006-01-02", s)
	if err != nil {
		return t, fmt.Errorf("%w: %s: %.40q", ErrQuery, field, s)
	}
	if end {
		t = t.Add(24*time.Hour - time.Second)
	}
	return t, nil
}

func (l *ledger) shift(k key, q Query) Shift {
	s := Shift{RN: l.rn, FN: k.fn, Shift: k.shift}
	if !l.open.IsZero() {
		s.Open = Moment(l.open.Format(MomentForm))
	}
	if !l.close.IsZero() {
		s.Close = Moment(l.close.Format(MomentForm))
	}
	for i, block := range s.Blocks() {
		var sum tally
		for c, t := range l.cells {
			if c.operation == Operations[i] && chosen(q.Operations, c.operation) && chosen(q.DocumentTypes, c.typ) && chosen(q.Taxation, c.taxation) {
				sum.merge(t)
			}
		}
		*block = sum.block()
	}
	return s
}

func chosen(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }

func (t *tally) ways() [6]*way {
	return [6]*way{&t.cash, &t.ecash, &t.prepaid, &t.credit, &t.provision, &t.total}
}

func (t *tally) merge(o *tally) {
	from := o.ways()
	for i, w := range t.ways() {
		w.sum, w.count = w.sum+from[i].sum, w.count+from[i].count
	}
}

func (t *tally) block() *Block {
	figure := func(w way) Figure { return Figure{&w.sum, &w.count} }
	return &Block{figure(t.cash), figure(t.ecash), figure(t.prepaid), figure(t.credit), figure(t.provision), figure(t.total)}
}

// ordering makes one order of several; FN and number decide what they leave.
func ordering(orders []string) (func(a, b Shift) int, error) {
	total := func(b *Block) money.Amount {
		if b == nil || b.Total.Sum == nil {
			return 0
		}
		return *b.Total.Sum
	}
	by := map[string]func(a, b Shift) int{
		"open":           func(a, b Shift) int { return cmp.Compare(a.Open, b.Open) },
		"close":          func(a, b Shift) int { return cmp.Compare(a.Close, b.Close) },
		"shift":          func(a, b Shift) int { return cmp.Compare(a.Shift, b.Shift) },
		"rn":             func(a, b Shift) int { return cmp.Compare(a.RN, b.RN) },
		"fn":             func(a, b Shift) int { return cmp.Compare(a.FN, b.FN) },
		"income":         func(a, b Shift) int { return cmp.Compare(total(a.Income), total(b.Income)) },
		"income_return":  func(a, b Shift) int { return cmp.Compare(total(a.IncomeReturn), total(b.IncomeReturn)) },
		"outcome":        func(a, b Shift) int { return cmp.Compare(total(a.Outcome), total(b.Outcome)) },
		"outcome_return": func(a, b Shift) int { return cmp.Compare(total(a.OutcomeReturn), total(b.OutcomeReturn)) },
	}
	for _, o := range orders {
		if by[strings.TrimPrefix(o, "-")] == nil {
			return nil, fmt.Errorf("%w: orders: %.40q", ErrQuery, o)
		}
	}
	return func(a, b Shift) int {
		for _, o := range orders {
			name, down := strings.CutPrefix(o, "-")
			c := by[name](a, b)
			if down {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(a.Open, b.Open), cmp.Compare(a.FN, b.FN), cmp.Compare(a.Shift, b.Shift))
	}, nil
}
