package outbox_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/record"
)

// What waits and what is parked is named, with the frozen requests; asking
// again appends nothing until something happens.
func TestCarry(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(6)
	j.Put(t, docs...)
	d.fail = func(name string, n int) error {
		switch name {
		case docs[2].Name:
			return refused("no")
		case docs[4].Name:
			return down
		}
		return nil
	}
	q := open(j, d)
	for range 3 {
		_, err := q.Round(t.Context())
		if err != nil && outbox.FailureOf(err).Class != outbox.Retry {
			t.Fatal(err)
		}
	}
	seqs, err := q.Carry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := len(j.Records())
	for range 2 {
		again, err := q.Carry(t.Context())
		if err != nil || !slices.Equal(again, seqs) || len(j.Records()) != n {
			t.Fatal(again, seqs, len(j.Records())-n, err)
		}
	}
	kept := map[uint64]bool{}
	for _, seq := range seqs {
		kept[seq] = true
	}
	outstanding := append(q.Status().Parked, outbox.Parked{Seq: 5, Document: docs[4].ID}, outbox.Parked{Seq: 8}, outbox.Parked{Seq: 9}, outbox.Parked{Seq: 1})
	if len(outstanding) != 5 || outstanding[0].Frozen == 0 || !kept[outstanding[0].Frozen] {
		t.Fatalf("%+v", outstanding)
	}
	for _, k := range outstanding { // the opening of the shift too: its closing waits
		if !kept[k.Seq] {
			t.Errorf("%d is not carried: %v", k.Seq, seqs)
		}
	}
	for _, r := range j.Records() {
		if r.Kind == record.Document && r.ID == docs[1].ID && kept[r.Seq] {
			t.Error("a delivered document is carried")
		}
	}
	// A start reads nothing before the progress record but what is carried,
	// and goes on with the very bytes.
	forgetful := &outboxtest.Journal{}
	for _, r := range j.Records() {
		e := r.Entry
		if r.Seq < uint64(n) && !kept[r.Seq] {
			e = record.Entry{Kind: record.Audit, ID: e.ID, Schema: 1}
		}
		if _, err := forgetful.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	d.fail = nil
	again := open(forgetful, d)
	if err := again.Load(t.Context()); err != nil || again.Status().Queued != q.Status().Queued || len(again.Status().Parked) != 1 {
		t.Fatalf("%+v %v", again.Status(), err)
	}
	if err := again.Retry(t.Context(), docs[2].ID); err != nil {
		t.Fatal(err)
	}
	drain(t, again, 20)
	if len(d.order) != 8 || d.serial != 8 { // each made once, and one close of the two
		t.Errorf("%v sent, %d made", d.order, d.serial)
	}
	more := l.Shift(1)
	j.Put(t, more...)
	if _, err := q.Carry(t.Context()); err != nil || len(j.Records()) != n+len(more)+1 {
		t.Errorf("%v, %d records after %d", err, len(j.Records()), n)
	}
}

func TestCarryTooMuch(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	j.Put(t, l.Shift(outbox.MaxCarry)...)
	var many *outbox.TooManyError
	if _, err := open(j, d).Carry(t.Context()); !errors.As(err, &many) || many.Documents != outbox.MaxCarry+3 {
		t.Error(err)
	}
}

// A document that was parked behind an older one that waits is there once
// after a start, and so is one that was sent on its way again.
func TestParkedBehindWaiting(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(5)
	j.Put(t, docs...)
	d.fail = func(name string, n int) error {
		switch name {
		case docs[1].Name:
			return down
		case docs[2].Name, docs[3].Name:
			return refused("no")
		}
		return nil
	}
	q := open(j, d)
	for range 4 {
		if _, err := q.Round(t.Context()); err != nil && outbox.FailureOf(err).Class != outbox.Retry {
			t.Fatal(err)
		}
	}
	if err := q.Retry(t.Context(), docs[3].ID); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		q = open(j, d)
		if err := q.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		st := q.Status()
		if len(st.Parked) != 1 || st.Parked[0].Document != docs[2].ID || st.Queued != 4 {
			t.Fatalf("%+v", st)
		}
		if _, err := q.Carry(t.Context()); err != nil { // and a progress record more
			t.Fatal(err)
		}
	}
	d.fail = nil
	drain(t, q, 20)
	if len(d.order) != 6 {
		t.Errorf("sent %v", d.order)
	}
	for name, n := range d.sends {
		if name == docs[0].Name && n != 1 {
			t.Errorf("%s sent %d times", name, n)
		}
	}
}
