package journal

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kassa-pos/kassa/pos/record"
)

// scrubbing are options of a journal that is read as soon as nothing is to do.
func scrubbing(dir string) Options {
	o := opts(dir)
	o.scrubIdle, o.scrubRate = time.Millisecond, 1<<40
	return o
}

// twoPeriods leaves a closed period of 100 records, with tables, and an open
// one.
func twoPeriods(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	fill(t, j, 0, 100)
	ended(t, j)
	last, _ := j.Head()
	fill(t, j, int(last), int(last)+60)
	must(t, j.caughtUp(context.Background()))
	waitSealed(t, dir)
	closed(t, j)
	return dir
}

func scrubbed(t *testing.T, j *Journal) Scrub {
	t.Helper()
	until(t, "a whole pass", func() bool { return !j.Scrub().Ended.IsZero() })
	return j.Scrub()
}

// lose makes an open Badger lose a record.
func (s *store) lose(t *testing.T, seq uint64) {
	t.Helper()
	must(t, s.db.Update(func(txn *badger.Txn) error { return txn.Delete(seqKey(keyRecord, seq)) }))
}

// What rots on the card is found while the till rests, told in a record of its
// own, and repaired from the other copy: at once in a closed period, by the
// next start in the open one.
func TestScrub(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, j *Journal, dir string)
		want  Rot
	}{
		"closed tape": {func(t *testing.T, _ *Journal, dir string) { flip(t, filepath.Join(dir, archiveName, periodDir(1)), 20) },
			Rot{Seq: 20, Period: 1, Copy: tapeName, Repaired: true}},
		"closed index": {func(t *testing.T, j *Journal, _ string) {
			must(t, j.archives.with(t.Context(), 20, func(part *Journal) error { part.store.lose(t, 20); return nil }))
		}, Rot{Seq: 20, Period: 1, Copy: badgerName, Repaired: true}},
		"open tape":  {func(t *testing.T, _ *Journal, dir string) { flip(t, dir, 120) }, Rot{Seq: 120, Copy: tapeName}},
		"open index": {func(t *testing.T, j *Journal, _ string) { j.store.lose(t, 120) }, Rot{Seq: 120, Copy: badgerName}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := twoPeriods(t)
			o := scrubbing(dir)
			var minutes atomic.Int64
			o.Now = func() time.Time { return start.Add(time.Duration(minutes.Add(1)) * time.Minute) }
			o.ScrubEvery = time.Minute
			j, did := open(t, o)
			scrubbed(t, j)
			if s := j.Scrub(); did.Repaired() || len(s.Found) != 0 {
				t.Fatalf("%+v %+v", did, s)
			}
			c.spoil(t, j, dir)
			until(t, "the finding", func() bool {
				s := j.Scrub()
				return len(s.Found) > 0 && s.Found[0].Repaired == c.want.Repaired
			})
			s := j.Scrub()
			if len(s.Found) != 1 || s.Found[0].Why == "" {
				t.Fatalf("%+v", s)
			}
			if diff := cmp.Diff(c.want, s.Found[0], cmpopts.IgnoreFields(Rot{}, "Why", "Time")); diff != "" {
				t.Error(diff)
			}
			var told []record.Record
			until(t, "its record", func() bool { // which follows the finding
				must(t, j.Flush(t.Context()))
				told = slices.DeleteFunc(scanned(t, j, record.Filter{Kinds: []record.Kind{record.Audit}}), func(r record.Record) bool { return r.Type != AuditRot })
				return len(told) > 0
			})
			var said Rot
			if len(told) != 1 || json.Unmarshal(told[0].Data, &said) != nil || said.Seq != c.want.Seq || said.Copy != c.want.Copy {
				t.Errorf("%+v", told)
			}
			closed(t, j)

			j, did = open(t, opts(dir))
			if did.Repaired() == c.want.Repaired || len(j.Scrub().Found) != 0 {
				t.Errorf("the next start: %+v", did)
			}
			rep, err := j.Verify(t.Context(), VerifyOptions{})
			if err != nil || !rep.OK || rep.Records < 162 {
				t.Errorf("%+v %v", rep, err)
			}
			closed(t, j)
		})
	}
}

// What a look into a closed period repairs is a finding too.
func TestLookRepairs(t *testing.T) {
	t.Parallel()
	dir := twoPeriods(t)
	flip(t, filepath.Join(dir, archiveName, periodDir(1)), 20)
	j, _ := open(t, opts(dir))
	if list := scanned(t, j, record.Filter{Before: 21, After: 19}); len(list) != 1 || list[0].Seq != 20 {
		t.Errorf("%+v", list)
	}
	s := j.Scrub()
	if len(s.Found) != 1 || s.Found[0].Period != 1 || s.Found[0].Copy != tapeName || !s.Found[0].Repaired {
		t.Errorf("%+v", s)
	}
	closed(t, j)
}

