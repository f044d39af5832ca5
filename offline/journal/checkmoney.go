package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/shift"
)

// MaxRefunded is how many refunded lines Verify holds in memory; the refunds
// beyond are counted and not compared with their sales.
const MaxRefunded = 50_000

// books are what a checker follows of money from document to document.
type books struct {
	refunds map[uuid.UUID]*refund // by sale
	lines   int                   // of refunds
	shift   *shift.Shift          // the open one; nil: none, or it is not known
	closed  *doc.Shift            // of the last CLOSE_SESSION; nil: not known
	storages
}

// refund is what has come back of one sale.
type refund struct {
	seq   uint64 // of its last refund
	total money.Amount
	lines map[uuid.UUID]back
}

type back struct {
	qty   qty.Milli
	total money.Amount
}

// follow takes the documents of the journal in order.
func (b *books) follow(rep *Report, seq uint64, d *doc.Document) {
	if d.Fiscal != nil {
		b.storages.registered(rep, seq, d)
	}
	b.inShift(rep, seq, d)
	if d.Receipt != nil && d.Receipt.BaseID != uuid.Nil && (d.Type == doc.Payback || d.Type == doc.Buyback || d.Type == doc.Correction) {
		b.refund(rep, seq, d.Receipt)
	}
}

// forget: what the sums of a shift are made of is not all known any more.
func (b *books) forget() { b.shift, b.closed = nil, nil }

// inShift recounts the totals of the shift and the cash in the drawer, and
// compares them with what the documents say that state them.
func (b *books) inShift(rep *Report, seq uint64, d *doc.Document) {
	if d.Type == doc.OpenSession {
		if b.closed != nil && b.closed.Drawer != d.Shift.Drawer {
			rep.add("shift.drawer", seq, "the shift begins with %s in the drawer, the one before ended with %s", d.Shift.Drawer, b.closed.Drawer)
		}
		s := shift.New(d.ShiftID, d.ShiftNumber, d.Time, d.Shift.Drawer).Add(d)
		b.shift, b.closed = &s, nil
		return
	}
	if d.ShiftID == uuid.Nil {
		return
	}
	if b.shift == nil || b.shift.ID != d.ShiftID {
		if b.shift != nil || b.closed != nil {
			rep.add("shift.other", seq, "%s %d is of shift %d, which is not open", d.Type, d.Number, d.ShiftNumber)
		}
		return
	}
	switch d.Type {
	case doc.XReport, doc.ZReport, doc.StateReport, doc.CloseSession:
		if !sameSums(b.shift.Totals, *d.Shift) {
			rep.add("shift.totals", seq, "%s %d says %s, the documents of the shift say %s", d.Type, d.Number, sums(d.Shift), sums(&b.shift.Totals))
		}
	}
	s := b.shift.Add(d)
	b.shift = &s
	if d.Type == doc.CloseSession {
		b.shift, b.closed = nil, d.Shift
	}
}

// sameSums compares the money of two totals.
func sameSums(a, b doc.Shift) bool {
	for _, s := range []*doc.Shift{&a, &b} {
		s.OpenedAt, s.FirstNumber, s.LastNumber = time.Time{}, 0, 0
		s.Acquiring = nil // the terminal's own
	}
	return reflect.DeepEqual(a, b)
}

func sums(s *doc.Shift) string {
	return fmt.Sprintf("%d sales for %s, %d returns for %s, %s in, %s out, %s in the drawer", s.Sales.Count, s.Sales.Total, s.Returns.Count, s.Returns.Total,
		s.CashIn.Sum, s.CashOut.Sum, s.Drawer)
}

func (b *books) refund(rep *Report, seq uint64, r *doc.Receipt) {
	if b.lines+len(r.Lines) > MaxRefunded {
		rep.Unchecked++
		return
	}
	b.lines += len(r.Lines)
	if b.refunds == nil {
		b.refunds = map[uuid.UUID]*refund{}
	}
	of := b.refunds[r.BaseID]
	if of == nil {
		of = &refund{lines: map[uuid.UUID]back{}}
		b.refunds[r.BaseID] = of
	}
	of.seq, of.total = seq, of.total+r.Total
	for _, l := range r.Lines {
		was := of.lines[l.ID]
		of.lines[l.ID] = back{was.qty + l.Qty, was.total + l.Total}
	}
}

