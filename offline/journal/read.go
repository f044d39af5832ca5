package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// Get reads one record, also of a closed period; ErrNotFound when the journal
// has no such number. The number of a copy gives the copy itself.
func (j *Journal) Get(ctx context.Context, seq uint64) (r record.Record, err error) {
	if last, _ := j.Head(); seq == 0 || seq > last {
		return r, fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	if err := j.waitFor(ctx, seq); err != nil {
		return r, err
	}
	err = j.with(ctx, seq, func(part *Journal, v view, at uint64) error {
		r, err = part.loadStored(v, at)
		return err
	})
	if r.Carried > 0 && r.Seq != seq {
		r = original(r)
	}
	if err != nil {
		err = fmt.Errorf("record %d: %w", seq, err)
	}
	return r, err
}

// with calls fn with the directory that holds record seq: the open period,
// also when it has a copy only, or a closed one.
func (j *Journal) with(ctx context.Context, seq uint64, fn func(part *Journal, v view, at uint64) error) error {
	v, end, err := j.begin(ctx)
	if err != nil {
		return err
	}
	at, err := j.place(v, seq)
	if err == nil {
		err = fn(j, v, at)
	}
	end()
	if !errors.Is(err, ErrNotFound) || seq > v.base {
		return err
	}
	return j.archives.with(ctx, seq, func(part *Journal) error {
		v, end, err := part.begin(ctx)
		if err != nil {
			return err
		}
		defer end()
		return fn(part, v, seq)
	})
}

// Document reads the latest document record with this id, or ErrNotFound. What
// is not in the open period is looked for in the closed ones, first in those
// of the time when the id was made.
func (j *Journal) Document(ctx context.Context, id uuid.UUID) (r record.Record, err error) {
	key := idKey(keyDocument, id)
	r, err = j.latest(ctx, key)
	for _, a := range j.archives.near(id) {
		if !errors.Is(err, ErrNotFound) {
			break
		}
		err = j.archives.open(ctx, a, func(part *Journal) error {
			r, err = part.latest(ctx, key)
			return err
		})
	}
	if err != nil {
		return r, fmt.Errorf("document %s: %w", id, err)
	}
	return r, nil
}

// HasDocument tells whether a document with this id was made lately: in the open
// period, or in the closed one of the time when the id was made. Unlike Document
// it costs as much when there is none.
func (j *Journal) HasDocument(ctx context.Context, id uuid.UUID) (bool, error) {
	key := idKey(keyDocument, id)
	_, err := j.latest(ctx, key)
	for i, a := range j.archives.near(id) {
		if i > 0 || !errors.Is(err, ErrNotFound) {
			break
		}
		err = j.archives.open(ctx, a, func(part *Journal) error {
			_, err := part.latest(ctx, key)
			return err
		})
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("document %s: %w", id, err)
	}
	return true, nil
}

// Setting reads the latest record of kind setting whose type is name, or
// ErrNotFound.
func (j *Journal) Setting(ctx context.Context, name string) (record.Record, error) {
	r, err := j.latest(ctx, settingKey(name))
	if err == nil && r.Type != name {
		err = ErrNotFound
	}
	if err != nil {
		return r, fmt.Errorf("setting %.80q: %w", name, err)
	}
	return r, nil
}

func (j *Journal) latest(ctx context.Context, key []byte) (r record.Record, err error) {
	if err := j.caughtUp(ctx); err != nil {
		return r, err
	}
	v, end, err := j.begin(ctx)
	if err != nil {
		return r, err
	}
	defer end()
	var at uint64
	err = j.reading(func() error {
		at, err = seqValue(v.txn, key)
		return err
	})
	if err != nil {
		return r, err
	}
	return j.load(v, at)
}

// Live reads the records whose group has not ended, in order: where the till
// was.
func (j *Journal) Live(ctx context.Context) ([]record.Record, error) {
	if err := j.caughtUp(ctx); err != nil {
		return nil, err
	}
	v, end, err := j.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	places, err := j.livePlaces(ctx, v)
	if err != nil {
		return nil, err
	}
	records := make([]record.Record, len(places))
	for i, at := range places {
		if records[i], err = j.load(v, at); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(records, func(a, b record.Record) int { return cmp.Compare(a.Seq, b.Seq) })
	return records, nil
}

// livePlaces lists where live records are.
func (j *Journal) livePlaces(ctx context.Context, v view) (places []uint64, err error) {
	err = j.reading(func() error {
		return eachLive(v.txn, func(at uint64, _ uuid.UUID) error {
			places = append(places, at)
			return ctx.Err()
		})
	})
	return places, err
}
