package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/fault"
)

// manyApplied records applied at once leave memory worth giving back.
const manyApplied = 10_000

// Opened is what Open found and did.
type Opened struct {
	ID            uuid.UUID     `json:"id"`
	Fresh         bool          `json:"fresh"`                    // the journal was made
	Records       uint64        `json:"records"`                  // durable in both copies
	Applied       uint64        `json:"applied,omitempty"`        // records Badger lacked
	Trimmed       []tape.Trim   `json:"trimmed,omitempty"`        // rests of a commit nobody was told of
	TapeRestored  uint64        `json:"tape_restored,omitempty"`  // records the tape had lost at its end
	TapeRebuilt   bool          `json:"tape_rebuilt,omitempty"`   // the tape was damaged and made again
	BadgerLost    uint64        `json:"badger_lost,omitempty"`    // records Badger had lost at its end
	BadgerRebuilt bool          `json:"badger_rebuilt,omitempty"` // Badger was unusable and made again
	BadgerLeft    bool          `json:"badger_left,omitempty"`    // the disk did not let Badger be closed the last time
	Keys          vault.Opened  `json:"keys,omitzero"`            // what was found of the keys of private parts
	Aside         []string      `json:"aside,omitempty"`          // what was set aside, names in the data directory
	Reasons       []string      `json:"reasons,omitempty"`        // why, and what else was noticed
	Took          time.Duration `json:"took_ns"`
}

// Repaired tells whether something was wrong that a person should know of. A
// trimmed tail and a Badger that was behind are ordinary after a power cut.
func (o Opened) Repaired() bool {
	return o.TapeRestored > 0 || o.BadgerLost > 0 || o.TapeRebuilt || o.BadgerRebuilt || o.BadgerLeft || o.Keys.Aside || len(o.Keys.Repaired) > 0
}

// Open opens the journal in a directory, or makes one, and repairs what can be
// repaired. When it returns everything that is in it is durable in both
// copies. ctx may end a long repair; the next Open goes on with it.
// fault.JournalSpace: the disk is too full for Badger, also without the
// ballast; nothing is lost.
func Open(ctx context.Context, o Options) (*Journal, Opened, error) {
	began := time.Now()
	if err := o.defaults(); err != nil {
		return nil, Opened{}, err
	}
	if err := o.FS.MkdirAll(o.Dir); err != nil {
		return nil, Opened{}, fault.New(fault.PathBad, o.Dir, err.Error()).With(err)
	}
	l, err := takeLock(o.Dir)
	if err != nil {
		return nil, Opened{}, err
	}
	j := newJournal(o)
	j.lock = l
	if err := j.open(ctx); err != nil {
		return nil, j.opened, errors.Join(err, j.abandon())
	}
	j.tend()
	j.opened.Took = time.Since(began)
	j.mu.Lock()
	j.running = true
	j.mu.Unlock()
	go j.run()
	go j.sealer()
	go j.scrubber()
	return j, j.opened, nil
}

// abandon closes what a refused Open has opened. A Badger directory that let
// itself be opened and closed is not to blame: three refusals for another
// reason must not set it aside.
func (j *Journal) abandon() error {
	var errs []error
	if j.tape != nil {
		errs = append(errs, j.tape.Close())
	}
	if j.store != nil && !j.doubted {
		s := j.store
		err := j.within(func() error { return j.closeStore(s) })
		if err == nil {
			err = j.clearAttempts()
		}
		errs, j.store = append(errs, err), nil
	}
	return errors.Join(append(errs, j.release())...)
}

func newJournal(o Options) *Journal {
	j := &Journal{o: o,
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}), moved: make(chan struct{})}
	j.turned, j.sealed = make(chan struct{}, 1), make(chan struct{})
	j.scrubbed, j.work = make(chan struct{}), make(chan struct{}, 1)
	j.life, j.end = context.WithCancel(context.Background())
	j.archives = &archives{dir: o.path(archiveName), fsys: o.FS, idle: o.archiveIdle, moved: make(chan struct{}), start: j.openArchive, await: j.await, wanted: j.worked}
	return j
}

