// Package relay carries messages between a fiscal storage (FN) and its
// operator of fiscal data (OFD) and the marking system, for a KKT that has no
// network of its own. Without it the documents of such a KKT wait in the FN,
// and after 30 days the FN refuses new ones.
//
// One message travels at a time: it is read from the device block by block
// (Port), sent as it is over TCP, its answer is read and handed to the device.
// Nothing of it is kept. The FN keeps a message first in its queue until it
// has taken the answer, so whatever breaks on the way (network, till, device,
// power), the message is simply read again; an operator that gets a document
// twice answers the ticket twice, and an FN takes it once.
//
// The device's line is shared with sales, so it is never this package that
// decides when to use it: the goroutine that owns the device calls Step when
// nothing else is to be done, and each Step asks for one block at most. The
// network part runs in a goroutine of its own (Run).
//
// Whoever answers at an address may lie. An answer is read no further than its
// header says and no longer than MaxAnswer, everything under one deadline;
// what has a wrong check, signature or FN is not handed to the device.
//
//	               Outgoing: none              answer, or failure
//	          +----------------------+     +-------------------------+
//	          v                      |     v                         |
//	(wait) idle --due--> reading --whole--> carrying --answer--> writing
//	          ^             | error           | failure            | done, refused,
//	          +-------------+-----------------+--------------------+ or error
//
// Step, Route and Wake belong to the goroutine that owns the device; Status
// may be called from any.
package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/ofdwire"
)

// Limits.
const (
	MaxAnswer   = 16 << 10         // bytes of a whole answer
	DialTime    = 10 * time.Second // to connect
	AnswerTime  = 60 * time.Second // for all of a trip: connecting, sending, reading the answer
	every       = 10 * time.Second // a look whether there is something to carry
	firstRetry  = 5 * time.Second  // after a failure; doubled with each
	lastRetry   = 5 * time.Minute
	deviceRetry = 5 * time.Second // after the device failed
	never       = 24 * time.Hour  // between steps when there is nothing to wait for
)

// ErrUnsupported is what a Port returns when the device does not let the till
// carry its messages.
var ErrUnsupported = errors.New("relay: the device does not exchange by host")

// Port is the device. Both calls do one block and may be continued later; see
// peripherals/fiscal.Exchanger.
type Port interface {
	// Outgoing reads on in the next message; done without one: nothing waits.
	Outgoing(ctx context.Context) (message []byte, done bool, err error)
	// Incoming writes on in an answer until done.
	Incoming(ctx context.Context, answer []byte) (done bool, err error)
	// Refused tells whether an error of Incoming means that the FN did not
	// want the answer, rather than that the device failed.
	Refused(err error) bool
}

// Mode says whether to carry.
type Mode string

// The modes.
const (
	Auto Mode = "auto" // when the device says so
	On   Mode = "on"   // whatever the device says
	Off  Mode = "off"
)

// Options of a Relay. Zero values mean the defaults named.
type Options struct {
	Mode      Mode   // Auto
	OFD       string // host:port in place of the device's own setting; ""
	Dial      func(ctx context.Context, network, address string) (net.Conn, error)
	Now       func() time.Time // time.Now
	Dialing   time.Duration    // DialTime
	Answering time.Duration    // AnswerTime
	Log       *slog.Logger     // discarded
}

// Relay carries the messages of one device.
type Relay struct {
	o   Options
	log *slog.Logger

	parcels chan parcel // to Run; at most one
	wake    chan struct{}

	// What follows belongs to the goroutine that owns the device.
	phase  phase
	route  kkt.Route
	known  bool // route was told
	answer []byte
	trip   uint64 // counts messages; an answer of an earlier one is dropped

	mu     sync.Mutex // guards what follows
	back   *delivery  // what Run brought
	stop   func()     // ends what Run is at; nil: nothing
	status Status
}

type phase int

const (
	idle phase = iota
	reading
	carrying
	writing
)

// parcel is a message on its way, delivery what came of it.
type parcel struct {
	trip    uint64
	to      string
	message []byte
}

type delivery struct {
	trip   uint64
	answer []byte
	err    error
}

