package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// begin begins reading one state of Badger; end must be called. Close waits
// for readers.
func (j *Journal) begin() (txn *badger.Txn, end func(), err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return nil, nil, wordsFor(tape.ErrClosed)
	}
	j.readers.Add(1)
	txn = j.store.db.NewTransaction(false)
	return txn, func() {
		txn.Discard()
		j.readers.Done()
	}, nil
}

// alive ends a long read when its caller or the journal goes away.
func (j *Journal) alive(ctx context.Context) error {
	select {
	case <-j.quit:
		return wordsFor(tape.ErrClosed)
	default:
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func (j *Journal) appliedNow() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.applied
}

// reading guards a step of reading Badger: damage found here is remembered for
// the next Open, which makes Badger again from the tape.
func (j *Journal) reading(fn func() error) error {
	err := safely(fn)
	if errors.Is(err, errStore) {
		j.o.Log.Error("reading the journal's indexed copy", "err", err)
		if err := j.suspect(badgerName); err != nil {
			j.o.Log.Error("could not leave word of a damaged copy", "err", err)
		}
		return wordsFor(err)
	}
	return err
}

// load reads one record through a transaction; when Badger has lost it, the
// tape still has it.
func (j *Journal) load(txn *badger.Txn, seq uint64) (r record.Record, err error) {
	err = j.reading(func() error {
		b, err := line(txn, seq)
		if err != nil {
			return err
		}
		s, err := decode(b)
		if err == nil {
			r = j.unseal(s)
		}
		return err
	})
	if errors.Is(err, errStore) {
		return j.fromTape(seq, err)
	}
	return r, err
}

func (j *Journal) fromTape(seq uint64, why error) (r record.Record, err error) {
	reader, err := j.tape.Reader(seq)
	if err != nil {
		return r, errors.Join(why, err)
	}
	l, err := reader.Next()
	if err == nil {
		var s stored
		if s, err = decode(l.Data); err == nil {
			r = j.unseal(s)
		}
	}
	if err := errors.Join(err, reader.Close()); err != nil {
		return r, errors.Join(why, err)
	}
	return r, nil
}

// Get reads one record; ErrNotFound when the journal has no such number.
func (j *Journal) Get(ctx context.Context, seq uint64) (r record.Record, err error) {
	if last, _ := j.Head(); seq == 0 || seq > last {
		return r, fmt.Errorf("record %d: %w", seq, ErrNotFound)
	}
	if err := j.waitFor(ctx, seq); err != nil {
		return r, err
	}
	txn, end, err := j.begin()
	if err != nil {
		return r, err
	}
	defer end()
	return j.load(txn, seq)
}

// Document reads the latest document record with this id, or ErrNotFound.
func (j *Journal) Document(ctx context.Context, id uuid.UUID) (record.Record, error) {
	r, err := j.latest(ctx, idKey(keyDocument, id))
	if err != nil {
		return r, fmt.Errorf("document %s: %w", id, err)
	}
	return r, nil
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
	txn, end, err := j.begin()
	if err != nil {
		return r, err
	}
	defer end()
	var seq uint64
	err = j.reading(func() error {
		seq, err = seqValue(txn, key)
		return err
	})
	if err != nil {
		return r, err
	}
	return j.load(txn, seq)
}

// Live reads the records whose group has not ended, in order: where the till
// was.
func (j *Journal) Live(ctx context.Context) ([]record.Record, error) {
	if err := j.caughtUp(ctx); err != nil {
		return nil, err
	}
	txn, end, err := j.begin()
	if err != nil {
		return nil, err
	}
	defer end()
	var seqs []uint64
	err = j.reading(func() error {
		return eachLive(txn, func(seq uint64, _ uuid.UUID) error {
			seqs = append(seqs, seq)
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(seqs)
	records := make([]record.Record, len(seqs))
	for i, seq := range seqs {
		if records[i], err = j.load(txn, seq); err != nil {
			return nil, err
		}
	}
	return records, nil
}
