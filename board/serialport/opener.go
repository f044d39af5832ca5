// Package serialport opens serial ports as links with deadlines.
//
// It stands on go.bug.st/serial and takes the edges off it:
//
//   - A read that times out there is "0, nil", which makes bufio spin; here it
//     is os.ErrDeadlineExceeded.
//   - A write there has no deadline, and closing the port does not wake it; a
//     device that stops taking bytes would hold its caller for ever. Here one
//     goroutine a port writes, and a caller whose deadline passes leaves it.
//   - Closing there frees the file descriptor before it wakes the reader, and
//     a late call could then read from or write to whatever file got the same
//     number, the journal included. Here the port is closed only when no call
//     is inside; until a stuck write comes back the port can not be opened
//     again (ErrStuck).
//   - A port that goes away ("port closed", EIO, ENXIO) is ErrGone.
//
// Bytes that arrived before the port was opened are dropped. While a port is
// open no other process may open it (TIOCEXCL; root may). A port is best
// named by /dev/serial/by-id or by-path (see List): ttyUSB0 is whichever
// adapter woke first. Symbolic links and pseudo terminals work too.
//
// An Opener may be used concurrently, a Conn by one reader and one writer.
package serialport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/peripherals/link"
)

var (
	// ErrGone: the device was unplugged or its driver gave it up.
	ErrGone = errors.New("serialport: port is gone")
	// ErrBusy: another process has the port, or another part of this one.
	ErrBusy = errors.New("serialport: port is in use")
	// ErrDenied: no permission for the port.
	ErrDenied = errors.New("serialport: no permission")
	// ErrStuck: an earlier write to the device has not come back yet.
	ErrStuck = errors.New("serialport: device does not take what was written")
)

// openTimeout bounds opening: the kernel asks some USB adapters before it
// lets them be opened, and a bad one never answers.
const openTimeout = 5 * time.Second

// Opener opens the port at Path.
type Opener struct {
	Path string
	Mode Mode
}

var _ link.Opener = Opener{}

// Baud is the speed the port is opened at.
func (o Opener) Baud() int { return o.Mode.filled().Baud }

// At is the same port at another speed, for drivers that look for the one
// their device has.
func (o Opener) At(baud int) link.Opener {
	o.Mode.Baud = baud
	return o
}

func (o Opener) String() string { return "serial " + o.Path + " " + o.Mode.String() }

// Open opens the port; ctx bounds the opening only. Errors: os.ErrNotExist
// when there is no such port now, ErrBusy, ErrDenied, ErrStuck.
func (o Opener) Open(ctx context.Context) (link.Conn, error) {
	mode, err := o.Mode.native()
	if err != nil {
		return nil, err
	}
	id, err := identify(o.Path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Path, err)
	}
	if err := held.take(id); err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Path, err)
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	port, err := open(ctx, o.Path, mode, func() { held.release(id) })
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.Path, err)
	}
	return newConn(port, o.Path, id), nil
}

// open runs the library's Open without waiting for it longer than ctx. It
// calls release when it returns an error, once nothing holds the port.
func open(ctx context.Context, path string, mode *serial.Mode, release func()) (serial.Port, error) {
	type result struct {
		port serial.Port
		err  error
	}
	opened := make(chan result) // unbuffered: either taken below or cleaned up
	go func() {
		port, err := serial.Open(path, mode)
		if err == nil {
			if err = prepare(port); err != nil {
				err = errors.Join(err, port.Close())
			}
		}
		if err != nil {
			release()
		}
		select {
		case opened <- result{port, translate(err)}:
		case <-ctx.Done():
			if err == nil {
				// Nobody waits any more; there is nobody to tell of an error either.
				_ = port.Close()
				release()
			}
		}
	}()
	select {
	case r := <-opened:
		return r.port, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// prepare readies a fresh port: reads come back every slice, old input is
// dropped.
func prepare(port serial.Port) error {
	if err := port.SetReadTimeout(slice); err != nil {
		return err
	}
	return port.ResetInputBuffer()
}

// identify tells which device a path means now, through symbolic links.
func identify(path string) (uint64, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return 0, err // a syscall.Errno: errors.Is knows os.ErrNotExist
	}
	if s.Mode&unix.S_IFMT != unix.S_IFCHR {
		return 0, errors.New("not a serial port")
	}
	return uint64(s.Rdev), nil
}

// translate gives the library's and the kernel's errors our names.
func translate(err error) error {
	var pe *serial.PortError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pe) && pe.Code() == serial.PortBusy:
		return ErrBusy
	case errors.As(err, &pe) && pe.Code() == serial.PermissionDenied:
		return ErrDenied
	case errors.As(err, &pe) && pe.Code() == serial.PortClosed,
		errors.Is(err, unix.EIO), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("%w (%w)", ErrGone, err)
	}
	return err
}

// ports remembers which devices are open, so that none is opened beside a
// write that still hangs in it.
type ports struct {
	mu   sync.Mutex
	open map[uint64]use
}

// use of a device: inUse -> leaving (closed, a call still inside) -> free.
type use int

const (
	free use = iota
	inUse
	leaving
)

var held = ports{open: map[uint64]use{}}

func (p *ports) take(id uint64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch p.open[id] {
	case inUse:
		return ErrBusy
	case leaving:
		return ErrStuck
	}
	p.open[id] = inUse
	return nil
}

func (p *ports) leave(id uint64) {
	p.mu.Lock()
	p.open[id] = leaving
	p.mu.Unlock()
}

func (p *ports) release(id uint64) {
	p.mu.Lock()
	delete(p.open, id)
	p.mu.Unlock()
}
