package tapetest

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Rename implements tape.FS. A directory goes with what is in it.
func (d *Disk) Rename(oldName, newName string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[oldName]
	switch {
	case f == nil:
		return pathErr("rename", oldName, fs.ErrNotExist)
	case len(d.in(newName)) > 0:
		return pathErr("rename", newName, unix.ENOTEMPTY)
	}
	return d.do(change{old: oldName, name: newName, file: f})
}

// Remove implements tape.FS.
func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.names[name]
	switch {
	case f == nil:
		return pathErr("remove", name, fs.ErrNotExist)
	case len(d.in(name)) > 0:
		return pathErr("remove", name, unix.ENOTEMPTY)
	}
	return d.do(change{old: name, file: f})
}

// SyncDir implements tape.FS. Like a journaling file system it stores all
// directory changes, not only those of dir.
func (d *Disk) SyncDir(string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.storeNames()
}

func (d *Disk) storeNames() error {
	if d.op() {
		return ErrStopped
	}
	for _, c := range d.changes {
		c.apply(d.stored)
	}
	d.changes = nil
	return nil
}

// MkdirAll implements tape.FS.
func (d *Disk) MkdirAll(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mkdirAll(path.Clean(dir))
}

func (d *Disk) mkdirAll(dir string) error {
	if f := d.names[dir]; f != nil && !f.dir {
		return pathErr("mkdir", dir, unix.ENOTDIR)
	} else if f != nil || dir == "/" || dir == "." {
		return nil
	}
	if err := d.mkdirAll(path.Dir(dir)); err != nil {
		return err
	}
	if err := d.do(change{name: dir, file: newFile(true)}); err != nil {
		return err
	}
	return d.storeNames()
}

// ReadDir implements tape.FS.
func (d *Disk) ReadDir(dir string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir = path.Clean(dir)
	if f := d.names[dir]; f == nil || !f.dir {
		return nil, pathErr("readdir", dir, fs.ErrNotExist)
	}
	return d.in(dir), nil
}

// in lists the names in a directory, sorted.
func (d *Disk) in(dir string) (list []string) {
	for name := range d.names {
		if rest, ok := strings.CutPrefix(name, dir+"/"); ok && !strings.Contains(rest, "/") {
			list = append(list, rest)
		}
	}
	slices.Sort(list)
	return list
}

// Put makes a durable file, behind everybody's back.
func (d *Disk) Put(name string, data []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := newFile(false)
	f.cache, f.disk = slices.Clone(data), slices.Clone(data)
	d.names[name], d.stored[name] = f, f
	for dir := path.Dir(name); dir != "/" && dir != "." && d.names[dir] == nil; dir = path.Dir(dir) {
		up := newFile(true)
		d.names[dir], d.stored[dir] = up, up
	}
}
