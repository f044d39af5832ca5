package tapetest

import (
	"io"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
)

// handle is an open file.
type handle struct {
	d     *Disk
	f     *file
	name  string
	write bool
}

// OpenFile implements tape.FS.
func (d *Disk) OpenFile(name string, write bool) (tape.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	if f == nil {
		return nil, pathErr("open", name, fs.ErrNotExist)
	}
	if f.dir {
		return nil, pathErr("open", name, unix.EISDIR)
	}
	return &handle{d, f, name, write}, nil
}

// Create implements tape.FS.
func (d *Disk) Create(name string) (tape.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] != nil {
		return nil, pathErr("create", name, fs.ErrExist)
	}
	f := newFile(false)
	if err := d.do(change{name: name, file: f}); err != nil {
		return nil, err
	}
	return &handle{d, f, name, true}, nil
}

func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	for s := range h.d.bad[h.name] {
		if s*Sector < off+int64(len(p)) && (s+1)*Sector > off {
			return 0, errIO
		}
	}
	if off >= int64(len(h.f.cache)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.cache[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	if !h.write {
		return 0, pathErr("write", h.name, fs.ErrPermission)
	}
	stopped := h.d.op()
	if stopped && h.d.ops > h.d.stopAt {
		return 0, ErrStopped // the process is dead already
	}
	end := off + int64(len(p))
	var full error
	if more := end - int64(len(h.f.cache)); more > 0 {
		if got := h.d.give(more); got < more {
			p, end = p[:max(0, int64(len(p))-more+got)], end-more+got
			full = pathErr("write", h.name, unix.ENOSPC)
		}
	}
	if int64(len(h.f.cache)) < end {
		h.f.cache = append(h.f.cache, make([]byte, end-int64(len(h.f.cache)))...)
	}
	copy(h.f.cache[off:], p)
	for s := off / Sector; s*Sector < end; s++ {
		h.f.dirty[s] = true
		delete(h.f.lost, s)
		delete(h.d.bad[h.name], s)
	}
	if stopped {
		return 0, ErrStopped
	}
	return len(p), full
}

// Sync implements tape.File.
func (h *handle) Sync() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	for h.d.blocked != nil {
		c := h.d.blocked
		h.d.mu.Unlock()
		<-c
		h.d.mu.Lock()
		h.d.blocked = nil
	}
	if h.d.op() {
		return ErrStopped
	}
	h.d.syncs++
	if h.d.failAt == h.d.syncs {
		for s := range h.f.dirty {
			h.f.lost[s] = true
		}
		clear(h.f.dirty)
		return pathErr("fdatasync", h.name, errIO)
	}
	for s := range h.f.dirty {
		h.f.disk = putSector(h.f.disk, h.f.cache, s)
	}
	clear(h.f.dirty)
	return nil
}

// Settle implements tape.File.
func (h *handle) Settle() error {
	if err := h.Sync(); err != nil {
		return err
	}
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	for s := range h.f.lost {
		lo, hi := s*Sector, min((s+1)*Sector, int64(len(h.f.cache)))
		clear(h.f.cache[lo:hi])
		if lo < int64(len(h.f.disk)) {
			copy(h.f.cache[lo:hi], h.f.disk[lo:])
		}
	}
	clear(h.f.lost)
	return nil
}

// Size implements tape.File.
func (h *handle) Size() (int64, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	return int64(len(h.f.cache)), nil
}

// Close implements tape.File.
func (h *handle) Close() error { return nil }
