package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// rebuildTape makes a damaged tape again of what can be read of it and of
// Badger's records, and refuses when that leaves a hole. A rebuild that was
// interrupted goes on where it was.
func (j *Journal) rebuildTape(ctx context.Context, damage error) error {
	if err := j.lastResort(damage); err != nil {
		return err
	}
	err := j.makeTape(ctx)
	if errors.Is(err, errStale) {
		if err := removeDir(j.o.FS, j.o.path(tapeMaking)); err != nil {
			return err
		}
		err = j.makeTape(ctx)
	}
	switch {
	case err == nil:
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, tape.ErrFailed),
		errors.Is(err, tape.ErrSpace), errors.Is(err, fault.New(fault.JournalFork)):
		return wordsFor(err)
	default:
		return errors.Join(fault.New(fault.JournalDamaged, damage.Error()).With(err), removeDir(j.o.FS, j.o.path(tapeMaking)))
	}
	if err := j.o.FS.Rename(j.o.path(tapeMaking), j.o.path(tapeReady)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.o.FS.SyncDir(j.o.Dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return j.finishSwap(damage.Error())
}

// lastResort opens a Badger directory that is doubted only because openings
// did not end well, when the tape can not replace it: a repair that was cut
// off twice looks like that.
func (j *Journal) lastResort(damage error) error {
	if j.store == nil {
		n, err := j.attempts()
		if err == nil && n > 0 {
			j.store, err = j.openOnce(n)
		}
		if err != nil {
			return fault.New(fault.JournalDamaged, damage.Error()).With(err)
		}
		j.thorough, j.doubted = true, true
	}
	if j.store == nil || j.store.meta.Seq == 0 {
		return fault.New(fault.JournalDamaged, damage.Error()).With(damage)
	}
	return nil
}

// makeTape writes the new tape beside the old one.
func (j *Journal) makeTape(ctx context.Context) error {
	base, err := j.store.base()
	if err != nil {
		return err
	}
	t, did, err := tape.Open(tape.Options{Dir: j.o.path(tapeMaking), FS: j.o.FS, SegmentBytes: j.o.SegmentBytes, ID: j.store.meta.ID, Log: j.o.Log,
		After: j.store.meta.Base, Chain: base})
	switch {
	case errors.Is(err, tape.ErrDamaged):
		return fmt.Errorf("%w: %w", errStale, err)
	case err != nil:
		return err
	}
	r := &refill{j: j, to: t, seq: did.Last, hash: did.Head, done: did.Last}
	if t.ID() != j.store.meta.ID {
		err = errStale
	} else {
		err = r.all(ctx)
	}
	if err != nil && did.Last > 0 && !errors.Is(err, ctx.Err()) && !errors.Is(err, tape.ErrFailed) && !errors.Is(err, tape.ErrSpace) {
		err = fmt.Errorf("%w: %w", errStale, err) // once more, from the beginning
	}
	return errors.Join(err, t.Close())
}

// errStale: what an earlier rebuild has left is not the beginning of this one.
var errStale = errors.New("journal: an unfinished tape of something else")

// refill writes the one chain that both copies hold together.
type refill struct {
	j    *Journal
	to   *tape.Tape
	seq  uint64 // the last line taken
	hash tape.Hash
	done uint64 // durable on the new tape

	lines [][]byte
	size  int
	cut   bool // they begin a period
}

// all takes the lines of the old tape in order; Badger fills its holes and
// has the last word on how the chain goes on.
func (r *refill) all(ctx context.Context) error {
	meta := &r.j.store.meta
	seen := meta.Seq
	err := tape.Salvage(ctx, r.j.o.FS, r.j.o.path(tapeName), func(l tape.Line) error {
		seen = max(seen, l.Seq)
		if l.Seq <= r.seq {
			return nil
		}
		if err := r.fromBadger(ctx, min(l.Seq-1, meta.Seq)); err != nil {
			return err
		}
		if l.Seq != r.seq+1 {
			return nil // behind a hole: seen tells
		}
		return r.either(ctx, l)
	})
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = r.fromBadger(ctx, meta.Seq)
	}
	if err == nil {
		err = r.flush(ctx)
	}
	if err == nil && seen > r.seq {
		err = fmt.Errorf("record %d is in neither copy, %d is in one", r.seq+1, seen)
	}
	return err
}

