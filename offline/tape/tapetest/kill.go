package tapetest

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/kassa-pos/kassa/offline/tape"
)

// Killer is a file system that ends its own process with SIGKILL at one of the
// changes it makes (creations, writes, syncs, renames, removals), counted from
// when it was armed.
type Killer struct {
	tape.FS
	at    int64
	after bool
	armed atomic.Bool
	steps atomic.Int64
}

// NewKiller makes a Killer over fsys of "before:3" or "after:3": the third
// change, and whether it has been made. "" never kills.
func NewKiller(fsys tape.FS, where string) (*Killer, error) {
	k := &Killer{FS: fsys}
	if where == "" {
		return k, nil
	}
	when, n, _ := strings.Cut(where, ":")
	at, err := strconv.ParseInt(n, 10, 64)
	if err != nil || at < 1 || (when != "before" && when != "after") {
		return nil, fmt.Errorf("tapetest: kill %.40q: want before:N or after:N", where)
	}
	k.at, k.after = at, when == "after"
	return k, nil
}

// Arm begins to count.
func (k *Killer) Arm() { k.armed.Store(true) }

// Steps tells how many changes there were since it was armed.
func (k *Killer) Steps() int64 { return k.steps.Load() }

func (k *Killer) step(change func() error) error {
	mine := k.armed.Load() && k.steps.Add(1) == k.at
	if mine && !k.after {
		die()
	}
	err := change()
	if mine {
		die()
	}
	return err
}

func die() {
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {} // the signal is on its way
}

// OpenFile implements tape.FS.
func (k *Killer) OpenFile(name string, write bool) (tape.File, error) {
	f, err := k.FS.OpenFile(name, write)
	return killerFile{f, k}, err
}

// Create implements tape.FS.
func (k *Killer) Create(name string) (f tape.File, err error) {
	err = k.step(func() error { f, err = k.FS.Create(name); return err })
	return killerFile{f, k}, err
}

// Rename implements tape.FS.
func (k *Killer) Rename(oldName, newName string) error {
	return k.step(func() error { return k.FS.Rename(oldName, newName) })
}

// Remove implements tape.FS.
func (k *Killer) Remove(name string) error {
	return k.step(func() error { return k.FS.Remove(name) })
}

// SyncDir implements tape.FS.
func (k *Killer) SyncDir(dir string) error {
	return k.step(func() error { return k.FS.SyncDir(dir) })
}

type killerFile struct {
	tape.File
	k *Killer
}

func (f killerFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.k.step(func() error { n, err = f.File.WriteAt(p, off); return err })
	return n, err
}

func (f killerFile) Sync() error   { return f.k.step(f.File.Sync) }
func (f killerFile) Settle() error { return f.k.step(f.File.Settle) }
