package tape

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// spare is a prepared segment that holds nothing.
type spare struct {
	number int
	size   int64
}

// rooms knows the place of everything that is queued, so that what does not
// fit on a full disk is refused before it is taken. Guarded by Tape.mu.
type rooms struct {
	left    int64   // in the segment that the last placed frame goes to
	taken   []spare // segments that queued frames go to and the writer has not reached
	spare   []spare // prepared, nothing goes there yet
	owed    []int   // bytes of posted frames without a place, in order
	number  int     // the writer's segment
	last    int     // the highest that is prepared
	making  bool    // a preparation is under way
	tries   int     // preparations that have ended
	refused error   // of the last one
}

// place finds room for a frame behind everything that has its place; cut: in
// a segment that begins with it.
func (r *rooms) place(size int, cut bool) bool {
	if int64(size) <= r.left && !cut {
		r.left -= int64(size)
		return true
	}
	if len(r.spare) == 0 || r.spare[0].size < int64(size)+Sector {
		return false
	}
	s := r.spare[0]
	r.spare, r.taken = r.spare[1:], append(r.taken, s)
	r.left = s.size - Sector - int64(size)
	return true
}

// settle gives posted frames their places, as far as there are any.
func (r *rooms) settle() {
	for len(r.owed) > 0 && r.place(r.owed[0], false) {
		r.owed = r.owed[1:]
	}
}

// noRoom tells a full disk from a broken one.
func noRoom(err error) bool {
	return errors.Is(err, ErrSpace) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}

// admit places a frame. What is posted may go ahead of its place while a
// preparation can still bring one; what is appended is told beforehand. false:
// wait until something has moved. tries is how many preparations had ended
// when the caller came. mu is held.
func (t *Tape) admit(f *frame, wait bool, tries int) (bool, error) {
	r, size := &t.room, f.size()
	if len(r.owed) == 0 && r.place(size, f.cut) {
		return true, nil
	}
	t.prepareNext(size)
	if !wait && !noRoom(r.refused) {
		r.owed = append(r.owed, size)
		return true, nil
	}
	if r.refused == nil || (wait && r.tries == tries) {
		return false, nil
	}
	if !noRoom(r.refused) {
		t.fail(r.refused)
		return false, t.err
	}
	return false, spaceError(r.refused)
}

func spaceError(cause error) error {
	if errors.Is(cause, ErrSpace) {
		return cause
	}
	return fmt.Errorf("%w: %w", ErrSpace, cause)
}

// Prepare tries again to have the next segment ready, off everybody's path,
// after there was no room for it. It does nothing when there is one.
func (t *Tape) Prepare() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closing {
		t.prepareNext(0)
	}
}

// prepareNext begins to fill the segment behind the writer's one, or a larger
// one in its place when the frame that waits for it, of need bytes or the
// first one owed, is above it. One at a time. mu is held.
func (t *Tape) prepareNext(need int) {
	r := &t.room
	if r.making || t.err != nil {
		return
	}
	if len(r.owed) > 0 {
		need = r.owed[0]
	}
	want := max(t.o.SegmentBytes, int64(padded(need)+Sector))
	var held []spare
	job := spare{number: r.last + 1, size: want}
	switch {
	case len(r.spare) > 0 && r.spare[0].size < int64(need)+Sector:
		held, r.spare = r.spare, nil // nothing may go there while it is replaced
		job.number = held[0].number
	case r.last > r.number:
		return
	}
	r.making = true
	t.preparing.Go(func() {
		err := t.o.Room(job.size)
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrSpace, err)
		} else {
			err = prepare(t.o.FS, t.o.Dir, job.number, job.size, t.stop)
		}
		t.prepared(job, held, err)
	})
}

// prepared takes the outcome of a preparation and wakes whoever waits for it.
func (t *Tape) prepared(job spare, held []spare, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &t.room
	if err != nil && r.refused == nil && !errors.Is(err, errStopped) {
		t.o.Log.Warn("no next tape segment yet", "segment", job.number, "err", err)
	}
	r.making, r.refused = false, err
	r.tries++
	switch {
	case held == nil && err == nil:
		r.spare = append(r.spare, job)
	case err == nil:
		held[0] = job
	}
	if held != nil {
		r.spare = held
	}
	if err == nil {
		r.last = max(r.last, job.number)
		r.settle()
		signal(t.wake)
	}
	t.stir()
}

// errStuck: posted frames have no place for now; they wait at the front.
var errStuck = errors.New("tape: stuck")

// nextSegment waits for the segment that the first of rest was placed in.
// When there is none to be had, rest goes back to the queue and whoever waits
// for it in Flush is told.
func (t *Tape) nextSegment(rest []*frame) (spare, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &t.room
	for tries := r.tries; len(r.taken) == 0; {
		if t.err != nil {
			return spare{}, t.err
		}
		t.prepareNext(0)
		if r.refused != nil && r.tries != tries {
			if !noRoom(r.refused) {
				return spare{}, r.refused
			}
			t.putBack(rest)
			return spare{}, errStuck
		}
		moved := t.moved
		t.mu.Unlock()
		<-moved
		t.mu.Lock()
	}
	s := r.taken[0]
	r.taken = r.taken[1:]
	return s, nil
}

// putBack queues frames again, at the front. mu is held.
func (t *Tape) putBack(rest []*frame) {
	t.pending = append(rest[:len(rest):len(rest)], t.pending...)
	for _, f := range rest {
		t.bytes += len(f.body)
	}
	for _, w := range t.waiters { // of Flush: what is appended has its place
		close(w.done)
	}
	t.waiters = nil
}
