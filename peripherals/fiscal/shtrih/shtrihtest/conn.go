package shtrihtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// ListenAndServe serves TCP clients until ctx ends. While the device is
// unplugged connections are refused as soon as they are made. It returns nil
// when ctx ended it.
func (d *Device) ListenAndServe(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		if err := ln.Close(); err != nil {
			d.log.Debug("closing the listener", "err", err)
		}
	})
	defer stop()
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("emulated device: %w", err)
		}
		if !d.adopt(conn) {
			reset(conn)
			continue
		}
		clients.Go(func() {
			if err := d.serve(ctx, conn, &d.network); err != nil {
				d.log.Debug("client gone", "err", err)
			}
			d.leave(conn)
		})
	}
}

// reset closes a connection the hard way, as a device without power does.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it is closed either way
	}
	_ = conn.Close() // nobody has used it
}

// adopt makes a power cut break conn; false while unplugged.
func (d *Device) adopt(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.faults.plugged || d.closed {
		return false
	}
	d.clients[conn] = struct{}{}
	return true
}

func (d *Device) leave(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.clients, conn)
}

// ServeConn is the device's end of one byte stream, served until the stream
// or ctx ends; it closes stream. An unplugged device stays silent on it. For a
// pseudo terminal give the master and keep the slave open somewhere: a master
// whose slave nobody holds reads as an error. It returns nil when ctx ended it.
func (d *Device) ServeConn(ctx context.Context, stream io.ReadWriteCloser) error {
	return d.serve(ctx, stream, &d.serial)
}

func (d *Device) serve(ctx context.Context, stream io.ReadWriteCloser, at *port) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &wire{d: d, stream: stream, port: at, in: make(chan []byte), done: make(chan struct{})}
	unwatch := context.AfterFunc(ctx, w.close)
	defer unwatch()
	var reading sync.WaitGroup
	reading.Go(w.read)
	err := w.serve()
	w.close()
	close(w.done)
	reading.Wait()
	if ctx.Err() != nil || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// wire is one stream to the device: the bytes, and which state machine they
// go to.
type wire struct {
	d      *Device
	stream io.ReadWriteCloser
	port   *port
	once   sync.Once
	in     chan []byte // from the reading goroutine
	done   chan struct{}
	broken error // why reading ended; set before in is closed
	have   []byte
}

// inputBuffer is what a device at work keeps of what comes meanwhile, in
// bytes; the rest is lost.
const inputBuffer = 4096

var errQuiet = errors.New("byte time-out")

func (w *wire) close() {
	w.once.Do(func() {
		if err := w.stream.Close(); err != nil {
			w.d.log.Debug("closing a stream", "err", err)
		}
	})
}

// read feeds the machine; it always reads, so a host is never blocked.
func (w *wire) read() {
	defer close(w.in)
	for {
		buf := make([]byte, 512)
		n, err := w.stream.Read(buf)
		if n > 0 {
			select {
			case w.in <- buf[:n]:
			case <-w.done:
				return
			}
		}
		if err != nil {
			w.broken = err
			return
		}
	}
}

// next gives one byte; errQuiet when none comes in time (0: for ever).
func (w *wire) next(timeout time.Duration) (byte, error) {
	var quiet <-chan time.Time
	if timeout > 0 && len(w.have) == 0 {
		t := time.NewTimer(timeout)
		defer t.Stop()
		quiet = t.C
	}
	for len(w.have) == 0 {
		select {
		case b, ok := <-w.in:
			if !ok {
				return 0, w.broken
			}
			w.have = b
		case <-quiet:
			return 0, errQuiet
		}
	}
	b := w.have[0]
	w.have = w.have[1:]
	return b, nil
}

// inFrame gives one byte of a frame that has begun.
func (w *wire) inFrame() (byte, error) { return w.next(w.d.patience(w.port)) }

func (w *wire) write(b ...byte) error {
	if lag := w.d.lag(); lag > 0 {
		if err := w.pause(lag); err != nil {
			return err
		}
	}
	_, err := w.stream.Write(b)
	return err
}

// send puts an answer's frame on the wire, with a pause in its middle when
// that is the fault.
func (w *wire) send(frame []byte, pause time.Duration) error {
	if pause == 0 {
		return w.write(frame...)
	}
	half := len(frame) / 2
	if err := w.write(frame[:half]...); err != nil {
		return err
	}
	if err := w.pause(pause); err != nil {
		return err
	}
	return w.write(frame[half:]...)
}

// pause does nothing for a while; what comes meanwhile is buffered.
func (w *wire) pause(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case b, ok := <-w.in:
			if !ok {
				return w.broken
			}
			w.buffer(b)
		case <-w.d.closing:
			return io.EOF
		case <-t.C:
			return nil
		}
	}
}

// buffer keeps bytes for later.
func (w *wire) buffer(b []byte) {
	room := max(0, inputBuffer-len(w.have))
	w.have = append(w.have, b[:min(len(b), room)]...)
}

// hang breaks the connection off; a serial line can not be.
func (w *wire) hangUp() error {
	if w.port != &w.d.network {
		return nil
	}
	w.close()
	return io.EOF
}

// babble is what a device with a mad UART sends.
var babble = []byte{0x41, 0x7F, 0x00, 0x33, 0xC3, 0x1B}

// serve is the idle state.
func (w *wire) serve() error {
	for {
		b, err := w.next(0)
		if err != nil {
			return err
		}
		switch silent, babbles := w.d.manner(); {
		case silent:
		case babbles:
			err = w.write(babble...)
		default:
			err = w.begin(b)
		}
		if err != nil && !errors.Is(err, errQuiet) {
			return err
		}
	}
}

// begin hands the first byte of something to the protocol of the port.
func (w *wire) begin(b byte) error {
	switch protocol := w.d.settle(w.port, b); {
	case protocol == V1 && b == enq:
		return w.enquired()
	case protocol == V1 && b == stx:
		return w.receive()
	case protocol == V2 && b == start2:
		return w.receive2()
	}
	return nil // hosts send zeros, devices hear crackling
}
