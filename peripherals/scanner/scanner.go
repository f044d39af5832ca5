// Package scanner reads barcode scanners that speak as a serial port: RS-232,
// USB-CDC, Bluetooth SPP.
//
// A scanner sends the code's bytes, before them an AIM identifier if it is
// set up so ("]C1", "]d2", "]Q3"), after them a suffix. Quirks:
//
//   - GS (0x1D) separates GS1 elements and is data: it is kept, as every other
//     byte is. Only the identifier and the suffix are taken off.
//   - Scanners are shipped with any of CR, LF and CR LF, and get reset to it
//     by the next service man. The odd CR or LF at either end is tolerated.
//   - A code whose suffix does not come within a pause is reported as
//     incomplete, and does not melt into the next one.
//   - Garbage (a wrong speed, a hand in the mouse port) has no suffix for
//     thousands of bytes. It is one scan that says TooLong, never codes made
//     of pieces.
//
// A Scanner is run by one goroutine.
package scanner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// MaxBytes is the longest code by default. A marking code with its crypto
// tail has up to 130 bytes, a receipt's QR about 80.
const MaxBytes = 255

// The pauses that end a code by default: after a suffix-less code, and after
// a code whose suffix got lost. At 9600 baud a byte takes 1 ms.
const (
	PauseNone   = 50 * time.Millisecond
	PauseSuffix = 500 * time.Millisecond
)

// readSize is how many bytes are taken at once.
const readSize = 1024

// Options say how the scanner is set up.
type Options struct {
	Name      string        // of the device, copied into every scan
	Suffix    Suffix        // "": CR, what most leave the factory with
	InterByte time.Duration // longest pause inside a code; 0: PauseNone or PauseSuffix
	MaxBytes  int           // longest code; 0: MaxBytes
	Log       *slog.Logger  // nil: none. Codes are not logged: they may be cards
}

// Scan is one code read.
type Scan struct {
	Device    string    `json:"device"`
	Symbology Symbology `json:"symbology,omitempty"`
	Data      []byte    `json:"data,omitempty"` // as in the symbol, GS kept; nil when TooLong
	Length    int       `json:"length"`         // bytes received, without the suffix
	At        time.Time `json:"at"`             // when its end was seen

	// TooLong: more than MaxBytes came without an end. There is no Data.
	TooLong bool `json:"too_long,omitempty"`
	// Incomplete: the suffix did not come. Data may be a part of the code and
	// must not be sold; show it.
	Incomplete bool `json:"incomplete,omitempty"`
}

// Scanner is a serial barcode scanner.
type Scanner struct {
	link link.Opener
	o    Options
	log  *slog.Logger
}

// New makes a scanner behind a link. It opens nothing yet.
func New(open link.Opener, o Options) (*Scanner, error) {
	if o.Suffix == "" {
		o.Suffix = CR
	}
	if err := o.Suffix.Valid(); err != nil {
		return nil, err
	}
	if o.InterByte == 0 {
		o.InterByte = PauseSuffix
		if o.Suffix == None {
			o.InterByte = PauseNone
		}
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = MaxBytes
	}
	if o.InterByte < 0 || o.MaxBytes < 0 {
		return nil, fmt.Errorf("scanner: negative limit in %+v", o)
	}
	s := &Scanner{link: open, o: o, log: o.Log}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

func (s *Scanner) String() string { return s.o.Name + " on " + s.link.String() }

// Run opens the link and calls out for every code, in order, until the link
// is lost or ctx ends; the error says which and is never nil. It connects
// once: whoever runs it decides when to try again. out is called on Run's
// goroutine and must not block.
func (s *Scanner) Run(ctx context.Context, out func(Scan)) error {
	conn, err := s.link.Open(ctx)
	if err != nil {
		return fmt.Errorf("scanner: %w", err)
	}
	closed := context.AfterFunc(ctx, func() {
		// Wakes the read below; what it returns is told there.
		_ = conn.Close()
	})
	err = s.read(conn, out)
	if closed() {
		err = errors.Join(err, conn.Close())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("scanner: %w", err)
}

// read cuts the stream until it ends.
func (s *Scanner) read(conn link.Conn, out func(Scan)) error {
	f := &framer{suffix: s.o.Suffix, max: s.o.MaxBytes}
	emit := func(fr frame) { out(s.scan(fr)) }
	buf := make([]byte, readSize)
	for {
		var until time.Time
		if f.open() {
			until = time.Now().Add(s.o.InterByte)
		}
		if err := conn.SetReadDeadline(until); err != nil {
			return err
		}
		n, err := conn.Read(buf)
		f.push(buf[:n], emit)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			f.silence(emit)
		case err == io.EOF:
			f.silence(emit)
			return io.ErrUnexpectedEOF
		case err != nil:
			f.silence(emit) // what came before the plug was pulled is shown
			return err
		}
	}
}

func (s *Scanner) scan(f frame) Scan {
	sc := Scan{Device: s.o.Name, Length: f.length, At: time.Now()}
	if f.data == nil {
		sc.TooLong = true
		s.log.Warn("scanned garbage", "dev", s.o.Name, "bytes", f.length)
		return sc
	}
	sc.Symbology, sc.Data = split(f.data)
	if sc.Incomplete = f.cut; f.cut {
		s.log.Warn("scan without its end", "dev", s.o.Name, "bytes", f.length)
	}
	return sc
}
