package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// life is a journal that lives for years beside the list of what it was told:
// its periods end and are removed, it is closed, killed and damaged.
type life struct {
	t   *testing.T
	o   Options
	j   *Journal
	now handClock

	list   []record.Record // by sequence, which has gaps where a period begins
	live   []record.Record
	first  uint64          // of the open period
	copies map[uint64]bool // originals that were carried into it
	gone   uint64          // records up to here were removed
	made   int

	ended, removed, restarts int
}

// restarts are the ways to begin again.
var restarts = []string{"closed", "killed", "without Badger", "without tape", "with an older Badger"}

// own tells whether a record is the caller's: the journal writes some itself.
func own(r record.Record) bool {
	return r.Kind != record.Period && r.Type != AuditRemoved && r.Type != AuditRepaired && r.Type != removedName
}

func (l *life) told(first uint64, batch []record.Entry) {
	for i, e := range batch {
		r := record.Record{Seq: first + uint64(i), Time: l.now.Now(), Entry: e}
		l.list = append(l.list, r)
		l.live = slices.DeleteFunc(l.live, func(o record.Record) bool { return slices.Contains(e.Ends, o.Group) })
		if e.Group != uuid.Nil {
			l.live = append(l.live, r)
		}
	}
}

// there tells whether a record can still be read.
func (l *life) there(seq uint64) bool { return seq > l.gone || l.copies[seq] }

func (l *life) append(rt *rapid.T) {
	batch := rapid.SliceOfN(rapid.Custom(genEntry), 1, 4).Draw(rt, "batch")
	for i := range batch {
		if batch[i].Kind == record.Document { // each is made once
			l.made++
			batch[i].ID = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "made %d", l.made))
		}
		if rapid.IntRange(0, 3).Draw(rt, "private") == 0 {
			batch[i].Private = json.RawMessage(`{"contact":"` + phone + `"}`)
		}
	}
	ctx := context.Background()
	private := slices.ContainsFunc(batch, func(e record.Entry) bool { return e.Private != nil })
	if rapid.Bool().Draw(rt, "post") && !private { // which waits for no key
		must(l.t, l.j.Post(batch...))
		must(l.t, l.j.Flush(ctx))
		last, _ := l.j.Head()
		l.told(last+1-uint64(len(batch)), batch)
		return
	}
	first, err := l.j.Append(ctx, batch...)
	must(l.t, err)
	l.told(first, batch)
}

