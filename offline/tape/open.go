package tape

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Defaults and bounds of Options.
const (
	DefaultSegment = 4 << 20
	MinSegment     = 4 << 10
	MaxSegment     = 1 << 30
	DefaultFlush   = 50 * time.Millisecond
)

// Options of a tape.
type Options struct {
	Dir          string
	FS           FS            // nil: OS
	SegmentBytes int64         // of new segments; 0: DefaultSegment
	FlushDelay   time.Duration // posted lines are written within; 0: DefaultFlush
	ID           uuid.UUID     // of the journal when the tape is new; an existing tape keeps its own
	After        uint64        // a new tape begins behind this line of the journal; 0: with line 1
	Chain        Hash          // of the chain after it; not used when After is 0
	Frozen       bool          // only to be read: nothing is prepared, trimmed or appended; ErrEmpty when there is none
	Log          *slog.Logger
	// Room, when set, is asked before a segment of so many bytes is made. An
	// error is like a full disk. It must not wait or call the tape.
	Room func(bytes int64) error
	// Committed, when set, is called by the writer after every commit. It
	// must not wait.
	Committed func()
}

// Opened is what Open found and did.
type Opened struct {
	ID       uuid.UUID
	Fresh    bool   // the tape was made by this Open
	Segments int    // in use
	Last     uint64 // highest sequence; 0: none
	Head     Hash
	Trimmed  []Trim // rests of a commit that was never acknowledged
}

// Trim is a stretch that was overwritten with newlines.
type Trim struct {
	Segment int
	Offset  int64
	Bytes   int64
}

func (o *Options) defaults() error {
	if o.FS == nil {
		o.FS = OS{}
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = DefaultSegment
	}
	if o.FlushDelay == 0 {
		o.FlushDelay = DefaultFlush
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Room == nil {
		o.Room = func(int64) error { return nil }
	}
	if o.SegmentBytes < MinSegment || o.SegmentBytes > MaxSegment || o.SegmentBytes%Sector != 0 || o.FlushDelay < 0 {
		return fmt.Errorf("tape: segment of %d bytes or flush delay %v out of range", o.SegmentBytes, o.FlushDelay)
	}
	return nil
}

// Open opens the tape in a directory, or makes a new one. Only the headers
// and the last segment are read in full: what is older was checked when it
// was written, and Inspect reads all. It fails with a DamagedError, and has
// changed nothing, when acknowledged lines are unreadable, and with a
// NewerError when a newer program wrote here.
func Open(o Options) (*Tape, Opened, error) {
	if err := o.defaults(); err != nil {
		return nil, Opened{}, err
	}
	if o.Frozen {
		return openFrozen(o)
	}
	if err := o.FS.MkdirAll(o.Dir); err != nil {
		return nil, Opened{}, fmt.Errorf("tape: %w", err)
	}
	if err := settle(o.FS, o.Dir); err != nil {
		return nil, Opened{}, err
	}
	found, err := survey(o.FS, o.Dir)
	if err != nil {
		return nil, Opened{}, err
	}
	if err := removeUnfinished(o.FS, o.Dir); err != nil {
		return nil, Opened{}, err
	}
	t := newTape(o)
	did, err := t.resume(found)
	if err != nil {
		return nil, Opened{}, errors.Join(err, t.closeFiles())
	}
	t.start()
	return t, did, nil
}

// openFrozen opens a tape nobody will ever append to.
func openFrozen(o Options) (*Tape, Opened, error) {
	found, err := survey(o.FS, o.Dir)
	if err == nil && len(found.used) == 0 {
		err = orphans(o.FS, o.Dir, found.rest)
	}
	if err != nil {
		return nil, Opened{}, err
	}
	t := newTape(o)
	did, _, err := t.locate(found)
	if err != nil {
		return nil, Opened{}, err
	}
	t.closing = true
	close(t.quit)
	close(t.done)
	return t, did, nil
}

// removeUnfinished removes segments whose preparation was cut off.
func removeUnfinished(fsys FS, dir string) error {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, segmentSuffix+freshSuffix) {
			if err := fsys.Remove(filepath.Join(dir, name)); err != nil {
				return fmt.Errorf("tape: %w", err)
			}
		}
	}
	return nil
}

// settle makes the segments that may have been written last durable, so that
// nothing is taken for stored that only a cache holds.
func settle(fsys FS, dir string) error {
	names, err := fsys.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	names = slices.DeleteFunc(names, func(name string) bool { _, ok := segmentNumber(name); return !ok })
	const unsure = 3 // a commit may cross into the next segment, the one behind it is prepared
	for _, name := range names[max(0, len(names)-unsure):] {
		f, err := fsys.OpenFile(filepath.Join(dir, name), true)
		if err != nil {
			return fmt.Errorf("tape: %w", err)
		}
		if err := errors.Join(f.Settle(), f.Close()); err != nil {
			return fmt.Errorf("tape: %w", err)
		}
	}
	return fsys.SyncDir(dir)
}

// inventory is what a directory holds.
type inventory struct {
	used []segment // with a valid header, in order
	rest []int     // numbers behind them: prepared, or their header never made it
}

