// Package tapetest is a disk for tests of the tape: a file system in memory
// that knows what a power cut may leave.
//
// What was written since a file's last Sync waits sector by sector; creations,
// renames and removals wait for SyncDir. Cut makes the disk after a cut, with
// every waiting sector kept or dropped as the caller chooses, and the waiting
// directory changes kept up to one of them, in order. StopAt makes every
// operation from the k-th change on fail, as if the process had been killed
// there; FailSync makes a Sync fail as Linux does: the error is told once,
// the data is not on the disk, and the cache still shows it. SetFree makes the
// disk small.
//
// A Disk may be used concurrently.
package tapetest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Sector is what is written as a whole or not at all.
const Sector = 512

// ErrStopped is what everything returns behind the point of StopAt.
var ErrStopped = errors.New("tapetest: the process was killed here")

// Disk implements tape.FS.
type Disk struct {
	mu      sync.Mutex
	names   map[string]*file // as the process sees them
	stored  map[string]*file // as a cut would leave them
	changes []change         // between stored and names, in order
	ops     int
	stopAt  int // 0: never
	failAt  int // the sync that fails; 0: none
	syncs   int
	bad     map[string]map[int64]bool // unreadable sectors
	blocked chan struct{}
	free    int64 // bytes files may grow by; below 0: no limit
}

// file is an inode; a directory is nothing more. cache is what reads see, disk what was synced. Sectors of
// dirty wait; those of lost are in the cache only and no Sync writes them.
type file struct {
	cache, disk []byte
	dirty, lost map[int64]bool
	dir         bool
}

func newFile(dir bool) *file {
	return &file{dirty: map[int64]bool{}, lost: map[int64]bool{}, dir: dir}
}

type change struct {
	old, name string // rename when both, creation when old is "", removal when name is ""
	file      *file
}

// New makes an empty disk.
func New() *Disk {
	return &Disk{names: map[string]*file{}, stored: map[string]*file{}, bad: map[string]map[int64]bool{}, free: -1}
}

// SetFree leaves room for files to grow by so many bytes; what does not fit is
// cut off and ENOSPC. Below 0, as at first, there is no limit.
func (d *Disk) SetFree(bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = bytes
}

// Free is what is left of SetFree.
func (d *Disk) Free() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.free
}

// give takes bytes of a limited disk, or returns them when negative; it tells
// how many there were.
func (d *Disk) give(bytes int64) int64 {
	if d.free < 0 {
		return bytes
	}
	bytes = min(bytes, d.free)
	d.free -= bytes
	return bytes
}

// Ops counts the changes (writes, syncs, creations, renames, removals,
// directory syncs) so far.
func (d *Disk) Ops() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ops
}

// Syncs counts the file syncs so far.
func (d *Disk) Syncs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.syncs
}

// StopAt makes change k (1, 2..) and everything behind it fail. A write that
// is stopped has reached the cache; a sync that is stopped has done nothing.
func (d *Disk) StopAt(k int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopAt = k
}

// FailSync makes the k-th file sync (1, 2.. from the beginning) return EIO.
func (d *Disk) FailSync(k int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failAt = k
}

// Hang makes syncs wait until the returned function is called.
func (d *Disk) Hang() (release func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := make(chan struct{})
	d.blocked = c
	return func() { close(c) }
}

// BadSector makes the sector at off of a file unreadable until it is written.
func (d *Disk) BadSector(name string, off int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bad[name] == nil {
		d.bad[name] = map[int64]bool{}
	}
	d.bad[name][off/Sector] = true
}

// Poke changes stored bytes behind everybody's back.
func (d *Disk) Poke(name string, off int64, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	copy(f.cache[off:], data)
	copy(f.disk[off:], data)
}

// Peek gives a copy of a file as the process sees it.
func (d *Disk) Peek(name string) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.names[name].cache)
}

// Waiting counts what a cut decides about: sectors and directory changes.
func (d *Disk) Waiting() (sectors, changes int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.inodes() {
		sectors += len(f.dirty)
	}
	return sectors, len(d.changes)
}

// Cut gives the disk after a power cut. keep decides for each waiting sector,
// 0, 1.. in the order of names and offsets; of the directory changes the first
// n are kept. d itself stays as it is.
func (d *Disk) Cut(keep func(i int) bool, n int) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	after := New()
	names := maps.Clone(d.stored)
	for _, c := range d.changes[:n] {
		c.apply(names)
	}
	i := 0
	left := map[*file]*file{}
	for _, f := range d.inodes() {
		kept := slices.Clone(f.disk)
		for _, s := range slices.Sorted(maps.Keys(f.dirty)) {
			if keep(i) {
				kept = putSector(kept, f.cache, s)
			}
			i++
		}
		left[f] = newFile(f.dir)
		left[f].cache, left[f].disk = slices.Clone(kept), kept
	}
	for name, f := range names {
		after.names[name], after.stored[name] = left[f], left[f]
	}
	return after
}

// inodes lists all files in an order that does not change: by name now, then
// those that are stored under a name they do not have any more, then those
// that came and went since.
func (d *Disk) inodes() []*file {
	var list []*file
	for _, names := range []map[string]*file{d.names, d.stored} {
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if !slices.Contains(list, names[name]) {
				list = append(list, names[name])
			}
		}
	}
	for _, c := range d.changes {
		if c.file != nil && !slices.Contains(list, c.file) {
			list = append(list, c.file)
		}
	}
	return list
}

func (c change) apply(names map[string]*file) {
	if c.old != "" {
		delete(names, c.old)
	}
	if c.name != "" {
		names[c.name] = c.file
	}
	if !c.file.dir || c.old == "" || c.name == "" {
		return
	}
	for name, f := range maps.Clone(names) { // what is in a directory goes with it
		if rest, ok := strings.CutPrefix(name, c.old+"/"); ok {
			delete(names, name)
			names[c.name+"/"+rest] = f
		}
	}
}

// putSector copies sector s of from into to, which grows with zeros.
func putSector(to, from []byte, s int64) []byte {
	end := min((s+1)*Sector, int64(len(from)))
	if end <= s*Sector {
		return to
	}
	if int64(len(to)) < end {
		to = append(to, make([]byte, end-int64(len(to)))...)
	}
	copy(to[s*Sector:end], from[s*Sector:end])
	return to
}

// op counts a change; stopped tells that the process has died.
func (d *Disk) op() (stopped bool) {
	d.ops++
	return d.stopAt > 0 && d.ops >= d.stopAt
}

func pathErr(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

func (d *Disk) do(c change) error {
	if d.op() {
		return ErrStopped
	}
	if gone := d.names[c.name]; gone != nil { // replaced
		d.give(-int64(len(gone.cache)))
	}
	if c.name == "" {
		d.give(-int64(len(d.names[c.old].cache)))
	}
	c.apply(d.names)
	d.changes = append(d.changes, c)
	return nil
}

// String names the state, for failing tests.
func (d *Disk) String() string {
	sectors, changes := d.Waiting()
	return fmt.Sprintf("disk after %d changes, %d sectors and %d directory changes waiting", d.Ops(), sectors, changes)
}

var errIO = fmt.Errorf("tapetest: %w", unix.EIO)
