// Package pins is the till's GPIO: who hangs on which line, by role.
//
// Two boards are known. The host's own lines are found by the kernel's line
// name ("GPIO17"; on a Raspberry Pi 5 only those names hold) through periph's
// GPIO ioctl driver. A virtual board is reached over a unix socket (see
// virtual.go) and is what the bench and the tests use.
//
// What periph does to the unwary, and what is done about it here:
//
//   - Read and Func on an output make it an input with a pull-up, which can
//     release the drawer's relay. An output's level is the last one set here
//     and is never asked of the pin; pins are never printed.
//   - The first Out makes the line an output before it sets the level, so an
//     active-low relay may see a pulse. All outputs are claimed at once in
//     Open, at start, and never again. Wiring: let a resistor or the boot
//     overlay (gpio=17=op,dl) hold the idle level before that.
//   - WaitForEdge(-1) comes back at once and 0 waits for ever. Only finite
//     waits are used, in a loop; a pin that does not wait is an error.
//   - Trouble with edges goes to the standard logger only. slog.SetDefault
//     redirects that one; main does it.
//
// Closing does not let go of an output before it is idle. A process killed
// within a pulse leaves the line as it was until the next Open, as the kernel
// does; Open sets every output idle first.
//
// Set and Output may be used concurrently.
package pins

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"periph.io/x/conn/v3/gpio"
)

// Role is what a line does for the till.
type Role string

// The roles.
const (
	Drawer      Role = "drawer"        // cash drawer's coil, out
	Buzzer      Role = "buzzer"        // active buzzer, out
	LEDPower    Role = "led_power"     // out
	LEDNetwork  Role = "led_network"   // out
	LEDPrinter  Role = "led_printer"   // out
	LEDError    Role = "led_error"     // out
	TowerGreen  Role = "tower_green"   // a lamp of the light tower, out
	TowerYellow Role = "tower_yellow"  // out
	TowerRed    Role = "tower_red"     // out
	TowerWhite  Role = "tower_white"   // out
	DrawerOpen  Role = "drawer_sensor" // contact closed while the drawer is open, in
	KeyLock     Role = "key_lock"      // in
	KeySubtotal Role = "key_subtotal"  // in
	KeyHelp     Role = "key_help"      // calls the attendant, in
	CaseOpen    Role = "case_open"     // tamper contact, in
	PowerFail   Role = "power_fail"    // from a UPS hat, in
)

// Outputs lists the roles that are driven.
func Outputs() []Role {
	return append([]Role{Drawer, Buzzer}, Lamps()...)
}

// Lamps lists those of the driven roles that shine.
func Lamps() []Role {
	return []Role{LEDPower, LEDNetwork, LEDPrinter, LEDError, TowerGreen, TowerYellow, TowerRed, TowerWhite}
}

// Inputs lists the roles that are watched.
func Inputs() []Role {
	return []Role{DrawerOpen, KeyLock, KeySubtotal, KeyHelp, CaseOpen, PowerFail}
}

// Limits.
const (
	MaxPulse    = time.Second            // longest pulse: a coil on for longer burns
	MaxLine     = 64                     // bytes of a line's name
	edgeWait    = 250 * time.Millisecond // one wait for an edge, and the latency of cancelling it
	settle      = 15 * time.Millisecond  // a contact that is quiet this long has stopped bouncing
	maxBounces  = 100                    // edges of one press before the level is taken anyway
	maxFastMiss = 20                     // waits in a row that did not wait: the pin is broken
)

var (
	// ErrNoRole: no line is configured for the role, or it goes the other way.
	ErrNoRole = errors.New("pins: no line for this role")
	// ErrTooLong: a pulse of more than MaxPulse, or not positive.
	ErrTooLong = errors.New("pins: pulse length out of range")
	// ErrClosed: the set was closed.
	ErrClosed = errors.New("pins: closed")
	// ErrLost: the board does not answer any more; close the set, open another.
	ErrLost = errors.New("pins: board lost")
	// ErrEdge: the line can not report changes.
	ErrEdge = errors.New("pins: line does not report edges")
)

// Options say where the board is and what hangs on it.
type Options struct {
	// Address is "" for the host's own GPIO or "unix:///path" for a virtual
	// board.
	Address string

	// Roles gives the line of each role. A leading "!" means active low:
	// "!GPIO17" is on when the line is low. Inputs that are active low get a
	// pull-up, the others a pull-down.
	Roles map[Role]string

	// Aliases are other names of lines, the best first: for boards whose kernels
	// do not agree on one.
	Aliases map[string][]string

	Log *slog.Logger // nil: none
}

