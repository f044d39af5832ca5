package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Bytes free on the journal's file system, and what they are needed for.
// Badger maps its files: a page that the disk has no room for is a SIGBUS that
// nothing survives. So it is kept away from a full disk by a distance.
const (
	// DefaultWatermark: below it no new sale should begin.
	DefaultWatermark = 128 << 20
	// DefaultBallast is held for the day the disk is full: opening with it
	// gone needs openRoom.
	DefaultBallast = 64 << 20
	// followRoom: below it Badger is given nothing and the tape gets no new
	// segment. What Badger may still write in the background by itself: two
	// memory tables, a compaction of a few of them with the level below.
	followRoom = 64 << 20
	// openRoom: below it Badger is not opened. It writes its memory tables
	// out, and the tail of the tape is applied.
	openRoom = 48 << 20
	// closeRoom: below it Badger is not closed, for closing writes the memory
	// tables out, and a running till gives up its ballast for what Badger
	// does in the background. A process that eats all of this between two
	// looks still gets there first: the journal wants a partition of its own.
	closeRoom = 24 << 20

	spaceEvery = time.Second // free space is looked at, and before every commit to Badger
)

// Space is how the disk is.
type Space struct {
	Free    uint64 `json:"free"`    // bytes, for the till's user
	Low     bool   `json:"low"`     // below the watermark: new sales are to be refused
	Stopped bool   `json:"stopped"` // Badger follows no more: what is newer can not be read until there is room
	Ballast bool   `json:"ballast"` // the reserve is there
}

// Space is how the disk was a moment ago. It never waits.
func (j *Journal) Space() Space {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.space
}

// freeBytes asks the file system. One that does not tell has no limit.
func freeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	for {
		err := unix.Statfs(dir, &s)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, &fs.PathError{Op: "statfs", Path: dir, Err: err}
		}
		break
	}
	if s.Blocks == 0 {
		return math.MaxUint64, nil
	}
	return s.Bavail * uint64(s.Bsize), nil
}

// spaceFault tells how much is free and how much is needed.
func spaceFault(free, need uint64) error {
	return fault.New(fault.JournalSpace).Saying(fmt.Sprintf("%d MiB free, %d MiB needed", free>>20, need>>20))
}

// look asks for the free space. When that can not be told, it is as before.
func (j *Journal) look() (free uint64) {
	free, err := j.o.Free(j.o.Dir)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		if !j.blind {
			j.o.Log.Warn("free space is unknown", "err", err)
		}
		j.blind = true
		return j.space.Free
	}
	j.blind = false
	j.space.Free, j.space.Low = free, free < j.o.Watermark
	return free
}

// makeRoom gives the ballast up when Badger needs its room to be opened.
func (j *Journal) makeRoom() error {
	free, err := j.o.Free(j.o.Dir)
	if err != nil {
		return fmt.Errorf("journal: free space: %w", err)
	}
	if j.frozen {
		return nil // the running till has looked
	}
	if free < openRoom {
		if err := j.dropBallast(); err != nil {
			return err
		}
		if free, err = j.o.Free(j.o.Dir); err != nil {
			return fmt.Errorf("journal: free space: %w", err)
		}
	}
	if free < openRoom {
		return spaceFault(free, openRoom)
	}
	j.noteBallast(j.hasBallast())
	return nil
}

// roomToApply is asked before every commit to Badger while opening.
func (j *Journal) roomToApply() error {
	if free := j.look(); free < openRoom {
		return spaceFault(free, openRoom)
	}
	return nil
}

// tend keeps the ballast: given up when what Badger does in the background
// may need it, made when there is plenty.
func (j *Journal) tend() {
	free := j.look()
	var err error
	switch {
	case free < closeRoom:
		err = j.dropBallast()
	case free >= followRoom:
		j.tape.Prepare()
		err = j.makeBallast(free)
	}
	if err != nil {
		j.o.Log.Warn("the ballast", "err", err)
	}
}

// stopped notes whether there is room for Badger to follow, and wakes those
// who wait for it.
func (j *Journal) stopped(yes bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if yes == j.space.Stopped {
		return
	}
	j.space.Stopped = yes
	j.o.Log.Warn("free space for the indexed copy", "stopped", yes, "free", j.space.Free)
	close(j.moved)
	j.moved = make(chan struct{})
}

// tapeRoom leaves what is free below followRoom to Badger.
func (j *Journal) tapeRoom(bytes int64) error {
	free, err := j.o.Free(j.o.Dir)
	if err != nil {
		return nil // the disk itself will tell
	}
	if need := uint64(followRoom + bytes); free < need {
		return spaceFault(free, need)
	}
	return nil
}

// hasBallast looks whether the whole of it is there.
func (j *Journal) hasBallast() bool {
	var s unix.Stat_t
	return unix.Stat(j.o.path(ballastName), &s) == nil && s.Blocks*512 >= j.o.Ballast
}

// dropBallast removes the ballast, if there is one, and waits until its room
// is free.
func (j *Journal) dropBallast() error {
	j.noteBallast(false)
	switch err := os.Remove(j.o.path(ballastName)); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("journal: %w", err)
	}
	j.o.Log.Warn("the disk is full, the ballast is given up")
	return tape.OS{}.SyncDir(j.o.Dir)
}

// makeBallast makes the ballast when there is plenty of room. Its blocks are
// the disk's own even though nothing is in them; where a file system can not
// do that they are written.
func (j *Journal) makeBallast(free uint64) (err error) {
	j.mu.Lock()
	have := j.space.Ballast
	j.mu.Unlock()
	if have || j.noBallast || free < j.o.Watermark+uint64(j.o.Ballast) {
		return nil
	}
	f, err := os.OpenFile(j.o.path(ballastName), os.O_RDWR|os.O_CREATE|unix.O_CLOEXEC, 0o640)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	for err = unix.EINTR; errors.Is(err, unix.EINTR); {
		err = unix.Fallocate(int(f.Fd()), 0, 0, j.o.Ballast)
	}
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = writeAll(f, j.o.Ballast)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		j.noBallast = true
		return errors.Join(fmt.Errorf("journal: %w", err), j.dropBallast())
	}
	j.noteBallast(true)
	return nil
}

func writeAll(f *os.File, size int64) error {
	piece := make([]byte, 1<<20)
	for i := range piece {
		piece[i] = byte(i * 131 >> 3) // no zeros: some file systems do not store them
	}
	for at := int64(0); at < size; at += int64(len(piece)) {
		if _, err := f.WriteAt(piece[:min(int64(len(piece)), size-at)], at); err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) noteBallast(there bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.space.Ballast = there
}
