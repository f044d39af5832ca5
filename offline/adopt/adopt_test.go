package adopt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

// server keeps what it gets, by document, and its order. It refuses a known
// document with other bytes: nothing may be made anew that was frozen.
type server struct {
	mu     sync.Mutex
	bodies map[string]string
	order  []string
	sends  int
	serial int
	// fate is asked before every send: whether it arrives, whether the answer
	// does.
	fate func(n int) (arrives, answers bool)
}

func newServer() *server {
	return &server{bodies: map[string]string{}, fate: func(int) (bool, bool) { return true, true }}
}

func (s *server) Name() string { return "cloud" }
func (s *server) Types() []doc.Type {
	return []doc.Type{doc.OpenSession, doc.Sell, doc.CloseSession, doc.ZReport}
}
func (s *server) Parallel() int { return 1 }

func (s *server) Encode(d *doc.Document, _ outbox.Shift) (outbox.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return outbox.Request{Method: "POST", Path: "/", Body: fmt.Sprintf(`{"id":%q,"name":%q,"serial":%d}`, d.ID, d.Name, s.serial)}, nil
}

func (s *server) Send(ctx context.Context, r outbox.Request, again bool) (outbox.Answer, error) {
	if err := ctx.Err(); err != nil {
		return outbox.Answer{}, err
	}
	var b struct{ Name string }
	if err := json.Unmarshal([]byte(r.Body), &b); err != nil {
		return outbox.Answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sends++
	arrives, answers := s.fate(s.sends)
	if !arrives {
		return outbox.Answer{}, &outbox.Failure{Class: outbox.Retry, Words: "down"}
	}
	old, known := s.bodies[b.Name]
	switch {
	case known && (old != r.Body || !again):
		return outbox.Answer{}, &outbox.Failure{Class: outbox.Person, Words: "other bytes, or a repeat that does not say so"}
	case !known:
		s.bodies[b.Name] = r.Body
		s.order = append(s.order, b.Name)
	}
	if !answers {
		return outbox.Answer{}, &outbox.Failure{Class: outbox.Retry, Words: "connection reset"}
	}
	return outbox.Answer{Status: 201}, nil
}

// till is a journal and its queue.
type till struct {
	t   *testing.T
	dir string
	j   *journal.Journal
}

func open(t *testing.T, dir string) *till {
	t.Helper()
	j, _, err := journal.Open(t.Context(), journal.Options{Dir: dir, SegmentBytes: 64 << 10, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	return &till{t, dir, j}
}

func (l *till) close() {
	l.t.Helper()
	if err := l.j.Close(); err != nil {
		l.t.Fatal(err)
	}
}

func notFound(err error) bool { return errors.Is(err, journal.ErrNotFound) }

func (l *till) put(docs ...*doc.Document) {
	l.t.Helper()
	for _, d := range docs {
		data, err := json.Marshal(d)
		if err == nil {
			_, err = l.j.Append(l.t.Context(), record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Shift: d.ShiftID, Numbers: []int64{d.Number}, Schema: doc.Schema, Data: data})
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
}

func queue(j outbox.Journal, s *server) *outbox.Queue {
	return outbox.New(outbox.Options{Journal: j, Destination: s, NotFound: notFound})
}

// rounds runs up to so many rounds, and tells whether all is done.
func rounds(t *testing.T, q *outbox.Queue, most int) bool {
	t.Helper()
	for range most {
		r, err := q.Round(t.Context())
		if err != nil && outbox.FailureOf(err).Class != outbox.Retry {
			t.Fatal(err)
		}
		if err == nil && !r.More {
			return true
		}
	}
	return false
}

// carry brings a till's journal on a stick to another.
func carry(t *testing.T, from *till, to *till) *journal.Copy {
	t.Helper()
	stick := filepath.Join(t.TempDir(), "stick")
	if _, err := journal.Export(t.Context(), from.dir, stick, journal.ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	i, err := journal.Import(t.Context(), stick, journal.ImportOptions{Dir: filepath.Join(to.dir, "imported"), Own: to.j.ID()})
	if err != nil {
		t.Fatal(err)
	}
	c, err := journal.OpenCopy(t.Context(), i.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func adopted(t *testing.T, c *journal.Copy, by *till) *Journal {
	t.Helper()
	j, err := Open(t.Context(), c, by.j)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// A till sells, sends some of it, is cut off at any point of that and dies. Its
// journal is taken in by another, which is restarted now and then: the cloud
// has every document once, in order, with the bytes that were frozen first.
func TestDeadTill(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 5))
			s := newServer()
			dies := 1 + rnd.IntN(18)
			s.fate = func(n int) (bool, bool) {
				if n >= dies {
					return n < dies+rnd.IntN(3), false // some arrive, and no answer comes any more
				}
				return true, rnd.IntN(4) > 0
			}
			a := open(t, filepath.Join(t.TempDir(), "a"))
			shop := outboxtest.Till{ItemID: "i"}
			docs := shop.Shift(5)
			a.put(docs[:rnd.IntN(len(docs))]...)
			sent := len(docs[:])
			rounds(t, queue(a.j, s), 6)
			for _, d := range docs {
				if _, err := a.j.Document(t.Context(), d.ID); err != nil {
					a.put(d)
				}
			}
			rounds(t, queue(a.j, s), 4)
			a.close()

			b := open(t, filepath.Join(t.TempDir(), "b"))
			s.mu.Lock()
			s.fate = func(int) (bool, bool) { return rnd.IntN(5) > 0, rnd.IntN(5) > 0 }
			s.mu.Unlock()
			c := carry(t, a, b)
			for n := 0; !rounds(t, queue(adopted(t, c, b), s), 1+rnd.IntN(4)); n++ {
				if n > 200 {
					t.Fatal("it does not end")
				}
				if rnd.IntN(2) == 0 {
					if _, err := b.j.Rotate(t.Context(), journal.RotateOptions{}); err != nil && !errors.Is(err, fault.New(fault.JournalFresh)) {
						t.Fatal(err)
					}
				}
				b.close() // and everything in memory is forgotten
				b = open(t, b.dir)
			}
			if len(s.order) != 7 || sent != 8 { // the Z report and the closing are one
				t.Errorf("%d of the shift's documents: %v", len(s.order), s.order)
			}
			if !slices.IsSorted(s.order) {
				t.Logf("order %v", s.order)
			}
			last := adopted(t, c, b)
			q := queue(last, s)
			if !rounds(t, q, 50) { // a closing that is part of another is passed by again
				t.Fatal("not at rest")
			}
			if err := last.Finish(t.Context(), s.Name()); err != nil {
				t.Fatal(err)
			}
			if done, err := Finished(t.Context(), b.j, notFound, c.ID(), c.Manifest.Last, s.Name()); !done || err != nil {
				t.Errorf("finished: %v %v", done, err)
			}
			if st := q.Status(); st.Queued != 0 || len(st.Parked) != 0 {
				t.Errorf("%+v", st)
			}
			// The own queue sees nothing of it.
			own := queue(b.j, s)
			if err := own.Load(t.Context()); err != nil {
				t.Fatal(err)
			}
			if st := own.Status(); st.Queued != 0 || len(st.Parked) != 0 {
				t.Errorf("own: %+v", st)
			}
			b.close()
		})
	}
}

// The till was only asleep: it sells on, sends some itself, and is exported
// again. The newer copy goes on where the older one ended.
func TestNewerCopy(t *testing.T) {
	s := newServer()
	a, b := open(t, filepath.Join(t.TempDir(), "a")), open(t, filepath.Join(t.TempDir(), "b"))
	shop := outboxtest.Till{ItemID: "i"}
	first, second, third := shop.Shift(3), shop.Shift(3), shop.Shift(3)
	a.put(first...)
	a.close()
	c := carry(t, a, b)
	if done, err := Finished(t.Context(), b.j, notFound, c.ID(), c.Manifest.Last, s.Name()); done || err != nil {
		t.Errorf("before: %v %v", done, err)
	}
	if !rounds(t, queue(adopted(t, c, b), s), 50) || len(s.order) != 5 {
		t.Fatalf("%v", s.order)
	}
	a = open(t, a.dir)
	a.put(second...)
	// It sends its own story again, the first part in other bytes: the stub
	// parks those, a real cloud finds them.
	s.mu.Lock()
	s.fate = func(int) (bool, bool) { return false, false }
	s.mu.Unlock()
	rounds(t, queue(a.j, s), 3)
	a.put(third...)
	a.close()
	s.mu.Lock()
	s.fate = func(int) (bool, bool) { return true, true }
	s.mu.Unlock()
	c = carry(t, a, b)
	q := queue(adopted(t, c, b), s)
	if !rounds(t, q, 100) || len(s.order) != 15 {
		t.Errorf("%v, %+v", s.order, q.Status())
	}
	if len(q.Status().Parked) != 0 {
		t.Errorf("%+v", q.Status().Parked)
	}
	// The end is recorded with the next progress, at the latest when all is at rest.
	before := s.sends
	for range 3 {
		if !rounds(t, queue(adopted(t, c, b), s), 3) {
			t.Fatal("not at rest")
		}
	}
	if s.sends != before {
		t.Errorf("%d documents were sent again", s.sends-before)
	}
	if done, err := Finished(t.Context(), b.j, notFound, c.ID(), c.Manifest.Last, s.Name()); !done || err != nil {
		t.Errorf("after: %v %v", done, err)
	}
	b.close()
}

// What a Journal shows: the copy under its own numbers, the own records behind
// it, single records, a shift's bounds, and nothing of others.
func TestScan(t *testing.T) {
	a, b := open(t, filepath.Join(t.TempDir(), "a")), open(t, filepath.Join(t.TempDir(), "b"))
	shop := outboxtest.Till{ItemID: "i"}
	docs := shop.Shift(2)
	a.put(docs...)
	a.close()
	b.put(shop.Shift(1)...)
	c := carry(t, a, b)
	j := adopted(t, c, b)
	delivery := func(typ string) record.Entry {
		return record.Entry{Kind: record.Delivery, ID: docs[1].ID, Type: typ, Schema: 1, Data: json.RawMessage(`{}`)}
	}
	if _, err := b.j.Append(t.Context(), delivery("cloud")); err != nil { // the own queue's
		t.Fatal(err)
	}
	seq, err := j.Append(t.Context(), delivery("cloud"))
	if err != nil || seq <= OwnBase {
		t.Fatal(seq, err)
	}
	scan := func(f record.Filter) (seqs []uint64) {
		t.Helper()
		for r, err := range j.Scan(t.Context(), f) {
			if err != nil {
				t.Fatal(err)
			}
			seqs = append(seqs, r.Seq)
		}
		return seqs
	}
	types := []string{"cloud", "SELL", "OPEN_SESSION", "Z_REPORT", "CLOSE_SESSION"}
	for what, c := range map[string]struct {
		f    record.Filter
		want []uint64
	}{
		"everything":     {record.Filter{Types: types}, []uint64{1, 2, 3, 4, 5, seq}},
		"limited":        {record.Filter{Types: types, Limit: 2}, []uint64{1, 2}},
		"behind":         {record.Filter{Types: types, After: 4}, []uint64{5, seq}},
		"behind it all":  {record.Filter{Types: types, After: seq}, nil},
		"before":         {record.Filter{Types: types, Before: 3}, []uint64{1, 2}},
		"one":            {record.Filter{After: 2, Before: 4, Limit: 1}, []uint64{3}},
		"one of its own": {record.Filter{After: seq - 1, Before: seq + 1, Limit: 1}, []uint64{seq}},
		"another's":      {record.Filter{After: seq - 2, Before: seq}, nil},
		"a shift":        {record.Filter{Kinds: []record.Kind{record.Document}, Shift: docs[0].ShiftID, Types: []string{"OPEN_SESSION", "CLOSE_SESSION", "Z_REPORT"}}, []uint64{1, 4, 5}},
		"no shift":       {record.Filter{Shift: uuid.New()}, nil},
	} {
		if d := cmp.Diff(c.want, scan(c.f)); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	if _, err := j.Append(t.Context(), record.Entry{Kind: record.Document, ID: uuid.New(), Schema: 1}); err == nil {
		t.Error("a document in another till's name")
	}
	for _, err := range j.Scan(t.Context(), record.Filter{Reverse: true}) {
		if err == nil {
			t.Error("read backwards")
		}
	}
	if list, err := journal.ListImported(tape.OS{}, filepath.Join(b.dir, "imported"), uuid.Nil); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
	b.close()
}