// It never reads while there is something to do, and goes on where it was,
// also after a restart.
func TestScrubMakesWay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	long := entry(record.Delivery, "cloud", 0)
	long.Data = json.RawMessage(`"` + string(slices.Repeat([]byte("y"), scrubPiece)) + `"`)
	for range 40 {
		add(t, j, long)
	}
	closed(t, j)

	o := scrubbing(dir)
	o.scrubIdle = time.Hour
	j, _ = open(t, o)
	add(t, j, long)
	if s := j.Scrub(); s.At != 0 || !s.Ended.IsZero() || s.Of != 41 {
		t.Errorf("it reads: %+v", s)
	}
	closed(t, j)

	o.scrubIdle, o.scrubRate = time.Millisecond, 1 // a piece takes most of a day
	j, _ = open(t, o)
	until(t, "a record read", func() bool { // the pause ends with every record, and one was read before it
		add(t, j, long)
		return j.Scrub().At > 2
	})
	at := j.Scrub().At
	begun := time.Now()
	closed(t, j)
	if took := time.Since(begun); took > time.Minute {
		t.Errorf("closing waited for it: %v", took)
	}
	o.scrubIdle = time.Hour
	j, _ = open(t, o)
	if s := j.Scrub(); s.At < at || !s.Ended.IsZero() {
		t.Errorf("it was at %d: %+v", at, s)
	}
	closed(t, j)

	o.scrubIdle, o.scrubRate = time.Millisecond, 1<<40
	j, _ = open(t, o)
	s := scrubbed(t, j)
	closed(t, j)
	must(t, os.WriteFile(filepath.Join(dir, scrubName), []byte("{"), 0o600)) // a file that says nothing
	o.Now = func() time.Time { return s.Ended.Add(time.Hour) }
	j, _ = open(t, o)
	scrubbed(t, j)
	closed(t, j)

	o.scrubIdle = time.Nanosecond // not due again for a week
	o.Now = func() time.Time { return s.Ended.Add(2 * time.Hour) }
	j, _ = open(t, o)
	if wait := j.untilScrub(); wait < DefaultScrubEvery-2*time.Hour {
		t.Errorf("again in %v", wait)
	}
	closed(t, j)
}

// A period that ends while one of its copies is suspected takes the suspicion
// along.
func TestSuspectedPeriodEnds(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	fill(t, j, 0, 50)
	must(t, j.caughtUp(context.Background()))
	must(t, j.suspect(badgerName))
	must(t, j.suspect(tapeName))
	ended(t, j)
	fill(t, j, 51, 60)
	must(t, j.caughtUp(context.Background()))
	until(t, "the repair", func() bool {
		must(t, j.Flush(context.Background()))
		return slices.ContainsFunc(scanned(t, j, record.Filter{}), func(r record.Record) bool { return r.Type == AuditRepaired })
	})
	closed(t, j)
	j, did := open(t, opts(dir))
	if did.Repaired() {
		t.Errorf("the open one: %+v", did)
	}
	rep, err := j.Verify(t.Context(), VerifyOptions{})
	if err != nil || !rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
	closed(t, j)
}

// A glance at a stopped journal tells what the open one would.
func TestGlance(t *testing.T) {
	t.Parallel()
	if p, s, err := Glance(t.TempDir()); err != nil || p.Number != 1 || p.Archived != 0 || !s.Ended.IsZero() {
		t.Errorf("%+v %+v %v", p, s, err)
	}
	dir := twoPeriods(t)
	j, _ := open(t, scrubbing(dir))
	read := scrubbed(t, j)
	want := j.Periods()
	closed(t, j)
	p, s, err := Glance(dir)
	if err != nil || p.Number != want.Number || p.Archived != want.Archived || p.First != want.First || !p.Begun.Equal(want.Begun) || !s.Ended.Equal(read.Ended) {
		t.Errorf("%+v %+v %v, %+v", p, s, err, want)
	}
	must(t, os.WriteFile(filepath.Join(dir, scrubName), []byte("{"), 0o600))
	must(t, os.Remove(filepath.Join(dir, archiveName, periodDir(1), aboutName)))
	if p, s, err := Glance(dir); err != nil || p.Number != 2 || !p.Begun.IsZero() || !s.Ended.IsZero() {
		t.Errorf("%+v %+v %v", p, s, err)
	}
}
