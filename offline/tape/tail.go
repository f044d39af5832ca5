package tape

import (
	"errors"
	"fmt"
	"path/filepath"
)

// tailOf finds where a tape ends: the last segment in use and what was
// prepared behind it.
type tailOf struct {
	fsys    FS
	dir     string
	start   segment
	written bool  // start has a header
	rest    []int // segments without a valid header

	off   int64 // where the next frame goes in start
	seq   uint64
	chain Hash
	trims []Trim
}

// find walks the valid frames and looks at everything behind them. It changes
// nothing.
func (t *tailOf) find() error {
	t.seq, t.chain = t.start.first, t.start.chain
	if t.written {
		if err := t.inspect(t.start.number, true); err != nil {
			return err
		}
	}
	for _, number := range t.rest {
		if err := t.inspect(number, false); err != nil {
			return err
		}
	}
	return nil
}

// inspect looks for a segment's end. Frames behind the end
// decide: one that was written when the line t.seq was already acknowledged
// proves that acknowledged lines are missing.
func (t *tailOf) inspect(number int, headed bool) (err error) {
	f, err := t.fsys.OpenFile(filepath.Join(t.dir, segmentName(number)), false)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	from, why := int64(0), "the segment's header is unreadable"
	if headed {
		w := walk{f: f, size: size, off: Sector, seq: t.seq, chain: t.chain}
		for err == nil {
			_, err = w.next(nil)
		}
		if !ends(err) {
			return err
		}
		t.off, t.seq, t.chain = w.off, w.seq, w.chain
		from, why = w.off, err.Error()
	}
	dirty, err := islands(f, from, size, func(off int64, h head, _ []byte) error {
		if h.durable >= t.seq {
			return &DamagedError{Segment: number, Offset: from, Seq: t.seq,
				Reason: fmt.Sprintf("%s, and record %d stands behind it at byte %d", why, h.first, off)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if dirty > from {
		t.trims = append(t.trims, Trim{Segment: number, Offset: from, Bytes: dirty - from})
	}
	return nil
}

// wipe overwrites a torn tail with newlines, durably.
func wipe(fsys FS, dir string, trim Trim) (err error) {
	f, err := fsys.OpenFile(filepath.Join(dir, segmentName(trim.Segment)), true)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := fill(f, trim.Offset, trim.Offset+trim.Bytes, nil); err != nil {
		return err
	}
	return f.Sync()
}
