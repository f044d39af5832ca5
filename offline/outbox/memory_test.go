package outbox_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// endless is a journal of very many sales that keeps none of them: each is made
// when it is read.
type endless struct {
	sales uint64

	mu    sync.Mutex
	after []record.Record // what was appended
}

var endlessShift = uuid.MustParse("019a0000-0000-7000-8000-000000000001")

func (j *endless) sale(seq uint64) record.Record {
	id := uuid.NewSHA1(endlessShift, fmt.Append(nil, seq))
	data := fmt.Appendf(nil, `{"id":%q,"type":"SELL","number":%d,"name":"A-%06d","time":"2026-03-14T10:00:00+03:00","shift_id":%q,"receipt":{"lines":[{"item_id":"a"}]}}`, id, seq, seq, endlessShift)
	return record.Record{Seq: seq, Entry: record.Entry{Kind: record.Document, ID: id, Type: string(doc.Sell), Shift: endlessShift, Schema: 1, Data: data}}
}

func (j *endless) Append(_ context.Context, entries ...record.Entry) (first uint64, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	first = j.sales + uint64(len(j.after)) + 1
	for i, e := range entries {
		j.after = append(j.after, record.Record{Seq: first + uint64(i), Entry: e})
	}
	return first, nil
}

func (j *endless) Scan(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		j.mu.Lock()
		last := j.sales + uint64(len(j.after))
		j.mu.Unlock()
		for seq := f.After + 1; seq <= last && (f.Before == 0 || seq < f.Before); seq++ {
			r := record.Record{}
			if seq <= j.sales {
				r = j.sale(seq)
			} else {
				j.mu.Lock()
				r = j.after[seq-j.sales-1]
				j.mu.Unlock()
			}
			if !yield(r, nil) || f.Limit == 1 {
				return
			}
		}
	}
}

func (j *endless) Setting(context.Context, string) (record.Record, error) {
	return record.Record{}, outboxtest.ErrNone
}

// A hundred thousand documents wait: the queue knows how many, and holds a
// window of them.
func TestMemoryOfALongQueue(t *testing.T) {
	const waiting, most = 100_000, 4 << 20 // bytes
	j, d := &endless{sales: waiting}, newDest()
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	q := outbox.New(outbox.Options{Journal: j, Destination: d, NotFound: outboxtest.NotFound})
	if err := q.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := q.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	st := q.Status()
	if st.Delivered != 100*outbox.MaxRound || st.Queued != waiting-st.Delivered {
		t.Errorf("%d queued, %d delivered", st.Queued, st.Delivered)
	}
	j.after, d.bodies, d.sends, d.order = nil, nil, nil, nil // what the test holds itself
	if grown := heap() - before; grown > most {
		t.Errorf("%d bytes for %d documents", grown, waiting)
	} else {
		t.Logf("%d bytes for %d documents", grown, waiting)
	}
	runtime.KeepAlive(q)
}