// Methods of settlement (tag 1214) of lines that are money and no goods.
const (
	prepaidPart = 2
	advance     = 3
)

// against compares what has come back of a sale with the sale.
func (of *refund) against(rep *Report, sale *doc.Document) {
	r := sale.Receipt
	if r == nil || sale.Type != doc.Sell && sale.Type != doc.Buy && sale.Type != doc.Correction {
		rep.add("refund.sale", of.seq, "it refunds document %d, which is a %s", sale.Number, sale.Type)
		return
	}
	if of.total > r.Total {
		rep.add("refund.more", of.seq, "%s came back of sale %d of %s", of.total, sale.Number, r.Total)
	}
	sold := map[uuid.UUID]doc.Line{}
	for _, l := range r.Lines {
		sold[l.ID] = l
	}
	for _, id := range slices.SortedFunc(maps.Keys(of.lines), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		came, l := of.lines[id], sold[id]
		switch {
		case l.ID != id:
			rep.add("refund.line", of.seq, "sale %d has no line %s", sale.Number, id)
		case (l.Method == prepaidPart || l.Method == advance) && came.total <= l.Total: // one unit of money, which may come back bit by bit
		case came.qty > l.Qty || came.total > l.Total || came.qty == l.Qty && came.total != l.Total:
			rep.add("refund.more", of.seq, "%s for %s came back of a line of %s for %s in sale %d", came.qty, came.total, l.Qty, l.Total, sale.Number)
		}
	}
}

// refunded compares all refunds with their sales, which find gives. A sale of
// a period that is not here can not be looked at.
func (c *checker) refunded(find func(id uuid.UUID) (doc.Document, error)) error {
	for _, id := range slices.SortedFunc(maps.Keys(c.books.refunds), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }) {
		of := c.books.refunds[id]
		sale, err := find(id)
		switch {
		case errors.Is(err, ErrNotFound) && (len(c.periods.gaps) > 0 || c.periods.hurt):
			c.report.Unchecked++
		case errors.Is(err, ErrNotFound):
			c.report.add("refund.sale", of.seq, "the sale %s that it refunds is not in the journal", id)
		case err != nil:
			return err
		default:
			of.against(&c.report, &sale)
		}
	}
	return nil
}

// saleIn reads a document of a running journal, archived or not.
func (j *Journal) saleIn(ctx context.Context) func(uuid.UUID) (doc.Document, error) {
	return func(id uuid.UUID) (d doc.Document, err error) {
		r, err := j.Document(ctx, id)
		if err != nil {
			return d, err
		}
		return d, json.Unmarshal(r.Data, &d)
	}
}

// salesIn reads the refunded sales from the tapes of some periods, in one pass
// over all of them, and compares each.
func (c *checker) salesIn(ctx context.Context, dirs []string) error {
	for _, dir := range dirs {
		if len(c.books.refunds) == 0 {
			break
		}
		_, err := tape.Inspect(ctx, tape.OS{}, tapeDir(dir), func(l tape.Line) error {
			r, err := decode(l.Data)
			if err != nil || r.Kind != record.Document || r.Carried > 0 || c.books.refunds[r.ID] == nil {
				return nil
			}
			var d doc.Document
			if err := json.Unmarshal(r.Data, &d); err != nil {
				return nil // told already
			}
			c.books.refunds[r.ID].against(&c.report, &d)
			delete(c.books.refunds, r.ID)
			return nil
		})
		if err != nil && !errors.Is(err, tape.ErrDamaged) && !errors.Is(err, tape.ErrEmpty) && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return c.refunded(func(uuid.UUID) (d doc.Document, err error) { return d, ErrNotFound })
}
