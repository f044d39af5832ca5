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

// Control bytes of framing v1.
const (
	stx   = 0x02
	enq   = 0x05
	ack   = 0x06
	nak   = 0x15
	stray = 0xFF
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
			if err := d.serve(ctx, conn, networkPatience*d.o.ByteTimeout); err != nil {
				d.log.Debug("client gone", "err", err)
			}
			d.forget(conn)
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
	d.network[conn] = struct{}{}
	return true
}

func (d *Device) forget(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.network, conn)
}

// ServeConn is the device's end of one byte stream, served until the stream
// or ctx ends; it closes stream. An unplugged device stays silent on it. For a
// pseudo terminal give the master and keep the slave open somewhere: a master
// whose slave nobody holds reads as an error. It returns nil when ctx ended it.
func (d *Device) ServeConn(ctx context.Context, stream io.ReadWriteCloser) error {
	return d.serve(ctx, stream, d.o.ByteTimeout)
}

// networkPatience multiplies the byte time-out on TCP: real devices have none
// there.
const networkPatience = 10

func (d *Device) serve(ctx context.Context, stream io.ReadWriteCloser, byteTimeout time.Duration) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &wire{d: d, stream: stream, patience: byteTimeout, in: make(chan []byte), done: make(chan struct{})}
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

// wire is the state machine of one stream: idle, receiving, busy, waiting for
// a confirmation, waiting for ENQ with an answer kept.
type wire struct {
	d        *Device
	stream   io.ReadWriteCloser
	patience time.Duration // between two bytes of a frame
	once     sync.Once
	in       chan []byte // from the reading goroutine
	done     chan struct{}
	broken   error // why reading ended; set before in is closed
	have     []byte
}

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

func (w *wire) write(b ...byte) error {
	_, err := w.stream.Write(b)
	return err
}

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
		case b == enq:
			err = w.enquired()
		case b == stx:
			err = w.receive()
		}
		if err != nil && !errors.Is(err, errQuiet) {
			return err
		}
	}
}

// babble is what a device with a mad UART sends.
var babble = []byte{0x41, 0x7F, 0x00, 0x33, 0xC3, 0x1B}

// enquired answers ENQ in the idle state.
func (w *wire) enquired() error {
	kept := w.d.keptAnswer()
	if kept == nil {
		return w.write(nak)
	}
	if err := w.write(ack); err != nil {
		return err
	}
	return w.deliver(kept)
}

// receive takes a frame and executes it.
func (w *wire) receive() error {
	epoch := w.d.currentEpoch()
	payload, sound, err := w.frame()
	if err != nil {
		return err
	}
	if epoch != w.d.currentEpoch() {
		return nil
	}
	switch lost, refused := w.d.takeRequestFault(); {
	case lost:
		return nil
	case !sound || refused:
		return w.write(nak)
	}
	if !w.d.take(&w.d.faults.dropAck) {
		if err := w.write(ack); err != nil {
			return err
		}
	}
	return w.busy(payload)
}

// frame reads length, payload and LRC.
func (w *wire) frame() (payload []byte, sound bool, err error) {
	n, err := w.next(w.patience)
	if err != nil {
		return nil, false, err
	}
	check := n
	for range n {
		b, err := w.next(w.patience)
		if err != nil {
			return nil, false, err
		}
		payload, check = append(payload, b), check^b
	}
	lrc, err := w.next(w.patience)
	return payload, n > 0 && lrc == check, err
}

// busy executes and meanwhile answers ENQ. The command goes on when the
// stream breaks: the device does not know who asked.
func (w *wire) busy(payload []byte) error {
	answer := make(chan []byte, 1)
	if !w.d.start(payload, answer) {
		return io.EOF
	}
	for {
		select {
		case a := <-answer:
			if a == nil {
				return nil // the power went
			}
			return w.deliver(a)
		case b, ok := <-w.in:
			if !ok {
				return w.broken
			}
			for _, c := range b {
				if silent, _ := w.d.manner(); c == enq && !silent {
					if err := w.write(ack); err != nil {
						return err
					}
				}
			}
		}
	}
}

// deliver sends an answer and waits for its confirmation. Without one the
// answer stays kept, for the next ENQ.
func (w *wire) deliver(answer []byte) error {
	how := w.d.takeAnswerFault(answer)
	if how.lost {
		return nil
	}
	frame := append([]byte{stx, byte(len(answer))}, answer...)
	check := byte(len(answer))
	for _, b := range answer {
		check ^= b
	}
	if how.damaged {
		check ^= 0x55
	}
	if err := w.write(append(frame, check)...); err != nil {
		return err
	}
	w.d.hook(Answered, answer)
	b, err := w.next(w.patience)
	if err != nil {
		return err
	}
	switch b {
	case ack:
		w.d.confirm(answer)
		if how.stray {
			return w.write(stray)
		}
	case enq:
		return w.enquired()
	}
	return nil
}
