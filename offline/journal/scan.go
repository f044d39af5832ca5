package journal

import (
	"context"
	"iter"
	"math"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// maxMerged bounds the indexes one scan reads side by side. A filter that
// wants more is answered from all records.
const maxMerged = 32

// Scan reads the records a filter chooses in the order of their numbers, one
// at a time; f.Limit bounds how many. It sees everything durable when it
// began. Any error ends it. The loop's body may take its time, but not close
// the journal: Close waits for it.
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
	high := j.appliedNow() // before the transaction begins: it has no less
	txn, end, err := j.begin()
	if err != nil {
		return err
	}
	defer end()
	if f.After == math.MaxUint64 {
		return nil
	}
	s := &scan{j: j, txn: txn, f: f, low: f.After + 1, high: high}
	if f.Before > 0 {
		s.high = min(s.high, f.Before-1)
	}
	s.over = s.low > s.high
	if s.pos = s.low; f.Reverse {
		s.pos = s.high
	}
	s.source = s.choose()
	defer s.source.close()
	for n := 0; f.Limit <= 0 || n < f.Limit; n++ {
		r, ok, err := s.next(ctx)
		if err != nil || !ok {
			return err
		}
		if !yield(r) {
			return nil
		}
	}
	return nil
}

// scan is one running Scan between low and high.
type scan struct {
	j         *Journal
	txn       *badger.Txn
	f         record.Filter
	low, high uint64
	pos       uint64 // where to look next
	over      bool
	source    source
	block     block // looked at last
}

// next finds the next record that the filter chooses.
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
		if r, err = s.j.load(s.txn, seq); err != nil {
			return r, false, err
		}
		if matches(s.f, &r) {
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
		if err := s.block.load(s.txn, seq); err != nil {
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

// choose picks the narrowest index.
func (s *scan) choose() source {
	kinds := s.f.Kinds
	var prefixes [][]byte
	switch {
	case s.f.Private:
		prefixes = [][]byte{{keySealed}}
	case s.f.Shift != uuid.Nil:
		prefixes = [][]byte{shiftPrefix(s.f.Shift)}
	case len(s.f.Types) > 0 && !slices.Contains(s.f.Types, ""):
		if len(kinds) == 0 {
			kinds = record.Kinds()
		}
		for _, k := range kinds {
			for _, t := range s.f.Types {
				prefixes = append(prefixes, typePrefix(k, t))
			}
		}
	case len(kinds) > 0:
		for _, k := range kinds {
			prefixes = append(prefixes, kindPrefix(k))
		}
	}
	if len(prefixes) == 0 || len(prefixes) > maxMerged {
		return everything{}
	}
	m := &merged{reverse: s.f.Reverse}
	for _, p := range prefixes {
		m.of = append(m.of, newIndex(s.txn, p, s.f.Reverse))
	}
	return m
}
