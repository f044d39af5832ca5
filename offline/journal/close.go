package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// closeLimit is how long closing may take. Badger writes its memory tables out
// then, and tries again for ever when the disk refuses them.
const closeLimit = 30 * time.Second

// leftName is a file with the reason why Badger was not closed.
const leftName = "badger.left"

// errNotClosed: the directory of Badger stays locked until it is done after
// all, or the process ends.
var errNotClosed = errors.New("journal: the indexed copy was not closed")

// Close writes what was taken, lets Badger catch up and gives up the lock.
// Later calls return the same. It reports a failure the journal had.
// fault.JournalSpace: posted entries found no room, or Badger was left as a
// kill would leave it, for closing it needs room. fault.JournalWrite: so it
// was left because the disk took longer than 30 s. Nothing is lost by either,
// for the tape has everything; the directory stays locked until the process
// ends, and the next Open tells (Opened.BadgerLeft).
func (j *Journal) Close() error {
	j.closeOnce.Do(func() {
		j.mu.Lock()
		j.closed = true
		j.mu.Unlock()
		j.end()
		err := j.tape.Close()
		close(j.quit)
		j.closeErr = wordsFor(errors.Join(err, j.within(func() error {
			<-j.done
			<-j.sealed
			<-j.scrubbed
			j.readers.Wait()
			return errors.Join(j.archives.close(), j.release())
		})))
	})
	return j.closeErr
}

// release closes everything but the tape.
func (j *Journal) release() error {
	var errs []error
	if j.reader != nil {
		errs = append(errs, j.reader.Close())
	}
	if j.mark != nil {
		errs = append(errs, j.mark.Close())
	}
	if j.store != nil {
		errs = append(errs, j.closeStore(j.store))
	}
	if j.vault != nil && !j.frozen { // a closed period uses the open one's
		errs = append(errs, j.vault.Close())
	}
	return errors.Join(append(errs, j.lock.release())...)
}

// within runs fn, which closes Badger, but waits only so long for it. What it
// has not done by then it does when it can.
func (j *Journal) within(fn func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- fn() }()
	timer := time.NewTimer(j.o.closeLimit)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
	}
	why := fmt.Sprintf("the disk did not let the indexed copy be closed within %v", j.o.closeLimit)
	j.o.Log.Error("badger is left as it is", "why", why)
	if err := writeFile(j.o.FS, j.o.path(leftName), []byte(why+"\n")); err != nil {
		j.o.Log.Error("that badger was left could not be noted", "err", err)
	}
	return fault.New(fault.JournalWrite).Saying(why).With(errNotClosed)
}

// closeStore closes Badger, if there is room for what that writes. If not, it
// is left as a kill would leave it: the tape has everything.
func (j *Journal) closeStore(s *store) error {
	free, err := j.o.Free(j.o.Dir)
	if err == nil && free < closeRoom {
		err = j.dropBallast()
		if err == nil {
			free, err = j.o.Free(j.o.Dir)
		}
	}
	if err == nil && free < closeRoom {
		return errors.Join(spaceFault(free, closeRoom), errNotClosed)
	}
	return errors.Join(err, s.close())
}

// wasLeft looks whether Badger was closed. A disk that has refused its writes
// may have lost some of those it took: every record is compared.
func (j *Journal) wasLeft() error {
	b, err := readFile(j.o.FS, j.o.path(leftName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	why := strings.TrimSpace(string(b))
	if len(why) > MaxReason {
		why = why[:MaxReason]
	}
	if why = strings.ToValidUTF8(why, ""); why == "" {
		why = "the indexed copy was not closed"
	}
	j.opened.BadgerLeft, j.thorough = true, true
	j.opened.Reasons = append(j.opened.Reasons, why)
	return nil
}

// forgetLeft removes the note once it was acted upon.
func (j *Journal) forgetLeft() error {
	if !j.opened.BadgerLeft {
		return nil
	}
	if err := j.o.FS.Remove(j.o.path(leftName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	return j.o.FS.SyncDir(j.o.Dir)
}
