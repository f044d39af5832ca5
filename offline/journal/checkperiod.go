package journal

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// periods is what a checker knows of the borders between periods.
type periods struct {
	copies   map[uint64]tape.Hash // of the originals' stored bytes, by their sequence
	gaps     []gap
	removed  removed           // as the newest record says
	settings map[string]uint64 // the latest of each name: the original's sequence
	whole    bool              // what came before the period is known
	hurt     bool              // not all of an earlier period could be read
	part     bool              // an exported copy: it may begin later

	// While the copies pass that a period begins with.
	opening uint64 // the last of them
	living  uint64 // those up to here are live
	owed    map[uint64]string
}

// gap: the records before from..to are of a period that is not there.
type gap struct {
	from, to uint64
	head     string // of the chain after to
}

// expect notes the copies that the period of a tape begins with, so that the
// originals can be compared when they pass.
func (c *checker) expect(ctx context.Context, fsys tape.FS, dir string) error {
	p := &c.periods
	if p.copies == nil {
		p.copies = map[uint64]tape.Hash{}
	}
	first := true
	_, err := tape.Inspect(ctx, fsys, dir, func(l tape.Line) error {
		r, err := decode(l.Data)
		if err != nil || first != (r.Kind == record.Period) || !first && r.Carried == 0 {
			return errEnd
		}
		if first {
			first = false
			return nil
		}
		if !c.room(len(p.copies), l.Seq) {
			return errEnd
		}
		sum := sha256.Sum256(uncarried(l.Data))
		if was, known := p.copies[r.Carried]; known && was != sum {
			c.report.add("period.copy", l.Seq, "an earlier copy of record %d differs", r.Carried)
		}
		p.copies[r.Carried] = sum
		return nil
	})
	for _, known := range []error{errEnd, tape.ErrDamaged, tape.ErrEmpty, fs.ErrNotExist} { // they show when the whole is read
		if errors.Is(err, known) {
			return nil
		}
	}
	return err
}

// begin begins a period that stands behind record base. txn and stored are
// Badger's, nil when there is none to be compared.
func (c *checker) begin(base uint64, hash tape.Hash, txn *badger.Txn, stored *meta) {
	if txn != nil {
		c.store = newComparison(txn, stored, base)
	}
	p, last := &c.periods, c.report.Last
	switch {
	case last == 0 && base == 0, last == base && c.report.Head == hexHash(hash):
		p.whole = true
		return
	case p.hurt: // told already
	case last == base:
		c.report.add("period.chain", base+1, "what comes before it is not what stands in the period before")
	case last > base:
		c.report.add("period.chain", base+1, "records %d to %d are in two periods", base+1, last)
	default:
		p.gaps = append(p.gaps, gap{last + 1, base, hexHash(hash)})
	}
	c.live, p.settings, p.whole = map[uuid.UUID][]liveRecord{}, nil, false
	c.books.forget()
}

// hurt: not all of a period could be read.
func (c *checker) hurt() {
	c.settle()
	c.periods.hurt = true
	c.books.forget()
}

// end ends a period and tells whether Badger has to be made again.
func (c *checker) end(ctx context.Context) (storeBad bool, err error) {
	c.settle()
	if c.store != nil {
		err = c.store.indexes(&c.report, ctx.Err)
		c.finishStore()
		c.storeBad = c.storeBad || c.store.bad
	}
	storeBad = c.storeBad
	c.store, c.storeBad = nil, false
	return storeBad, err
}

// period follows a line over the border of a period.
func (c *checker) period(l tape.Line, r *record.Record) {
	p := &c.periods
	switch {
	case r.Kind == record.Period:
		c.border(r)
	case r.Carried > 0:
		c.copied(r)
	default:
		c.own(l, r)
	}
	if r.Kind == record.Setting {
		if p.settings == nil {
			p.settings = map[string]uint64{}
		}
		if c.room(len(p.settings), r.Seq) {
			p.settings[r.Type] = original(*r).Seq
		}
		if r.Type == removedName {
			if err := json.Unmarshal(r.Data, &p.removed); err != nil {
				c.report.add("record.unreadable", r.Seq, "%v", err)
			}
		}
	}
	if l.Seq != p.opening {
		return
	}
	for _, seq := range slices.Sorted(maps.Keys(p.owed)) {
		c.report.add("period.lost", seq, "%s was not carried into the period that begins before record %d", p.owed[seq], l.Seq)
	}
	p.opening, p.owed = 0, nil
}

// border: all that is live, and the latest settings, have to be carried.
func (c *checker) border(r *record.Record) {
	p := &c.periods
	data, err := readPeriod(r)
	if err != nil {
		c.report.add("record.unreadable", r.Seq, "%v", err)
		return
	}
	p.owed = map[uint64]string{}
	if p.whole {
		for _, rs := range c.live {
			for _, l := range rs {
				p.owed[l.origin] = "a live record"
			}
		}
		for name, seq := range p.settings {
			p.owed[seq] = "setting " + name
		}
	}
	c.live, p.settings = map[uuid.UUID][]liveRecord{}, nil
	p.living, p.opening, p.whole = r.Seq+uint64(data.Live), r.Seq+uint64(data.Carried), true
}

func (c *checker) copied(r *record.Record) {
	p := &c.periods
	if r.Seq > p.opening {
		c.report.add("period.copy", r.Seq, "a copy of record %d that no period begins with", r.Carried)
		return
	}
	delete(p.owed, r.Carried)
	if r.Seq <= p.living && r.Group != uuid.Nil && c.room(len(c.live), r.Seq) {
		c.live[r.Group] = append(c.live[r.Group], liveRecord{r.Seq, r.Carried, r.Kind == record.Intent})
	}
}

// own compares a record with its copy in a later period.
func (c *checker) own(l tape.Line, r *record.Record) {
	sum, carried := c.periods.copies[l.Seq]
	if !carried {
		return
	}
	delete(c.periods.copies, l.Seq)
	if sha256.Sum256(membersOf(l.Data)) != sum {
		c.report.add("period.copy", r.Seq, "its copy in a later period differs")
	}
}

// finishPeriods looks at the periods that are not there.
func (c *checker) finishPeriods() {
	p := &c.periods
	for _, g := range p.gaps {
		if p.part && g.from == 1 {
			continue
		}
		if g.to > p.removed.Last || g.to == p.removed.Last && g.head != p.removed.Head {
			c.report.add("archive.missing", g.from, "records %d to %d are missing, and nothing says that they were removed", g.from, g.to)
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(p.copies)) {
		if !p.hurt && !slices.ContainsFunc(p.gaps, func(g gap) bool { return g.from <= seq && seq <= g.to }) {
			c.report.add("period.copy", seq, "a copy says that it is there")
		}
	}
}
