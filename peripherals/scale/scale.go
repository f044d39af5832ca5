// Package scale reads counter scales: what lies on them, and whether it lies
// still.
//
// A weight becomes a sale only when the scale itself calls it stable, and only
// a weight above zero does; what is shown while it settles is for the eye.
// Two protocols cover most of what stands on counters here:
//
//   - Massa-K "protocol 100" (MK, TB, 4D and others; serial 8N1 at 57600 or
//     19200, USB serial, TCP port 5001): binary frames with a CRC.
//   - CAS (AD, AP, ER, SW; serial 8N1 at 9600), which many others imitate:
//     ENQ, ACK, DC1, then an ASCII frame with a check byte.
//
// Quirks: Massa-K counts in divisions of 0.1 g to 1 kg, so a weight of parts
// of a gram exists and is rounded half up to a gram; some firmware leaves the
// tare out of its answer. CAS sends six or seven characters of weight, the
// unit kg or g, and some models set the top bit of the first byte. A scale
// that is switched off or in its menu does not answer: the link is opened
// again then, for a USB adapter may hang instead.
//
// Sources: Massa-K, "Protocol 100" (Mk 2.790.237 RE); CAS AP-1 transmission
// protocol.
//
// A Scale is run by one goroutine.
package scale

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Protocol is what a scale speaks.
type Protocol string

// The protocols.
const (
	MassaK Protocol = "massa-k"
	CAS    Protocol = "cas"
)

// Times and limits.
const (
	Every   = 200 * time.Millisecond // between two questions
	timeout = time.Second            // for a whole answer
	// misses is how many questions in a row may stay without a good answer
	// before the link is given up and opened again.
	misses   = 3
	maxFrame = 64 // bytes of an answer
)

var (
	// ErrGarbage: an answer that is none, or is damaged.
	ErrGarbage = errors.New("scale: an answer makes no sense")
	// ErrProtocol: no such protocol.
	ErrProtocol = errors.New("scale: unknown protocol")
)

// Trouble is why a scale that answers weighs nothing.
type Trouble string

// The troubles.
const (
	Fine     Trouble = ""
	Overload Trouble = "overload" // more than it can bear
	Below    Trouble = "below"    // less than nothing: it wants its zero set
	Faulty   Trouble = "faulty"   // it says so itself
)

// Reading is one answer.
type Reading struct {
	Weight  qty.Milli `json:"weight"` // kilograms, net of tare; negative below zero
	Stable  bool      `json:"stable"`
	Trouble Trouble   `json:"trouble,omitempty"`
	At      time.Time `json:"at"`
}

// Sellable tells whether goods of this weight may be sold: they lie still,
// there is something, and the scale is well.
func (r Reading) Sellable() bool { return r.Stable && r.Trouble == Fine && r.Weight.Valid() }

// Options say how the scale is set up.
type Options struct {
	Protocol Protocol
	Every    time.Duration // between two questions; 0: Every
	Log      *slog.Logger  // nil: none
}

// Scale is a scale behind a link.
type Scale struct {
	link  link.Opener
	o     Options
	speak dialect
}

// dialect is one protocol: a question asked, and its answer.
type dialect interface {
	ask(s *stream) (Reading, error)
}

// New makes a scale. It opens nothing yet.
func New(open link.Opener, o Options) (*Scale, error) {
	s := &Scale{link: open, o: o}
	switch o.Protocol {
	case MassaK:
		s.speak = massa{}
	case CAS:
		s.speak = cas{}
	default:
		return nil, fmt.Errorf("%w: %.40q", ErrProtocol, string(o.Protocol))
	}
	if s.o.Every <= 0 {
		s.o.Every = Every
	}
	if s.o.Log == nil {
		s.o.Log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Run asks the scale until the link is lost, the scale stays silent or ctx
// ends; the error says which and is never nil. ready is called at the first
// good answer, out at each: on Run's goroutine, and it must not block.
func (s *Scale) Run(ctx context.Context, ready func(), out func(Reading)) error {
	conn, err := s.link.Open(ctx)
	if err != nil {
		return fmt.Errorf("scale: %w", err)
	}
	closed := context.AfterFunc(ctx, func() {
		// Wakes the call below; what it returns is told there.
		_ = conn.Close()
	})
	err = s.poll(ctx, &stream{conn: conn}, ready, out)
	if closed() {
		err = errors.Join(err, conn.Close())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("scale: %w", err)
}

func (s *Scale) poll(ctx context.Context, conn *stream, ready func(), out func(Reading)) error {
	tick := time.NewTicker(s.o.Every)
	defer tick.Stop()
	told := false
	for missed := 0; ; {
		r, err := conn.question(s.speak)
		switch {
		case err == nil:
			missed = 0
			if !told {
				told = true
				ready()
			}
			r.At = time.Now()
			out(r)
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return err
		default:
			if missed++; missed >= misses {
				return err
			}
			s.o.Log.Debug("no good answer", "dev", "scale", "err", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// stream is a link with the deadline of one question.
type stream struct{ conn link.Conn }

// question asks once. What an earlier question has left unread goes first.
func (s *stream) question(d dialect) (Reading, error) {
	if err := s.drain(); err != nil {
		return Reading{}, err
	}
	until := time.Now().Add(timeout)
	if err := errors.Join(s.conn.SetReadDeadline(until), s.conn.SetWriteDeadline(until)); err != nil {
		return Reading{}, err
	}
	return d.ask(s)
}

// drain throws away what nobody has asked for: the rest of an answer that came
// late, or of a scale that sends all the time.
func (s *stream) drain() error {
	if err := s.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return err
	}
	buf := make([]byte, maxFrame)
	for range 64 {
		n, err := s.conn.Read(buf)
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		default:
			return err
		}
		if n < len(buf) {
			return nil
		}
	}
	return fmt.Errorf("%w: it does not stop talking", ErrGarbage)
}

func (s *stream) send(b ...byte) error {
	_, err := s.conn.Write(b)
	return err
}

// read reads exactly n bytes.
func (s *stream) read(n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.conn, b); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return nil, err
	}
	return b, nil
}
