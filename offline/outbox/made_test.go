package outbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/record"
)

// maker is a destination that also takes goods and customers.
type maker struct{ *dest }

func (m maker) Makes() []string { return []string{"product", "counterparty"} }

func (m maker) EncodeMade(r record.Record) (outbox.Request, error) {
	if r.Type == "counterparty" {
		return outbox.Request{Path: "/counterparty", Private: true, Body: fmt.Sprintf(`{"name":%q,"secret":%s}`, r.ID, r.Private)}, nil
	}
	return outbox.Request{Path: "/product", Body: fmt.Sprintf(`{"name":%q}`, r.ID)}, nil
}

// made journals goods or a customer and gives the id others name it by.
func made(t *testing.T, j *outboxtest.Journal, typ string, data, private string) (uuid.UUID, string) {
	t.Helper()
	id := uuid.New()
	e := record.Entry{Kind: record.Made, ID: id, Type: typ, Group: id, Schema: 1, Data: json.RawMessage(data)}
	if private != "" {
		e.Private = json.RawMessage(private)
	}
	if _, err := j.Append(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	return id, catalog.OwnID(id)
}

// What was made at the till goes before what names it, whatever fails; what
// cannot go takes along what names it, and brings it back.
func TestMadeThings(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(6)
	j.Put(t, docs[0])
	goods, goodsID := made(t, j, "product", `{"name":"Товар"}`, "")
	who, whoID := made(t, j, "counterparty", `{}`, `{"phone":"+79991234567"}`)
	if _, err := j.Append(t.Context(), record.Entry{Kind: record.Made, ID: uuid.New(), Type: "known", Schema: 1, Data: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	docs[2].Receipt.Lines[0].ItemID = goodsID
	docs[3].Receipt.CustomerID = whoID
	docs[4].Receipt.BaseID = docs[3].ID
	j.Put(t, docs[1:]...)
	wrong := true
	d.fail = func(name string, n int) error {
		switch {
		case name == who.String() && wrong:
			return refused("such a telephone is there")
		case name == goods.String() && n < 3:
			return down
		}
		return nil
	}
	q := open(j, maker{d})
	drain(t, q, 100)
	st := q.Status()
	var parked []string
	for _, p := range st.Parked {
		parked = append(parked, p.Name+" "+p.Code)
		if p.Code == outbox.CodeDepends && p.Because == uuid.Nil {
			t.Errorf("nobody knows why %s is parked", p.Name)
		}
	}
	want := []string{who.String() + " 1", docs[3].Name + " depends", docs[4].Name + " depends"}
	if diff := cmp.Diff(want, parked); diff != "" || st.Queued != 0 {
		t.Fatal(diff, st.Queued)
	}
	if slices.Index(d.order, goods.String()) > slices.Index(d.order, docs[2].Name) {
		t.Errorf("sold before it was made: %v", d.order)
	}
	x, err := q.Export(t.Context(), who)
	if err != nil || !strings.Contains(string(x.Request), "+79991234567") || !x.Frozen || x.Document.Code != "1" || x.Path != "/counterparty" {
		t.Errorf("%+v %v", x, err)
	}
	if _, err := q.Export(t.Context(), docs[2].ID); !errors.Is(err, outbox.ErrNotParked) {
		t.Errorf("a delivered document is exported: %v", err)
	}
	for _, r := range j.Records() {
		if strings.Contains(string(r.Data), "9991234567") {
			t.Errorf("%s %s tells the telephone: %s", r.Kind, r.Type, r.Data)
		}
	}
	wrong = false
	q = open(j, maker{d})
	if err := q.Retry(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	drain(t, open(j, maker{d}), 100)
	if at := func(n string) int { return slices.Index(d.order, n) }; at(who.String()) < 0 || at(docs[3].Name) < at(who.String()) || at(docs[4].Name) < at(docs[3].Name) {
		t.Errorf("sent %v", d.order)
	}
	if !strings.Contains(d.bodies[who.String()], "+79991234567") {
		t.Errorf("sent %s", d.bodies[who.String()])
	}
}

// What has no place there is kept, without alarm, and a start knows.
func TestKept(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(3)
	docs[2].Cashier.Name = "no place"
	j.Put(t, docs...)
	q := open(j, d)
	drain(t, q, 20)
	if st := q.Status(); st.Kept != 1 || len(st.Parked) != 0 || st.Queued != 0 || len(d.order) != 4 {
		t.Fatalf("%+v, sent %v", st, d.order)
	}
	fates := map[outbox.Fate]int{}
	for _, r := range j.Records() {
		if r.Kind != record.Delivery {
			continue
		}
		fate, err := outbox.Became(r)
		if err != nil {
			t.Fatal(err)
		}
		fates[fate]++
	}
	if fates[outbox.Kept] != 1 || fates[outbox.Delivered] != 4 || fates[outbox.OnHold] != 0 {
		t.Errorf("%v", fates)
	}
	again := open(j, d)
	drain(t, again, 20)
	if st := again.Status(); st.Kept != 0 || st.Queued != 0 || len(d.order) != 4 {
		t.Errorf("%+v, sent %v", st, d.order)
	}
}

// Attempts are counted through restarts, with a handful of records.
func TestAttemptsArePersisted(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(1)
	j.Put(t, docs[:1]...)
	d.fail = func(string, int) error { return down }
	q := open(j, d)
	for i := range 100 {
		if _, err := q.Round(t.Context()); err == nil {
			t.Fatal("it is down")
		}
		if n := q.Status().Attempts; n != i+1 {
			t.Fatalf("%d attempts after %d", n, i+1)
		}
	}
	failures := 0
	for _, r := range j.Records() {
		if r.Kind == record.Delivery && strings.Contains(string(r.Data), `"failed"`) {
			failures++
		}
	}
	if failures != 7 { // 1, 2, 4 .. 64
		t.Errorf("%d records of failures", failures)
	}
	q = open(j, d)
	if err := q.Load(t.Context()); err != nil || q.Status().Attempts != 64 {
		t.Errorf("a start knows of %d attempts, %v", q.Status().Attempts, err)
	}
	d.fail = func(string, int) error { return refused("no") }
	if _, err := q.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := q.Status().Parked; len(p) != 1 || p[0].Attempts != 64 {
		t.Errorf("%+v", p)
	}
	if err := q.RetryAll(t.Context()); err != nil || len(q.Status().Parked) != 0 {
		t.Error(err)
	}
	d.fail = nil
	drain(t, q, 5)
	if err := q.RetryAll(t.Context()); !errors.Is(err, outbox.ErrNotParked) {
		t.Error(err)
	}
}