// either takes a line that the old tape has, unless Badger knows better.
func (r *refill) either(ctx context.Context, l tape.Line) error {
	hash, broken := tape.CheckLine(l.Data, l.Seq, r.hash)
	if l.Seq > r.j.store.meta.Seq {
		if broken != nil {
			return nil // a rest of something else
		}
		return r.take(ctx, bytes.Clone(l.Data), hash)
	}
	stored, storedHash, err := r.badgers(l.Seq)
	switch {
	case err != nil && broken != nil:
		return err
	case err != nil:
		return r.take(ctx, bytes.Clone(l.Data), hash)
	case broken == nil && !bytes.Equal(stored, l.Data):
		return fault.New(fault.JournalFork, strconv.FormatUint(l.Seq, 10))
	}
	return r.take(ctx, stored, storedHash)
}

// fromBadger takes Badger's lines up to one.
func (r *refill) fromBadger(ctx context.Context, to uint64) error {
	for r.seq < to {
		data, hash, err := r.badgers(r.seq + 1)
		if err != nil {
			return err
		}
		if err := r.take(ctx, data, hash); err != nil {
			return err
		}
	}
	return nil
}

// badgers reads the next line from Badger and checks that it continues the
// chain. When it does not, Badger has to be looked at as a whole later.
func (r *refill) badgers(seq uint64) (data []byte, hash tape.Hash, err error) {
	s := r.j.store
	err = safely(func() error {
		txn := s.db.NewTransaction(false)
		defer txn.Discard()
		if data, err = line(txn, seq); err != nil {
			return err
		}
		if hash, err = tape.CheckLine(data, seq, r.hash); err != nil {
			return fmt.Errorf("%w: %w", errStore, err)
		}
		if head, err := s.head(); seq == s.meta.Seq && (err != nil || head != hash) {
			return fmt.Errorf("%w: its head hash does not follow from its records", errStore)
		}
		return nil
	})
	if err != nil {
		r.j.thorough = true
	}
	return data, hash, err
}

// take adds a line to the frame being made.
func (r *refill) take(ctx context.Context, data []byte, hash tape.Hash) error {
	begins := isPeriod(tape.Line{Seq: r.seq + 1, Data: data}, r.hash)
	if begins || len(r.lines) == restoreLines || (len(r.lines) > 0 && r.size+len(data) > restoreBytes) {
		if err := r.flush(ctx); err != nil {
			return err
		}
	}
	r.cut = r.cut || begins
	r.lines, r.size = append(r.lines, data), r.size+len(data)
	r.seq, r.hash = r.seq+1, hash
	return nil
}

func (r *refill) flush(ctx context.Context) error {
	if len(r.lines) == 0 {
		return ctx.Err()
	}
	restore := r.to.Restore
	if r.cut {
		restore = r.to.RestoreBegin // so that what is before can be put away
	}
	if err := restore(ctx, r.lines...); err != nil {
		return err
	}
	r.lines, r.size, r.cut, r.done = nil, 0, false, r.seq
	r.j.o.Progress(r.done, max(r.done, r.j.store.meta.Seq))
	return nil
}

// finishSwap puts a finished new tape in the place of the old one, also after
// a crash in between.
func (j *Journal) finishSwap(why string) error {
	switch _, err := j.o.FS.ReadDir(j.o.path(tapeReady)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := j.o.FS.ReadDir(j.o.path(tapeName)); err == nil {
		if err := j.setAside(tapeName, why); err != nil {
			return err
		}
	}
	if err := j.o.FS.Rename(j.o.path(tapeReady), j.o.path(tapeName)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.opened.TapeRebuilt = true
	return j.o.FS.SyncDir(j.o.Dir)
}

// removeDir removes a directory of plain files, if there is one.
func removeDir(fsys tape.FS, dir string) error {
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if err := fsys.Remove(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	if err := fsys.Remove(dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return fsys.SyncDir(filepath.Dir(dir))
}
