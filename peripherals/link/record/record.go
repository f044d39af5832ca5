// Package record writes down what passes between a driver and its device, and
// plays it back to the driver without the device.
//
// A recording is text, one a device, to be read by people and sent by a shop to
// whoever mends the driver:
//
//	kassa-recording 1
//	device: display
//	driver: epson
//	link: serial /dev/serial/by-id/...
//	version: 0.3
//	began: 2026-05-04T10:11:12Z
//
//	0.000000 open
//	0.000412 > 1B 40 0C
//	0.020113 < 15
//	7.300000 lost EOF
//	9.000000 none no such device
//	9.500000 open
//	9.600000 close
//
// The first column is seconds of a clock that nobody sets. ">" went to the
// device, "<" came from it, "??" is a byte that is nobody's business.
//
// What is secret each driver says by a Redactor: operators' passwords, cards,
// tails of marking codes, customers' contacts. It writes what it knows to be
// harmless and hides the rest, the unknown included. What came from a device
// stays a frame that can be played back: there hidden bytes are replaced and
// the check sum is made anew. A link without a Redactor shows lengths alone.
//
// Nothing here opens a file or waits for one: lines go to a function.
package record

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// Way is a direction.
type Way byte

// The directions.
const (
	Sent  Way = '>' // to the device
	Heard Way = '<' // from it
)

// Hidden stands for a byte that is not written down.
const Hidden int16 = -1

// Redactor is of one open link and called by one goroutine at a time. It looks
// at the bytes of one direction that were not taken yet, takes n of them and
// says what is written of those: values of bytes, or Hidden. n = 0 waits for
// more.
type Redactor func(way Way, b []byte) (n int, shown []int16)

// Limits of a recording.
const (
	maxHeld = 16 << 10        // bytes a Redactor may wait for; more are hidden
	heldFor = 2 * time.Second // ..and how long, once something else happens
	perLine = 32              // bytes
)

// All shows everything: of devices that carry nothing secret.
func All() Redactor {
	return func(_ Way, b []byte) (int, []int16) { return len(b), Plain(b) }
}

// None hides everything but the length.
func None() Redactor {
	return func(_ Way, b []byte) (int, []int16) { return len(b), Hide(len(b)) }
}

// Plain are the bytes as they are.
func Plain(b []byte) []int16 {
	s := make([]int16, len(b))
	for i, x := range b {
		s[i] = int16(x)
	}
	return s
}

// Hide are n hidden bytes.
func Hide(n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = Hidden
	}
	return s
}

// Options of a recording.
type Options struct {
	Header   Header
	Redactor func() Redactor   // for each opening; nil: None
	Line     func(line string) // takes a line without its end; must not wait. Several goroutines call it, one at a time
}

// Opener is a link that is written down.
type Opener struct {
	link.Opener
	o   Options
	now func() time.Duration
	mu  *sync.Mutex // of Line
}

// New wraps a link. A link whose speed can be chosen still is one.
func New(open link.Opener, o Options) link.Opener {
	if o.Redactor == nil {
		o.Redactor = None
	}
	began := time.Now()
	if o.Header.Began.IsZero() {
		o.Header.Began = began
	}
	if o.Header.Link == "" {
		o.Header.Link = open.String()
	}
	r := Opener{Opener: open, o: o, now: func() time.Duration { return time.Since(began) }, mu: &sync.Mutex{}}
	if t, ok := open.(tunable); ok {
		return atSpeeds{r, t}
	}
	return r
}

// tunable is a serial port, as drivers ask for it.
type tunable interface {
	At(baud int) link.Opener
	Baud() int
}

type atSpeeds struct {
	Opener
	port tunable
}

func (a atSpeeds) Baud() int { return a.port.Baud() }

func (a atSpeeds) At(baud int) link.Opener {
	r := a.Opener
	r.Opener = a.port.At(baud)
	return r
}

// Open opens the link and marks it.
func (r Opener) Open(ctx context.Context) (link.Conn, error) {
	c, err := r.Opener.Open(ctx)
	if err != nil {
		r.mark("none " + oneLine(err.Error()))
		return nil, err
	}
	r.mark("open")
	return &conn{Conn: c, r: r, redact: r.o.Redactor(), held: map[Way][]byte{}, since: map[Way]time.Duration{}}, nil
}

func (r Opener) mark(what string) { r.line(r.now(), what) }

func (r Opener) line(at time.Duration, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.o.Line(fmt.Sprintf("%.6f %s", at.Seconds(), what))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
