package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Journal is an open journal.
//
// mu guards the fields below it and is never held during I/O. It is never held
// when the tape is called.
type Journal struct {
	o      Options
	lock   *lock
	tape   *tape.Tape
	store  *store // another one when a period has ended: see begin
	vault  *vault.Vault
	reader *tape.Reader // the follower's
	opened Opened

	frozen   bool // a closed period: nothing is appended
	archives *archives
	life     context.Context // ends with Close
	end      context.CancelFunc
	turned   chan struct{} // a period was put away
	sealed   chan struct{} // the sealer has gone
	scrubbed chan struct{} // the reader in the background has gone
	work     chan struct{} // the till has something to do

	noBallast bool // the file system refused it; the next Open tries again

	mark  tape.File // see followedName
	noted uint64

	thorough bool // Open must compare every record of both copies
	doubted  bool // Badger was opened although it is doubted: the tape can not replace it

	wake   chan struct{} // a commit happened
	urgent chan struct{} // a reader waits
	quit   chan struct{}
	done   chan struct{} // the follower has gone

	mu          sync.Mutex
	applied     uint64
	base        uint64 // the open period's records follow this one
	period      Periods
	turning     bool          // a period is put away: nobody may begin to read
	looking     int           // at the whole: no period may end
	rotating    bool          // a period ends
	moved       chan struct{} // closed and renewed when one of these changes or the journal fails
	behindSince time.Time     // the oldest commit that Badger lacks; zero: none
	lastNumber  int64
	storeErr    error // Badger refused: final
	space       Space
	blind       bool // the free space is not known
	scrub       Scrub
	running     bool // Open has returned
	closed      bool
	closeOnce   sync.Once
	closeErr    error
	readers     sync.WaitGroup // Add under mu while not closed
}

// ID is the journal's identity, minted when it was made.
func (j *Journal) ID() uuid.UUID { return j.tape.ID() }

// Append makes entries true together, in this order, and returns the sequence
// of the first. When err is nil they are durable. Invalid entries
// (record.ErrInvalid), a batch too large (fault.TooLarge), a disk without room
// for it (fault.JournalSpace: the journal works on, and takes more when there
// is room) and a ctx that ended before the batch was queued (fault.Busy) wrote
// nothing. After any other error, also when ctx ends while the disk is busy, the outcome is unknown
// (fault.JournalWrite) and the journal has failed: it must be opened again.
func (j *Journal) Append(ctx context.Context, entries ...record.Entry) (first uint64, err error) {
	return j.write(entries, func(e *record.Entry) (vault.Sealed, error) { return j.seal(ctx, e) },
		func(lines [][]byte) (uint64, error) { return j.tape.Append(ctx, lines...) })
}

// Post takes entries and returns at once. They come before anything appended
// or posted later and are durable within the flush delay, or with the next
// commit. fault.Busy: the queue is full or no key for a private part is ready,
// fault.JournalSpace: the disk is full; nothing was taken. When the flush fails the journal fails, see Failed; when
// the disk fills up before it, what was taken waits for room and Flush and
// Append return fault.JournalSpace.
func (j *Journal) Post(entries ...record.Entry) error {
	_, err := j.write(entries, j.sealNow, func(lines [][]byte) (uint64, error) { return j.tape.Post(lines...) })
	return err
}

func (j *Journal) write(entries []record.Entry, seal func(*record.Entry) (vault.Sealed, error), to func([][]byte) (uint64, error)) (uint64, error) {
	j.worked()
	if err := check(entries); err != nil {
		return 0, err
	}
	sealed, err := sealAll(entries, seal)
	if err != nil {
		return 0, err
	}
	lines, err := encode(j.o.Now(), entries, sealed)
	if err != nil {
		return 0, err
	}
	first, err := to(lines)
	if err != nil {
		return 0, wordsFor(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range entries {
		for _, n := range entries[i].Numbers {
			j.lastNumber = max(j.lastNumber, n)
		}
	}
	return first, nil
}

// wordsFor gives an error of the tape its code.
func wordsFor(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fault.New(fault.JournalSpace)) && !errors.Is(err, tape.ErrSpace):
		return err
	case errors.As(err, new(*tape.NewerError)):
		return newerTape(err)
	case errors.Is(err, tape.ErrSpace):
		return fault.New(fault.JournalSpace).With(err)
	case errors.Is(err, tape.ErrFailed):
		return fault.New(fault.JournalWrite).With(err)
	case errors.Is(err, tape.ErrBusy):
		return fault.New(fault.Busy).With(err)
	case errors.Is(err, tape.ErrTooLarge):
		return fault.New(fault.TooLarge, "journal").With(err)
	case errors.Is(err, tape.ErrClosed):
		return fault.New(fault.Unavailable).With(err)
	case errors.Is(err, tape.ErrDamaged), errors.Is(err, errStore):
		return fault.New(fault.JournalDamaged, err.Error()).With(err)
	}
	return fmt.Errorf("journal: %w", err)
}

// Flush waits until everything appended and posted before is durable. A ctx
// that ends first changes nothing.
func (j *Journal) Flush(ctx context.Context) error { return wordsFor(j.tape.Flush(ctx)) }

// Failed is closed once the journal takes nothing any more because a write
// failed; Err tells why. Only opening it again helps.
func (j *Journal) Failed() <-chan struct{} { return j.tape.Failed() }

// Err is nil while the journal works.
func (j *Journal) Err() error { return wordsFor(j.tape.Err()) }

// Head is the last durable record and the chain's hash after it.
func (j *Journal) Head() (seq uint64, hash [32]byte) { return j.tape.Durable() }

// LastNumber is the highest number any entry has carried; 0: none yet.
func (j *Journal) LastNumber() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lastNumber
}

// Lag tells how far Badger is behind the tape: records, and the time since
// the oldest of them was committed.
func (j *Journal) Lag() (records uint64, age time.Duration) {
	durable, _ := j.tape.Durable()
	j.mu.Lock()
	defer j.mu.Unlock()
	if durable <= j.applied {
		return 0, 0
	}
	if !j.behindSince.IsZero() {
		age = time.Since(j.behindSince)
	}
	return durable - j.applied, age
}
