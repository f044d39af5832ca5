// Package outboxtest has what tests of an outbox need: a journal in memory
// that can fail like a disk, and documents to put into it.
package outboxtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// ErrNone is the error of a setting that is not there.
var ErrNone = errors.New("outboxtest: no such setting")

// NotFound tells ErrNone.
func NotFound(err error) bool { return errors.Is(err, ErrNone) }

// Journal keeps records in memory. It may be used by several goroutines.
type Journal struct {
	mu      sync.Mutex
	records []record.Record
	scanned int
	fail    func(entries []record.Entry) error
}

// FailWhen makes Append ask f first; an error is returned and nothing kept.
func (j *Journal) FailWhen(f func([]record.Entry) error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.fail = f
}

// Append implements outbox.Journal.
func (j *Journal) Append(ctx context.Context, entries ...record.Entry) (first uint64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if len(entries) == 0 || len(entries) > record.MaxBatch {
		return 0, fmt.Errorf("outboxtest: batch of %d", len(entries))
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.fail != nil {
		if err := j.fail(entries); err != nil {
			return 0, err
		}
	}
	for i := range entries {
		if err := entries[i].Validate(); err != nil {
			return 0, err
		}
	}
	first = uint64(len(j.records)) + 1
	for i, e := range entries {
		e.Data = bytes.Clone(e.Data)
		j.records = append(j.records, record.Record{Seq: first + uint64(i), Time: time.Now(), Entry: e})
	}
	return first, nil
}

// Scan implements outbox.Journal.
func (j *Journal) Scan(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		j.mu.Lock()
		all := j.records[min(int(f.After), len(j.records)):]
		j.mu.Unlock()
		n := 0
		for _, r := range all {
			if f.Before > 0 && r.Seq >= f.Before {
				return
			}
			if err := ctx.Err(); err != nil {
				yield(record.Record{}, err)
				return
			}
			j.mu.Lock()
			j.scanned++
			j.mu.Unlock()
			if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, r.Kind) || len(f.Types) > 0 && !slices.Contains(f.Types, r.Type) || f.Shift != uuid.Nil && r.Shift != f.Shift {
				continue
			}
			if !yield(r, nil) {
				return
			}
			if n++; n == f.Limit {
				return
			}
		}
	}
}

// Setting implements outbox.Journal.
func (j *Journal) Setting(_ context.Context, name string) (record.Record, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range slices.Backward(j.records) {
		if r.Kind == record.Setting && r.Type == name {
			return r, nil
		}
	}
	return record.Record{}, ErrNone
}

// Records gives everything so far.
func (j *Journal) Records() []record.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.records)
}

// Scanned counts the records looked at so far.
func (j *Journal) Scanned() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.scanned
}

// Put journals documents, a batch each.
func (j *Journal) Put(t testing.TB, docs ...*doc.Document) {
	t.Helper()
	for _, d := range docs {
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		e := record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID, Schema: doc.Schema, Data: data}
		if _, err := j.Append(context.Background(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// Till numbers documents.
type Till struct {
	ItemID string // of what it sells
	number int64
}

func (l *Till) document(kind doc.Type, shift uuid.UUID) *doc.Document {
	l.number++
	at := time.Date(2026, 3, 14, 10, 0, 0, 0, time.FixedZone("", 3*3600)).Add(time.Duration(l.number) * time.Second)
	return &doc.Document{
		ID: id("document", l.number), Type: kind, Number: l.number, Name: fmt.Sprintf("A-%06d", l.number), Time: at, ShiftID: shift, Currency: "RUB",
		Fiscal: &doc.Fiscal{FN: "9999078900001111", FD: uint32(l.number), Sign: 1, Shift: 1, Receipt: l.number, Time: at},
	}
}

func id(kind string, n int64) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, kind, n))
}

// Shift makes a shift: its opening, n sales, its Z report and its closing.
func (l *Till) Shift(n int) []*doc.Document {
	shift := id("shift", l.number)
	docs := []*doc.Document{l.document(doc.OpenSession, shift)}
	for range n {
		docs = append(docs, l.Sale(shift))
	}
	docs = append(docs, l.document(doc.ZReport, shift), l.document(doc.CloseSession, shift))
	for _, d := range docs {
		if d.Receipt == nil {
			d.Shift = &doc.Shift{OpenedAt: d.Time}
		}
	}
	return docs
}

// Sale makes one more sale of a shift.
func (l *Till) Sale(shift uuid.UUID) *doc.Document {
	d := l.document(doc.Sell, shift)
	sum := money.Amount(1000 + d.Number)
	d.Receipt = &doc.Receipt{
		Lines:    []doc.Line{{ID: id("line", d.Number), ItemID: l.ItemID, ItemType: "product", Name: "Товар", Qty: 1000, BasePrice: sum, Price: sum, Gross: sum, Total: sum, Rate: tax.None}},
		Payments: []doc.Payment{{ID: id("payment", d.Number), Type: doc.PayCash, Sum: sum}}, Gross: sum, Total: sum, VAT: []doc.VATSum{{Rate: tax.None, Total: sum}},
	}
	return d
}
