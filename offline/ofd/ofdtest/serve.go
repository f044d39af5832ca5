package ofdtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// Limits of a connection.
const (
	readTime  = 30 * time.Second // for a whole message
	writeTime = 30 * time.Second // for a whole answer
	slowest   = 200 * time.Millisecond
	maxLive   = 64 // connections
)

// Serve takes messages on ln, one or more a connection, until ctx ends. It
// returns nil when ctx ended it.
func (f *OFD) Serve(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		if err := ln.Close(); err != nil {
			f.log.Debug("closing the listener", "err", err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.hangUp()
	})
	defer stop()
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			if err == nil {
				return conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("fake operator: %w", err)
		}
		if !f.adopt(conn) {
			reset(conn)
			continue
		}
		clients.Go(func() {
			if err := f.serve(ctx, conn); err != nil {
				f.log.Debug("a KKT was not served to its end", "err", err)
			}
			f.forget(conn)
		})
	}
}

// hangUp breaks all connections. f.mu is held.
func (f *OFD) hangUp() {
	for c := range f.live {
		if err := c.Close(); err != nil {
			f.log.Debug("closing a connection", "err", err)
		}
		delete(f.live, c)
	}
}

func (f *OFD) adopt(conn net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.faults.on[faultDown] || len(f.live) >= maxLive {
		return false
	}
	f.live[conn] = struct{}{}
	return true
}

func (f *OFD) forget(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, there := f.live[conn]; there {
		delete(f.live, conn)
		if err := conn.Close(); err != nil {
			f.log.Debug("closing a connection", "err", err)
		}
	}
}

// reset closes a connection as a machine does on which nobody listens.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it is closed either way
	}
	_ = conn.Close() // nobody has used it
}

// serve answers the messages of one connection.
func (f *OFD) serve(ctx context.Context, conn net.Conn) error {
	for {
		message, err := read(conn)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			f.refuse()
			return err
		}
		if f.quiet() {
			_, err := io.Copy(io.Discard, conn) // until somebody hangs up
			return err
		}
		ticket, err := f.take(message)
		if err != nil {
			f.refuse()
			return err
		}
		if done, err := f.answer(ctx, conn, ticket); done || err != nil {
			return err
		}
	}
}

// quiet tells whether the operator says nothing. f.mu is taken.
func (f *OFD) quiet() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.faults.on[faultSilent]
}

func (f *OFD) refuse() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused++
	f.notify()
}

// read takes one message off a connection.
func read(conn net.Conn) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Now().Add(readTime)); err != nil {
		return nil, err
	}
	head := make([]byte, ofdwire.HeaderSize)
	if _, err := io.ReadFull(conn, head); err != nil {
		return nil, err
	}
	h, err := ofdwire.ParseHeader(head)
	if err != nil {
		return nil, err
	}
	message := append(head, make([]byte, h.Body)...)
	if _, err := io.ReadFull(conn, message[ofdwire.HeaderSize:]); err != nil {
		return nil, fmt.Errorf("body of %d bytes: %w", h.Body, err)
	}
	return message, conn.SetReadDeadline(time.Time{})
}

// answer sends a ticket, as well as the faults let it. done: the connection is
// not used again.
func (f *OFD) answer(ctx context.Context, conn net.Conn, ticket []byte) (done bool, err error) {
	if err := conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return true, err
	}
	f.mu.Lock()
	lost, garbage, twice := f.faults.use(faultLose), f.faults.use(faultGarbage), f.faults.use(faultTwice)
	huge, slow := f.faults.use(faultHuge), f.faults.on[faultSlow]
	f.mu.Unlock()
	switch {
	case lost:
		return true, nil
	case garbage:
		noise := make([]byte, 200)
		if _, err := rand.Read(noise); err != nil {
			return true, err
		}
		_, err := conn.Write(noise)
		return true, err
	case huge:
		ticket = append([]byte(nil), ticket...)
		ticket[24], ticket[25] = 0xFF, 0xFF
		_, err := conn.Write(append(ticket, make([]byte, 64<<10)...))
		return true, err
	case twice:
		ticket = append(append([]byte(nil), ticket...), ticket...)
	case slow:
		return true, drip(ctx, conn, ticket)
	}
	_, err = conn.Write(ticket)
	return false, err
}

// drip sends a byte now and then.
func drip(ctx context.Context, conn net.Conn, b []byte) error {
	tick := time.NewTicker(slowest)
	defer tick.Stop()
	if err := conn.SetWriteDeadline(time.Time{}); err != nil {
		return err
	}
	for i := range b {
		if _, err := conn.Write(b[i : i+1]); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
