package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/record"
)

// view is one state of Badger.
type view struct {
	txn  *badger.Txn
	base uint64 // the records of its period follow this one
}

// begin begins reading one state of Badger; end must be called, and soon: the
// end of a period and Close wait for readers.
func (j *Journal) begin(ctx context.Context) (v view, end func(), err error) {
	for {
		j.mu.Lock()
		if j.closed {
			j.mu.Unlock()
			return v, nil, wordsFor(tape.ErrClosed)
		}
		if !j.turning {
			j.readers.Add(1)
			v = view{j.store.db.NewTransaction(false), j.base}
			j.mu.Unlock()
			return v, func() {
				v.txn.Discard()
				j.readers.Done()
			}, nil
		}
		moved, err := j.moved, j.storeErr
		j.mu.Unlock()
		if err != nil {
			return v, nil, wordsFor(err)
		}
		if err := j.await(ctx, moved); err != nil {
			return v, nil, err
		}
	}
}

// await waits for news, the end of ctx or that of the journal.
func (j *Journal) await(ctx context.Context, news <-chan struct{}) error {
	select {
	case <-news:
		return nil
	case <-j.quit:
		return wordsFor(tape.ErrClosed)
	case <-ctx.Done():
		return fmt.Errorf("journal: %w", ctx.Err())
	}
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

// load reads the record at a place of this directory; when Badger has lost it,
// the tape still has it. A copy comes as what it is a copy of.
func (j *Journal) load(v view, at uint64) (record.Record, error) {
	r, err := j.loadStored(v, at)
	return original(r), err
}

func (j *Journal) loadStored(v view, at uint64) (r record.Record, err error) {
	b, err := j.line(v, at)
	if err != nil {
		return r, err
	}
	s, err := decode(b)
	if err != nil {
		return r, err
	}
	return j.unseal(s), nil
}

// line reads the stored bytes at a place.
func (j *Journal) line(v view, at uint64) (b []byte, err error) {
	err = j.reading(func() (err error) {
		b, err = line(v.txn, at)
		return err
	})
	if errors.Is(err, errStore) {
		return j.fromTape(at, err)
	}
	return b, err
}

func (j *Journal) fromTape(at uint64, why error) ([]byte, error) {
	reader, err := j.tape.Reader(at)
	if err != nil {
		return nil, errors.Join(why, err)
	}
	l, err := reader.Next()
	if err := errors.Join(err, reader.Close()); err != nil {
		return nil, errors.Join(why, err)
	}
	return l.Data, nil
}

// place finds where this directory holds record seq: at its own place, or as
// a copy. ErrNotFound: it is a closed period's, or nobody's.
func (j *Journal) place(v view, seq uint64) (at uint64, err error) {
	if seq > v.base {
		return seq, nil
	}
	err = j.reading(func() (err error) {
		at, err = seqValue(v.txn, seqKey(keyCarried, seq))
		return err
	})
	return at, err
}
