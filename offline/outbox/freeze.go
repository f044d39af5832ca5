package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

var errDamaged = errors.New("outbox: the journal does not hold what it should")

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
		if r.Erased && j.request.Body == "" {
			j.tried, j.err = true, &Failure{Class: Person, Code: CodeErased, Words: "the people in it were erased"}
		}
		return j, nil
	}
	r, err := q.record(ctx, e.seq)
	if err != nil {
		return nil, err
	}
	if e.made {
		j.encoded(q.dest.(Maker).EncodeMade(r))
		return j, nil
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
	j.encoded(q.dest.Encode(d, shift))
	return j, nil
}

// encoded takes in what came of encoding. A plain error is a document that has
// no words there though others of its kind have.
func (j *job) encoded(r Request, err error) {
	if j.request = r; err == nil {
		return
	}
	var f *Failure
	if !errors.As(err, &f) {
		f = &Failure{Class: Person, Code: CodeEncode, Words: err.Error(), Err: err}
	}
	j.tried, j.err = true, f
}

// record reads one record by its sequence: where it was carried to, or in a
// closed period.
func (q *Queue) record(ctx context.Context, seq uint64) (record.Record, error) {
	for _, open := range []bool{true, false} {
		for r, err := range q.o.Journal.Scan(ctx, record.Filter{After: seq - 1, Before: seq + 1, Limit: 1, Open: open}) {
			if err != nil {
				return record.Record{}, fmt.Errorf("outbox: read record %d: %w", seq, err)
			}
			if r.Seq == seq {
				return r, nil
			}
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
	bounds, err := q.bounds(ctx, d.ShiftID, seq)
	if err != nil {
		return s, false, err
	}
	for _, r := range bounds {
		other, err := readDocument(r)
		switch {
		case err != nil:
			return s, false, err
		case other.Type == doc.OpenSession:
			s.Open = other
		case other.Type == doc.CashOutcome:
			if s.CashOut = other; q.isParked(other.ID) {
				s.CashOut = nil
			}
		case r.Seq < seq:
			return s, true, nil
		case r.Seq > seq:
			s.Close = other
		}
	}
	return s, false, nil
}

func (q *Queue) isParked(id uuid.UUID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.ContainsFunc(q.parked, func(p Parked) bool { return p.Document == id })
}

// bounds reads what opened and closed a shift, and what emptied its drawer, and nothing behind a closing
// document before seq. A shift is of one period, and carried as a whole.
func (q *Queue) bounds(ctx context.Context, shift uuid.UUID, seq uint64) (list []record.Record, err error) {
	f := record.Filter{Kinds: []record.Kind{record.Document}, Shift: shift, Open: true,
		Types: []string{string(doc.OpenSession), string(doc.CloseSession), string(doc.ZReport), string(doc.CashOutcome)}}
	for _, f.Open = range []bool{true, false} {
		list = nil
		for r, err := range q.o.Journal.Scan(ctx, f) {
			if err != nil {
				return nil, fmt.Errorf("outbox: read shift: %w", err)
			}
			list = append(list, r)
			if closes(doc.Type(r.Type)) && r.Seq < seq {
				return list, nil
			}
		}
		if slices.ContainsFunc(list, func(r record.Record) bool { return r.Type == string(doc.OpenSession) }) {
			break
		}
	}
	return list, nil
}
