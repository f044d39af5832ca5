package outbox_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// What a person has seen to is never sent again, through restarts and a
// journal that refuses; what waited for it goes on.
func TestSeenToByHand(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(6)
	docs[3].Type, docs[3].Receipt.BaseID = doc.Payback, docs[2].ID
	docs[4].Type, docs[4].Receipt.BaseID = doc.Payback, docs[3].ID
	j.Put(t, docs...)
	d.fail = func(name string, _ int) error {
		if name == docs[2].Name {
			return refused("sums differ")
		}
		return nil
	}
	q := open(j, d)
	drain(t, q, 20)
	if st := q.Status(); len(st.Parked) != 3 {
		t.Fatalf("parked %+v", st.Parked)
	}
	if err := q.ByHand(t.Context(), docs[1].ID, "x"); !errors.Is(err, outbox.ErrNotParked) {
		t.Errorf("one that was delivered: %v", err)
	}
	if err := q.ByHand(t.Context(), uuid.New(), "x"); !errors.Is(err, outbox.ErrNotParked) {
		t.Errorf("one that nobody knows: %v", err)
	}
	full := errors.New("disk full")
	j.FailWhen(func([]record.Entry) error { return full })
	if err := q.ByHand(t.Context(), docs[2].ID, "entered by hand"); !errors.Is(err, full) || len(q.Status().Parked) != 3 {
		t.Fatalf("the journal refused: %v, %d parked", err, len(q.Status().Parked))
	}
	j.FailWhen(nil)
	audit := record.Entry{Kind: record.Audit, ID: uuid.New(), Type: "sync_by_hand", Schema: 1, Data: []byte(`{}`)}
	if err := q.ByHand(t.Context(), docs[2].ID, "entered by hand", audit); err != nil {
		t.Fatal(err)
	}
	if st := q.Status(); len(st.Parked) != 0 || st.Queued != 2 {
		t.Errorf("%+v", st)
	}
	i := slices.IndexFunc(j.Records(), func(r record.Record) bool { return r.ID == audit.ID })
	if i < 1 {
		t.Fatal("the audit record is not there")
	}
	if r := j.Records()[i-1]; r.Kind != record.Delivery || r.ID != docs[2].ID {
		t.Errorf("before it stands %+v", r)
	} else if fate, err := outbox.Became(r); err != nil || fate != outbox.ByHand {
		t.Errorf("%q %v", fate, err)
	}
	for range 3 { // each start reads the same, with every progress record that came meanwhile
		q = open(j, d)
		if err := q.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if st := q.Status(); len(st.Parked) != 0 || st.Queued != 2 {
			t.Fatalf("after a start %+v", st)
		}
		if _, err := q.Carry(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	drain(t, q, 20)
	if want := append(names(docs[:2]), names(docs[3:8])...); d.sends[docs[2].Name] != 1 || !sameSet(d.order, want) {
		t.Errorf("sent %v, %d times the one seen to by hand", d.order, d.sends[docs[2].Name])
	}
	drain(t, open(j, d), 10)
	if r := d.resent(); len(r) != 0 {
		t.Errorf("a start sent again: %v", r)
	}
}

// The opening of a shift that was seen to lets the whole shift go.
func TestOpeningByHand(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(70)
	j.Put(t, docs...)
	d.fail = func(name string, _ int) error {
		if name == docs[0].Name {
			return refused("open already")
		}
		return nil
	}
	q := open(j, d)
	drain(t, q, 50)
	if st := q.Status(); len(st.Parked) != len(docs) {
		t.Fatalf("parked %d of %d", len(st.Parked), len(docs))
	}
	if err := q.ByHand(t.Context(), docs[0].ID, "it is open there"); err != nil {
		t.Fatal(err)
	}
	q = open(j, d)
	drain(t, q, 50)
	if st := q.Status(); len(st.Parked) != 0 || st.Queued != 0 || d.sends[docs[0].Name] != 1 || !slices.Contains(d.order, docs[70].Name) {
		t.Errorf("left %+v", st)
	}
}
