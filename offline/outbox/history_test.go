package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// diary is a journal whose records have the times a test gives them.
type diary struct {
	outboxtest.Journal
	records []record.Record
	scanned int
	err     error
}

func (d *diary) Scan(_ context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		all := slices.Clone(d.records)
		if f.Reverse {
			slices.Reverse(all)
		}
		for _, r := range all {
			if r.Seq <= f.After || r.Time.Before(f.Since) || !slices.Contains(f.Kinds, r.Kind) || !slices.Contains(f.Types, r.Type) {
				continue
			}
			d.scanned++
			if !yield(r, nil) {
				return
			}
		}
		if d.err != nil {
			yield(record.Record{}, d.err)
		}
	}
}

func (d *diary) add(t *testing.T, at time.Time, kind record.Kind, typ string, shift uuid.UUID, state string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"document": uuid.New(), "state": state})
	if err != nil {
		t.Fatal(err)
	}
	d.records = append(d.records, record.Record{Seq: uint64(len(d.records) + 1), Time: at,
		Entry: record.Entry{Kind: kind, Type: typ, ID: uuid.New(), Shift: shift, Schema: 1, Data: data}})
}

func TestHistory(t *testing.T) {
	zone := time.FixedZone("", 5*3600+1800) // hours and days begin where the till's clock says
	now := time.Date(2026, 11, 20, 13, 25, 0, 0, zone)
	d := &diary{}
	h := outbox.NewHistory(outbox.HistoryOptions{Journal: d, Destination: "cloud", Types: []doc.Type{doc.Sell, doc.ZReport, doc.CloseSession}, Now: func() time.Time { return now }})
	made := func(ago time.Duration, n int) {
		for range n {
			d.add(t, now.Add(-ago), record.Document, "SELL", uuid.New(), "")
		}
	}
	became := func(ago time.Duration, state string, n int) {
		for range n {
			d.add(t, now.Add(-ago), record.Delivery, "cloud", uuid.Nil, state)
		}
	}
	made(8*24*time.Hour, 50) // before the span
	became(8*24*time.Hour, "delivered", 50)
	made(26*time.Hour, 10)
	became(26*time.Hour, "sending", 10)
	became(26*time.Hour, "delivered", 4)
	became(25*time.Hour, "parked", 1)
	became(3*time.Hour, "delivered", 5) // a night without a network
	became(2*time.Hour, "retry", 1)
	shift := uuid.New() // two documents close a shift, one is sent
	d.add(t, now.Add(-time.Hour), record.Document, "Z_REPORT", shift, "")
	d.add(t, now.Add(-time.Hour), record.Document, "CLOSE_SESSION", shift, "")
	d.add(t, now.Add(-time.Hour), record.Document, "X_REPORT", shift, "") // the cloud does not want it
	became(time.Hour, "delivered", 2)
	if err := h.Read(t.Context()); err != nil {
		t.Fatal(err)
	}

	all := h.Flows(24*time.Hour, 0)
	days := all[len(all)-3:]
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, zone) }
	want := []outbox.Flow{{Begin: day(18)}, {Begin: day(19), Came: 10, Sent: 4, Parked: 1, Queued: 5}, {Begin: day(20), Came: 2, Sent: 7}}
	if len(all) != 7 || cmp.Diff(want, days) != "" {
		t.Errorf("%d days\n%s", len(all), cmp.Diff(want, days))
	}
	hours := h.Flows(time.Hour, 0)
	queue := map[int]int64{}
	for _, f := range hours {
		queue[int(now.Sub(f.Begin)/time.Hour)] = f.Queued
		if f.Begin.Minute() != 0 {
			t.Fatalf("a span begins at %s", f.Begin)
		}
	}
	if len(hours) != 7*24 || queue[27] != 0 || queue[26] != 6 || queue[25] != 5 || queue[10] != 5 || queue[3] != 0 || queue[2] != 1 || queue[1] != 0 {
		t.Errorf("%d hours: %v", len(hours), queue)
	}

	// Later reads read what is new, and what comes in is seen in the rate.
	d.scanned = 0
	made(0, 3)
	became(0, "delivered", 2)
	d.add(t, now.Add(time.Hour), record.Delivery, "cloud", uuid.Nil, "delivered") // the clock was ahead
	if err := h.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent, span := h.Lately(); d.scanned != 6 || sent != 3 || span != 15*time.Minute {
		t.Errorf("%d records read, %d in %v", d.scanned, sent, span)
	}
	if f := h.Flows(time.Hour, 0); f[len(f)-1].Came != 3 || f[len(f)-1].Sent != 3 {
		t.Errorf("%+v", f[len(f)-1])
	}

	// A week on nothing of it is shown.
	now = now.Add(outbox.HistorySpan + time.Hour)
	for _, f := range h.Flows(24*time.Hour, 7) {
		if f.Came+f.Sent+f.Parked != 0 || f.Queued != 7 {
			t.Errorf("%+v", f)
		}
	}
	d.err = errors.New("disk")
	if err := h.Read(t.Context()); !errors.Is(err, d.err) {
		t.Errorf("got %v", err)
	}
}
