// Package unixsock opens unix sockets whatever the length of their path.
//
// The kernel takes at most 107 bytes of path in a socket's address, and a
// data directory may well be deeper than that. The socket is therefore
// addressed through an open handle of its directory: /proc/self/fd/N/name.
// Only the last element of the path has to be short.
//
// All functions may be called concurrently.
package unixsock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// MaxName is the longest last element of a socket's path, in bytes.
const MaxName = 64

// probeTimeout bounds the question whether anybody listens on a socket that
// stands where ours should be. A local socket answers at once or not at all.
const probeTimeout = time.Second

// ErrInUse: somebody listens on the path already.
var ErrInUse = errors.New("unixsock: socket is in use")

// Dial connects to the stream socket at path. ctx bounds the connecting only.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	var c net.Conn
	err := through(path, func(short string) (err error) {
		var d net.Dialer
		c, err = d.DialContext(ctx, "unix", short)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("dial unix socket %s: %w", filepath.Base(path), reason(err))
	}
	return c, nil
}

// Listen makes the socket at path with the given permissions. A socket left
// behind by a process that died is replaced; one that somebody answers on is
// ErrInUse; anything else in its place is refused. Closing the listener
// leaves the file: the next Listen replaces it.
func Listen(path string, mode os.FileMode) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	var l *net.UnixListener
	err := through(path, func(short string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
		if err != nil {
			return err
		}
		// The address is only good while the directory's handle is open.
		l.SetUnlinkOnClose(false)
		if err = os.Chmod(short, mode); err != nil {
			return errors.Join(err, l.Close())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listen on unix socket %s: %w", filepath.Base(path), reason(err))
	}
	return l, nil
}

// removeStale clears the way for Listen.
func removeStale(path string) error {
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at socket: %w", err)
	case fi.Mode().Type() != os.ModeSocket:
		return fmt.Errorf("listen on unix socket: %s is not a socket", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	c, err := Dial(ctx, path)
	switch {
	case err == nil:
		return errors.Join(ErrInUse, c.Close())
	case !errors.Is(err, unix.ECONNREFUSED):
		// Somebody may be there and too busy to answer, or it is not ours.
		return fmt.Errorf("%w: %w", ErrInUse, err)
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("remove stale socket: %w", err)
	}
	return nil
}

// through calls f with a short path that means the same file as path.
func through(path string, f func(short string) error) error {
	name := filepath.Base(path)
	if len(name) > MaxName {
		return fmt.Errorf("unixsock: name of %d bytes, at most %d", len(name), MaxName)
	}
	dir, err := os.OpenFile(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	// Reading a path handle's state can not fail on close in a way that matters.
	defer dir.Close()
	return f(fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), name))
}

// reason drops the handle's number from the error: it means nothing to a
// person and changes from call to call.
func reason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
