package outbox_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOneShift(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(40)
	j.Put(t, docs...)
	q := open(j, d)
	if err := q.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := q.Status(); st.Queued != int64(len(docs)) || !st.Oldest.Equal(docs[0].Time) {
		t.Errorf("got %+v", st)
	}
	drain(t, q, 100)
	// The Z report came first and closes; the closing document after it is
	// the same close.
	if len(d.order) != 42 || d.order[0] != docs[0].Name || d.order[41] != docs[41].Name {
		t.Errorf("sent %v", d.order)
	}
	if st := q.Status(); st.Queued != 0 || st.Delivered != 42 || len(st.Parked) != 0 || !st.Oldest.IsZero() {
		t.Errorf("got %+v", st)
	}
	again := open(j, d)
	drain(t, again, 10)
	if r := d.resent(); len(r) != 0 {
		t.Errorf("a restart sent again: %v", r)
	}
}

// TestReturnsGoAfterTheirSales: what is sent side by side arrives in any order,
// so a return waits for its sale, and lets others by.
func TestReturnsGoAfterTheirSales(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(30)
	for i := 5; i < 30; i += 5 {
		docs[i].Type, docs[i].Receipt.BaseID = doc.Payback, docs[i-1].ID
	}
	docs[9].Receipt.BaseID = docs[5].ID // and so on through a chain: 10 names 9 names 5 names 4
	d.fail = func(name string, _ int) error {
		if name == docs[4].Name && len(d.order) < 20 { // however many rounds that takes
			return down
		}
		return nil
	}
	j.Put(t, docs...)
	drain(t, open(j, d), 100)
	for i := 1; i < 31; i++ {
		base := slices.IndexFunc(docs, func(b *doc.Document) bool { return b.ID == docs[i].Receipt.BaseID })
		if base >= 0 && slices.Index(d.order, docs[base].Name) > slices.Index(d.order, docs[i].Name) {
			t.Errorf("%s went before %s, which it names", docs[i].Name, docs[base].Name)
		}
	}
	if at := slices.Index(d.order, docs[4].Name); at < 20 {
		t.Errorf("others waited for %s, which went as %d", docs[4].Name, at)
	}
	if len(d.order) != 32 {
		t.Errorf("%d sent", len(d.order))
	}
}

// The request is in the journal before it is sent.
func TestFrozenBeforeSent(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	j.Put(t, l.Shift(1)...)
	d.fail = func(name string, _ int) error {
		for _, r := range j.Records() {
			if r.Kind == record.Delivery && strings.Contains(string(r.Data), name) && strings.Contains(string(r.Data), `"sending"`) {
				return nil
			}
		}
		t.Errorf("%s is sent and not in the journal", name)
		return nil
	}
	drain(t, open(j, d), 20)
}

// A journal that does not take the request keeps it from being sent; one that
// does not take the outcome makes it be sent again, the same bytes.
func TestJournalFails(t *testing.T) {
	disk := errors.New("no space left")
	for _, word := range []string{`"sending"`, `"delivered"`} {
		j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
		docs := l.Shift(3)
		j.Put(t, docs...)
		fails := 3
		j.FailWhen(func(entries []record.Entry) error {
			if fails > 0 && strings.Contains(string(entries[0].Data), word) {
				fails--
				return disk
			}
			return nil
		})
		q := open(j, d)
		if _, err := q.Round(t.Context()); !errors.Is(err, disk) {
			t.Fatalf("%s: %v", word, err)
		}
		if n := len(d.order); (n == 0) != (word == `"sending"`) {
			t.Errorf("%s: %d sent", word, n)
		}
		drain(t, open(j, d), 50)
		if len(d.order) != 5 {
			t.Errorf("%s: sent %v", word, d.order)
		}
	}
}

func TestParkedOpeningParksItsShift(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	first, second := l.Shift(70), l.Shift(2)
	j.Put(t, append(first, second...)...)
	wrong := true
	d.fail = func(name string, _ int) error {
		if wrong && name == first[0].Name {
			return refused("no such store")
		}
		return nil
	}
	q := open(j, d)
	drain(t, q, 50)
	if want := []string{second[0].Name, second[1].Name, second[2].Name, second[3].Name}; !sameSet(d.order, want) {
		t.Errorf("sent %v, want %v", d.order, want)
	}
	st := q.Status()
	if len(st.Parked) != len(first) || st.Parked[0].Code != "1" || st.Parked[0].Words != "no such store" || st.Parked[5].Code != outbox.CodeDepends {
		t.Fatalf("parked %+v", st.Parked)
	}
	if err := q.Retry(t.Context(), uuid.New()); !errors.Is(err, outbox.ErrNotParked) {
		t.Errorf("retrying nothing gives %v", err)
	}
	// After a restart they are still there; with the opening the whole shift goes.
	q, wrong = open(j, d), false
	if err := q.Load(t.Context()); err != nil || len(q.Status().Parked) != len(first) {
		t.Fatal(err, len(q.Status().Parked))
	}
	if err := q.Retry(t.Context(), first[0].ID); err != nil {
		t.Fatal(err)
	}
	q = open(j, d) // and once more
	drain(t, q, 50)
	if st := q.Status(); len(st.Parked) != 0 || st.Queued != 0 {
		t.Errorf("left %+v", st)
	}
	if want := names(first)[:72]; !sameSet(d.order[4:], want) || d.order[4] != want[0] || d.order[75] != want[71] {
		t.Errorf("sent %v, want %v", d.order[4:], want)
	}
}

