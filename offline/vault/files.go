package vault

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
)

// The names in the directory. The order is that of every write.
var (
	keyNames    = [2]string{"keys.a", "keys.b"}
	masterNames = [2]string{"master.a", "master.b"}
)

const freshSuffix = ".new"

// OS is the real file system with files only their owner can read.
type OS struct{ tape.OS }

// Create implements tape.FS; the mode is 0600.
func (o OS) Create(name string) (tape.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return o.OpenFile(name, true)
}

// put makes a file under its final name, durable and whole, or not at all.
func put(fsys tape.FS, dir, name string, size int64, write func(tape.File) error) error {
	final := filepath.Join(dir, name)
	fresh := final + freshSuffix
	if err := fsys.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("vault: %w", err)
	}
	f, err := fsys.Create(fresh)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	err = zero(f, 0, size)
	if err == nil {
		err = write(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("vault: %w", errors.Join(err, fsys.Remove(fresh))) // a full disk needs every byte back
	}
	if err := fsys.Rename(fresh, final); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	return fsys.SyncDir(dir)
}

// zero fills from one offset to another, so that the blocks are there.
func zero(f tape.File, from, to int64) error {
	zeros := make([]byte, min(growBytes, max(0, to-from)))
	for from < to {
		n := min(to-from, int64(len(zeros)))
		if _, err := f.WriteAt(zeros[:n], from); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// head reads up to n bytes of a file; no file is nil and no error.
func head(fsys tape.FS, name string, n int) ([]byte, error) {
	f, err := fsys.OpenFile(name, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	b := make([]byte, n)
	got, err := f.ReadAt(b, 0)
	if errors.Is(err, io.EOF) || errors.Is(err, unix.EIO) {
		err = nil // damage, which the other copy repairs
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	return b[:got], nil
}

// CheckVersion refuses files of a newer program with a NewerError. It changes
// nothing; no files and damaged ones pass.
func CheckVersion(fsys tape.FS, dir string) error {
	for _, name := range append(keyNames[:], masterNames[:]...) {
		b, err := head(fsys, filepath.Join(dir, name), headBytes)
		if err != nil {
			return err
		}
		_, keyErr := parseHeader(b)
		_, masterErr := parseMaster(b)
		var newer *NewerError
		if errors.As(keyErr, &newer) || errors.As(masterErr, &newer) {
			return newer
		}
	}
	return nil
}

// masters reads both copies of the master key; nil for one that is not there
// or not whole.
func (v *Vault) masters() (found [2]*Key, err error) {
	for i, name := range masterNames {
		b, err := head(v.o.FS, v.path(name), headBytes)
		if err != nil {
			return found, err
		}
		if k, err := parseMaster(b); err == nil {
			found[i] = &k
		}
	}
	return found, nil
}

// headers reads both files' headers.
func (v *Vault) headers() (found [2]*header, exist bool, err error) {
	for i, name := range keyNames {
		b, err := head(v.o.FS, v.path(name), headBytes)
		if err != nil {
			return found, exist, err
		}
		exist = exist || b != nil
		if h, err := parseHeader(b); err == nil {
			found[i] = &h
		}
	}
	return found, exist, nil
}

// make begins a vault: the master key first, and whatever copy of it a cut
// left is used.
func (v *Vault) make() error {
	if err := v.o.FS.MkdirAll(v.o.Dir); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	found, err := v.masters()
	if err != nil {
		return err
	}
	master := found[0]
	if master == nil {
		master = found[1]
	}
	if master == nil {
		master = new(Key)
		if _, err := rand.Read(master[:]); err != nil {
			return fmt.Errorf("vault: random: %w", err)
		}
	}
	if err := v.putMasters(*master, found); err != nil {
		return err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return fmt.Errorf("vault: random: %w", err)
	}
	h := header{id: id, first: max(1, v.o.First), check: checkOf(id, *master)}
	for _, name := range keyNames {
		err := put(v.o.FS, v.o.Dir, name, headBytes+growBytes, func(f tape.File) error {
			_, err := f.WriteAt(h.bytes(), 0)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// putMasters writes the copies that are missing or differ.
func (v *Vault) putMasters(master Key, found [2]*Key) error {
	for i, name := range masterNames {
		if found[i] != nil && *found[i] == master {
			continue
		}
		err := put(v.o.FS, v.o.Dir, name, 0, func(f tape.File) error {
			_, err := f.WriteAt(masterBytes(master), 0)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// copyKeys makes one file of keys again from the other.
func (v *Vault) copyKeys(from, to string) error {
	in, err := v.o.FS.OpenFile(v.path(from), false)
	if err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	size, err := in.Size()
	if err == nil {
		err = put(v.o.FS, v.o.Dir, to, size, func(out tape.File) error {
			_, err := io.Copy(io.NewOffsetWriter(out, 0), io.NewSectionReader(in, 0, size))
			return err
		})
	}
	return errors.Join(err, in.Close())
}

// setAside renames all files out of the way: no master key opens them.
func (v *Vault) setAside() error {
	suffix := ".aside-" + time.Now().UTC().Format("20060102T150405.000000000")
	for _, name := range append(keyNames[:], masterNames[:]...) {
		err := v.o.FS.Rename(v.path(name), v.path(name+suffix))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("vault: %w", err)
		}
	}
	return v.o.FS.SyncDir(v.o.Dir)
}

// same tells whether two optional values are there and equal.
func same(a, b *header) bool { return a != nil && b != nil && bytes.Equal(a.bytes(), b.bytes()) }
