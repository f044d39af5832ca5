package serialport

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"go.bug.st/serial"
	"golang.org/x/sys/unix"
)

// slice is how long one read of the library waits, and so how long a pending
// Read may take to notice Close or a new deadline.
const slice = 50 * time.Millisecond

// maxWrite is the largest single Write, in bytes: a hundred times the longest
// frame of any device here.
const maxWrite = 64 << 10

// conn is an open port.
//
// Two goroutines are its own: the writer, alone inside the library's Write,
// and after Close the undertaker, alone in closing the library's port.
type conn struct {
	port serial.Port
	path string

	reading sync.Mutex // held while a Read is inside the library

	writing  sync.Mutex // held by the one Write call
	requests chan []byte
	results  chan result // of the writer; capacity 1
	pending  bool        // a result is owed to nobody; guarded by writing

	mu       sync.Mutex
	readBy   time.Time
	writeBy  time.Time
	rewrite  chan struct{} // closed and replaced when writeBy changes
	isClosed bool
	closed   chan struct{}
	gone     chan struct{} // closed when the library's port is closed
}

type result struct {
	n   int
	err error
}

// newConn starts the writer of a device that was taken as id.
func newConn(port serial.Port, path string, id uint64) *conn {
	c := &conn{
		port: port, path: path,
		requests: make(chan []byte),
		results:  make(chan result, 1),
		rewrite:  make(chan struct{}),
		closed:   make(chan struct{}),
		gone:     make(chan struct{}),
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.writer()
	}()
	go func() {
		<-c.closed
		held.leave(id)
		c.bury(written)
		held.release(id)
		close(c.gone)
	}()
	return c
}

// Read returns what has arrived, at least one byte, or an error:
// os.ErrDeadlineExceeded, os.ErrClosed, ErrGone.
func (c *conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		n, err := c.readSlice(p)
		switch {
		case n > 0:
			return n, nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return 0, c.fail("read", err)
		}
	}
}

// readSlice waits for a byte, at most a slice. Between two of them whoever wants
// the port's lines, or to close it, has his turn: a reader waits for hours.
func (c *conn) readSlice(p []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	wait, err := c.readWait()
	if err != nil {
		return 0, err
	}
	if err := c.port.SetReadTimeout(wait); err != nil {
		return 0, err
	}
	return c.port.Read(p)
}

// readWait tells how long the next slice of a Read may be.
func (c *conn) readWait() (time.Duration, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosed {
		return 0, os.ErrClosed
	}
	if c.readBy.IsZero() {
		return slice, nil
	}
	left := time.Until(c.readBy)
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	return min(left, slice), nil
}

// Write hands p to the port. On os.ErrDeadlineExceeded the device may take
// the bytes later all the same; further writes wait for that.
func (c *conn) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(p) > maxWrite {
		return 0, fmt.Errorf("write %s: %d bytes at once, at most %d", c.path, len(p), maxWrite)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.pending { // an abandoned write first
		if _, err := c.await(nil); err != nil {
			return 0, c.fail("write", err)
		}
	}
	// The writer may outlive this call, so the bytes must be its own.
	r, err := c.await(append([]byte(nil), p...))
	if err != nil {
		return 0, c.fail("write", err)
	}
	if r.err != nil {
		return r.n, c.fail("write", r.err)
	}
	return r.n, nil
}

// await gives the writer a request, unless it is nil, and waits for a result
// until the write deadline or Close.
func (c *conn) await(request []byte) (result, error) {
	for {
		timeout, changed, stop, err := c.writeWait()
		if err != nil {
			return result{}, err
		}
		requests := c.requests
		if request == nil {
			requests = nil
		}
		select {
		case requests <- request:
			request, c.pending = nil, true
		case r := <-c.pendingResults():
			c.pending = false
			stop()
			return r, nil
		case <-timeout:
			stop()
			return result{}, os.ErrDeadlineExceeded
		case <-changed:
		case <-c.closed:
			stop()
			return result{}, os.ErrClosed
		}
		stop()
	}
}

func (c *conn) pendingResults() <-chan result {
	if c.pending {
		return c.results
	}
	return nil
}

// writeWait gives the channels that end a wait for the writer.
func (c *conn) writeWait() (timeout <-chan time.Time, changed <-chan struct{}, stop func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosed {
		return nil, nil, nil, os.ErrClosed
	}
	if c.writeBy.IsZero() {
		return nil, c.rewrite, func() {}, nil
	}
	left := time.Until(c.writeBy)
	if left <= 0 {
		return nil, nil, nil, os.ErrDeadlineExceeded
	}
	t := time.NewTimer(left)
	return t.C, c.rewrite, func() { t.Stop() }, nil
}

// writer is the only goroutine inside the library's Write.
func (c *conn) writer() {
	for {
		select {
		case p := <-c.requests:
			c.results <- c.write(p) // capacity 1, and one request at a time
		case <-c.closed:
			return
		}
	}
}

// write repeats the system call until all is taken.
func (c *conn) write(p []byte) result {
	for n := 0; ; {
		m, err := c.port.Write(p[n:])
		n += m
		switch {
		case n == len(p):
			return result{n, nil}
		case err != nil && !errors.Is(err, unix.EINTR):
			return result{n, err}
		}
		select {
		case <-c.closed:
			return result{n, os.ErrClosed}
		default:
		}
	}
}

// Close wakes pending calls and lets the port go. It does not wait for a
// write the device does not take; the port stays ErrStuck until it does.
func (c *conn) Close() error {
	c.mu.Lock()
	already := c.isClosed
	c.isClosed = true
	if !already {
		close(c.closed)
	}
	c.mu.Unlock()
	if already {
		return nil
	}
	// Long enough for the undertaker when nothing is stuck: after a plain
	// Close the port can be opened again at once.
	t := time.NewTimer(4 * slice)
	defer t.Stop()
	select {
	case <-c.gone:
	case <-t.C:
	}
	return nil
}

// bury closes the library's port once no call is inside it.
func (c *conn) bury(written <-chan struct{}) {
	c.reading.Lock() // a reader leaves within a slice
	defer c.reading.Unlock()
	t := time.NewTimer(slice)
	defer t.Stop()
	select {
	case <-written: // what was written goes out before the port closes
	case <-t.C:
		// What the device has not taken is dropped; this wakes the writer of
		// many drivers. Where it does not, the writer returns when the device
		// takes the bytes or is unplugged.
		_ = c.port.ResetOutputBuffer()
		<-written
	}
	// An unplugged port fails to close; nothing can be done about it.
	_ = c.port.Close()
}

// SetReadDeadline also holds for a pending Read, within a slice.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosed {
		return os.ErrClosed
	}
	c.readBy = t
	return nil
}

// SetWriteDeadline also holds for a pending Write.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosed {
		return os.ErrClosed
	}
	c.writeBy = t
	close(c.rewrite)
	c.rewrite = make(chan struct{})
	return nil
}

func (c *conn) fail(what string, err error) error {
	return fmt.Errorf("%s %s: %w", what, c.path, translate(err))
}