// known draws some records that are still there.
func (l *life) known(rt *rapid.T, most int) (some []uint64) {
	var all []uint64
	for _, r := range l.list {
		if l.there(r.Seq) {
			all = append(all, r.Seq)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.SampledFrom(all), 0, most).Draw(rt, "records")
}

func (l *life) rotate(rt *rapid.T) {
	carry := l.known(rt, 3)
	p, err := l.j.Rotate(context.Background(), RotateOptions{Carry: func(context.Context) ([]uint64, error) { return carry, nil }})
	fresh := len(l.list) == 0 || l.list[len(l.list)-1].Seq < l.first
	if errors.Is(err, fault.New(fault.JournalFresh)) && fresh {
		return
	}
	must(l.t, err)
	l.ended++
	l.first, l.copies = p.First, map[uint64]bool{}
	settings := map[string]uint64{}
	for _, r := range l.list {
		if r.Kind == record.Setting {
			settings[r.Type] = r.Seq
		}
	}
	for _, seq := range settings {
		l.copies[seq] = true
	}
	for _, r := range l.live {
		l.copies[r.Seq] = true
	}
	for _, seq := range carry {
		l.copies[seq] = true
	}
}

func (l *life) retain(rt *rapid.T) {
	needed := l.known(rt, 1)
	gone, err := l.j.Retain(context.Background(), RetainOptions{Years: 1, Now: l.now.Now(), Needed: needed})
	must(l.t, err)
	for _, a := range gone {
		l.removed++
		if a.First != l.gone+1 || a.Last >= l.first || slices.ContainsFunc(needed, func(seq uint64) bool { return a.First <= seq && seq <= a.Last }) {
			rt.Fatalf("removed %d to %d behind %d, needed %v", a.First, a.Last, l.gone, needed)
		}
		for _, r := range l.list {
			if r.Kind == record.Document && a.First <= r.Seq && r.Seq <= a.Last && r.Time.AddDate(1, 0, 0).After(l.now.Now()) {
				rt.Fatalf("document %d of %v was removed at %v", r.Seq, r.Time, l.now.Now())
			}
		}
		l.gone = a.Last
	}
}

// restart closes the journal, or kills it: what was acknowledged goes on in a
// copy of the directory, of which one half may be lost or of an earlier day.
func (l *life) restart(rt *rapid.T) {
	how := restarts[l.restarts%len(restarts)]
	l.restarts++
	if how == "closed" {
		closed(l.t, l.j)
		l.j, _ = open(l.t, l.o)
		return
	}
	was, next := l.o.Dir, filepath.Join(l.t.TempDir(), "data")
	must(l.t, l.j.caughtUp(context.Background())) // both copies have it: either may be lost
	must(l.t, os.CopyFS(next, os.DirFS(was)))
	switch how {
	case "without Badger":
		must(l.t, os.RemoveAll(filepath.Join(next, badgerName)))
	case "without tape":
		must(l.t, os.RemoveAll(filepath.Join(next, tapeName)))
	case "with an older Badger":
		older := filepath.Join(l.t.TempDir(), badgerName)
		must(l.t, os.CopyFS(older, os.DirFS(filepath.Join(next, badgerName))))
		l.append(rt) // of what comes now the copy knows the tape alone
		must(l.t, os.RemoveAll(next))
		must(l.t, os.CopyFS(next, os.DirFS(was)))
		must(l.t, os.RemoveAll(filepath.Join(next, badgerName)))
		must(l.t, os.Rename(older, filepath.Join(next, badgerName)))
	}
	closed(l.t, l.j)
	must(l.t, os.RemoveAll(was))
	l.o.Dir = next
	l.j, _ = open(l.t, l.o)
}

// same compares one question's answers.
func (l *life) same(rt *rapid.T, f record.Filter) {
	limit := f.Limit
	f.Limit = 0
	var want []record.Record
	for _, r := range l.list {
		if r.Seq > f.After && (f.Before == 0 || r.Seq < f.Before) && matches(f, &r) && (r.Seq > l.gone && !f.Open || f.Open && (r.Seq >= l.first || l.copies[r.Seq])) {
			want = append(want, r)
		}
	}
	if f.Reverse {
		slices.Reverse(want)
	}
	all := scanned(l.t, l.j, f)
	got := slices.DeleteFunc(slices.Clone(all), func(r record.Record) bool { return !own(r) })
	if d := cmp.Diff(want, got, sameTime); len(want)+len(got) > 0 && d != "" {
		rt.Fatalf("%+v, %d to %d are gone, the period begins with %d: %s", f, 1, l.gone, l.first, d)
	}
	if f.Limit = limit; limit > 0 {
		if d := cmp.Diff(all[:min(limit, len(all))], scanned(l.t, l.j, f), sameTime); len(all) > 0 && d != "" {
			rt.Fatalf("%+v: %s", f, d)
		}
	}
}

func (l *life) compare(rt *rapid.T) {
	ctx := context.Background()
	live, err := l.j.Live(ctx)
	if d := cmp.Diff(l.live, live, sameTime); err != nil || len(l.live)+len(live) > 0 && d != "" {
		rt.Fatalf("%v: %s", err, d)
	}
	last, _ := l.j.Head()
	for range 2 {
		f := genFilter(rt, last)
		f.Open = rapid.IntRange(0, 2).Draw(rt, "open") == 0
		l.same(rt, f)
	}
	for range 3 {
		if len(l.list) == 0 {
			return
		}
		r := rapid.SampledFrom(l.list).Draw(rt, "record")
		got, err := l.j.Get(ctx, r.Seq)
		if l.there(r.Seq) == errors.Is(err, ErrNotFound) || err != nil && !errors.Is(err, ErrNotFound) {
			rt.Fatalf("record %d: %v; %d are gone", r.Seq, err, l.gone)
		}
		if d := cmp.Diff(r, got, sameTime); err == nil && d != "" {
			rt.Fatal(d)
		}
		if r.Kind == record.Document {
			// One that was removed may still be in a closed period that it was carried into.
			if got, err := l.j.Document(ctx, r.ID); err != nil && (l.there(r.Seq) || !errors.Is(err, ErrNotFound)) || err == nil && got.Seq != r.Seq {
				rt.Fatalf("document %d is %d: %v", r.Seq, got.Seq, err)
			}
		}
	}
	name := rapid.SampledFrom(poolTypes).Draw(rt, "setting")
	want := uint64(0)
	for _, r := range l.list {
		if r.Kind == record.Setting && r.Type == name {
			want = r.Seq
		}
	}
	if got, err := l.j.Setting(ctx, name); got.Seq != want {
		rt.Fatalf("setting %d, want %d: %v", got.Seq, want, err)
	}
}

// A journal goes through years of appends, ends of periods, removals, closings
// and kills, each losing what may be lost, and always answers as a list does.
func TestLife(t *testing.T) {
	l := &life{t: t, o: opts(filepath.Join(t.TempDir(), "data")), first: 1}
	l.now.Set(start)
	l.o.Now = l.now.Now
	l.j, _ = open(t, l.o)
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 3).Draw(rt, "batches") {
			l.now.Add(time.Duration(rapid.IntRange(-30, 50).Draw(rt, "minutes")) * time.Minute)
			l.append(rt)
		}
		switch rapid.IntRange(0, 5).Draw(rt, "then") {
		case 0, 1:
			l.rotate(rt)
			l.now.Set(l.now.Now().AddDate(0, rapid.IntRange(0, 5).Draw(rt, "months"), 0))
		case 2:
			l.restart(rt)
		case 3:
			l.retain(rt)
		}
		l.compare(rt)
	})
	if !testing.Short() && (l.ended < 8 || l.removed < 3 || l.restarts < len(restarts)) {
		t.Errorf("only %d periods ended, %d removed, %d restarts", l.ended, l.removed, l.restarts)
	}
	t.Logf("%d records, %d periods ended, %d removed, %d restarts", len(l.list), l.ended, l.removed, l.restarts)
	rep, err := l.j.Verify(context.Background(), VerifyOptions{})
	must(t, err)
	for _, p := range rep.Problems {
		if p.Code != "document.invalid" {
			t.Errorf("%+v", p)
		}
	}
	closed(t, l.j)
}
