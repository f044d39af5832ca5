package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// TooManyError: more documents wait than a period's end takes along.
type TooManyError struct {
	Documents int64
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("outbox: %d documents are not delivered", e.Documents)
}

// Carry names the records that are still needed for what is not delivered, by
// their sequence: documents, frozen requests, and of a shift to be closed what
// opened and closed it. It sees to it that the journal's newest progress
// record names all those documents, appending one unless nothing has happened
// since it did: who wants to be sure calls it until nothing is appended any
// more. *TooManyError above MaxCarry.
func (q *Queue) Carry(ctx context.Context) (seqs []uint64, err error) {
	if err := q.lock(ctx); err != nil {
		return nil, err
	}
	defer q.unlock()
	if err := q.read(ctx); err != nil {
		return nil, err
	}
	if n := q.Status().Queued; n > MaxCarry || n > int64(len(q.waiting)) {
		return nil, &TooManyError{n}
	}
	if err := q.recordAll(ctx); err != nil {
		return nil, err
	}
	shifts := map[uuid.UUID]bool{}
	for _, k := range q.outstanding() {
		seqs = append(seqs, k.Seq)
		if k.Frozen > 0 {
			seqs = append(seqs, k.Frozen)
		}
		if !closes(k.Type) || shifts[k.Shift] || k.Shift == uuid.Nil {
			continue
		}
		shifts[k.Shift] = true
		bounds, err := q.bounds(ctx, k.Shift, 0)
		if err != nil {
			return nil, err
		}
		for _, r := range bounds {
			seqs = append(seqs, r.Seq)
		}
	}
	return seqs, nil
}

// outstanding lists what waits and what is parked.
func (q *Queue) outstanding() []Parked {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := append([]Parked{}, q.parked...)
	for _, e := range q.waiting {
		all = append(all, e.parked("", "", uuid.Nil))
	}
	return all
}

// recordAll journals a progress record that names everything outstanding. The
// round is held.
func (q *Queue) recordAll(ctx context.Context) error {
	q.mu.Lock()
	if q.carried == q.counted && q.counted > 0 || q.counted == 0 {
		q.mu.Unlock()
		return nil
	}
	p := progress{Seq: q.counted, Parked: append([]Parked{}, q.parked...)}
	for _, e := range q.waiting {
		p.Back = append(p.Back, e.parked("", "", uuid.Nil))
	}
	q.mu.Unlock()
	e, err := p.entry(q.dest.Name())
	if err != nil {
		return err
	}
	if _, err := q.o.Journal.Append(ctx, e); err != nil {
		return fmt.Errorf("outbox: record progress: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, e := range q.waiting {
		e.back = true
	}
	q.backs = len(q.waiting)
	q.mark, q.saved, q.unsaved, q.carried = p.Seq, p.Seq, 0, q.counted
	return nil
}
