package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

const (
	archiveName = "archive" // in a data directory: the closed periods

	// maxOpenArchives bounds the closed periods that are open at a time, for
	// each takes as much memory as the open one.
	maxOpenArchives = 2
	archiveIdle     = 20 * time.Second // after which one that nobody reads is closed
)

// archives are the closed periods of a journal, oldest first. One is opened
// when something is looked for in it.
type archives struct {
	dir    string
	fsys   tape.FS
	idle   time.Duration
	start  func(ctx context.Context, dir string, about *About) (*Journal, error)
	await  func(ctx context.Context, news <-chan struct{}) error
	wanted func() // somebody waits for one

	mu     sync.Mutex // guards all below; never held during I/O
	list   []*archive
	gone   removed
	moved  chan struct{} // closed and renewed when something below changes
	closed bool
}

// archive is one closed period.
type archive struct {
	about About
	dir   string

	part  *Journal // nil: not open
	busy  bool     // being opened or closed
	gone  bool     // removed
	users int
	since time.Time // nobody has used it
}

// removed says which periods are not there any more.
type removed struct {
	Number int    `json:"number"` // all up to this one
	Last   uint64 `json:"last"`   // sequence
	Head   string `json:"head"`   // hash of the chain after Last
}

// stir wakes whoever waits. mu is held.
func (s *archives) stir() {
	close(s.moved)
	s.moved = make(chan struct{})
}

// add appends a period that was just closed.
func (s *archives) add(a About) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, &archive{about: a, dir: filepath.Join(s.dir, periodDir(a.Number))})
}

// all lists the periods.
func (s *archives) all() []*archive {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// begin is the lowest sequence the journal still has.
func (s *archives) begin() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gone.Last + 1
}

// find finds the period that holds a record; nil when none does.
func (s *archives) find(seq uint64) (*archive, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range slices.Backward(s.list) {
		if a.about.First <= seq && seq <= a.about.Last {
			return a, nil
		}
	}
	if seq <= s.gone.Last {
		return nil, ErrNotFound
	}
	return nil, fault.New(fault.JournalDamaged, fmt.Sprintf("the archived period with record %d is missing", seq))
}

// with calls fn with the open directory of the period that holds a record.
func (s *archives) with(ctx context.Context, seq uint64, fn func(*Journal) error) error {
	a, err := s.find(seq)
	if err != nil {
		return err
	}
	return s.open(ctx, a, fn)
}

// pass is with for a scan that has come to seq: fn gets the sequences of the
// period, and no directory when there is nothing in it that f chooses.
func (s *archives) pass(ctx context.Context, seq uint64, f record.Filter, fn func(first, last uint64, part *Journal) error) error {
	a, err := s.find(seq)
	if errors.Is(err, ErrNotFound) { // removed since the scan began
		return fn(1, s.begin()-1, nil)
	}
	if err != nil {
		return err
	}
	first, last := a.about.First, a.about.Last
	if !a.about.may(f) {
		return fn(first, last, nil)
	}
	return s.open(ctx, a, func(part *Journal) error { return fn(first, last, part) })
}

// near lists the periods, those of the time when an id was made before the
// others, the newest first.
func (s *archives) near(id uuid.UUID) []*archive {
	s.mu.Lock()
	list := slices.Clone(s.list)
	s.mu.Unlock()
	slices.Reverse(list)
	if id.Version() != 7 {
		return list
	}
	at := time.Unix(id.Time().UnixTime())
	slices.SortStableFunc(list, func(a, b *archive) int { return cmp.Compare(a.about.far(at), b.about.far(at)) })
	return list
}

// far is how far a time is from the period's.
func (a *About) far(at time.Time) time.Duration {
	return max(0, a.Begun.Sub(at), at.Sub(a.Ended))
}

// open calls fn with the open directory of a period.
func (s *archives) open(ctx context.Context, a *archive, fn func(*Journal) error) error {
	part, err := s.acquire(ctx, a)
	if err != nil {
		return err
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		a.users--
		a.since = time.Now()
		s.stir()
	}()
	return fn(part)
}

