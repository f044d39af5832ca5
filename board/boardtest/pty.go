package boardtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// PTY is a serial cable in software: the product opens Path as a port, the
// emulated device reads and writes the PTY itself. It is raw from the start,
// so nothing is echoed before the product has opened it.
//
// Read, Write and the deadlines may be used concurrently; Close wakes them,
// and the product sees its port unplugged.
type PTY struct {
	*os.File        // the device's end
	Path     string // the product's end, /dev/pts/N

	// kept holds the product's end open, so that the device may come and go
	// before, between and after the product's own opens.
	kept *os.File
	link string
}

// NewPTY makes a cable.
func NewPTY() (*PTY, error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open pty: %w", err)
	}
	path, err := unlock(master)
	if err != nil {
		return nil, errors.Join(err, master.Close())
	}
	kept, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open pty: %w", err), master.Close())
	}
	if err := raw(kept); err != nil {
		return nil, errors.Join(err, kept.Close(), master.Close())
	}
	return &PTY{File: master, Path: path, kept: kept}, nil
}

// Link makes path a symbolic link to the product's end, replacing an older
// link at once: the port's name stays the same over replugs and restarts.
func (p *PTY) Link(path string) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("link pty: %w", err)
	}
	if err := os.Symlink(p.Path, next); err != nil {
		return fmt.Errorf("link pty: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("link pty: %w", errors.Join(err, os.Remove(next)))
	}
	p.link = filepath.Clean(path)
	return nil
}

// Close unplugs the cable and removes the link, if it still is ours.
func (p *PTY) Close() error {
	// The device's end first: a pending read of it ends as closed, not as EIO.
	err := errors.Join(p.File.Close(), p.kept.Close())
	if to, e := os.Readlink(p.link); p.link != "" && e == nil && to == p.Path {
		err = errors.Join(err, os.Remove(p.link))
	}
	return err
}

// unlock lets the product's end be opened and tells its path.
func unlock(master *os.File) (string, error) {
	var n uint32
	err := control(master, func(fd int) (err error) {
		if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
			return err
		}
		n, err = unix.IoctlGetUint32(fd, unix.TIOCGPTN)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("unlock pty: %w", err)
	}
	return "/dev/pts/" + strconv.FormatUint(uint64(n), 10), nil
}

// raw switches off everything the line discipline does to bytes.
func raw(f *os.File) error {
	err := control(f, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err != nil {
			return err
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		return unix.IoctlSetTermios(fd, unix.TCSETS, t)
	})
	if err != nil {
		return fmt.Errorf("set pty raw: %w", err)
	}
	return nil
}

// control runs f on the handle without taking it from Go's poller, as
// File.Fd would: deadlines must go on working.
func control(f *os.File, do func(fd int) error) error {
	rc, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := rc.Control(func(fd uintptr) { inner = do(int(fd)) }); err != nil {
		return err
	}
	return inner
}
