package escpos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// session is one open link. Its reader is a goroutine; whoever holds the
// printer's turn is the only writer.
type session struct {
	conn link.Conn
	done chan struct{} // the reader has ended

	mu      sync.Mutex
	parser  Parser
	asked   byte          // n of the DLE EOT that waits for its answer, 0: none
	answers int           // of GS r
	junk    int           // bytes that were no status
	stopped bool          // XOFF
	changed chan struct{} // closed at the next byte, and at the end
	lost    error         // why the reader ended
	told    func(Status)
}

func newSession(conn link.Conn, blind bool, told func(Status)) *session {
	s := &session{conn: conn, done: make(chan struct{}), changed: make(chan struct{}), told: told}
	if blind { // some can not even be read
		close(s.done)
		return s
	}
	go s.read()
	return s
}

// close wakes everybody and waits for the reader.
func (s *session) close() error {
	err := s.conn.Close()
	<-s.done
	return err
}

// maxJunk is how many bytes that are no status make a link useless.
const maxJunk = 64

// read takes the printer's bytes until the link ends.
func (s *session) read() {
	defer close(s.done)
	buf := make([]byte, 256)
	for {
		n, err := s.conn.Read(buf)
		s.take(buf[:n], err)
		if err != nil {
			return
		}
	}
}

func (s *session) take(b []byte, err error) {
	s.mu.Lock()
	before := s.parser.Status()
	for _, c := range b {
		switch s.parser.Feed(c) {
		case Realtime:
			if s.asked != 0 {
				s.parser.Told(s.asked, c)
				s.asked = 0
			}
		case Answer:
			s.answers++
		case Stop:
			s.stopped = true
		case Go:
			s.stopped = false
		case Junk:
			s.junk++
		}
	}
	switch {
	case err != nil:
		s.lost = err
	case s.junk > maxJunk && s.lost == nil:
		s.lost = ErrGarbage
	}
	after := s.parser.Status()
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	if after != before {
		s.told(after)
	}
}

// look gives what is known now, and a channel that closes at the next change.
func (s *session) look() (st Status, answers int, waits bool, changed <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.lost
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("link closed: %w", err)
	}
	return s.parser.Status(), s.answers, s.asked != 0, s.changed, err
}

// write sends bytes, waiting while the printer says XOFF, at most so long.
func (s *session) write(ctx context.Context, b []byte, wait time.Duration) error {
	until := time.Now().Add(wait)
	for {
		s.mu.Lock()
		stopped, changed, lost := s.stopped, s.changed, s.lost
		s.mu.Unlock()
		switch {
		case lost != nil:
			return lost
		case !stopped:
			return s.send(b, until)
		}
		if err := pause(ctx, changed, time.Until(until)); err != nil {
			return err
		}
	}
}

// send writes without asking whether the printer takes it: real-time commands
// are heard even when it does not.
func (s *session) send(b []byte, until time.Time) error {
	if err := s.conn.SetWriteDeadline(until); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	return err
}

// pause waits for a change; ErrSilent when none comes in time.
func pause(ctx context.Context, changed <-chan struct{}, wait time.Duration) error {
	t := time.NewTimer(max(wait, 0))
	defer t.Stop()
	select {
	case <-changed:
		return nil
	case <-t.C:
		return ErrSilent
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask asks the four real-time questions, one after the other, for an answer
// does not say to which of them it belongs.
func (s *session) ask(ctx context.Context, wait time.Duration) (Status, error) {
	for n := byte(1); n <= 4; n++ {
		if err := s.askOne(ctx, n, wait); err != nil {
			return Status{}, err
		}
	}
	st, _, _, _, err := s.look()
	return st, err
}

func (s *session) askOne(ctx context.Context, n byte, wait time.Duration) error {
	s.mu.Lock()
	s.asked = n
	s.mu.Unlock()
	until := time.Now().Add(wait)
	if err := s.send(realtime(n), until); err != nil {
		return err
	}
	for {
		_, _, waits, changed, err := s.look()
		if err != nil || !waits {
			return err
		}
		if err := pause(ctx, changed, time.Until(until)); err != nil {
			return err
		}
	}
}