// New returns a relay; Run must be running for it to get anywhere.
func New(o Options) *Relay {
	if o.Mode == "" {
		o.Mode = Auto
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Dialing <= 0 {
		o.Dialing = DialTime
	}
	if o.Answering <= 0 {
		o.Answering = AnswerTime
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Relay{o: o, log: o.Log.With("dev", "ofd"), parcels: make(chan parcel, 1), wake: make(chan struct{}, 1)}
	r.status.State = Waiting
	return r
}

// Route tells how the device is set up; call it whenever the device has become
// ready or may have been set up anew. After Gone, what was under way is
// forgotten: it may be another device.
func (r *Relay) Route(route kkt.Route) {
	if r.known && r.route == route {
		return
	}
	r.route, r.known = route, true
	r.reset()
	r.note(func(s *Status) {
		s.Route, s.Code, s.To = route, "", ""
		s.State = Waiting
		if !r.carries() {
			s.State = NotNeeded
		}
	})
	r.Wake()
}

// Gone tells that the device does not answer any more.
func (r *Relay) Gone() {
	r.known = false
	r.reset()
	r.note(func(s *Status) { s.State = Waiting })
}

// reset forgets what is under way; the device has it still.
func (r *Relay) reset() {
	r.phase, r.answer = idle, nil
	r.trip++
	select {
	case <-r.parcels:
	default:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.back = nil
	if r.stop != nil {
		r.stop()
	}
}

// carries tells whether this relay is to do anything. In mode auto a device
// without such a setting is asked: it refuses, or it has something to carry.
func (r *Relay) carries() bool {
	return r.o.Mode == On || r.o.Mode == Auto && (r.route.ByHost || !r.route.Told)
}

// Wake makes the next Step come soon: something was registered.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Due is readable when a Step should come before the time that the last one
// named.
func (r *Relay) Due() <-chan struct{} { return r.wake }

// Step does one thing on the device and tells how long to rest before the
// next. ctx bounds this step.
func (r *Relay) Step(ctx context.Context, port Port) time.Duration {
	if !r.known || !r.carries() {
		return never
	}
	switch r.phase {
	case idle:
		if rest := r.resting(); rest > 0 {
			return rest
		}
		r.phase = reading
		return r.read(ctx, port)
	case reading:
		return r.read(ctx, port)
	case carrying:
		return r.arrive()
	}
	return r.write(ctx, port)
}

// resting is how much of a pause after failures is left.
func (r *Relay) resting() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.NextTry.Sub(r.o.Now())
}

func (r *Relay) read(ctx context.Context, port Port) time.Duration {
	message, done, err := port.Outgoing(ctx)
	switch {
	case errors.Is(err, ErrUnsupported):
		r.reset()
		r.known = false // until the device is there anew
		r.note(func(s *Status) { s.State = Refused })
		return never
	case err != nil:
		return r.deviceFailed(err)
	case !done:
		r.note(func(s *Status) { s.State = Carrying })
		return 0
	case message == nil:
		r.reset()
		r.succeed()
		return every
	}
	return r.send(message)
}

// send gives a whole message to the network.
func (r *Relay) send(message []byte) time.Duration {
	h, _, err := ofdwire.Parse(message)
	if err != nil {
		return r.fail(CodeMessage, fmt.Errorf("from the device: %w", err))
	}
	to := r.address(h.Kind)
	if to == "" {
		return r.fail(CodeAddress, fmt.Errorf("no address for a message to %s", h.Kind))
	}
	r.reset()
	r.phase = carrying
	r.note(func(s *Status) { s.State, s.To = Carrying, to })
	r.parcels <- parcel{trip: r.trip, to: to, message: message} // reset has made room, and nobody else sends
	return never
}

// address is where a kind of message goes.
func (r *Relay) address(kind ofdwire.Kind) string {
	switch kind {
	case ofdwire.OFD:
		if r.o.OFD != "" {
			return r.o.OFD
		}
		return r.route.OFD
	case ofdwire.Marks:
		return r.route.Marks
	}
	return r.route.Keys
}

// arrive looks whether the network has brought the answer.
func (r *Relay) arrive() time.Duration {
	r.mu.Lock()
	back := r.back
	r.back = nil
	r.mu.Unlock()
	switch {
	case back == nil || back.trip != r.trip:
		return never
	case back.err != nil:
		return r.fail(CodeNetwork, back.err)
	}
	r.phase, r.answer = writing, back.answer
	return 0
}

func (r *Relay) write(ctx context.Context, port Port) time.Duration {
	done, err := port.Incoming(ctx, r.answer)
	switch {
	case err != nil && port.Refused(err):
		return r.fail(CodeAnswer, err)
	case err != nil:
		return r.deviceFailed(err)
	case !done:
		return 0
	}
	r.reset()
	r.note(func(s *Status) { s.Carried, s.LastSuccess = s.Carried+1, r.o.Now() })
	r.succeed()
	return 0 // the next message, if there is one
}

// deviceFailed gives up what is under way: the device still has it.
func (r *Relay) deviceFailed(err error) time.Duration {
	r.log.Debug("the device failed in the middle of an exchange", "err", err)
	r.reset()
	r.note(func(s *Status) { s.State = Waiting })
	return deviceRetry
}

func (r *Relay) succeed() {
	r.note(func(s *Status) {
		if s.Failures > 0 {
			r.log.Info("messages reach their operator again", "failures", s.Failures)
		}
		s.State, s.Code, s.Why, s.Failures, s.Since, s.NextTry = Waiting, "", "", 0, time.Time{}, time.Time{}
	})
}

// fail notes a failure and gives the pause after it.
func (r *Relay) fail(code Code, err error) time.Duration {
	r.reset()
	var pause time.Duration
	r.note(func(s *Status) {
		if s.Failures == 0 {
			s.Since = r.o.Now()
			r.log.Warn("a message did not reach its operator; it stays in the FN and is sent again", "to", s.To, "err", err)
		}
		pause = firstRetry << min(s.Failures, 10)
		pause = min(pause, lastRetry)
		pause += rand.N(pause / 4) // tills of a shop should not all call at once
		s.State, s.Code, s.Why, s.Failures, s.NextTry = Failing, code, err.Error(), s.Failures+1, r.o.Now().Add(pause)
	})
	return pause
}

func (r *Relay) note(change func(*Status)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.status)
}
