package catalogdb

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Names of the directories, each followed by a generation's number.
const (
	genPrefix     = "gen-"
	buildPrefix   = "build-"
	oldPrefix     = "old-"
	damagedPrefix = "damaged-"
)

const (
	stateFile = "state.json"
	lockFile  = "lock"
	// maxTries is how often a generation may be opened without the process
	// living to tell: a damaged table can panic in Badger's own goroutines.
	maxTries = 2
)

func dirName(prefix string, number int64) string { return fmt.Sprintf("%s%06d", prefix, number) }

// state is what must outlive the process besides the generations.
type state struct {
	Last  int64         `json:"last"`            // highest generation ever begun
	Tries map[int64]int `json:"tries,omitempty"` // openings that have not returned
}

// lockDir makes the directory and takes it for this process. The kernel
// releases the lock when the process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make catalogue directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	return f, nil
}

// load brings the directory in order and opens the generations to keep.
func (db *DB) load() error {
	found, err := db.sweep()
	if err != nil {
		return err
	}
	// Which of them a cheque still uses is not known yet: none is removed before
	// the next generation comes, unless there are more than there can be.
	kept := 0
	for _, n := range found {
		if kept == maxLive {
			db.work.Go(func() { db.remove(n) })
			continue
		}
		ok, err := db.openOne(n)
		if err != nil {
			return err
		}
		if ok {
			kept++
		}
	}
	if len(db.state.Tries) > 0 {
		db.state.Tries = nil
		return db.saveState()
	}
	return nil
}

// openOne opens generation n under the attempt counter. False means it was
// set aside; an error, that something is wrong with the machine, not with it.
func (db *DB) openOne(n int64) (bool, error) {
	if db.state.Tries[n] >= maxTries {
		return false, db.setAside(n, fmt.Errorf("%w: generation %d: the program did not survive opening it %d times", ErrDamaged, n, maxTries))
	}
	if db.state.Tries == nil {
		db.state.Tries = map[int64]int{}
	}
	db.state.Tries[n]++
	if err := db.saveState(); err != nil {
		return false, err
	}
	g, err := openGeneration(filepath.Join(db.dir, dirName(genPrefix, n)), n)
	if err != nil {
		if transient(err) {
			return false, fmt.Errorf("open generation %d: %w", n, err)
		}
		return false, db.setAside(n, fmt.Errorf("%w: generation %d: %w", ErrDamaged, n, err))
	}
	db.live[n] = g
	if db.current == nil || db.current.number < n {
		db.current = g
	}
	return true, nil
}

// transient tells errors of the machine from damage of the files.
func transient(err error) bool {
	for _, e := range []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOSPC} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// sweep reads the state, removes leftovers and lists the generations, newest
// first.
func (db *DB) sweep() (found []int64, err error) {
	if err := db.readState(); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(db.dir)
	if err != nil {
		return nil, fmt.Errorf("read catalogue directory: %w", err)
	}
	var damaged []string
	for _, e := range entries {
		prefix, n := parseDir(e.Name())
		db.state.Last = max(db.state.Last, n)
		switch prefix {
		case genPrefix:
			found = append(found, n)
		case damagedPrefix:
			damaged = append(damaged, e.Name())
		case buildPrefix, oldPrefix:
			db.log.Info("catalogue leftover removed", "dir", e.Name())
			if err := os.RemoveAll(filepath.Join(db.dir, e.Name())); err != nil {
				return nil, fmt.Errorf("remove leftover: %w", err)
			}
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found, db.pruneDamaged(damaged)
}

// pruneDamaged keeps the newest of the directories set aside.
func (db *DB) pruneDamaged(names []string) error {
	slices.Sort(names)
	for _, name := range names[:max(0, len(names)-1)] {
		if err := os.RemoveAll(filepath.Join(db.dir, name)); err != nil {
			return fmt.Errorf("remove damaged generation: %w", err)
		}
	}
	return nil
}

func parseDir(name string) (prefix string, number int64) {
	for _, p := range []string{genPrefix, buildPrefix, oldPrefix, damagedPrefix} {
		if rest, ok := strings.CutPrefix(name, p); ok {
			if n, err := strconv.ParseInt(rest, 10, 64); err == nil && n > 0 {
				return p, n
			}
		}
	}
	return "", 0
}

// setAside renames a damaged generation out of the way and remembers why.
func (db *DB) setAside(n int64, reason error) error {
	db.log.Error("catalogue generation set aside", "generation", n, "err", reason)
	db.problem = reason
	old, err := filepath.Glob(filepath.Join(db.dir, damagedPrefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove damaged generation: %w", err)
		}
	}
	if err := os.Rename(filepath.Join(db.dir, dirName(genPrefix, n)), filepath.Join(db.dir, dirName(damagedPrefix, n))); err != nil {
		return fmt.Errorf("set generation aside: %w", err)
	}
	return syncPath(db.dir)
}

// remove removes a closed generation, file by file. It is renamed first, so
// that a crash leaves nothing that looks whole.
func (db *DB) remove(n int64) {
	old := filepath.Join(db.dir, dirName(oldPrefix, n))
	err := os.Rename(filepath.Join(db.dir, dirName(genPrefix, n)), old)
	if err == nil {
		err = os.RemoveAll(old)
	}
	if err != nil {
		db.log.Warn("old catalogue not removed", "generation", n, "err", err)
	}
}

// readState reads the state file. A damaged one is no loss: the directories'
// names hold the last number too.
func (db *DB) readState() error {
	data, err := os.ReadFile(filepath.Join(db.dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	if err := json.Unmarshal(data, &db.state); err != nil || db.state.Last < 0 {
		db.log.Warn("catalogue state unreadable, starting afresh", "err", err)
		db.state = state{}
	}
	return nil
}

// saveState replaces the state file durably.
func (db *DB) saveState() error {
	data, err := json.Marshal(db.state)
	if err != nil {
		return err
	}
	path := filepath.Join(db.dir, stateFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	if err := syncPath(path + ".new"); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("replace state: %w", err)
	}
	return syncPath(db.dir)
}

// syncPath makes a file or directory durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// ownerOnly is the mode of all files: there are customers in them.
const ownerOnly = 0o600

// syncTree makes every file of dir and dir itself durable, and its owner's
// only: Badger leaves that to the process.
func syncTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	// One after the other they would cost the file system's journal a commit each.
	for _, e := range entries {
		if err := os.Chmod(filepath.Join(dir, e.Name()), ownerOnly); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := syncPath(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return syncPath(dir)
}

// freeSpace tells how many bytes an unprivileged process may still write.
func freeSpace(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs: %w", err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}
