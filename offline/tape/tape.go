package tape

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Limits of what may wait for the disk.
const (
	MaxWaiting      = 4096     // frames
	MaxWaitingBytes = 32 << 20 // of their lines
	CloseLimit      = 10 * time.Second
)

// mark is a place in the chain.
type mark struct {
	seq  uint64
	hash Hash
}

// frame is a batch on its way to the disk.
type frame struct {
	head
	body []byte
	cut  bool // it begins a segment
}

type waiter struct {
	seq  uint64
	done chan struct{}
}

// Tape is an open tape. All methods may be called concurrently.
type Tape struct {
	o  Options
	id uuid.UUID

	wake, posted chan struct{} // room for one signal each
	quit, done   chan struct{} // of the writer
	failed       chan struct{}
	stop         chan struct{} // of the preparation
	preparing    sync.WaitGroup

	mu       sync.Mutex
	durable  mark // acknowledged
	queued   mark // the next line follows it
	pending  []*frame
	bytes    int // of pending
	waiters  []waiter
	moved    chan struct{} // closed and renewed when pending was taken or a preparation ended
	err      error         // final
	closing  bool
	segments []segment // that have a durable header
	room     rooms

	// The writer's own.
	cur    File // nil: no segment has a header yet
	number int
	size   int64
	off    int64
	headed bool // cur's header is written
	buf    []byte
}

func newTape(o Options) *Tape {
	return &Tape{o: o,
		wake: make(chan struct{}, 1), posted: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}),
		failed: make(chan struct{}), stop: make(chan struct{}),
		moved: make(chan struct{})}
}

func (t *Tape) start() {
	t.Prepare()
	go t.run()
}

// ID is the journal's identity.
func (t *Tape) ID() uuid.UUID { return t.id }

// Durable is the last acknowledged line and the chain's hash after it.
func (t *Tape) Durable() (uint64, Hash) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.durable.seq, t.durable.hash
}

// Failed is closed when the tape refuses for good; Err tells why.
func (t *Tape) Failed() <-chan struct{} { return t.failed }

// Err is nil, or wraps ErrFailed.
func (t *Tape) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// Append writes one batch: each line is given as the members of a JSON object
// without braces and newlines; the tape adds "seq" in front and "prev" behind.
// A nil error means that it is on the disk. ErrTooLarge, ErrClosed, ErrSpace
// and a ctx that ended while there was no room took nothing. After any other
// error the outcome is unknown and the tape has failed; that includes a ctx
// that ends while the disk is busy.
func (t *Tape) Append(ctx context.Context, members ...[]byte) (first uint64, err error) {
	return t.append(ctx, newBatch(members))
}

// Begin is Append of a batch that begins a new segment, and only when nothing
// was taken behind the line after; ErrMoved otherwise, and nothing was taken.
// What was before can then be put away, see Forget.
func (t *Tape) Begin(ctx context.Context, after uint64, members ...[]byte) (first uint64, err error) {
	b := newBatch(members)
	b.cut, b.after = true, after
	return t.append(ctx, b)
}

// Restore appends lines as they are, one frame; they must continue the chain.
func (t *Tape) Restore(ctx context.Context, lines ...[]byte) error {
	b := batch{lines: lines, stored: true}
	_, err := t.append(ctx, b)
	return err
}

// RestoreBegin is Restore of lines that begin a segment.
func (t *Tape) RestoreBegin(ctx context.Context, lines ...[]byte) error {
	t.mu.Lock()
	b := batch{lines: lines, stored: true, cut: true, after: t.queued.seq}
	t.mu.Unlock()
	_, err := t.append(ctx, b)
	return err
}

func (t *Tape) append(ctx context.Context, b batch) (uint64, error) {
	first, w, err := t.take(ctx, b, true)
	if err != nil {
		return 0, err
	}
	signal(t.wake)
	return first, t.await(ctx, w)
}

// Post takes one batch and returns: it is written with the next commit, at
// the latest after the flush delay. It comes before anything appended later.
// ErrBusy, ErrTooLarge and ErrSpace took nothing. When the disk fills up just
// then, what was taken waits for room: Flush tells, and whatever is appended
// before there is any is refused.
func (t *Tape) Post(members ...[]byte) (first uint64, err error) {
	first, _, err = t.take(context.Background(), newBatch(members), false)
	if err == nil {
		signal(t.posted)
	}
	return first, err
}

