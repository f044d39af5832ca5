package outbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// maxAhead bounds how many documents may overtake one that does not get
// through: it is parked then, for it is the document that is wrong and not the
// network. It also bounds what a start has to know: no document beyond the
// window was ever sent.
const maxAhead = MaxWindow / 2

// restEvery is how many records a start may have to read when all is done.
const restEvery = 4 * ProgressEvery

// job is one document under way.
type job struct {
	entry   *entry
	request Request
	again   bool
	skip    bool // nothing to send: its shift is closed by another document

	answer  Answer
	err     error
	tried   bool
	because uuid.UUID // its cause is parked
	became  state     // as journaled; "": nothing was
}

// Result is what a round did.
type Result struct {
	Answered int  // requests the destination took or refused for good
	More     bool // documents are left that can go now
}

// Round sends the next documents. The error is a *Failure of class Retry or
// Reattach when the destination did not take something, ErrTooManyParked, or
// the journal's.
func (q *Queue) Round(ctx context.Context) (r Result, err error) {
	if err := q.lock(ctx); err != nil {
		return r, err
	}
	defer q.unlock()
	if err := q.read(ctx); err != nil {
		return r, err
	}
	batch, orphans := q.pick()
	if len(batch)+len(orphans) == 0 {
		return r, q.rest(ctx)
	}
	if len(q.Status().Parked) >= MaxParked {
		return r, ErrTooManyParked
	}
	defer q.changed()
	if err := q.parkOrphans(ctx, orphans); err != nil {
		return r, err
	}
	jobs, err := q.freeze(ctx, batch)
	if err != nil {
		return r, err
	}
	r.Answered = q.sendAll(ctx, jobs)
	if err := q.settle(ctx, jobs); err != nil {
		return r, err
	}
	if err := q.read(ctx); err != nil {
		return r, err
	}
	if r.More = q.Status().Queued > 0; !r.More {
		return r, q.rest(ctx)
	}
	return r, firstFailure(ctx, jobs)
}

// rest records progress when all is done and a start would have much to read:
// after a backlog, whose documents lie far before their deliveries.
func (q *Queue) rest(ctx context.Context) error {
	q.mu.Lock()
	p := q.progress()
	far := p.Seq-q.saved >= restEvery
	q.mu.Unlock()
	if !far {
		return nil
	}
	e, err := p.entry(q.dest.Name())
	if err != nil {
		return err
	}
	if _, err := q.o.Journal.Append(ctx, e); err != nil {
		return fmt.Errorf("outbox: record progress: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.saved, q.carried = p.Seq, 0
	return nil
}

// orphan is an entry whose cause is parked.
type orphan struct {
	entry *entry
	cause uuid.UUID
}

// pick chooses what goes next: one barrier, or documents up to the next one
// that name nothing which has still to go. orphans name what is parked, or are
// of a shift whose opening is.
func (q *Queue) pick() (batch []*entry, orphans []orphan) {
	q.mu.Lock()
	defer q.mu.Unlock()
	shifts, parked := map[uuid.UUID]uuid.UUID{}, map[uuid.UUID]bool{}
	for _, p := range q.parked {
		parked[p.Document] = true
		if p.Type == doc.OpenSession {
			shifts[p.Shift] = p.Document
		}
	}
	ahead := map[uuid.UUID]bool{} // what waits before
	for _, e := range q.waiting {
		cause, lost := shifts[e.shift]
		if i := slices.IndexFunc(e.needs, func(id uuid.UUID) bool { return parked[id] }); i >= 0 && !lost {
			cause, lost = e.needs[i], true
		}
		switch {
		case lost && e.kind != doc.OpenSession:
			parked[e.id] = true // for what names it in turn
			if orphans = append(orphans, orphan{e, cause}); len(orphans) == record.MaxBatch-1 {
				return batch, orphans
			}
			continue
		case e.barrier():
			if len(ahead) == 0 {
				batch = append(batch, e)
			}
			return batch, orphans
		case !slices.ContainsFunc(e.needs, func(id uuid.UUID) bool { return ahead[id] }):
			if batch = append(batch, e); len(batch) == MaxRound {
				return batch, orphans
			}
		}
		ahead[e.id] = true
	}
	return batch, orphans
}

func (q *Queue) parkOrphans(ctx context.Context, orphans []orphan) error {
	var jobs []*job
	for _, o := range orphans {
		words := "what it names is parked"
		if o.entry.shift != uuid.Nil && !slices.Contains(o.entry.needs, o.cause) {
			words = "the opening of its shift is parked"
		}
		jobs = append(jobs, &job{entry: o.entry, tried: true, because: o.cause, err: &Failure{Class: Person, Code: CodeDepends, Words: words}})
	}
	return q.settle(ctx, jobs)
}

// sendAll sends side by side, as many at once as the destination takes. When
// one has to wait, the rest is not begun. It returns how many were answered.
func (q *Queue) sendAll(ctx context.Context, jobs []*job) (answered int) {
	begin := make(chan struct{}, max(1, q.dest.Parallel()))
	halt := make(chan struct{})
	var once sync.Once
	var all sync.WaitGroup
	var count atomic.Int32
	for _, j := range jobs {
		if j.tried || j.skip {
			continue
		}
		select {
		case begin <- struct{}{}:
		case <-halt:
		case <-ctx.Done():
		}
		if ctx.Err() != nil || closed(halt) {
			break
		}
		all.Go(func() {
			defer func() { <-begin }()
			j.tried = true
			if j.answer, j.err = q.dest.Send(ctx, j.request, j.again); j.err != nil && waits(j.err) {
				once.Do(func() { close(halt) })
				return
			}
			count.Add(1)
		})
	}
	all.Wait()
	return int(count.Load())
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func firstFailure(ctx context.Context, jobs []*job) error {
	for _, j := range jobs {
		if j.tried && j.err != nil && waits(j.err) {
			if err := ctx.Err(); err != nil {
				return err
			}
			return FailureOf(j.err)
		}
	}
	return nil
}
