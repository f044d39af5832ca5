package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// Errors of an answer.
var (
	errTooLong = errors.New("relay: the answer is too long")
	errForeign = errors.New("relay: the answer is for somebody else")
)

// Run carries what Step gives it until ctx ends.
func (r *Relay) Run(ctx context.Context) {
	for {
		select {
		case p := <-r.parcels:
			trip, cancel := context.WithTimeout(ctx, r.o.Answering)
			r.set(cancel, nil)
			answer, err := r.carry(trip, p)
			cancel()
			r.set(nil, &delivery{trip: p.trip, answer: answer, err: err})
			r.Wake()
		case <-ctx.Done():
			return
		}
	}
}

func (r *Relay) set(stop func(), back *delivery) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop, r.back = stop, back
}

// carry takes a message to an address and brings the answer.
func (r *Relay) carry(ctx context.Context, p parcel) (answer []byte, err error) {
	dial, stop := context.WithTimeout(ctx, r.o.Dialing)
	defer stop()
	conn, err := r.o.Dial(dial, "tcp", p.to)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := conn.Close(); err != nil {
			r.log.Debug("closing the connection", "err", err)
		}
	}()
	// The deadline is the whole trip's: an answer that drips is no answer.
	unwatch := context.AfterFunc(ctx, func() {
		if err := conn.SetDeadline(time.Unix(1, 0)); err != nil {
			r.log.Debug("ending the connection", "err", err)
		}
	})
	defer unwatch()
	if _, err := conn.Write(p.message); err != nil {
		return nil, fmt.Errorf("send %d bytes: %w", len(p.message), err)
	}
	return read(conn, p.message)
}

// read takes one answer off a connection and makes sure that it answers
// message. What follows it is nobody's business.
func read(conn net.Conn, message []byte) ([]byte, error) {
	head := make([]byte, ofdwire.HeaderSize)
	if n, err := io.ReadFull(conn, head); err != nil {
		return nil, fmt.Errorf("answer ends after %d bytes: %w", n, err)
	}
	h, err := ofdwire.ParseHeader(head)
	switch {
	case err != nil:
		return nil, err
	case h.Size() > MaxAnswer:
		return nil, fmt.Errorf("%w: %d bytes, at most %d", errTooLong, h.Size(), MaxAnswer)
	case string(head[:4]) != string(message[:4]) || string(head[8:24]) != string(message[8:24]):
		return nil, fmt.Errorf("%w: %s for FN %s", errForeign, h.Kind, h.FN)
	}
	answer := append(head, make([]byte, h.Body)...)
	if n, err := io.ReadFull(conn, answer[ofdwire.HeaderSize:]); err != nil {
		return nil, fmt.Errorf("answer of %d bytes ends after %d: %w", h.Size(), ofdwire.HeaderSize+n, err)
	}
	if _, _, err := ofdwire.Parse(answer); err != nil {
		return nil, err
	}
	return answer, nil
}
