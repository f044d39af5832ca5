package outbox

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// Retry takes a parked document back into the queue, and with it what was
// parked because of it.
func (q *Queue) Retry(ctx context.Context, id uuid.UUID) error {
	return q.retryAll(ctx, func(p Parked) bool { return p.Document == id })
}

// RetryAll takes everything parked back into the queue.
func (q *Queue) RetryAll(ctx context.Context) error {
	return q.retryAll(ctx, func(Parked) bool { return true })
}

func (q *Queue) retryAll(ctx context.Context, which func(Parked) bool) error {
	if err := q.lock(ctx); err != nil {
		return err
	}
	defer q.unlock()
	if err := q.read(ctx); err != nil {
		return err
	}
	ids := q.together(which)
	if len(ids) == 0 {
		return ErrNotParked
	}
	for part := range slices.Chunk(ids, record.MaxBatch-1) {
		if err := q.retry(ctx, part); err != nil {
			return err
		}
	}
	q.changed()
	return nil
}

// ByHand ends a parked document that a person has seen to, with the reason: it
// is not sent any more, and what was parked because of it goes on its way. The
// entries are journaled in the same batch. ErrNotParked when it is not parked.
func (q *Queue) ByHand(ctx context.Context, id uuid.UUID, why string, with ...record.Entry) error {
	if err := q.lock(ctx); err != nil {
		return err
	}
	defer q.unlock()
	if err := q.read(ctx); err != nil {
		return err
	}
	if !q.isParked(id) {
		return ErrNotParked
	}
	waited := slices.DeleteFunc(q.together(func(p Parked) bool { return p.Document == id }), func(one uuid.UUID) bool { return one == id })
	e, err := delivery{Document: id, State: byHand, Words: cut(why, MaxWords)}.entry(q.dest.Name())
	if err != nil {
		return err
	}
	err = q.append(ctx, append([]record.Entry{e}, with...), func() {
		q.parked = slices.DeleteFunc(q.parked, func(p Parked) bool { return p.Document == id })
	}, true)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(waited, record.MaxBatch-1) {
		if err := q.retry(ctx, part); err != nil {
			return err
		}
	}
	q.changed()
	return nil
}

// together lists parked documents and those parked because of them, and of
// those again. What names another comes after it in the journal, so one pass
// in that order finds all.
func (q *Queue) together(which func(Parked) bool) (ids []uuid.UUID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	chosen, shifts := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	for _, p := range q.parked {
		follows := p.Code == CodeDepends && (chosen[p.Because] || shifts[p.Shift])
		if !follows && !which(p) {
			continue
		}
		chosen[p.Document] = true
		if p.Type == doc.OpenSession {
			shifts[p.Shift] = true
		}
		ids = append(ids, p.Document)
	}
	return ids
}

func (q *Queue) retry(ctx context.Context, ids []uuid.UUID) error {
	entries := make([]record.Entry, 0, len(ids))
	for _, id := range ids {
		e, err := delivery{Document: id, State: retry}.entry(q.dest.Name())
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	return q.append(ctx, entries, func() {
		for _, id := range ids {
			if p := slices.IndexFunc(q.parked, func(e Parked) bool { return e.Document == id }); p >= 0 {
				q.unpark(p)
			}
		}
	}, true)
}