func TestParkedSaleLetsTheRestGo(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(3)
	docs[2].Cashier.Name = "inexpressible"
	j.Put(t, docs...)
	wrong := true
	d.fail = func(name string, _ int) error {
		if wrong && name == docs[1].Name {
			return refused("sums differ")
		}
		return nil
	}
	q := open(j, d)
	drain(t, q, 20)
	if want := []string{docs[0].Name, docs[3].Name, docs[4].Name}; !slices.Equal(d.order, want) {
		t.Errorf("sent %v, want %v", d.order, want)
	}
	if st := q.Status(); len(st.Parked) != 2 || st.Parked[1].Code != outbox.CodeEncode {
		t.Errorf("parked %+v", st.Parked)
	}
	wrong = false
	if err := q.Retry(t.Context(), docs[1].ID); err != nil {
		t.Fatal(err)
	}
	drain(t, open(j, d), 20)
	if d.order[len(d.order)-1] != docs[1].Name {
		t.Errorf("sent %v", d.order)
	}
}

// A start reads what came after the last progress record, not the journal.
func TestStartDoesNotScanTheJournal(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	for range 20 {
		j.Put(t, l.Shift(100)...)
	}
	drain(t, open(j, d), 2000)
	before := j.Scanned()
	q := open(j, d)
	if err := q.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, most := j.Scanned()-before, 6*outbox.ProgressEvery; n > most {
		t.Errorf("a start read %d of %d records, want at most %d", n, len(j.Records()), most)
	}
	if st := q.Status(); st.Queued > 3 || len(st.Parked) != 0 { // the closings that were no second close
		t.Errorf("got %+v", st)
	}
}

// More documents than the window holds, one of which never gets through: it
// is parked when enough others have overtaken it, and nothing is sent twice,
// restarts included.
func TestOneThatNeverGetsThrough(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(3 * outbox.MaxWindow)
	j.Put(t, docs...)
	stuck := docs[7].Name
	d.fail = func(name string, _ int) error {
		if name == stuck {
			return &outbox.Failure{Class: outbox.Retry, Code: "http 500", Words: "oops"}
		}
		return nil
	}
	q := open(j, d)
	for i := range 2000 {
		if i%17 == 0 {
			q = open(j, d) // power cut
		}
		r, err := q.Round(t.Context())
		if err == nil && !r.More {
			break
		}
	}
	if st := q.Status(); st.Queued != 0 || len(st.Parked) != 1 || st.Parked[0].Name != stuck {
		t.Fatalf("left %d, parked %+v", st.Queued, st.Parked)
	}
	if r := d.resent(); len(r) != 1 || r[0] != stuck || len(d.order) != len(docs)-2 {
		t.Errorf("sent again: %v; %d taken", r, len(d.order))
	}
}

func TestTooManyParked(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(outbox.MaxParked + 100)
	j.Put(t, docs...)
	d.fail = func(name string, _ int) error {
		if name != docs[0].Name {
			return refused("no")
		}
		return nil
	}
	q := open(j, d)
	for range 100 {
		if _, err := q.Round(t.Context()); errors.Is(err, outbox.ErrTooManyParked) {
			if n := len(q.Status().Parked); n < outbox.MaxParked || n > outbox.MaxParked+outbox.MaxRound {
				t.Errorf("%d parked", n)
			}
			return
		}
	}
	t.Error("it never stopped")
}

func TestRoundEndsWithItsContext(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	j.Put(t, l.Shift(1)...)
	ctx, cancel := context.WithCancel(t.Context())
	d.fail = func(string, int) error {
		cancel()
		return ctx.Err()
	}
	if _, err := open(j, d).Round(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A backlog of many windows is read through about once, not once a round.
func TestLongBacklogIsReadOnce(t *testing.T) {
	j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
	docs := l.Shift(5 * outbox.MaxWindow)
	j.Put(t, docs...)
	q := open(j, d)
	drain(t, q, 2000)
	if len(d.order) != len(docs)-1 {
		t.Errorf("%d of %d taken", len(d.order), len(docs))
	}
	if n, all := j.Scanned(), len(j.Records()); n > 4*all {
		t.Errorf("read %d records of a journal of %d", n, all)
	}
}
