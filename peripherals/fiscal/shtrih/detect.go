package shtrih

import (
	"context"
	"errors"
	"slices"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// Protocol names a line discipline.
type Protocol string

// The protocols. A device settles on one of the two by the first byte it
// hears after it is switched on or its port is set up anew.
const (
	Auto Protocol = "auto" // whichever is answered, v1 asked first
	V1   Protocol = "v1"   // "standard": ENQ, STX, ACK, NAK
	V2   Protocol = "v2"   // "alternative": numbered frames
)

// Tunable is a link whose speed can be chosen: a serial port.
type Tunable interface {
	link.Opener
	At(baud int) link.Opener // the same port at another speed
	Baud() int               // its own speed
}

// UsualSpeeds are the speeds devices of the family come with or are set to,
// in baud, the likeliest first: codes 6, 1, 5, 4, 3, 2 and 0 of command 14h.
var UsualSpeeds = []int{115200, 4800, 57600, 38400, 19200, 9600, 2400}

// Rounds of questions before a link passes for dead. While speeds are tried
// each of them gets few.
const (
	probeRounds  = maxAttempts / 2
	searchRounds = 1
)

// searching tells whether there is more than one speed to try.
func (p *Printer) searching() bool {
	_, tunable := p.opener.(Tunable)
	return tunable && len(p.o.Speeds) > 0
}

// speeds are what to open the link at, in this order: what worked last, the
// link's own, the listed ones. 0 is a link without a choice.
func (p *Printer) speeds() []int {
	if !p.searching() {
		return []int{0}
	}
	all := []int{p.baud, p.opener.(Tunable).Baud()}
	var once []int
	for _, baud := range append(all, p.o.Speeds...) {
		if baud > 0 && !slices.Contains(once, baud) {
			once = append(once, baud)
		}
	}
	return once
}

func (p *Printer) at(baud int) link.Opener {
	if baud == 0 {
		return p.opener
	}
	return p.opener.(Tunable).At(baud)
}

// listen finds out which protocol the device at the other end of conn speaks.
// What worked last is tried first, else v1, and nothing else is sent: a device
// that has just been switched on settles on the first it hears.
func (p *Printer) listen(ctx context.Context, conn link.Conn) (transport, error) {
	defer p.closeAtEnd(ctx, conn)()
	lines := map[Protocol]transport{V1: newV1(conn, p.o.Timeouts), V2: newV2(conn, p.o.Timeouts)}
	order := []Protocol{p.o.Protocol}
	rounds := probeRounds
	switch {
	case p.o.Protocol != Auto && !p.searching():
		p.spoken = p.o.Protocol
		return lines[p.spoken], nil // its first exchange asks often enough
	case p.o.Protocol != Auto:
		rounds = searchRounds
	case p.spoken == V2:
		order = []Protocol{V2, V1}
	default:
		order = []Protocol{V1, V2}
	}
	if p.searching() {
		rounds = searchRounds
	}
	failure := errSilent
	for range rounds {
		for _, name := range order {
			err := lines[name].probe(ctx)
			if err == nil {
				p.spoken = name
				return lines[name], nil
			}
			if !unheard(err) {
				return nil, p.lost(ctx, err)
			}
			if errors.Is(err, errNoise) {
				failure = errNoise
			}
		}
	}
	return nil, p.lost(ctx, failure)
}

// allow lets longer commands through once the device has told how long they
// may be. Framing v1 has a limit of its own.
func (p *Printer) allow() {
	if x, ok := p.line.(*v2); ok && p.maxCommand > 0 {
		x.allow(p.maxCommand)
	}
}

// unheard tells whether err means that nothing intelligible came over a link
// that could be opened.
func unheard(err error) bool { return errors.Is(err, errSilent) || errors.Is(err, errNoise) }