// open brings both copies to the highest valid chain.
func (j *Journal) open(ctx context.Context) error {
	forms, err := checkForms(j.o.FS, j.o.Dir)
	if err != nil {
		return err
	}
	if err := j.makeRoom(); err != nil {
		return err
	}
	if !j.frozen { // the file in the data directory covers its archive
		if err := j.raiseForms(forms); err != nil {
			return err
		}
	}
	if err := j.finishSwap("damaged, as an earlier start has found"); err != nil {
		return err
	}
	if err := j.findArchives(ctx); err != nil {
		return err
	}
	if err := j.wasLeft(); err != nil {
		return err
	}
	unusable, err := j.openStore()
	if err != nil {
		return err
	}
	if err := j.openTape(ctx, unusable); err != nil {
		return err
	}
	if unusable != nil && j.store == nil {
		if err := j.replaceStore(ctx, unusable); err != nil {
			return err
		}
	}
	if j.store == nil {
		if j.store, err = j.openGuarded(); err != nil {
			return err
		}
		if j.opened.BadgerRebuilt, err = j.lacksBadger(); err != nil {
			return err
		}
	}
	if err := j.reconcile(ctx); err != nil {
		return err
	}
	if err := j.missFollowed(); err != nil {
		return err
	}
	if err := removeDir(j.o.FS, j.o.path(tapeMaking)); err != nil {
		return err
	}
	if err := errors.Join(j.clearAttempts(), j.forgetLeft()); err != nil {
		return err
	}
	if err := j.applyTail(ctx); err != nil || j.frozen {
		return err
	}
	if err := errors.Join(j.openVault(), j.readScrub()); err != nil {
		return err
	}
	if err := j.finishRemoving(ctx); err != nil {
		return err
	}
	return j.finishErasing(ctx) // appends: nothing can be read behind it before the follower runs
}

// openStore opens Badger when there is one. unusable is why it is to be set
// aside, if the tape can replace it.
func (j *Journal) openStore() (unusable, err error) {
	list, err := os.ReadDir(j.o.path(badgerName))
	if errors.Is(err, fs.ErrNotExist) || (err == nil && len(list) == 0) {
		return nil, nil // the tape first: see openTape
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j.store, err = j.openGuarded()
	if errors.Is(err, errUnusable) {
		return err, nil
	}
	return nil, err
}

// openTape opens the tape, making it again from Badger when it is damaged. A
// new tape is made before Badger is: a tape without a line proves that there
// never was one.
func (j *Journal) openTape(ctx context.Context, unusable error) error {
	used, err := hasTape(j.o.FS, j.o.path(tapeName))
	if err != nil {
		return err
	}
	if !used && unusable != nil {
		if err := j.lastResort(errors.New("no tape, and Badger refuses")); err != nil {
			return errors.Join(err, unusable)
		}
	}
	if !used && j.store == nil && len(j.archives.list) > 0 {
		return fault.New(fault.JournalDamaged, "the open period is in neither copy")
	}
	suspect, err := j.suspected()
	if err != nil {
		return err
	}
	if used && suspect {
		_, err := tape.Inspect(ctx, j.o.FS, j.o.path(tapeName), nil)
		if errors.Is(err, tape.ErrDamaged) {
			if err := j.rebuildTape(ctx, err); err != nil {
				return err
			}
		} else if err != nil && !errors.Is(err, tape.ErrEmpty) {
			return fmt.Errorf("journal: %w", err)
		}
	}
	err = j.mountTape()
	if errors.Is(err, tape.ErrDamaged) {
		if err := j.rebuildTape(ctx, err); err != nil {
			return err
		}
		err = j.mountTape()
	}
	if err != nil {
		return wordsFor(err)
	}
	return j.unsuspect()
}

func hasTape(fsys tape.FS, dir string) (bool, error) {
	names, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if tape.IsSegment(name) {
			return true, nil
		}
	}
	return false, nil
}

// mountTape opens the tape; a new one gets Badger's identity or a new one.
func (j *Journal) mountTape() error {
	o := tape.Options{Dir: j.o.path(tapeName), FS: j.o.FS, SegmentBytes: j.o.SegmentBytes,
		FlushDelay: j.o.FlushDelay, Log: j.o.Log, Room: j.tapeRoom, Committed: j.committed}
	if j.store != nil && j.store.meta.ID != uuid.Nil {
		o.ID = j.store.meta.ID
	} else {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("new id: %w", err)
		}
		o.ID = id
	}
	if j.store != nil && j.store.meta.Base > 0 {
		hash, err := j.store.base()
		if err != nil {
			return err
		}
		o.After, o.Chain = j.store.meta.Base, hash
	}
	if j.frozen {
		o.Frozen = true
	}
	t, did, err := tape.Open(o)
	if j.frozen && errors.Is(err, tape.ErrEmpty) {
		return &tape.DamagedError{Segment: 1, Seq: 1, Reason: "there is no tape"}
	}
	if err != nil {
		return err
	}
	if err := begins(t); err != nil {
		return errors.Join(err, t.Close())
	}
	j.tape = t
	j.opened.ID, j.opened.Trimmed = t.ID(), append(j.opened.Trimmed, did.Trimmed...)
	j.opened.Fresh = did.Last == 0 && (j.store == nil || j.store.meta.Seq == 0)
	return nil
}