// bank is a board that has lines.
type bank interface {
	line(ctx context.Context, name string) (gpio.PinIO, error)
	lost() <-chan struct{} // closed when the board is gone
	cause() error          // why, after lost
	close() error
}

// Set is a board's lines in use.
type Set struct {
	log     *slog.Logger
	bank    bank
	outputs map[Role]*Output
	inputs  map[Role]*input
	closed  chan struct{}
	once    sync.Once
	err     error // of the once
}

type input struct {
	pin gpio.PinIO
	low bool // active low
}

// Open claims all lines and sets the outputs idle. ctx bounds the opening only.
func Open(ctx context.Context, o Options) (*Set, error) {
	b, err := openBank(ctx, o.Address)
	if err != nil {
		return nil, err
	}
	s, err := claim(ctx, b, o)
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return s, nil
}

func openBank(ctx context.Context, address string) (bank, error) {
	if address == "" {
		return openHost()
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "unix" || u.Host != "" || u.Path == "" {
		return nil, fmt.Errorf("pins: address %q is neither empty nor unix:///path", address)
	}
	return dialVirtual(ctx, u.Path)
}

func claim(ctx context.Context, b bank, o Options) (*Set, error) {
	s := &Set{
		log: o.Log, bank: b,
		outputs: map[Role]*Output{}, inputs: map[Role]*input{},
		closed: make(chan struct{}),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	used := map[string]Role{}
	for role, spec := range o.Roles {
		name, low := strings.CutPrefix(spec, "!")
		if name == "" || len(name) > MaxLine || strings.ContainsAny(name, " \t\r\n") {
			return nil, fmt.Errorf("pins: %s has a bad line name %.80q", role, spec)
		}
		if other, ok := used[name]; ok {
			return nil, fmt.Errorf("pins: line %s is both %s and %s", name, other, role)
		}
		used[name] = role
		p, err := find(ctx, b, append([]string{name}, o.Aliases[name]...))
		if err != nil {
			return nil, fmt.Errorf("pins: %s: %w", role, err)
		}
		switch {
		case slices.Contains(Outputs(), role):
			out := &Output{role: role, pin: p, low: low, set: s}
			if err := out.drive(false); err != nil {
				return nil, err
			}
			s.outputs[role] = out
		case slices.Contains(Inputs(), role):
			s.inputs[role] = &input{pin: p, low: low}
		default:
			return nil, fmt.Errorf("pins: unknown role %.40q", string(role))
		}
	}
	return s, nil
}

// errNoLine: the board has no line of that name.
var errNoLine = errors.New("no line named")

// find is the line that has the first of several names; the error is about the
// first.
func find(ctx context.Context, b bank, names []string) (gpio.PinIO, error) {
	var first error
	for _, name := range names {
		p, err := b.line(ctx, name)
		if err == nil || !errors.Is(err, errNoLine) {
			return p, err
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// Has tells whether a line is configured for the role.
func (s *Set) Has(role Role) bool { return s.outputs[role] != nil || s.inputs[role] != nil }

// Output gives the line of a driven role, or ErrNoRole.
func (s *Set) Output(role Role) (*Output, error) {
	if out := s.outputs[role]; out != nil {
		return out, nil
	}
	return nil, fmt.Errorf("%w: %s", ErrNoRole, role)
}

// Wait returns when the board is lost (ErrLost), the set is closed
// (ErrClosed) or ctx ends.
func (s *Set) Wait(ctx context.Context) error {
	select {
	case <-s.bank.lost():
	case <-s.closed:
	case <-ctx.Done():
	}
	return s.over(ctx)
}

// over tells why nothing more should be waited for, nil while it should.
func (s *Set) over(ctx context.Context) error {
	select {
	case <-s.closed: // first: closing loses the board as well
		return ErrClosed
	default:
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.bank.lost():
		return fmt.Errorf("%w: %w", ErrLost, s.bank.cause())
	default:
		return nil
	}
}

// Close sets all outputs idle, ends every pulse and watch, and lets the board
// go. It may be called again.
func (s *Set) Close() error {
	s.once.Do(func() {
		close(s.closed)
		var errs []error
		for _, out := range s.outputs {
			errs = append(errs, out.retire())
		}
		s.err = errors.Join(append(errs, s.bank.close())...)
	})
	return s.err
}
