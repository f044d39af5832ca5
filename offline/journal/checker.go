package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// checker looks at the lines of a chain that holds, one after the other, over
// all periods.
type checker struct {
	report  Report
	numbers numbers
	live    map[uuid.UUID][]liveRecord
	periods periods
	books   books
	vault   *vault.Vault // nil: there are no keys here
	id      uuid.UUID    // of the journal, once it is known
	newer   error        // there is a record that only a newer program understands

	ahead ahead
	head  tape.Hash // after the last line

	// The period's.
	store    *comparison // with Badger, or nil
	storeBad bool
}

type liveRecord struct {
	seq, origin uint64 // origin differs where it is a copy
	intent      bool
}

func newChecker() *checker {
	return &checker{live: map[uuid.UUID][]liveRecord{}, report: Report{Problems: []Problem{}}}
}

// take looks at the next line.
func (c *checker) take(l tape.Line, r *readLine) {
	if c.report.First == 0 {
		c.report.First = l.Seq
	}
	c.report.Last, c.head = l.Seq, l.Hash
	c.report.Records++
	bad := r.bad
	if bad == nil && (len(r.Type) > MaxType || len(r.Ends) > MaxEnds || len(r.Numbers) > MaxEnds) {
		bad = fmt.Errorf("type of %d bytes, %d ends, %d numbers", len(r.Type), len(r.Ends), len(r.Numbers))
	}
	if bad != nil {
		c.report.add("record.unreadable", l.Seq, "%v", bad)
		if c.store != nil {
			c.store.part = true
		}
		return
	}
	if err := newerRecord(&r.Record); err != nil {
		c.newer = err
		c.report.add("record.newer", l.Seq, "form %d of a %.20q, of which this program knows %d", r.Schema, string(r.Kind), known[string(r.Kind)])
	} else if r.Schema < 1 {
		c.report.add("record.unreadable", l.Seq, "a %s without form", r.Kind)
	}
	c.period(l, &r.Record)
	if r.Carried == 0 {
		c.follow(&r.Record)
		c.account(r)
		c.sealed(&r.stored)
	}
	if c.store != nil && c.store.holds(l.Seq) {
		c.compare(l, &r.stored)
	}
}

// follow keeps the live groups as package record says.
func (c *checker) follow(r *record.Record) {
	for _, g := range r.Ends {
		delete(c.live, g)
	}
	if r.Group != uuid.Nil && c.room(len(c.live), r.Seq) {
		c.live[r.Group] = append(c.live[r.Group], liveRecord{r.Seq, r.Seq, r.Kind == record.Intent})
	}
}

// maxFollowed bounds what a checker keeps of each sort: more than a till has at
// any time, and no more than a forged journal may take of its memory.
const maxFollowed = 1 << 17

// room tells whether one more may be kept.
func (c *checker) room(kept int, seq uint64) bool {
	if kept < maxFollowed {
		return true
	}
	c.report.add("record.limit", seq, "there is more in the air than a till can have")
	return false
}

// account follows every number from its minting to its one end.
func (c *checker) account(r *readLine) {
	switch r.Kind {
	case record.Intent:
		for _, n := range r.Numbers {
			if !c.numbers.sane(n) {
				c.report.add("record.unreadable", r.Seq, "number %d", n)
			} else if !c.numbers.mint(n, r.Group, r.Seq) {
				c.report.add("number.minted", r.Seq, "number %d was minted before", n)
			}
		}
	case record.Void, record.Document:
		for _, n := range r.Numbers {
			if !c.numbers.sane(n) {
				c.report.add("record.unreadable", r.Seq, "number %d", n)
			} else if !c.numbers.use(n) {
				c.report.add("number.twice", r.Seq, "number %d is accounted for a second time", n)
			}
		}
	}
	switch r.Kind {
	case record.Void:
		c.report.Voids++
	case record.Document:
		c.report.Documents++
		c.document(r)
	}
}

