package journal

import (
	"context"
	"iter"
	"math"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

const (
	// maxMerged bounds the indexes one scan reads side by side. A filter that
	// wants more is answered from all records.
	maxMerged = 32

	// A scan reads so much before it gives it out: nobody waits for whoever
	// takes his time with a record.
	pageRecords = 256
	firstPage   = 8
	pageBytes   = 1 << 20
)

// Scan reads the records a filter chooses in the order of their numbers, one
// at a time, over the closed periods and the open one; f.Limit bounds how
// many. It sees everything durable when it began. Any error ends it. The
// loop's body may take its time.
func (j *Journal) Scan(ctx context.Context, f record.Filter) iter.Seq2[record.Record, error] {
	return func(yield func(record.Record, error) bool) {
		if err := j.scan(ctx, f, func(r record.Record) bool { return yield(r, nil) }); err != nil {
			yield(record.Record{}, err)
		}
	}
}

func (j *Journal) scan(ctx context.Context, f record.Filter, yield func(record.Record) bool) error {
	if err := j.caughtUp(ctx); err != nil {
		return err
	}
	c := cursor{j: j, f: f, low: f.After + 1, high: j.appliedNow(), left: f.Limit, page: firstPage}
	if f.After == math.MaxUint64 {
		return nil
	}
	if f.Before > 0 {
		c.high = min(c.high, f.Before-1)
	}
	if err := c.begin(ctx); err != nil {
		return err
	}
	for !c.over {
		list, err := c.next(ctx)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := j.alive(ctx); err != nil {
				return err
			}
			if !yield(r) {
				return nil
			}
		}
	}
	return nil
}

// cursor is a running Scan: what is left to be read between low and high.
type cursor struct {
	j         *Journal
	f         record.Filter
	low, high uint64
	copies    []uint64 // of a scan of the open period: the originals of copies, before low or behind high
	left      int      // of the limit; 0 when there is none
	page      int
	over      bool
}

// begin leaves out what the journal does not hold, or is not to be looked at.
func (c *cursor) begin(ctx context.Context) error {
	if c.f.Open {
		v, end, err := c.j.begin(ctx)
		if err != nil {
			return err
		}
		defer end()
		if c.low <= v.base {
			err = c.listCopies(v)
			c.low = v.base + 1
		}
		c.over = c.low > c.high && len(c.copies) == 0
		return err
	}
	c.low = max(c.low, c.j.archives.begin())
	c.over = c.low > c.high
	return nil
}

// listCopies finds the originals of copies between low and high.
func (c *cursor) listCopies(v view) error {
	high := min(c.high, v.base)
	err := c.j.reading(func() error {
		x := newIndex(v.txn, []byte{keyCarried}, false)
		defer x.close()
		for seq, ok := x.seek(c.low); ok && seq <= high; seq, ok = x.seek(seq + 1) {
			c.copies = append(c.copies, seq)
		}
		return nil
	})
	if c.f.Reverse {
		slices.Reverse(c.copies)
	}
	return err
}

// next reads the next page, which may be empty.
func (c *cursor) next(ctx context.Context) (list []record.Record, err error) {
	if err := c.j.alive(ctx); err != nil {
		return nil, err
	}
	n := c.page
	if c.page = min(2*c.page, pageRecords); c.left > 0 {
		n = min(n, c.left)
	}
	if len(c.copies) > 0 && (!c.f.Reverse || c.low > c.high) {
		list, err = c.nextCopies(ctx, n)
	} else {
		list, err = c.nextRecords(ctx, n)
	}
	c.over = c.low > c.high && len(c.copies) == 0
	if c.left > 0 {
		c.left -= len(list)
		c.over = c.over || c.left == 0
	}
	return list, err
}

// nextCopies reads copies, each as its original.
func (c *cursor) nextCopies(ctx context.Context, n int) (list []record.Record, err error) {
	for len(c.copies) > 0 && len(list) < n {
		r, err := c.j.Get(ctx, c.copies[0])
		if err != nil {
			return nil, err
		}
		c.copies = c.copies[1:]
		if matches(c.f, &r) {
			list = append(list, r)
		}
	}
	return list, nil
}

// nextRecords reads records of the period that comes next.
func (c *cursor) nextRecords(ctx context.Context, n int) (list []record.Record, err error) {
	seq := c.low
	if c.f.Reverse {
		seq = c.high
	}
	v, end, err := c.j.begin(ctx)
	if err != nil {
		return nil, err
	}
	if seq > v.base {
		defer end()
		return c.read(ctx, c.j, v, v.base+1, c.high, n)
	}
	end()
	return list, c.j.archives.pass(ctx, seq, c.f, func(first, last uint64, part *Journal) error {
		if part == nil { // it holds nothing of the kind
			c.pass(first, last)
			return nil
		}
		v, end, err := part.begin(ctx)
		if err != nil {
			return err
		}
		defer end()
		list, err = c.read(ctx, part, v, first, last, n)
		return err
	})
}

