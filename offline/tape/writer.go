package tape

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

// maxWrite bounds the bytes of one commit that holds several frames.
const maxWrite = 1 << 20

// run is the writer: the one goroutine that touches the segment in use.
func (t *Tape) run() {
	defer close(t.done)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	armed := false
	for {
		select {
		case <-t.posted:
			if !armed {
				timer.Reset(t.o.FlushDelay)
				armed = true
			}
			continue
		case <-t.wake:
		case <-timer.C:
		case <-t.quit:
			timer.Stop()
			t.drain()
			return
		}
		timer.Stop()
		armed = false
		t.drain()
	}
}

// drain commits until nothing is pending.
func (t *Tape) drain() {
	for {
		t.mu.Lock()
		frames := t.pending
		t.pending, t.bytes = nil, 0
		durable := t.durable.seq
		if len(frames) > 0 {
			t.stir()
		}
		t.mu.Unlock()
		if len(frames) == 0 {
			return
		}
		err := t.commit(frames, durable)
		if errors.Is(err, errStuck) {
			return // Prepare, or whoever comes, tries again
		}
		if err != nil {
			t.o.Log.Error("tape write failed", "err", err)
			t.Fail(err)
			return
		}
	}
}

// commit writes frames in as few flushes as the segments allow.
func (t *Tape) commit(frames []*frame, durable uint64) error {
	for len(frames) > 0 {
		n := t.fitting(frames)
		if n == 0 {
			if err := t.advance(frames); err != nil {
				return err
			}
			continue
		}
		if err := t.write(frames[:n], durable); err != nil {
			return err
		}
		durable = frames[n-1].last()
		frames = frames[n:]
	}
	return nil
}

// fitting counts the frames that go into the segment in one write.
func (t *Tape) fitting(frames []*frame) (n int) {
	room := t.size - t.off
	if !t.headed {
		room -= Sector
	}
	total := 0
	for _, f := range frames {
		if f.cut && (n > 0 || t.headed) {
			break
		}
		total += f.size()
		if int64(total) > room || (n > 0 && total > maxWrite) {
			break
		}
		n++
	}
	return n
}

// write is the commit: one WriteAt, one Sync.
func (t *Tape) write(frames []*frame, durable uint64) error {
	seg := segment{number: t.number, first: frames[0].first, id: t.id}
	buf := t.buf[:0]
	if !t.headed {
		t.mu.Lock()
		seg.chain = t.durable.hash
		t.mu.Unlock()
		buf = appendSegment(buf, seg)
	}
	for _, f := range frames {
		f.durable = durable
		buf = appendFrame(buf, f.head, f.body)
	}
	if _, err := t.cur.WriteAt(buf, t.off); err != nil {
		return fmt.Errorf("write segment %d: %w", t.number, err)
	}
	if err := t.cur.Sync(); err != nil {
		return fmt.Errorf("flush segment %d: %w", t.number, err)
	}
	t.off += int64(len(buf))
	if t.buf = buf; cap(buf) > maxWrite {
		t.buf = nil // one huge batch must not hold memory for ever
	}
	t.acknowledge(frames[len(frames)-1], seg)
	return nil
}

func (t *Tape) acknowledge(last *frame, seg segment) {
	t.mu.Lock()
	if !t.headed {
		t.headed = true
		t.segments = append(t.segments, seg)
	}
	t.durable = mark{last.last(), last.chain}
	keep := t.waiters[:0]
	for _, w := range t.waiters {
		if w.seq <= t.durable.seq {
			close(w.done)
		} else {
			keep = append(keep, w)
		}
	}
	t.waiters = keep
	t.mu.Unlock()
	if t.o.Committed != nil {
		t.o.Committed()
	}
}

// advance goes to the segment that the first of the frames goes to.
func (t *Tape) advance(rest []*frame) error {
	s, err := t.nextSegment(rest)
	if err != nil {
		return err
	}
	f, err := t.o.FS.OpenFile(filepath.Join(t.o.Dir, segmentName(s.number)), true)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	old := t.cur
	t.cur, t.number, t.size, t.off, t.headed = f, s.number, s.size, 0, false
	t.mu.Lock()
	t.room.number = s.number
	t.prepareNext(0)
	t.mu.Unlock()
	if old != nil {
		if err := old.Close(); err != nil {
			return fmt.Errorf("close segment: %w", err)
		}
	}
	return nil
}

var errStopped = errors.New("tape: stopped")

// prepare makes an empty segment under its final name: filled with newlines,
// so that later flushes need no metadata, and durable. A half-made one has
// another name.
func prepare(fsys FS, dir string, number int, size int64, stop <-chan struct{}) error {
	final := filepath.Join(dir, segmentName(number))
	fresh := final + freshSuffix
	if err := fsys.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("tape: %w", err)
	}
	f, err := fsys.Create(fresh)
	if err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	err = fill(f, 0, size, stop)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		// A full disk needs every byte back.
		return fmt.Errorf("tape: %w", errors.Join(err, fsys.Remove(fresh)))
	}
	if err := fsys.Rename(fresh, final); err != nil {
		return fmt.Errorf("tape: %w", err)
	}
	return fsys.SyncDir(dir)
}

// newlines is a piece of unused tape.
var newlines = blank(nil, 64<<10)

// fill writes newlines from one offset to another.
func fill(f File, from, to int64, stop <-chan struct{}) error {
	for from < to {
		select {
		case <-stop:
			return errStopped
		default:
		}
		n := min(to-from, int64(len(newlines)))
		if _, err := f.WriteAt(newlines[:n], from); err != nil {
			return err
		}
		from += n
	}
	return nil
}
