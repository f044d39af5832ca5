package outbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/offline/outbox/outboxtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// story is a random queue whose documents name each other.
type story struct {
	j     *outboxtest.Journal
	d     *dest
	till  outboxtest.Till
	names []string            // in the journal's order
	needs map[string][]string // what each names
	shift map[string]string   // the opening of its shift
	ends  map[string]bool     // closings
	fates map[string]int
}

// tell journals a shift of documents that name earlier ones and things made at
// the till, by drawn chance.
func (s *story) tell(rt *rapid.T, t *testing.T) {
	docs := s.till.Shift(rapid.IntRange(1, 30).Draw(rt, "sales"))
	begin := docs[0].Name
	var sold []*doc.Document
	var things []uuid.UUID
	for _, d := range docs[:len(docs)-1] {
		if rapid.IntRange(0, 5).Draw(rt, "made") == 0 {
			id, _ := made(t, s.j, rapid.SampledFrom([]string{"product", "counterparty"}).Draw(rt, "thing"), `{}`, `{"phone":"1"}`)
			things = append(things, id)
			s.add(rt, id.String(), "", nil)
		}
		var needs []string
		if d.Receipt != nil {
			if len(sold) > 0 && rapid.IntRange(0, 3).Draw(rt, "return") == 0 {
				base := sold[rapid.IntRange(0, len(sold)-1).Draw(rt, "base")]
				d.Type, d.Receipt.BaseID = doc.Payback, base.ID
				needs = append(needs, base.Name)
			}
			if len(things) > 0 && rapid.IntRange(0, 2).Draw(rt, "uses") == 0 {
				id := things[rapid.IntRange(0, len(things)-1).Draw(rt, "which")]
				d.Receipt.CustomerID = catalog.OwnID(id)
				needs = append(needs, id.String())
			}
			sold = append(sold, d)
		}
		s.ends[d.Name] = d.Type == doc.ZReport
		s.j.Put(t, d)
		s.add(rt, d.Name, begin, needs)
	}
	s.j.Put(t, docs[len(docs)-1]) // the second half of the close is sent with the first
}

func (s *story) add(rt *rapid.T, name, opening string, needs []string) {
	s.names = append(s.names, name)
	s.needs[name], s.shift[name] = needs, opening
	s.fates[name] = rapid.IntRange(0, 24).Draw(rt, "fate")
}

// Whatever fails, gets lost or is refused, whenever the power goes: a document
// is taken after all that it names, or parked with the first of them that is;
// what a person sends on its way again takes along what waited for it.
func TestDependenceProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := &story{j: &outboxtest.Journal{}, d: newDest(), needs: map[string][]string{}, shift: map[string]string{}, ends: map[string]bool{}, fates: map[string]int{}}
		for range rapid.IntRange(1, 3).Draw(rt, "shifts") {
			s.tell(rt, t)
		}
		refuses := true
		s.d.fail = func(name string, n int) error {
			switch f := s.fates[name]; {
			case f == 0 && refuses:
				return refused("no")
			case f < 4 && n <= f:
				return down
			}
			return nil
		}
		s.d.lose = func(name string, n int) bool { f := s.fates[name]; return f >= 4 && f < 7 && n <= f-3 }
		q := s.run(rt)
		s.check(rt, q, true)
		refuses = false
		if err := q.RetryAll(context.Background()); err != nil && len(q.Status().Parked) > 0 {
			rt.Fatal(err)
		}
		q = s.run(rt)
		s.check(rt, q, false)
		if len(s.d.order) != len(s.names) {
			rt.Fatalf("%d of %d taken", len(s.d.order), len(s.names))
		}
	})
}

func (s *story) run(rt *rapid.T) *outbox.Queue {
	q := open(s.j, maker{s.d})
	for range 600 {
		if rapid.IntRange(0, 9).Draw(rt, "cut") == 0 {
			q = open(s.j, maker{s.d})
		}
		r, err := q.Round(context.Background())
		if err == nil && !r.More {
			return q
		}
	}
	rt.Fatalf("it does not end: %+v", q.Status())
	return nil
}

// check holds what was taken, and in which order, against what names what. The
// order among those that were sent again is by their own needs alone.
func (s *story) check(rt *rapid.T, q *outbox.Queue, first bool) {
	at := map[string]int{}
	for i, n := range s.d.order {
		at[n] = i
	}
	stuck := map[string]outbox.Parked{}
	for _, p := range q.Status().Parked {
		stuck[p.Name] = p
	}
	for _, name := range s.names {
		i, taken := at[name]
		p, parked := stuck[name]
		if taken == parked {
			rt.Fatalf("%s: taken %v, parked %v", name, taken, parked)
		}
		needs := s.needs[name]
		if opening := s.shift[name]; opening != "" && opening != name {
			needs = append(needs[:len(needs):len(needs)], opening)
		}
		var lost []string
		for _, n := range needs {
			before, there := at[n]
			if taken && (!there || before > i) {
				rt.Fatalf("%s was taken before %s, which it names", name, n)
			}
			if !there {
				lost = append(lost, n)
			}
		}
		if parked && (p.Code == outbox.CodeDepends) != (len(lost) > 0) {
			rt.Fatalf("%s is parked by %s %s, of what it names %v is not there", name, p.Code, p.Words, lost)
		}
		if first && taken && s.shift[name] != "" && !s.ends[name] {
			for end := range s.ends {
				if e, there := at[end]; s.ends[end] && s.shift[end] == s.shift[name] && there && e < i {
					rt.Fatalf("%s was taken after the end of its shift", name)
				}
			}
		}
	}
	for _, r := range s.j.Records() {
		if r.Kind == record.Delivery && strings.Contains(string(r.Data), "phone") {
			rt.Fatal("people in plain text")
		}
	}
}
