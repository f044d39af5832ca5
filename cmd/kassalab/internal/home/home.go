// Package home is the bench's directory: who holds it, where things lie in it
// and on which ports its servers stand.
//
// Everything a till or a program is told about a bench (paths, ports,
// passwords) is decided once, at the first start, and holds for the life of
// the directory: over restarts, replugs and a SIGKILL. One bench holds a
// directory at a time. The kernel drops the hold with the process, so nothing
// has to be cleaned up after a crash.
//
// A Home may be used concurrently.
package home

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Names inside the directory.
const (
	lockFile  = "lock"
	portsFile = "ports.json"
	readyFile = "bench.json"
)

// ErrHeld: another bench runs on the directory.
var ErrHeld = errors.New("another kassalab runs on this directory")

// Home is a directory held by this process.
type Home struct {
	dir  string
	lock *os.File
}

// Open makes the directory if need be, for its owner alone, and takes hold of
// it, or returns ErrHeld.
func Open(dir string) (*Home, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find directory: %w", err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(abs, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock directory: %w", err)
	}
	if err := hold(lock); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", abs, err), lock.Close())
	}
	return &Home{dir: abs, lock: lock}, nil
}

// hold takes the write lock of an open file description: two benches of one
// process exclude each other as well, and asking does not disturb.
func hold(f *os.File) error {
	l := wholeFile(unix.F_WRLCK)
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &l)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return ErrHeld
	}
	return err
}

func wholeFile(kind int16) unix.Flock_t { return unix.Flock_t{Type: kind, Whence: 0} }

// Running tells whether a bench holds dir now. A directory that is not there
// is not held.
func Running(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look at the directory's lock: %w", err)
	}
	defer f.Close() // opened for reading: nothing to lose
	l := wholeFile(unix.F_RDLCK)
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &l); err != nil {
		return false, fmt.Errorf("look at the directory's lock: %w", err)
	}
	return l.Type != unix.F_UNLCK, nil
}

// Dir is the directory's absolute path.
func (h *Home) Dir() string { return h.dir }

// Path is a path inside the directory.
func (h *Home) Path(elem ...string) string {
	return filepath.Join(append([]string{h.dir}, elem...)...)
}

// MakeDir makes a folder inside the directory and tells its path.
func (h *Home) MakeDir(name string) (string, error) {
	p := h.Path(name)
	if err := os.MkdirAll(p, 0o700); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	return p, nil
}

// Write replaces a file inside the directory as a whole: a reader, and a
// power cut, find the old content or the new one.
func (h *Home) Write(name string, content []byte) error {
	if err := replace(h.Path(name), content); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// Close lets go of the directory.
func (h *Home) Close() error { return h.lock.Close() }

func replace(path string, content []byte) error {
	next := path + ".new"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
