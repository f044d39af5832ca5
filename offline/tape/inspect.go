package tape

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/google/uuid"
)

// Found is what Inspect saw.
type Found struct {
	ID       uuid.UUID
	Segments []SegmentInfo
	First    uint64 // 0: no lines
	Last     uint64
	Head     Hash
	Torn     []Trim // rests behind the end that Open would trim
}

// SegmentInfo describes one segment in use.
type SegmentInfo struct {
	Name  string
	First uint64
	Bytes int64 // up to the end of its last frame
}

// IDOf reads a tape's identity from its first readable header, and nothing
// else; ErrEmpty when there is none.
func IDOf(fsys FS, dir string) (uuid.UUID, error) {
	inv, err := survey(fsys, dir)
	if len(inv.used) > 0 {
		return inv.used[0].id, nil
	}
	if err == nil {
		err = ErrEmpty
	}
	return uuid.Nil, err
}

// Headers lists the segments in a directory by their headers, in order and
// whatever is missing between them. First is 0 where a header is unused or
// unreadable. No directory is no segment.
func Headers(fsys FS, dir string) (list []SegmentInfo, err error) {
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("tape: %w", err)
	}
	for _, name := range names {
		number, ok := segmentNumber(name)
		if !ok {
			continue
		}
		s, _, err := headerOf(fsys, dir, number)
		if err != nil && !ends(err) {
			return nil, err
		}
		list = append(list, SegmentInfo{Name: name, First: s.first})
	}
	return list, nil
}

// Inspect reads a whole tape without changing anything and calls fn, which
// may be nil, for every line. When lines are missing it returns what it read
// up to there and a DamagedError; ErrEmpty when there is no tape. On a tape
// in use it may take a commit under way for a torn tail.
func Inspect(ctx context.Context, fsys FS, dir string, fn func(Line) error) (Found, error) {
	return inspect(ctx, fsys, dir, 0, fn)
}

// InspectTo is Inspect that stops behind line last, where a frame must end: on
// a tape in use, behind what was durable a moment ago.
func InspectTo(ctx context.Context, fsys FS, dir string, last uint64) (Found, error) {
	found, err := inspect(ctx, fsys, dir, last, nil)
	if err == nil && found.Last != last {
		err = fmt.Errorf("tape: it ends with record %d, not %d", found.Last, last)
	}
	return found, err
}

func inspect(ctx context.Context, fsys FS, dir string, last uint64, fn func(Line) error) (Found, error) {
	var found Found
	inv, surveyErr := survey(fsys, dir)
	if surveyErr != nil && !errors.Is(surveyErr, ErrDamaged) {
		return found, surveyErr
	}
	if len(inv.used) == 0 {
		if surveyErr == nil {
			surveyErr = orphans(fsys, dir, inv.rest)
		}
		return found, surveyErr
	}
	found.ID, found.Head = inv.used[0].id, inv.used[0].chain
	end := mark{inv.used[0].first - 1, inv.used[0].chain}
	for i, s := range inv.used {
		if s.first != end.seq+1 || s.chain != end.hash {
			prev := found.Segments[i-1]
			return found, &DamagedError{Segment: s.number - 1, Offset: prev.Bytes, Seq: end.seq + 1,
				Reason: fmt.Sprintf("it ends before record %d, where the next segment begins", s.first)}
		}
		length, at, err := inspectSegment(ctx, fsys, dir, s, last, fn)
		found.Segments = append(found.Segments, SegmentInfo{Name: segmentName(s.number), First: s.first, Bytes: length})
		if at.seq >= inv.used[0].first {
			found.First = inv.used[0].first
		}
		found.Last, found.Head, end = at.seq, at.hash, at
		if err != nil || (last > 0 && at.seq >= last) {
			return found, err
		}
	}
	if surveyErr != nil {
		return found, surveyErr
	}
	tail := tailOf{fsys: fsys, dir: dir, start: inv.used[len(inv.used)-1], written: true, rest: inv.rest}
	err := tail.find()
	found.Torn = tail.trims
	return found, err
}

// orphans looks at segments without any header before them: never used, or
// damaged.
func orphans(fsys FS, dir string, rest []int) error {
	tail := tailOf{fsys: fsys, dir: dir, start: segment{first: 1}, rest: rest}
	if err := tail.find(); err != nil {
		return err
	}
	return ErrEmpty
}

// inspectSegment walks the valid frames of one segment and returns where they
// end.
func inspectSegment(ctx context.Context, fsys FS, dir string, s segment, last uint64, fn func(Line) error) (end int64, at mark, err error) {
	at = mark{s.first - 1, s.chain}
	f, err := fsys.OpenFile(filepath.Join(dir, segmentName(s.number)), false)
	if err != nil {
		return 0, at, fmt.Errorf("tape: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return 0, at, err
	}
	w := walk{f: f, size: size, off: Sector, seq: s.first, chain: s.chain}
	for {
		if err := ctx.Err(); err != nil {
			return w.off, at, err
		}
		_, err := w.next(fn)
		if ends(err) {
			return w.off, at, nil
		}
		if err != nil {
			return w.off, at, err
		}
		at = mark{w.seq - 1, w.chain}
		if last > 0 && at.seq >= last {
			return w.off, at, nil
		}
	}
}

// Salvage calls fn for every line in every frame that is valid in itself, in
// the order of the files, whatever is damaged around it. The chain between
// frames is not checked: the caller puts together what fits. Hash is not set.
func Salvage(ctx context.Context, fsys FS, dir string, fn func(Line) error) error {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	for _, name := range names {
		if _, ok := segmentNumber(name); !ok {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := salvageSegment(fsys, filepath.Join(dir, name), fn); err != nil {
			return err
		}
	}
	return nil
}

func salvageSegment(fsys FS, name string, fn func(Line) error) (err error) {
	f, err := fsys.OpenFile(name, false)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Size()
	if err != nil {
		return err
	}
	_, err = islands(f, 0, size, func(_ int64, h head, body []byte) error {
		return splitLines(h, body, fn)
	})
	return err
}

func splitLines(h head, body []byte, fn func(Line) error) error {
	for seq := h.first; seq <= h.last(); seq++ {
		end := bytes.IndexByte(body, '\n')
		if err := fn(Line{Seq: seq, Data: body[:end]}); err != nil {
			return err
		}
		body = body[end+1:]
	}
	return nil
}