// begins checks that a tape begins where a period does.
func begins(t *tape.Tape) error {
	base, hash := t.Base()
	if last, _ := t.Durable(); base == 0 || last == base {
		return nil
	}
	r, err := t.Reader(base + 1)
	if err != nil {
		return err
	}
	l, err := r.Next()
	if err == nil && !isPeriod(l, hash) {
		err = begunLate(base + 1)
	}
	return errors.Join(err, r.Close())
}

// begunLate: the first segments are missing.
func begunLate(first uint64) error {
	return &tape.DamagedError{Segment: 1, Seq: 1, Reason: fmt.Sprintf("the tape begins with record %d", first)}
}

// replaceStore sets Badger's directory aside and begins a new one, once the
// tape has been seen to hold everything.
func (j *Journal) replaceStore(ctx context.Context, why error) error {
	made, err := j.proveTape(ctx)
	if err != nil || (made && j.doubted) {
		return err // the next comparison decides whether Badger stays
	}
	if j.store != nil {
		// What it says at close is of no interest any more, if it closes.
		if err := j.within(j.store.close); errors.Is(err, errNotClosed) {
			return err
		} else if err != nil {
			j.o.Log.Warn("closing the damaged copy", "err", err)
		}
		j.store = nil
	}
	if err := j.setAside(badgerName, why.Error()); err != nil {
		return err
	}
	if err := j.clearAttempts(); err != nil {
		return err
	}
	s, err := j.openGuarded()
	if err != nil {
		return err
	}
	j.store = s
	j.opened.BadgerRebuilt = true
	return nil
}

// proveTape reads the whole tape and makes it again when it is damaged, with
// what Badger still has.
func (j *Journal) proveTape(ctx context.Context) (made bool, err error) {
	_, err = tape.Inspect(ctx, j.o.FS, j.o.path(tapeName), nil)
	switch {
	case errors.Is(err, tape.ErrDamaged):
	case err == nil, errors.Is(err, tape.ErrEmpty):
		return false, nil
	default:
		return false, wordsFor(err)
	}
	err = errors.Join(j.tape.Close(), j.rebuildTape(ctx, err))
	j.tape = nil
	if err == nil {
		err = j.mountTape()
	}
	return true, wordsFor(err)
}

// applyTail gives Badger what it lacks and makes the reader the follower goes
// on with.
func (j *Journal) applyTail(ctx context.Context) error {
	if j.store.meta.ID == uuid.Nil {
		base, hash := j.tape.Base()
		j.store.meta.begin(j.tape.ID(), base, hash)
	}
	from := j.store.meta.Seq
	total, _ := j.tape.Durable()
	r, err := j.tape.Reader(from + 1)
	if err != nil {
		return wordsFor(err)
	}
	j.reader = r
	next := func() (tape.Line, error) {
		if err := ctx.Err(); err != nil {
			return tape.Line{}, err
		}
		if j.store.txn == nil {
			if err := j.roomToApply(); err != nil {
				return tape.Line{}, err
			}
		}
		l, err := j.reader.Next()
		if errors.Is(err, io.EOF) {
			err = errEnd
		}
		return l, err
	}
	if err := j.follow(next, func(seq uint64) error {
		j.o.Progress(seq-from, total-from)
		return nil
	}); err != nil {
		return wordsFor(err)
	}
	m := j.store.meta
	if err := j.noteFollowed(m.Seq); err != nil {
		return err
	}
	j.applied, j.base, j.lastNumber, j.period = m.Seq, m.Base, m.LastNumber, m.period()
	j.opened.Applied, j.opened.Records = m.Seq-from, m.Seq
	j.behindSince = time.Time{}
	if j.opened.Applied > manyApplied {
		debug.FreeOSMemory() // building tables takes ten times what a till needs
	}
	return nil
}
