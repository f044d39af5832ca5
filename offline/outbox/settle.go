package outbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// settleTimeout bounds the write of outcomes, which goes on when the caller
// has given up: what is delivered is delivered.
const settleTimeout = 15 * time.Second

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
	q.carried = 0
	apply()
	return nil
}
