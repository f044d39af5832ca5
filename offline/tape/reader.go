package tape

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// Reader reads the acknowledged lines of an open tape in order, checking the
// chain. It reads from the disk what was written to it, holds one frame in
// memory, and may run while others append.
type Reader struct {
	t     *Tape
	file  File
	seg   segment
	walk  walk
	lines []Line // of the frame read last, from pos on
	pos   int
}

// Reader makes a reader whose first line is from (1 or more).
func (t *Tape) Reader(from uint64) (*Reader, error) {
	r := &Reader{t: t}
	t.mu.Lock()
	durable, segments := t.durable.seq, t.segments
	t.mu.Unlock()
	if from > durable || len(segments) == 0 {
		// Nothing to read yet: begin behind what is there.
		if from != durable+1 {
			return nil, fmt.Errorf("tape: reader from %d, the tape ends at %d", from, durable)
		}
	}
	if len(segments) == 0 {
		return r, nil
	}
	i := len(segments) - 1
	for i > 0 && segments[i].first > from {
		i--
	}
	if segments[i].first > from {
		return nil, fmt.Errorf("tape: the tape begins at %d, asked for %d", segments[i].first, from)
	}
	if err := r.enter(segments[i]); err != nil {
		return nil, err
	}
	for r.walk.seq < from {
		if err := r.load(); err != nil {
			return nil, errors.Join(err, r.Close())
		}
		for r.pos < len(r.lines) && r.lines[r.pos].Seq < from {
			r.pos++
		}
	}
	return r, nil
}

// Next gives the next line, or io.EOF while nothing more is acknowledged; it
// may be called again later. The line is valid until the next call.
func (r *Reader) Next() (Line, error) {
	for r.pos >= len(r.lines) {
		if err := r.load(); err != nil {
			return Line{}, err
		}
	}
	line := r.lines[r.pos]
	r.pos++
	return line, nil
}

// Close closes the reader's file.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}

// load reads the next acknowledged frame.
func (r *Reader) load() error {
	r.t.mu.Lock()
	durable, segments := r.t.durable.seq, r.t.segments
	r.t.mu.Unlock()
	if r.file == nil {
		if len(segments) == 0 {
			return io.EOF
		}
		if err := r.enter(segments[0]); err != nil {
			return err
		}
	}
	if r.walk.seq > durable {
		return io.EOF
	}
	r.lines, r.pos = r.lines[:0], 0
	collect := func(l Line) error { r.lines = append(r.lines, l); return nil }
	_, err := r.walk.next(collect)
	if !ends(err) {
		return err
	}
	r.lines = r.lines[:0]
	for _, s := range segments {
		if s.number == r.seg.number+1 && s.first == r.walk.seq && s.chain == r.walk.chain {
			if err := r.enter(s); err != nil {
				return err
			}
			return r.load()
		}
	}
	return &DamagedError{Segment: r.seg.number, Offset: r.walk.off, Seq: r.walk.seq, Reason: err.Error()}
}

func (r *Reader) enter(s segment) error {
	if err := r.Close(); err != nil {
		return err
	}
	f, err := r.t.o.FS.OpenFile(filepath.Join(r.t.o.Dir, segmentName(s.number)), false)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	size, err := f.Size()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	r.file, r.seg = f, s
	r.walk = walk{f: f, size: size, off: Sector, seq: s.first, chain: s.chain, buf: r.walk.buf}
	return nil
}

// Base is the line of the journal that the tape begins behind, 0 when it has
// the first, and the chain's hash after it.
func (t *Tape) Base() (uint64, Hash) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.segments) == 0 {
		return t.durable.seq, t.durable.hash
	}
	return t.segments[0].first - 1, t.segments[0].chain
}

// Forget forgets the segments before the one that begins with the line first,
// which must be durable (Begin), and returns their names in order: from now on
// the tape begins there. The files stay for the caller to put away; Readers
// that are in them read on.
func (t *Tape) Forget(first uint64) (names []string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := 0
	for i < len(t.segments) && t.segments[i].first < first {
		names = append(names, segmentName(t.segments[i].number))
		i++
	}
	if i == len(t.segments) || t.segments[i].first != first {
		return nil, fmt.Errorf("tape: no segment begins with %d", first)
	}
	t.segments = slices.Clone(t.segments[i:])
	return names, nil
}

// Before is the highest sequence that begins a segment at least that many
// bytes of tape before seq, as far as the tape reaches: for a reader that
// wants to look at the recent past.
func (t *Tape) Before(seq uint64, bytes int64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.segments) == 0 {
		return 0
	}
	i := len(t.segments) - 1
	for i > 0 && t.segments[i].first > seq {
		i--
	}
	return t.segments[max(0, i-int((bytes+t.o.SegmentBytes-1)/t.o.SegmentBytes))].first
}
