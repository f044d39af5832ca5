// Package durable replaces and removes small files so that a power cut leaves
// the old one or the new one, whole, and so that what has returned stays: the
// new content is flushed under another name, renamed over the old, and the
// directory is flushed.
//
// It is for single files that stand for themselves. What belongs together goes
// into the journal.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// newSuffix is what the next content is called until it is whole.
const newSuffix = ".new"

// Replace makes b the content of the file at path, whose directory must be
// there. mode holds whatever the umask says.
func Replace(path string, b []byte, mode fs.FileMode) error {
	if err := write(path+newSuffix, b, mode); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.Rename(path+newSuffix, path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return SyncDir(filepath.Dir(path))
}

func write(path string, b []byte, mode fs.FileMode) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(mode); err != nil {
		return err
	}
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.Sync()
}

// Remove takes the file away; one that is not there is no error.
func Remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", filepath.Base(path), err)
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a directory lasting.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("flush a directory: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
