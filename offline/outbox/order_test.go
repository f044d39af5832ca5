package outbox_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/doc"
)

// Whatever fails, whatever gets lost, whenever the power goes: every document
// ends up taken once or parked, nothing before its shift's opening, no
// closing before what its shift sold, no second body under one name.
func TestOrderProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
		var shifts [][]*doc.Document
		for range rapid.IntRange(1, 4).Draw(rt, "shifts") {
			shifts = append(shifts, l.Shift(rapid.IntRange(0, 25).Draw(rt, "sales")))
		}
		fates := rapid.SliceOfN(rapid.IntRange(0, 19), 200, 200).Draw(rt, "fates")
		fate := func(name string) int {
			n, err := strconv.Atoi(strings.TrimPrefix(name, "A-"))
			if err != nil {
				rt.Fatal(err)
			}
			return fates[n%len(fates)]
		}
		d.fail = func(name string, n int) error {
			switch f := fate(name); {
			case f == 0:
				return refused("no")
			case f < 4 && n <= f:
				return down
			}
			return nil
		}
		d.lose = func(name string, n int) bool { f := fate(name); return f >= 4 && f < 8 && n <= f-3 }
		put := 0
		q := open(j, d)
		for range 600 {
			if put < len(shifts) && rapid.Bool().Draw(rt, "put") {
				j.Put(t, shifts[put]...)
				put++
			}
			if rapid.IntRange(0, 9).Draw(rt, "cut") == 0 {
				q = open(j, d)
			}
			r, err := q.Round(context.Background())
			if err == nil && !r.More && put == len(shifts) {
				break
			}
		}
		check(rt, d, q, shifts)
	})
}

func check(t *rapid.T, d *dest, q *outbox.Queue, shifts [][]*doc.Document) {
	st := q.Status()
	if st.Queued != 0 {
		t.Fatalf("%d still queued", st.Queued)
	}
	parked := map[string]bool{}
	for _, p := range st.Parked {
		parked[p.Name] = true
	}
	at := map[string]int{}
	for i, n := range d.order {
		at[n] = i
	}
	for _, s := range shifts {
		openAt, opened := at[s[0].Name]
		end := s[len(s)-2].Name
		for _, x := range s[:len(s)-1] {
			i, taken := at[x.Name]
			switch {
			case taken == parked[x.Name]:
				t.Fatalf("%s: taken %v, parked %v", x.Name, taken, parked[x.Name])
			case taken && (!opened || i < openAt):
				t.Fatalf("%s before its opening", x.Name)
			case taken && x.Name != end && !parked[end] && i > at[end]:
				t.Fatalf("%s after its closing", x.Name)
			}
		}
	}
}

// Documents are refused, retried by a person at any moment, and the power
// goes: in the end each was taken, once, with the bytes first frozen.
func TestRetryProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		j, d, l := &outboxtest.Journal{}, newDest(), outboxtest.Till{}
		var all []*doc.Document
		for range rapid.IntRange(1, 3).Draw(rt, "shifts") {
			all = append(all, l.Shift(rapid.IntRange(0, 20).Draw(rt, "sales"))...)
		}
		j.Put(t, all...)
		refusals := rapid.SliceOfN(rapid.IntRange(-3, 2), 200, 200).Draw(rt, "refusals")
		d.fail = func(name string, n int) error {
			i, err := strconv.Atoi(strings.TrimPrefix(name, "A-"))
			if err != nil {
				rt.Fatal(err)
			}
			if n <= refusals[i%len(refusals)] {
				return refused("no")
			}
			return nil
		}
		q := open(j, d)
		for range 2000 {
			if rapid.IntRange(0, 4).Draw(rt, "cut") == 0 {
				q = open(j, d)
			}
			r, err := q.Round(context.Background())
			if err != nil {
				rt.Fatal(err)
			}
			st := q.Status()
			if len(st.Parked) > 0 && (!r.More || rapid.IntRange(0, 3).Draw(rt, "retry") == 0) {
				p := st.Parked[rapid.IntRange(0, len(st.Parked)-1).Draw(rt, "which")]
				if err := q.Retry(context.Background(), p.Document); err != nil {
					rt.Fatal(err)
				}
			} else if !r.More {
				break
			}
		}
		want := 0
		for _, x := range all {
			if x.Type != doc.CloseSession {
				want++
			}
		}
		if st := q.Status(); st.Queued != 0 || len(st.Parked) != 0 || len(d.order) != want {
			rt.Fatalf("%d of %d taken, left %+v", len(d.order), want, st)
		}
	})
}