// survey reads all segment headers and checks that they make one row.
func survey(fsys FS, dir string) (inventory, error) {
	var inv inventory
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return inv, nil
	}
	if err != nil {
		return inv, fmt.Errorf("tape: %w", err)
	}
	prev := 0
	for _, name := range names {
		number, ok := segmentNumber(name)
		if !ok {
			continue
		}
		if prev != 0 && number != prev+1 {
			return inv, inv.damaged(prev+1, "the segment is missing")
		}
		prev = number
		s, size, err := headerOf(fsys, dir, number)
		switch {
		case (err == nil || ends(err)) && len(inv.used) > 0 && cutOff(size, err == nil):
			return inv, inv.damaged(number, fmt.Sprintf("the segment has only %d bytes", size))
		case ends(err):
			inv.rest = append(inv.rest, number)
		case err != nil:
			return inv, err
		case s.number != number || len(inv.rest) > 0 || !inv.continues(s):
			return inv, inv.damaged(number, "the segments before it do not lead to it")
		default:
			inv.used = append(inv.used, s)
		}
	}
	if len(inv.used) == 0 && len(inv.rest) > 0 && inv.rest[0] != 1 {
		return inv, inv.damaged(1, "the first segment is missing") // it is durable before the second is made
	}
	return inv, nil
}

func headerOf(fsys FS, dir string, number int) (s segment, size int64, err error) {
	f, err := fsys.OpenFile(filepath.Join(dir, segmentName(number)), false)
	if err != nil {
		return s, 0, fmt.Errorf("tape: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if size, err = f.Size(); err != nil {
		return s, 0, err
	}
	s, err = readSegment(f, size)
	return s, size, err
}

// cutOff tells a size that no segment ever has: it is filled and durable
// before it gets its name, and an exported one ends with a frame.
func cutOff(size int64, used bool) bool { return size%Sector != 0 || (!used && size < MinSegment) }

// continues tells whether s may stand behind the segments found so far.
func (inv *inventory) continues(s segment) bool {
	if len(inv.used) == 0 {
		return s.first > 1 || s.chain == Genesis(s.id)
	}
	last := inv.used[len(inv.used)-1]
	if s.first == last.first { // the last one's only frame was torn, and the one that came instead found no room in it
		return s.id == last.id && s.chain == last.chain
	}
	return s.id == last.id && s.first > last.first
}

func (inv *inventory) damaged(number int, reason string) error {
	e := &DamagedError{Segment: number, Seq: 1, Reason: reason}
	if n := len(inv.used); n > 0 {
		e.Seq = inv.used[n-1].first
	}
	return e
}

// resume finds the tail and makes the tape ready behind it.
func (t *Tape) resume(inv inventory) (Opened, error) {
	did, tail, err := t.locate(inv)
	if err != nil {
		return did, err
	}
	for _, trim := range tail.trims {
		if err := wipe(t.o.FS, t.o.Dir, trim); err != nil {
			return did, err
		}
	}
	did.Trimmed = tail.trims
	return did, t.position(tail, tail.start, inv.rest)
}

// locate finds the tail.
func (t *Tape) locate(inv inventory) (Opened, tailOf, error) {
	did := Opened{Segments: len(inv.used), Fresh: len(inv.used) == 0}
	start := segment{number: 1, first: t.o.After + 1, id: t.o.ID, chain: Genesis(t.o.ID)}
	if t.o.After > 0 {
		start.chain = t.o.Chain
	}
	if !did.Fresh {
		start = inv.used[len(inv.used)-1]
	} else if len(inv.rest) > 0 {
		start.number = inv.rest[0]
	}
	tail := tailOf{fsys: t.o.FS, dir: t.o.Dir, start: start, written: !did.Fresh, rest: inv.rest}
	if err := tail.find(); err != nil {
		return did, tail, err
	}
	did.ID = start.id
	did.Last, did.Head = tail.seq-1, tail.chain
	t.id, t.segments = start.id, inv.used
	t.durable = mark{did.Last, did.Head}
	t.queued = t.durable
	return did, tail, nil
}

// position opens the segment to write to and counts what was prepared behind
// it. A tape without a line gets its first segment.
func (t *Tape) position(tail tailOf, start segment, rest []int) (err error) {
	r := &t.room
	if tail.written {
		f, err := t.o.FS.OpenFile(start.path(t.o.Dir), true)
		if err != nil {
			return fmt.Errorf("tape: %w", err)
		}
		t.cur = f
		if t.size, err = roundSize(f); err != nil {
			return err
		}
		t.number, t.off, t.headed = start.number, tail.off, true
		r.number, r.last, r.left = start.number, start.number, t.size-t.off
	} else {
		if len(rest) == 0 {
			if err := prepare(t.o.FS, t.o.Dir, start.number, t.o.SegmentBytes, nil); err != nil {
				if noRoom(err) {
					return spaceError(err)
				}
				return err
			}
			rest = []int{start.number}
		}
		r.number = rest[0]
	}
	for _, number := range rest {
		if number > r.number+1 {
			break // made again when its time comes
		}
		size, err := t.sizeOf(number)
		if err != nil {
			return err
		}
		r.spare, r.last = append(r.spare, spare{number, size}), number
	}
	return nil
}

func (t *Tape) sizeOf(number int) (size int64, err error) {
	f, err := t.o.FS.OpenFile(filepath.Join(t.o.Dir, segmentName(number)), false)
	if err != nil {
		return 0, fmt.Errorf("tape: %w", err)
	}
	size, err = roundSize(f)
	return size, errors.Join(err, f.Close())
}

// roundSize is the size of a segment in whole sectors.
func roundSize(f File) (int64, error) {
	size, err := f.Size()
	return size / Sector * Sector, err
}