func (c *checker) document(r *readLine) {
	if r.Schema > doc.Schema {
		c.books.forget()
		return // written by a newer program; its form is not known here
	}
	if r.docBad != nil {
		c.report.add("document.invalid", r.Seq, "%v", r.docBad)
		c.books.forget()
		return
	}
	switch d := r.doc; {
	case d.ID != r.ID:
		c.report.add("document.invalid", r.Seq, "it is %s in record %s", d.ID, r.ID)
	case !slices.Contains(r.Numbers, d.Number) && !c.numbers.used(d.Number):
		c.report.add("document.invalid", r.Seq, "no record accounts for its number %d", d.Number)
	}
	c.books.follow(&c.report, r.Seq, r.doc)
}

// compare looks a record up in Badger, by number and in the indexes.
func (c *checker) compare(l tape.Line, r *stored) {
	err := c.store.record(l, r)
	switch {
	case errors.Is(err, errIndex):
		c.report.add("badger.index", r.Seq, "%v", err)
	case err != nil:
		c.report.add("badger.record", r.Seq, "%v", err)
	}
}

// tables reads every block of every table: what nobody has asked for may be
// damaged as well.
func (c *checker) tables(ctx context.Context, s *store) error {
	for _, name := range s.tables() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.checkWhole(name); err != nil {
			c.storeBad = true
			c.report.add("badger.table", 0, "%v", err)
		}
	}
	return nil
}

// finish looks at what only the whole can tell.
func (c *checker) finish() Report {
	for _, rs := range c.live {
		for _, r := range rs {
			if r.intent {
				c.report.Open++
			}
		}
	}
	c.finishPeriods()
	lost, missing := c.numbers.unaccounted(func(group uuid.UUID) bool { return len(c.live[group]) > 0 }, MaxProblems)
	for _, n := range lost {
		c.report.add("number.lost", n.seq, "number %d was minted and neither used nor voided", n.number)
	}
	for _, n := range missing {
		c.report.add("number.missing", 0, "number %d was never seen", n)
	}
	// A torn rest was never acknowledged, a Badger that is behind catches up, a
	// period that is half put away is put away, a key has two copies and a
	// technician's documents are none of ours: worth telling, but nothing is
	// wrong.
	c.report.OK = !slices.ContainsFunc(c.report.Problems, func(p Problem) bool {
		return !slices.Contains([]string{"tape.torn", "badger.behind", "period.unfinished", "keys.mended", "fn.unknown", "fn.technical"}, p.Code)
	})
	return c.report
}

// finishStore looks at what only the whole of a period can tell of Badger.
func (c *checker) finishStore() {
	if c.store.stored != nil {
		switch s := c.store.stored; {
		case s.Seq > c.report.Last:
			c.report.add("badger.meta", s.Seq, "it has %d records, the tape %d", s.Seq, c.report.Last)
		case s.Seq < c.report.Last:
			c.report.add("badger.behind", s.Seq+1, "it lacks %d records, which the next start applies", c.report.Last-s.Seq)
			return // its live index is of an earlier moment
		case s.Hash != c.report.Head && s.Seq > 0:
			c.report.add("badger.meta", s.Seq, "its head hash is not the tape's")
		}
	}
	want := map[uint64]uuid.UUID{}
	for group, rs := range c.live {
		for _, r := range rs {
			want[r.seq] = group
		}
	}
	err := safely(func() error {
		return eachLive(c.store.txn, func(seq uint64, group uuid.UUID) error {
			if want[seq] != group {
				c.report.add("badger.live", seq, "it is listed as live and is not")
				c.storeBad = true
			}
			delete(want, seq)
			return nil
		})
	})
	if err != nil {
		c.storeBad = true
		c.report.add("badger.live", 0, "%v", err)
	}
	for seq := range want {
		c.storeBad = true
		c.report.add("badger.live", seq, "it is live and not listed")
	}
}