// acquire opens a period, or takes part in one that is open. When there are
// too many it closes one that nobody uses, or waits for one.
func (s *archives) acquire(ctx context.Context, a *archive) (*Journal, error) {
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return nil, wordsFor(tape.ErrClosed)
		}
		if a.gone {
			s.mu.Unlock()
			return nil, ErrNotFound
		}
		if a.part != nil && !a.busy {
			a.users++
			s.mu.Unlock()
			return a.part, nil
		}
		var err error
		switch victim, full := s.victim(); {
		case a.busy || full && victim == nil:
			moved := s.moved
			s.mu.Unlock()
			s.wanted()
			err = s.await(ctx, moved)
		case full:
			err = s.shut(victim)
		default:
			err = s.mount(ctx, a)
		}
		if err != nil {
			return nil, err
		}
	}
}

// victim finds what to close when as many are open as may be: the one that
// was not used for the longest time. mu is held.
func (s *archives) victim() (victim *archive, full bool) {
	open := 0
	for _, a := range s.list {
		if a.part != nil || a.busy {
			open++
		}
		if a.part != nil && !a.busy && a.users == 0 && (victim == nil || a.since.Before(victim.since)) {
			victim = a
		}
	}
	return victim, open >= maxOpenArchives
}

// mount opens a period. mu is held, and let go.
func (s *archives) mount(ctx context.Context, a *archive) error {
	a.busy = true
	s.mu.Unlock()
	part, err := s.start(ctx, a.dir, &a.about)
	s.mu.Lock()
	defer s.mu.Unlock()
	a.part, a.busy, a.since = part, false, time.Now()
	s.stir()
	if err != nil {
		return fmt.Errorf("archived period %d: %w", a.about.Number, err)
	}
	return nil
}

// shut closes a period. mu is held, and let go.
func (s *archives) shut(a *archive) error {
	a.busy = true
	s.mu.Unlock()
	err := a.part.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	a.part, a.busy = nil, false
	s.stir()
	return err
}

// tend closes one that nobody has used for a while.
func (s *archives) tend() error {
	s.mu.Lock()
	victim, _ := s.victim()
	if victim == nil || time.Since(victim.since) < s.idle {
		s.mu.Unlock()
		return nil
	}
	return s.shut(victim)
}

// drop lets go of a removed period, once nobody uses it.
func (s *archives) drop(ctx context.Context, a *archive, r removed) error {
	s.mu.Lock()
	a.gone, s.gone = true, r
	s.list = slices.DeleteFunc(s.list, func(x *archive) bool { return x == a })
	for a.busy || a.users > 0 {
		moved := s.moved
		s.mu.Unlock()
		if err := s.await(ctx, moved); err != nil {
			return err // the next Open removes it
		}
		s.mu.Lock()
	}
	if a.part != nil {
		return s.shut(a)
	}
	s.mu.Unlock()
	return nil
}

// close closes all, once nobody uses them any more; those who use them have
// been told.
func (s *archives) close() error {
	var errs []error
	s.mu.Lock()
	s.closed = true
	for {
		i := slices.IndexFunc(s.list, func(a *archive) bool { return a.part != nil || a.busy })
		if i < 0 {
			s.mu.Unlock()
			return errors.Join(errs...)
		}
		if a := s.list[i]; !a.busy && a.users == 0 {
			errs = append(errs, s.shut(a))
			s.mu.Lock()
			continue
		}
		moved := s.moved
		s.mu.Unlock()
		<-moved
		s.mu.Lock()
	}
}

// survey lists the closed periods in the directory, oldest first. Of one
// without a description only the number is known.
func (s *archives) survey() (undescribed []*archive, err error) {
	names, err := s.fsys.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, making) {
			if err := removeTree(s.fsys, filepath.Join(s.dir, name)); err != nil {
				return nil, err
			}
		}
		number, ok := periodNumber(name)
		if !ok {
			continue
		}
		a := &archive{dir: filepath.Join(s.dir, name)}
		a.about, err = readAbout(s.fsys, a.dir)
		if errors.Is(err, errAbout) || err == nil && a.about.Number != number {
			a.about = About{Number: number}
			undescribed = append(undescribed, a)
		} else if err != nil {
			return nil, err
		}
		s.list = append(s.list, a)
	}
	return undescribed, nil
}