// pass moves on, past first and last.
func (c *cursor) pass(first, last uint64) {
	if c.f.Reverse {
		c.high = min(c.high, first-1)
	} else {
		c.low = max(c.low, last+1)
	}
}

// read reads up to n records of a directory that has those from first to last.
func (c *cursor) read(ctx context.Context, part *Journal, v view, first, last uint64, n int) (list []record.Record, err error) {
	s := scan{j: part, v: v, f: c.f, low: max(c.low, first), high: min(c.high, last)}
	s.over = s.low > s.high
	if s.pos = s.low; c.f.Reverse {
		s.pos = s.high
	}
	s.source = s.choose()
	defer s.source.close()
	for size := 0; len(list) < n && size < pageBytes; {
		r, ok, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		if !ok {
			c.pass(first, last)
			return list, nil
		}
		list, size = append(list, r), size+len(r.Data)
		c.pass(r.Seq, r.Seq)
	}
	return list, nil
}

// scan reads one directory between low and high.
type scan struct {
	j         *Journal
	v         view
	f         record.Filter
	low, high uint64
	pos       uint64 // where to look next
	over      bool
	source    source
	block     block // looked at last
}

// next finds the next record that the filter chooses. Copies are passed by.
func (s *scan) next(ctx context.Context) (r record.Record, ok bool, err error) {
	for !s.over {
		if err := s.j.alive(ctx); err != nil {
			return r, false, err
		}
		var seq uint64
		var found bool
		err := s.j.reading(func() (err error) {
			seq, found, err = s.candidate()
			return err
		})
		if err != nil || !found {
			s.over = true
			return r, false, err
		}
		s.goBehind(seq)
		if r, err = s.j.loadStored(s.v, seq); err != nil {
			return r, false, err
		}
		if r.Carried == 0 && matches(s.f, &r) {
			return r, true, nil
		}
	}
	return r, false, nil
}

// candidate is the next sequence of the source whose block may hold the time
// asked for.
func (s *scan) candidate() (seq uint64, ok bool, err error) {
	for !s.over {
		seq, ok := s.source.seek(s.pos)
		if !ok || seq < s.low || seq > s.high {
			return 0, false, nil
		}
		meets, err := s.inTime(seq)
		if err != nil || meets {
			return seq, meets, err
		}
		edge := blockOf(seq) << blockShift
		if !s.f.Reverse {
			edge |= 1<<blockShift - 1
		}
		s.goBehind(edge)
	}
	return 0, false, nil
}

func (s *scan) inTime(seq uint64) (bool, error) {
	if s.f.Since.IsZero() && s.f.Until.IsZero() {
		return true, nil
	}
	if !s.block.used || s.block.number != blockOf(seq) {
		if err := s.block.load(s.v.txn, seq); err != nil {
			return false, err
		}
	}
	return s.block.meets(s.f.Since, s.f.Until), nil
}

// goBehind moves on, past seq.
func (s *scan) goBehind(seq uint64) {
	if s.f.Reverse {
		s.over = seq <= s.low
		s.pos = seq - 1
		return
	}
	s.over = seq >= s.high
	s.pos = seq + 1
}

// matches is the filter itself; the indexes only save reading.
func matches(f record.Filter, r *record.Record) bool {
	return (len(f.Kinds) == 0 || slices.Contains(f.Kinds, r.Kind)) &&
		(len(f.Types) == 0 || slices.Contains(f.Types, r.Type)) &&
		(f.Shift == uuid.Nil || f.Shift == r.Shift) &&
		(!f.Private || r.Erased || len(r.Private) > 0) &&
		(f.Since.IsZero() || !r.Time.Before(f.Since)) &&
		(f.Until.IsZero() || r.Time.Before(f.Until))
}

// indexes are the narrowest that list what a filter chooses; none: all records
// have to be read.
func indexes(f record.Filter) (list [][]byte) {
	kinds := f.Kinds
	switch {
	case f.Private:
		list = [][]byte{{keySealed}}
	case f.Shift != uuid.Nil:
		list = [][]byte{shiftPrefix(f.Shift)}
	case len(f.Types) > 0 && !slices.Contains(f.Types, ""):
		if len(kinds) == 0 {
			kinds = record.Kinds()
		}
		for _, k := range kinds {
			for _, t := range f.Types {
				list = append(list, typePrefix(k, t))
			}
		}
	case len(kinds) > 0:
		for _, k := range kinds {
			list = append(list, kindPrefix(k))
		}
	}
	return list
}

// choose picks the narrowest indexes.
func (s *scan) choose() source {
	list := indexes(s.f)
	if len(list) == 0 || len(list) > maxMerged {
		return everything{}
	}
	m := &merged{reverse: s.f.Reverse}
	for _, prefix := range list {
		m.of = append(m.of, newIndex(s.v.txn, prefix, s.f.Reverse))
	}
	return m
}
