package outbox

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"time"

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

// outcome is what a job's delivery record says; false: nothing worth a record.
func (q *Queue) outcome(j *job) (d delivery, is bool) {
	d = delivery{Document: j.entry.id}
	if j.err == nil {
		d.State, d.Answer = delivered, &j.answer
		return d, true
	}
	f := FailureOf(j.err)
	d.Code, d.Words, d.Attempts, d.Because = f.Code, cut(or(f.Words, f.Error()), MaxWords), j.entry.attempts, j.because
	switch {
	case f.Class == Keep:
		d.State = kept
	case !waits(j.err) || q.overtaken(j):
		d.State = parked
	default:
		d.State = failed
		return d, worthNoting(d.Attempts)
	}
	return d, true
}

// worthNoting chooses the attempts that are journaled: 1, 2, 4, 8..
func worthNoting(n int) bool { return bits.OnesCount(uint(n)) == 1 }

// settle journals what became of the jobs.
func (q *Queue) settle(ctx context.Context, jobs []*job) error {
	var entries []record.Entry
	save := false
	for _, j := range jobs {
		if !j.tried || j.skip {
			continue
		}
		if j.err != nil && waits(j.err) {
			if ctx.Err() != nil {
				continue // it was broken off
			}
			q.mu.Lock()
			j.entry.attempts++
			q.mu.Unlock()
		}
		d, is := q.outcome(j)
		if !is {
			continue
		}
		e, err := d.entry(q.dest.Name())
		if err != nil {
			return err
		}
		j.became = d.State
		save = save || d.State == parked
		entries = append(entries, e)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	return q.append(ctx, entries, func() { q.apply(jobs) }, save)
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

// apply does to the queue what was journaled. q.mu is held.
func (q *Queue) apply(jobs []*job) {
	for _, j := range jobs {
		i := slices.Index(q.waiting, j.entry)
		if i < 0 {
			continue
		}
		switch {
		case j.skip:
			q.remove(i)
		case j.became == parked:
			f := FailureOf(j.err)
			q.log.Warn("document parked", "doc", j.entry.name, "code", f.Code, "class", f.Class, "err", j.err)
			q.park(i, f.Code, or(f.Words, f.Error()), j.because)
		case j.became == kept:
			q.log.Info("document kept", "doc", j.entry.name, "err", j.err)
			q.kept++
			q.remove(i)
		case j.became == delivered:
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
