// Package link is how a driver reaches its device: a byte stream that can be
// opened again, with deadlines on both directions.
//
// Drivers know nothing of /dev, sockets or baud rates. They are given an
// Opener; who makes one (board/serialport, TCP below, a pair in memory) is
// the wiring's business.
package link

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Conn is an open stream. Read and Write return os.ErrDeadlineExceeded (or an
// error for which errors.Is says so) when a deadline passes; Close wakes every
// pending call. One reader and one writer may be active at a time.
type Conn interface {
	io.ReadWriteCloser
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
}

// Opener opens the stream, again after every loss. Open is not called twice
// without a Close between.
type Opener interface {
	Open(ctx context.Context) (Conn, error)
	String() string // for people: "tcp 192.168.1.5:7778"
}

// TCP opens a TCP connection to addr ("host:port").
type TCP struct{ Addr string }

// Open dials; ctx bounds the dialling only.
func (t TCP) Open(ctx context.Context) (Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", t.Addr, err)
	}
	return c, nil
}

func (t TCP) String() string { return "tcp " + t.Addr }

// Pair is an in-memory device link for tests: each Open makes a fresh pair of
// connected streams and hands the far end to Accept. It works inside synctest.
type Pair struct {
	mu     sync.Mutex
	broken error
	far    chan Conn
}

// NewPair returns a link nobody has opened yet.
func NewPair() *Pair { return &Pair{far: make(chan Conn, 1)} }

// Open connects to whoever calls Accept, or fails as Break said.
func (p *Pair) Open(ctx context.Context) (Conn, error) {
	p.mu.Lock()
	broken := p.broken
	p.mu.Unlock()
	if broken != nil {
		return nil, broken
	}
	near, far := net.Pipe()
	select {
	case p.far <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next Open and returns the device's end.
func (p *Pair) Accept(ctx context.Context) (Conn, error) {
	select {
	case c := <-p.far:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Break makes every later Open fail with err; nil mends it.
func (p *Pair) Break(err error) {
	p.mu.Lock()
	p.broken = err
	p.mu.Unlock()
}

func (p *Pair) String() string { return "memory" }
