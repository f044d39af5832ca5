package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

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

// settleTimeout bounds the write of outcomes, which goes on when the caller
// has given up: what is delivered is delivered.
const settleTimeout = 15 * time.Second

var errDamaged = errors.New("outbox: the journal does not hold what it should")

// job is one document under way.
type job struct {
	entry   *entry
	request Request
	again   bool
	skip    bool // nothing to send: its shift is closed by another document

	answer Answer
	err    error
	tried  bool
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
	q.saved = p.Seq
	return nil
}

// pick chooses what goes next: one barrier, or documents up to the next one.
// orphans are documents whose shift's opening is parked.
func (q *Queue) pick() (batch, orphans []*entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	lost := map[uuid.UUID]bool{}
	for _, p := range q.parked {
		if p.Type == doc.OpenSession {
			lost[p.Shift] = true
		}
	}
	for _, e := range q.waiting {
		switch {
		case e.kind != doc.OpenSession && lost[e.shift]:
			if orphans = append(orphans, e); len(orphans) == record.MaxBatch-1 {
				return batch, orphans
			}
		case e.barrier():
			if len(batch) == 0 {
				batch = append(batch, e)
			}
			return batch, orphans
		default:
			if batch = append(batch, e); len(batch) == MaxRound {
				return batch, orphans
			}
		}
	}
	return batch, orphans
}

func (q *Queue) parkOrphans(ctx context.Context, orphans []*entry) error {
	var jobs []*job
	for _, e := range orphans {
		jobs = append(jobs, &job{entry: e, tried: true, err: &Failure{Class: Person, Code: CodeDepends, Words: "the opening of its shift is parked"}})
	}
	return q.settle(ctx, jobs)
}