// Flush waits until everything taken before is on the disk. When ctx ends
// first nothing has failed: the write goes on. ErrSpace: it waits for room.
func (t *Tape) Flush(ctx context.Context) error {
	t.mu.Lock()
	if t.err != nil || t.queued.seq <= t.durable.seq {
		defer t.mu.Unlock()
		return t.err
	}
	w := waiter{seq: t.queued.seq, done: make(chan struct{})}
	t.waiters = append(t.waiters, w)
	t.mu.Unlock()
	signal(t.wake)
	select {
	case <-w.done:
		return t.outcome(w.seq)
	case <-ctx.Done():
		return fmt.Errorf("tape: flush: %w", ctx.Err())
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// await waits for a commit; giving up is a failure of the tape.
func (t *Tape) await(ctx context.Context, w waiter) error {
	select {
	case <-w.done:
	case <-ctx.Done():
		select {
		case <-w.done:
		default:
			t.Fail(fmt.Errorf("the disk did not answer in time: %w", ctx.Err()))
		}
	}
	return t.outcome(w.seq)
}

func (t *Tape) outcome(seq uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.durable.seq >= seq:
		return nil
	case t.err == nil:
		return spaceError(t.room.refused)
	}
	return t.err
}

// stir wakes whoever waits for room. mu is held.
func (t *Tape) stir() {
	close(t.moved)
	t.moved = make(chan struct{})
}

// Fail makes the tape refuse from now on. The first cause is kept.
func (t *Tape) Fail(cause error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fail(cause)
}

// fail is Fail with mu held.
func (t *Tape) fail(cause error) {
	if t.err != nil {
		return
	}
	t.err = fmt.Errorf("%w: %w", ErrFailed, cause)
	t.pending, t.bytes = nil, 0
	close(t.failed)
	t.stir()
	for _, w := range t.waiters {
		close(w.done)
	}
	t.waiters = nil
}

// Close writes what was taken and closes the files. Appends that come later
// get ErrClosed. It waits for a disk that hangs no longer than CloseLimit.
// ErrSpace: there was no room for what had been posted.
func (t *Tape) Close() error {
	t.mu.Lock()
	first := !t.closing
	t.closing = true
	t.stir()
	t.mu.Unlock()
	if first {
		close(t.quit)
	}
	limit := time.NewTimer(CloseLimit)
	defer limit.Stop()
	select {
	case <-t.done:
	case <-limit.C:
		t.Fail(errors.New("the disk hung at close"))
		return t.Err()
	}
	if !first {
		return t.Err()
	}
	close(t.stop)
	t.preparing.Wait()
	return errors.Join(t.Err(), t.unwritten(), t.closeFiles())
}

// unwritten tells of posted lines that found no room until the end.
func (t *Tape) unwritten() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.pending) == 0 {
		return nil
	}
	return fmt.Errorf("%w: the posted lines behind %d are not written", ErrSpace, t.durable.seq)
}

func (t *Tape) closeFiles() error {
	if t.cur == nil {
		return nil
	}
	f := t.cur
	t.cur = nil
	return f.Close()
}

// batch is what a caller wants in one frame.
type batch struct {
	lines  [][]byte
	stored bool // they are whole lines and keep their bytes
	size   int  // upper bound of the body
	cut    bool // begin a segment with it, if after is the last line
	after  uint64
}

func newBatch(members [][]byte) batch { return batch{lines: members} }

// check refuses what can never be written and computes the size.
func (b *batch) check() error {
	for _, line := range b.lines {
		if len(line) == 0 || bytes.IndexByte(line, '\n') >= 0 {
			return errors.New("tape: a line is empty or has a newline")
		}
		b.size += len(line) + len(seqLabel) + 21 + lineTail + 1
		if b.size > MaxFrame-frameHead-Sector || len(b.lines) > MaxLines {
			return fmt.Errorf("%w: %d lines, %d bytes or more", ErrTooLarge, len(b.lines), b.size)
		}
	}
	if len(b.lines) == 0 {
		return errors.New("tape: empty batch")
	}
	return nil
}

// take queues a batch: from here on its place in the chain, and on the disk,
// is fixed.
func (t *Tape) take(ctx context.Context, b batch, wait bool) (uint64, waiter, error) {
	if err := b.check(); err != nil {
		return 0, waiter{}, err
	}
	if err := ctx.Err(); err != nil {
		return 0, waiter{}, fmt.Errorf("tape: nothing written: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := t.frameFor(ctx, b, wait)
	if err != nil {
		return 0, waiter{}, err
	}
	t.pending = append(t.pending, f)
	t.bytes += len(f.body)
	t.queued = mark{f.last(), f.chain}
	if !wait {
		return f.first, waiter{}, nil
	}
	w := waiter{seq: f.last(), done: make(chan struct{})}
	t.waiters = append(t.waiters, w)
	return f.first, w, nil
}

// frameFor makes the frame of a batch once there is room for it in the queue
// and on the disk. mu is held, and let go while it waits.
func (t *Tape) frameFor(ctx context.Context, b batch, wait bool) (*frame, error) {
	for tries := t.room.tries; ; {
		if err := t.queueFor(ctx, b.size, wait); err != nil {
			return nil, err
		}
		if b.cut && b.after != t.queued.seq {
			return nil, ErrMoved
		}
		f, err := b.frame(t.queued)
		if err != nil {
			return nil, err
		}
		if ok, err := t.admit(f, wait, tries); ok || err != nil {
			return f, err
		}
		if err := t.waitMoved(ctx); err != nil {
			return nil, err
		}
	}
}

// queueFor is called with mu held and lets it go while it waits.
func (t *Tape) queueFor(ctx context.Context, size int, wait bool) error {
	for {
		switch {
		case t.err != nil:
			return t.err
		case t.closing:
			return ErrClosed
		case len(t.pending) < MaxWaiting && t.bytes+size <= MaxWaitingBytes:
			return nil
		case !wait:
			return ErrBusy
		}
		if err := t.waitMoved(ctx); err != nil {
			return err
		}
	}
}

// waitMoved lets mu go until something has moved.
func (t *Tape) waitMoved(ctx context.Context) error {
	moved := t.moved
	t.mu.Unlock()
	defer t.mu.Lock()
	signal(t.wake)
	select {
	case <-moved:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

// frame links the lines behind prev.
func (b *batch) frame(prev mark) (*frame, error) {
	f := &frame{cut: b.cut, head: head{first: prev.seq + 1, count: len(b.lines)}, body: make([]byte, 0, b.size)}
	for _, data := range b.lines {
		prev.seq++
		start := len(f.body)
		if b.stored {
			f.body = append(f.body, data...)
			hash, err := CheckLine(data, prev.seq, prev.hash)
			if err != nil {
				return nil, err
			}
			prev.hash = hash
		} else {
			f.body = link(f.body, prev.seq, data, prev.hash)
			prev.hash = next(prev.hash, f.body[start:])
		}
		f.body = append(f.body, '\n')
	}
	f.bytes, f.chain = len(f.body), prev.hash
	return f, nil
}
