package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/record"
)

// jumping is a clock that is set forth and back, by hours to years, every few
// readings; sometimes it stands.
type jumping struct {
	now   time.Time
	turn  int
	jumps []time.Duration
}

func newJumping() *jumping {
	const day = 24 * time.Hour
	return &jumping{now: start, jumps: []time.Duration{
		time.Hour, -3 * day, 0, 400 * day, -time.Minute, -800 * day, 30 * day, time.Second, -20 * 365 * day, 20 * 365 * day, 2 * day, -5 * day}}
}

func (c *jumping) Now() time.Time {
	c.turn++
	if c.turn%7 == 0 {
		c.now = c.now.Add(c.jumps[c.turn/7%len(c.jumps)])
	}
	return c.now
}

// However the clock jumps, records stand in the order they were made, numbers
// follow each other, periods end and are found again, a search by time finds
// what was made then, and a copy since a moment has all that was made after it.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	const periods, documents = 4, 60 // of each
	clock := newJumping()
	o := opts(filepath.Join(t.TempDir(), "data"))
	o.Now = clock.Now
	number := int64(0)
	for p := range periods {
		j, did := open(t, o)
		if did.Repaired() {
			t.Fatalf("period %d: %+v", p, did)
		}
		if got := j.LastNumber(); got != number {
			t.Fatalf("the last number is %d, not %d", got, number)
		}
		for range documents {
			number++
			add(t, j, cashIn(t, number, nil))
		}
		if p < periods-1 {
			ended(t, j)
		}
		verified(t, j)
		closed(t, j)
	}

	j, did := open(t, o)
	if did.Repaired() || j.LastNumber() != number || j.Periods().Number != periods {
		t.Fatalf("%+v, number %d, %+v", did, j.LastNumber(), j.Periods())
	}
	list := scanned(t, j, record.Filter{Kinds: []record.Kind{record.Document}})
	if len(list) != periods*documents {
		t.Fatalf("%d documents", len(list))
	}
	back := 0
	for i, r := range list {
		if r.Numbers[0] != int64(i+1) || i > 0 && r.Seq <= list[i-1].Seq {
			t.Fatalf("document %d is record %d with number %d", i, r.Seq, r.Numbers[0])
		}
		if i > 0 && r.Time.Before(list[i-1].Time) {
			back++
		}
		got, err := j.Get(context.Background(), r.Seq)
		if err != nil || got.Numbers[0] != r.Numbers[0] || !got.Time.Equal(r.Time) {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if back < 10 {
		t.Fatalf("the clock went back %d times only", back)
	}
	moments := []time.Time{list[0].Time, list[len(list)/3].Time, list[len(list)/2].Time.Add(time.Second), list[len(list)-1].Time}
	for _, at := range moments {
		var want []uint64
		for _, r := range list {
			if !r.Time.Before(at) {
				want = append(want, r.Seq)
			}
		}
		if got := seqs(scanned(t, j, record.Filter{Kinds: []record.Kind{record.Document}, Since: at})); !slices.Equal(got, want) {
			t.Errorf("since %v: %d records, not %d", at, len(got), len(want))
		}
	}
	closed(t, j)

	for i, at := range moments {
		to, m := exportOf(t, o.Dir, ExportOptions{Since: at})
		c, err := OpenCopy(t.Context(), to)
		must(t, err)
		has := map[uint64]bool{}
		before := uint64(0)
		must(t, c.Each(t.Context(), 0, func(r record.Record) error {
			if r.Seq <= before {
				return fmt.Errorf("record %d after %d", r.Seq, before)
			}
			has[r.Seq], before = true, r.Seq
			return nil
		}))
		for _, r := range list {
			if !r.Time.Before(at) && !has[r.Seq] {
				t.Errorf("moment %d: the copy of %d to %d lacks record %d of %v", i, m.First, m.Last, r.Seq, r.Time)
			}
		}
		rep, err := Verify(t.Context(), to, VerifyOptions{})
		if err != nil || !rep.OK {
			t.Errorf("moment %d: %+v %v", i, rep, err)
		}
	}
}

// Records of a clock that has fallen back do not take back what a document
// says of the time.
func TestThePastIsTheNewestDocument(t *testing.T) {
	t.Parallel()
	clock := &handClock{at: start}
	o := opts(filepath.Join(t.TempDir(), "data"))
	o.Now = clock.Now
	j, _ := open(t, o)
	if past := j.Periods().Past(); !past.IsZero() {
		t.Errorf("nothing has happened until %v", past)
	}
	add(t, j, cashIn(t, 1, nil))
	clock.Add(-24 * time.Hour)
	add(t, j, cashIn(t, 2, nil))
	closed(t, j)
	j, _ = open(t, o)
	if past := j.Periods().Past(); !past.Equal(start) {
		t.Errorf("%v, want %v", past, start)
	}
	closed(t, j)
}
