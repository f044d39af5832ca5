package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
)

// errUnusable: the Badger directory must not be opened, or refuses.
var errUnusable = errors.New("journal: the indexed copy can not be opened")

// errAround: what is wrong is around the directory and not in it.
var errAround = errors.New("journal")

// openGuarded opens Badger with the durable count of attempts around it. The
// count stays raised until clearAttempts: whoever dies in between has
// attempted. errUnusable when the directory is to be set aside.
func (j *Journal) openGuarded() (*store, error) {
	n, err := j.attempts()
	if err != nil {
		return nil, err
	}
	why := fmt.Errorf("%d openings failed or killed the process", n)
	for ; n < openAttempts; n++ {
		s, err := j.openOnce(n)
		if err == nil || errors.Is(err, errUnusable) || errors.Is(err, errAround) {
			return s, err
		}
		j.o.Log.Warn("badger refused to open", "attempt", n+1, "err", err)
		why = err
	}
	return nil, fmt.Errorf("%w: %w", errUnusable, why)
}

// openOnce is an attempt after n that did not end well.
func (j *Journal) openOnce(n int) (*store, error) {
	dir := j.o.path(badgerName)
	seen, err := precheck(j.o.FS, dir)
	if err != nil && notTheData(err) {
		return nil, fmt.Errorf("%w: check badger: %v", errAround, err) // errUnusable stays out of it
	}
	if err != nil {
		return nil, err
	}
	j.thorough = j.thorough || seen.orphans > 0 || seen.cut > 0
	j.opened.Reasons = append(j.opened.Reasons, seen.notes()...)
	if err := j.setAttempts(n + 1); err != nil {
		return nil, err
	}
	s, err := openWatched(dir, badgerLog{j.o.Log, j.complained})
	if err == nil {
		return s, nil
	}
	if notTheData(err) {
		return nil, errors.Join(fmt.Errorf("%w: open badger: %w", errAround, err), j.setAttempts(n))
	}
	return nil, fmt.Errorf("journal: open badger: %w", err)
}

// notTheData tells errors of the surroundings, or of a newer program, from
// those of the directory: nothing is set aside because a disk is full.
func notTheData(err error) bool {
	for _, e := range []error{unix.ENOSPC, unix.EDQUOT, unix.EROFS, unix.EACCES, unix.EPERM, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EIO} {
		if errors.Is(err, e) {
			return e != unix.EIO // a bad sector is the data
		}
	}
	return errors.Is(err, fault.New(fault.JournalNewer)) || strings.Contains(err.Error(), "Cannot acquire directory lock")
}

func (j *Journal) attempts() (int, error) {
	b, err := readFile(j.o.FS, j.o.path(attemptsName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || n < 0 {
		return 1, nil // it was there: one at least
	}
	return n, nil
}

func (j *Journal) setAttempts(n int) error {
	if n == 0 {
		return j.clearAttempts()
	}
	return writeFile(j.o.FS, j.o.path(attemptsName), fmt.Appendf(nil, "%d\n", n))
}

func (j *Journal) clearAttempts() error {
	err := j.o.FS.Remove(j.o.path(attemptsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return j.o.FS.SyncDir(j.o.Dir)
}

// maxSmall is more than any file has that the journal writes beside its copies.
const maxSmall = 4 << 10

// readFile reads a small file, as far as it could be the journal's.
func readFile(fsys tape.FS, name string) (b []byte, err error) {
	f, err := fsys.OpenFile(name, false)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b = make([]byte, maxSmall)
	n, err := f.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return b[:n], nil
}

// writeFile replaces a small file, durably and atomically.
func writeFile(fsys tape.FS, name string, data []byte) error {
	fresh := name + ".new"
	if err := fsys.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("journal: %w", err)
	}
	f, err := fsys.Create(fresh)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	_, err = f.WriteAt(data, 0)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := fsys.Rename(fresh, name); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return fsys.SyncDir(filepath.Dir(name))
}

func asideName() string { return ".aside-" + time.Now().UTC().Format("20060102T150405.000000000") }

// setAside renames a directory of the data directory so that it is out of the
// way and nothing is lost.
func (j *Journal) setAside(name, why string) error {
	to := name + asideName()
	if err := j.o.FS.Rename(j.o.path(name), j.o.path(to)); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.o.FS.SyncDir(j.o.Dir); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if len(why) > MaxReason {
		why = strings.ToValidUTF8(why[:MaxReason], "")
	}
	j.opened.Aside = append(j.opened.Aside, to)
	j.opened.Reasons = append(j.opened.Reasons, why)
	j.o.Log.Warn("set aside", "was", name, "now", to, "why", why)
	return nil
}