// freeze makes the requests of a batch and journals the new ones before
// anything is sent. A document that can not be expressed comes back tried,
// with its error.
func (q *Queue) freeze(ctx context.Context, batch []*entry) ([]*job, error) {
	jobs := make([]*job, len(batch))
	var fresh []*job
	var entries []record.Entry
	for i, e := range batch {
		j, err := q.prepare(ctx, e)
		if err != nil {
			return nil, err
		}
		jobs[i] = j
		if j.again || j.skip || j.tried {
			continue
		}
		rec, err := delivery{Document: e.id, State: sending, Request: &j.request}.entry(q.dest.Name())
		if err != nil {
			j.tried, j.err = true, &Failure{Class: Person, Code: CodeEncode, Err: err}
			continue
		}
		fresh, entries = append(fresh, j), append(entries, rec)
	}
	if len(entries) == 0 {
		return jobs, nil
	}
	first, err := q.o.Journal.Append(ctx, entries...)
	if err != nil {
		return nil, fmt.Errorf("outbox: freeze: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, j := range fresh {
		j.entry.frozen = first + uint64(i)
	}
	return jobs, nil
}

// prepare makes or reads back one request.
func (q *Queue) prepare(ctx context.Context, e *entry) (*job, error) {
	j := &job{entry: e}
	if e.frozen > 0 {
		r, err := q.record(ctx, e.frozen)
		if err != nil {
			return nil, err
		}
		d, err := readDelivery(r)
		if err != nil || d.Request == nil || d.Document != e.id {
			return nil, errors.Join(fmt.Errorf("%w: request of document %s at %d", errDamaged, e.id, e.frozen), err)
		}
		j.request, j.again = *d.Request, true
		return j, nil
	}
	r, err := q.record(ctx, e.seq)
	if err != nil {
		return nil, err
	}
	d, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	shift, second, err := q.shift(ctx, d, e.seq)
	if err != nil {
		return nil, err
	}
	if j.skip = second; second {
		return j, nil
	}
	if j.request, err = q.dest.Encode(d, shift); err != nil {
		j.tried, j.err = true, &Failure{Class: Person, Code: CodeEncode, Words: err.Error(), Err: err}
	}
	return j, nil
}

// record reads one record by its sequence.
func (q *Queue) record(ctx context.Context, seq uint64) (record.Record, error) {
	for r, err := range q.o.Journal.Scan(ctx, record.Filter{After: seq - 1, Before: seq + 1, Limit: 1}) {
		if err != nil {
			return record.Record{}, fmt.Errorf("outbox: read record %d: %w", seq, err)
		}
		if r.Seq == seq {
			return r, nil
		}
	}
	return record.Record{}, fmt.Errorf("%w: record %d", errDamaged, seq)
}

func readDocument(r record.Record) (*doc.Document, error) {
	var d doc.Document
	if err := json.Unmarshal(r.Data, &d); err != nil {
		return nil, fmt.Errorf("outbox: document record %d: %w", r.Seq, err)
	}
	return &d, nil
}

// shift finds what else is known of a closing document's shift. second says
// that another closing document of the shift came before: one close is sent,
// made of both.
func (q *Queue) shift(ctx context.Context, d *doc.Document, seq uint64) (s Shift, second bool, err error) {
	if !closes(d.Type) || d.ShiftID == uuid.Nil {
		return s, false, nil
	}
	f := record.Filter{Kinds: []record.Kind{record.Document}, Shift: d.ShiftID,
		Types: []string{string(doc.OpenSession), string(doc.CloseSession), string(doc.ZReport)}}
	for r, err := range q.o.Journal.Scan(ctx, f) {
		if err != nil {
			return s, false, fmt.Errorf("outbox: read shift: %w", err)
		}
		other, err := readDocument(r)
		switch {
		case err != nil:
			return s, false, err
		case other.Type == doc.OpenSession:
			s.Open = other
		case r.Seq < seq:
			return s, true, nil
		case r.Seq > seq:
			s.Close = other
		}
	}
	return s, false, nil
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

// waits tells whether an error is about the destination and not the document.
func waits(err error) bool {
	c := FailureOf(err).Class
	return c == Retry || c == Reattach
}

// settle journals what became of the jobs.
func (q *Queue) settle(ctx context.Context, jobs []*job) error {
	var entries []record.Entry
	save := false
	for _, j := range jobs {
		d := delivery{Document: j.entry.id}
		switch {
		case !j.tried || j.skip || (j.err != nil && waits(j.err) && !q.overtaken(j)):
			continue
		case j.err != nil:
			f := FailureOf(j.err)
			d.State, d.Code, d.Words = parked, f.Code, cut(or(f.Words, f.Error()), MaxWords)
			save = true
		default:
			d.State, d.Answer = delivered, &j.answer
		}
		e, err := d.entry(q.dest.Name())
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return q.append(ctx, entries, func() { q.apply(jobs, entries) }, save)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// overtaken tells whether the destination answered no while so many later
// documents got through that this one never will.
func (q *Queue) overtaken(j *job) bool {
	f := FailureOf(j.err)
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ahead >= maxAhead && j.entry.seq < q.newest && f.Class == Retry && f.Code != ""
}

// apply does to the queue what entries say. q.mu is held.
func (q *Queue) apply(jobs []*job, entries []record.Entry) {
	settled := map[uuid.UUID]bool{}
	for _, e := range entries {
		settled[e.ID] = true
	}
	for _, j := range jobs {
		i := slices.Index(q.waiting, j.entry)
		switch {
		case i < 0 || !j.skip && !settled[j.entry.id]:
		case j.skip:
			q.remove(i)
		case j.err != nil:
			f := FailureOf(j.err)
			q.log.Warn("document parked", "doc", j.entry.name, "code", f.Code, "class", f.Class, "err", j.err)
			q.park(i, f.Code, or(f.Words, f.Error()))
		default:
			q.delivered++
			q.remove(i)
		}
	}
}

// append journals entries and then lets them be true. The progress record
// that goes with them now and then says how things stood before: what is in
// the batch lies behind its mark.
func (q *Queue) append(ctx context.Context, entries []record.Entry, apply func(), save bool) error {
	q.mu.Lock()
	save = len(entries) > 0 && (save || q.unsaved+len(entries) >= ProgressEvery)
	p := q.progress()
	q.mu.Unlock()
	if save {
		e, err := p.entry(q.dest.Name())
		if err != nil {
			return err
		}
		entries = append(slices.Clip(entries), e)
	}
	if len(entries) > 0 {
		if _, err := q.o.Journal.Append(ctx, entries...); err != nil {
			return fmt.Errorf("outbox: record outcomes: %w", err)
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if save {
		q.unsaved, q.saved = 0, p.Seq
	}
	apply()
	return nil
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
