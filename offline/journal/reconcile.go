package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

const (
	// checkBytes is how much of the tape is compared with Badger at Open:
	// what its memory tables can hold is what a damaged WAL loses silently.
	checkBytes = 3 * memTable

	restoreBytes = 1 << 20 // of lines in one frame when a tape is made again
	restoreLines = 1000

	suspectName = "tape.suspect" // Verify found damage; the next Open reads the whole tape
)

// reconcile makes both copies tell the same story, as far as each has it.
func (j *Journal) reconcile(ctx context.Context) error {
	err := j.compare(ctx)
	if errors.Is(err, tape.ErrDamaged) { // in an older segment
		if err := j.tape.Close(); err != nil {
			return wordsFor(err)
		}
		j.tape = nil
		if err := j.rebuildTape(ctx, err); err != nil {
			return err
		}
		if err := j.mountTape(); err != nil {
			return wordsFor(err)
		}
		err = j.compare(ctx)
	}
	if errors.Is(err, errStore) {
		return j.replaceStore(ctx, err)
	}
	return err
}

// compare completes a tape that is shorter than Badger and compares the
// newest records of both.
func (j *Journal) compare(ctx context.Context) error {
	s := j.store
	if s.meta.Seq == 0 {
		return nil
	}
	if s.meta.ID != j.tape.ID() {
		return fault.New(fault.JournalFork, "1").Saying("the copies belong to different tills")
	}
	base, _ := j.tape.Base()
	if base != s.meta.Base {
		return fmt.Errorf("%w: it begins behind record %d, the tape behind %d", errStore, s.meta.Base, base)
	}
	if last, hash := j.tape.Durable(); last < s.meta.Seq {
		if j.frozen {
			return &tape.DamagedError{Segment: 1, Seq: last + 1, Reason: "its end is missing"}
		}
		n, err := j.restore(ctx, j.tape, last, hash)
		j.opened.TapeRestored += n
		switch {
		case errors.Is(err, tape.ErrLine):
			return j.forkOr(ctx, last, fault.New(fault.JournalDamaged, fmt.Sprintf("record %d", last+n+1)).With(err))
		case errors.Is(err, errStore):
			// Neither copy has it: nothing to be set aside in silence.
			return fault.New(fault.JournalDamaged, fmt.Sprintf("record %d is in neither copy", last+n+1)).With(err)
		case err != nil:
			return wordsFor(err)
		}
	}
	from := max(base+1, j.tape.Before(s.meta.Seq, checkBytes))
	if j.thorough {
		from = base + 1
	}
	differs, err := j.firstDifference(ctx, from, s.meta.Seq)
	if err == nil && differs != 0 {
		return j.forkOr(ctx, differs, fault.New(fault.JournalFork, strconv.FormatUint(differs, 10)))
	}
	if err == nil && j.thorough {
		err = j.checkIndexes(ctx)
	}
	return err
}

// checkIndexes looks every record up in every index.
func (j *Journal) checkIndexes(ctx context.Context) error {
	txn := j.store.db.NewTransaction(false)
	defer txn.Discard()
	c := newChecker()
	base, hash := j.tape.Base()
	c.begin(base, hash, txn, &j.store.meta)
	defer c.store.close()
	r, err := j.tape.Reader(base + 1)
	if err != nil {
		return err
	}
	for seq := base; err == nil && seq < j.store.meta.Seq; {
		var l tape.Line
		if l, err = r.Next(); err == nil {
			c.line(l)
			seq = l.Seq
			err = ctx.Err()
		}
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return err
	}
	bad, err := c.end(ctx)
	if err == nil && bad {
		err = fmt.Errorf("%w: records or indexes are missing", errStore)
	}
	return err
}

// forkOr looks for the first record up to seq that differs and reports it; err
// when there is none.
func (j *Journal) forkOr(ctx context.Context, seq uint64, err error) error {
	base, _ := j.tape.Base()
	differs, look := j.firstDifference(ctx, base+1, seq)
	if look == nil && differs != 0 {
		return fault.New(fault.JournalFork, strconv.FormatUint(differs, 10))
	}
	return err
}

// firstDifference compares the records from..to of both copies; 0: none. A
// record that Badger has lost wraps errStore.
func (j *Journal) firstDifference(ctx context.Context, from, to uint64) (uint64, error) {
	if from > to {
		return 0, nil
	}
	r, err := j.tape.Reader(from)
	if err != nil {
		return 0, err
	}
	var differs uint64
	err = safely(func() error {
		txn := j.store.db.NewTransaction(false)
		defer txn.Discard()
		w := linesFrom(txn, from)
		defer w.close()
		for {
			l, err := r.Next()
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			stored, err := w.line(l.Seq)
			if err != nil {
				return err
			}
			if !bytes.Equal(stored, l.Data) {
				differs = l.Seq
				return nil
			}
			if l.Seq == to {
				return j.sameHead(l)
			}
		}
	})
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return differs, errors.Join(err, r.Close())
}

// sameHead checks Badger's own idea of the chain where it ends.
func (j *Journal) sameHead(l tape.Line) error {
	if l.Seq != j.store.meta.Seq {
		return nil
	}
	if head, err := j.store.head(); err != nil || head != l.Hash {
		return fmt.Errorf("%w: its head hash is not the tape's", errStore)
	}
	return nil
}

// restore appends Badger's lines behind (seq, hash) to t and returns how many.
func (j *Journal) restore(ctx context.Context, t *tape.Tape, seq uint64, hash tape.Hash) (done uint64, err error) {
	total := j.store.meta.Seq - seq
	for done < total {
		var lines [][]byte
		size := 0
		err := safely(func() error {
			txn := j.store.db.NewTransaction(false)
			defer txn.Discard()
			for n := seq + done + 1; n <= j.store.meta.Seq && size < restoreBytes && len(lines) < restoreLines; n++ {
				l, err := line(txn, n)
				if err != nil {
					return err
				}
				if size+len(l) > restoreBytes && len(lines) > 0 {
					break
				}
				if hash, err = tape.CheckLine(l, n, hash); err != nil {
					return err
				}
				lines, size = append(lines, l), size+len(l)
			}
			return nil
		})
		if len(lines) > 0 {
			if err := t.Restore(ctx, lines...); err != nil {
				return done, err
			}
			done += uint64(len(lines))
			j.o.Progress(done, total)
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// suspect leaves word for the next Open.
func (j *Journal) suspect(name string) error {
	if name == badgerName {
		return j.setAttempts(openAttempts)
	}
	return writeFile(j.o.FS, j.o.path(suspectName), []byte("read the whole tape\n"))
}

func (j *Journal) suspected() (bool, error) {
	f, err := j.o.FS.OpenFile(j.o.path(suspectName), false)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	return true, f.Close()
}

func (j *Journal) unsuspect() error {
	err := j.o.FS.Remove(j.o.path(suspectName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return j.o.FS.SyncDir(j.o.Dir)
}
