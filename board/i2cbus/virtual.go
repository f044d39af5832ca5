package i2cbus

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"

	"github.com/kassa-pos/kassa/board/unixsock"
)

// A virtual board has its bus behind a unix socket: no device file can be made
// for one. A transfer is the device's address, how much is written and how much
// read, two bytes big-endian each, and what is written; the answer is one byte,
// 0 when the device has acknowledged, and what was read.

// VirtualLimit bounds a transfer over a socket, as the kernel does one of its
// own.
const VirtualLimit = time.Second

// MaxTransfer is the longest write or read of one, in bytes.
const MaxTransfer = 4096

// virtual tells whether a path is a virtual board's bus.
func virtual(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&os.ModeSocket != 0
}

func dial(ctx context.Context, path string) (i2c.BusCloser, error) {
	ctx, cancel := context.WithTimeout(ctx, VirtualLimit)
	defer cancel()
	conn, err := unixsock.Dial(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("i2cbus: %w", err)
	}
	return &socket{path: path, conn: conn}, nil
}

type socket struct {
	path string
	mu   sync.Mutex
	conn net.Conn
}

func (s *socket) String() string                  { return "I2C " + s.path }
func (s *socket) Close() error                    { return s.conn.Close() }
func (s *socket) SetSpeed(physic.Frequency) error { return ErrUnsupported }

// Tx is one transfer.
func (s *socket) Tx(addr uint16, w, r []byte) error {
	if len(w) > MaxTransfer || len(r) > MaxTransfer {
		return ErrUnsupported
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.conn.SetDeadline(time.Now().Add(VirtualLimit)); err != nil {
		return fmt.Errorf("i2cbus: %w", err)
	}
	head := make([]byte, 6, 6+len(w))
	binary.BigEndian.PutUint16(head, addr)
	binary.BigEndian.PutUint16(head[2:], uint16(len(w)))
	binary.BigEndian.PutUint16(head[4:], uint16(len(r)))
	_, err := s.conn.Write(append(head, w...))
	answer := make([]byte, 1+len(r))
	if err == nil {
		_, err = io.ReadFull(s.conn, answer)
	}
	if err == nil && answer[0] != 0 {
		err = fmt.Errorf("no acknowledgement")
	}
	if err != nil {
		return fmt.Errorf("i2cbus: device %#x: %w", addr, err)
	}
	copy(r, answer[1:])
	return nil
}
