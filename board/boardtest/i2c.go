package boardtest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"

	"github.com/kassa-pos/kassa/board/i2cbus"
	"github.com/kassa-pos/kassa/board/unixsock"
)

// I2C is the bus of a virtual board: whoever opens its socket reaches the
// devices on it.
type I2C struct {
	bus      i2c.Bus
	listener net.Listener
	serving  sync.WaitGroup

	mu        sync.Mutex
	conns     map[net.Conn]bool
	hung      chan struct{} // closed when it goes on; nil: it does
	unplugged bool
	slow      time.Duration // before each answer
	closed    bool
}

// ListenI2C begins a bus at a socket path, replacing one that died there.
func ListenI2C(path string, bus i2c.Bus) (*I2C, error) {
	l, err := unixsock.Listen(path, 0o600)
	if err != nil {
		return nil, fmt.Errorf("virtual I2C bus: %w", err)
	}
	b := &I2C{bus: bus, listener: l, conns: map[net.Conn]bool{}}
	b.serving.Go(b.serve)
	return b, nil
}

// Close switches it off.
func (b *I2C) Close() error {
	b.Hang(false)
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	err := b.listener.Close()
	b.cut()
	b.serving.Wait()
	return err
}

func (b *I2C) cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		_ = c.Close() // its reader ends
	}
}

// Unplug takes the bus away, or gives it back.
func (b *I2C) Unplug(on bool) {
	b.mu.Lock()
	b.unplugged = on
	b.mu.Unlock()
	if on {
		b.cut()
	}
}

// Hang holds every transfer up until it is told otherwise.
func (b *I2C) Hang(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case on && b.hung == nil:
		b.hung = make(chan struct{})
	case !on && b.hung != nil:
		close(b.hung)
		b.hung = nil
	}
}

// SetSlow has every transfer take so long.
func (b *I2C) SetSlow(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = d
}

// State tells what is wrong with it.
func (b *I2C) State() (unplugged, hung bool, slow time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unplugged, b.hung != nil, b.slow
}

func (b *I2C) serve() {
	for {
		conn, err := b.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // out of handles for a moment
		}
		b.mu.Lock()
		if b.closed || b.unplugged || len(b.conns) >= MaxClients {
			b.mu.Unlock()
			_ = conn.Close()
			continue
		}
		b.conns[conn] = true
		b.serving.Go(func() { b.talk(conn) })
		b.mu.Unlock()
	}
}

// talk serves one who has opened the bus, until he goes.
func (b *I2C) talk(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		b.mu.Lock()
		delete(b.conns, conn)
		b.mu.Unlock()
	}()
	head := make([]byte, 6)
	for {
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		w, r := binary.BigEndian.Uint16(head[2:]), binary.BigEndian.Uint16(head[4:])
		if w > i2cbus.MaxTransfer || r > i2cbus.MaxTransfer {
			return
		}
		out, in := make([]byte, w), make([]byte, 1+int(r))
		if _, err := io.ReadFull(conn, out); err != nil {
			return
		}
		b.wait()
		if err := b.bus.Tx(binary.BigEndian.Uint16(head), out, in[1:]); err != nil {
			in[0] = 1
		}
		if _, err := conn.Write(in); err != nil {
			return
		}
	}
}

// wait lets a hung or slow bus be that.
func (b *I2C) wait() {
	for {
		b.mu.Lock()
		hung, slow := b.hung, b.slow
		b.mu.Unlock()
		if hung == nil {
			if slow > 0 {
				<-time.After(slow)
			}
			return
		}
		<-hung
	}
}
