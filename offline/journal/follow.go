package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kassa-pos/kassa/offline/tape"
)

// The follower waits this part of LagTime for more records before it makes a
// batch of them: its flushes compete with the tape's for the disk.
const gatherPart = 20

// committed is called by the tape's writer after each commit.
func (j *Journal) committed() {
	j.mu.Lock()
	if j.behindSince.IsZero() {
		j.behindSince = time.Now()
	}
	j.mu.Unlock()
	signal(j.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// run is the follower: the one goroutine that writes to Badger.
func (j *Journal) run() {
	defer close(j.done)
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	armed := false
	look := time.NewTicker(j.o.spaceEvery)
	defer look.Stop()
	for {
		quit := false
		select {
		case <-j.wake:
			if n, _ := j.Lag(); n < uint64(j.o.LagRecords) {
				if !armed {
					timer.Reset(j.o.LagTime / gatherPart)
					armed = true
				}
				continue
			}
		case <-timer.C:
		case <-j.urgent:
		case <-look.C:
			j.tend()
			if err := j.archives.tend(); err != nil {
				j.o.Log.Warn("closing an archived period", "err", err)
			}
			if !j.Space().Stopped {
				continue
			}
		case <-j.quit:
			quit = true
		}
		timer.Stop()
		armed = false
		if err := j.catchUp(); err != nil {
			j.storeFailed(err)
			return
		}
		if quit {
			return
		}
	}
}

// catchUp applies everything durable, as far as there is room.
func (j *Journal) catchUp() error {
	begun := time.Now()
	return j.follow(func() (tape.Line, error) {
		if j.store.txn == nil {
			full := j.look() < followRoom
			if j.stopped(full); full {
				return tape.Line{}, errEnd
			}
		}
		l, err := j.reader.Next()
		if errors.Is(err, io.EOF) {
			err = errEnd
		}
		return l, err
	}, func(seq uint64) error {
		j.advance(seq, begun)
		return j.noteFollowed(seq)
	})
}

// follow gives Badger what next gives, and puts periods away that end.
func (j *Journal) follow(next func() (tape.Line, error), committed func(seq uint64) error) error {
	for {
		err := j.store.follow(next, committed)
		var ends *periodEnds
		if !errors.As(err, &ends) {
			return err
		}
		if err := j.turn(ends); err != nil {
			return err
		}
	}
}

// advance publishes what Badger has durably.
func (j *Journal) advance(seq uint64, begun time.Time) {
	durable, _ := j.tape.Durable()
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq > j.base { // else a period has only begun
		j.period = j.store.meta.period()
	}
	if seq >= durable {
		j.behindSince = time.Time{}
	} else if seq != j.applied {
		j.behindSince = begun // what came during the batch is younger
	}
	if seq != j.applied {
		j.applied = seq
		close(j.moved)
		j.moved = make(chan struct{})
	}
}

// storeFailed: after an error of a commit nobody knows what Badger holds.
// Nothing is acknowledged any more; the next Open finds out.
func (j *Journal) storeFailed(err error) {
	j.o.Log.Error("the journal's indexed copy failed", "err", err)
	j.mu.Lock()
	if j.storeErr == nil {
		j.storeErr = err
	}
	close(j.moved)
	j.moved = make(chan struct{})
	j.mu.Unlock()
	j.tape.Fail(fmt.Errorf("the indexed copy failed: %w", err))
}

// complained is told of the errors that Badger keeps to itself. While the
// journal is open they end it as those do that Badger returns.
func (j *Journal) complained(err error) {
	j.mu.Lock()
	running := j.running && !j.closed
	j.mu.Unlock()
	if running {
		j.storeFailed(err)
	}
}

// caughtUp waits until Badger has everything that is durable now.
func (j *Journal) caughtUp(ctx context.Context) error {
	durable, _ := j.tape.Durable()
	return j.waitFor(ctx, durable)
}

func (j *Journal) waitFor(ctx context.Context, seq uint64) error {
	for {
		j.mu.Lock()
		applied, moved, err, closed, space := j.applied, j.moved, j.storeErr, j.closed, j.space
		j.mu.Unlock()
		switch {
		case closed:
			return wordsFor(tape.ErrClosed)
		case applied >= seq:
			return nil
		case err != nil:
			return wordsFor(err)
		}
		signal(j.urgent)
		if space.Stopped {
			return spaceFault(space.Free, followRoom)
		}
		select {
		case <-moved:
		case <-j.quit:
		case <-ctx.Done():
			return fmt.Errorf("journal: %w", ctx.Err())
		}
	}
}
