// Package fiscal is the port every fiscal printer (KKT) driver implements,
// and the errors they share.
//
// # One document, exactly once
//
// A fiscal document is made in steps so that the caller can keep a durable
// bracket round the only one that can not be undone:
//
//	mark, err := p.Mark(ctx)              // which FN, last FD, device shift
//	    ... the caller stores an intent with mark, durably ...
//	err = p.Prepare(ctx, mark, op)        // everything short of registering
//	reg, err := p.Commit(ctx, mark, op)   // registers: FD becomes mark.FD+1
//	    ... the caller stores the outcome ...
//
// Prepare refuses with ErrMoved when the device no longer stands at mark, and
// with ErrDiffers when the device's own total is not op's; in every case it
// leaves no document open. After any error of Commit, or after a restart with
// an intent on disk, the caller asks:
//
//	found, err := p.Find(ctx, mark, op)
//
// and gets Registered (with its numbers), NotRegistered (whatever was left
// open is cancelled), or Foreign (something else took the number: a person
// must look). Commit itself never repeats a registering command.
//
// Cash in and cash out go the same way, though the FN never hears of them:
// their Fiscal has no FD and no sign, Prepare compares mark's Doc and Drawer
// too, and Find judges by those counters. Where they do not settle it, it says
// Foreign with the figures rather than guess.
//
// A Printer is used by one goroutine at a time. Every call is bounded by its
// context and by the driver's own time-outs, and Halt wakes a pending call.
package fiscal

import (
	"context"
	"errors"
	"fmt"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// Printer is a fiscal printer.
type Printer interface {
	fmt.Stringer

	// Identify connects if need be and tells what stands at the other end.
	// Idempotent.
	Identify(ctx context.Context) (Identity, error)

	// Status reads the state. Idempotent.
	Status(ctx context.Context) (Status, error)

	// Mark reads where the FN stands. Idempotent.
	Mark(ctx context.Context) (Mark, error)

	// Prepare does everything of op that can still be cancelled.
	Prepare(ctx context.Context, mark Mark, op Operation) error

	// Commit registers the prepared op. On nil error the document is fiscal
	// whatever happens to the paper. ErrRefused means the device answered that
	// it did not register; any other error means the outcome is unknown.
	Commit(ctx context.Context, mark Mark, op Operation) (doc.Fiscal, error)

	// Find tells what became of op after doubt, and cancels its leftovers
	// when it was not registered. Idempotent.
	Find(ctx context.Context, mark Mark, op Operation) (Found, error)

	// Settle waits until the last document is on paper, continuing a print
	// that stopped for want of it. An error is about paper, not about money.
	Settle(ctx context.Context) error

	// Report prints an X report. It registers nothing.
	Report(ctx context.Context) error

	// OpenDrawer pulses the drawer on the device's connector.
	OpenDrawer(ctx context.Context) error

	// Halt closes the link and wakes a pending call; the printer may be used
	// again afterwards and reconnects.
	Halt() error
}

// The values of the port are pos/kkt's, so that the till can speak of them
// without knowing any driver.
type (
	Operation     = kkt.Operation
	OperationKind = kkt.OperationKind
	Mark          = kkt.Mark
	Found         = kkt.Found
	Identity      = kkt.Identity
	Status        = kkt.Status
)

// Class says what can be done about a device's refusal.
type Class string

// The classes.
const (
	RetryLater Class = "retry_later" // busy printing
	UserAction Class = "user_action" // paper, lid, cutter
	CloseShift Class = "close_shift" // shift over 24 h
	FixClock   Class = "fix_clock"
	Programmer Class = "programmer" // our own mistake
	FNFatal    Class = "fn_fatal"
	OFDSilent  Class = "ofd_silent" // the FN holds documents the OFD has not got for 30 days
)

// DeviceError is a refusal in the device's own words.
type DeviceError struct {
	Command string // "FF45h"
	Code    byte
	Text    string // the device's or the protocol's text, Russian
	Said    string // the device's own words, when it has some beside Text
	Tag     int    // FFD tag the device misses, when it names one
	Class   Class
}

func (e *DeviceError) Error() string {
	s := fmt.Sprintf("fiscal: %s answered %02Xh: %s", e.Command, e.Code, e.Text)
	if e.Said != "" {
		s += " (" + e.Said + ")"
	}
	return s
}

var (
	// ErrMoved: the device does not stand at the given mark any more.
	ErrMoved = errors.New("fiscal: device has moved on")
	// ErrFNChanged: another FN is in the device.
	ErrFNChanged = errors.New("fiscal: another FN")
	// ErrDiffers: the device computed another total.
	ErrDiffers = errors.New("fiscal: device's total differs")
	// ErrRefused: the device answered that it did not register; always wrapped
	// together with a *DeviceError.
	ErrRefused = errors.New("fiscal: refused")
	// ErrNoAnswer: link down or device silent; what was asked may have happened.
	ErrNoAnswer = errors.New("fiscal: no answer")
	// ErrGarbage: answers that follow no protocol.
	ErrGarbage = errors.New("fiscal: unintelligible answer")
	// ErrNoPaper and ErrLid need a person.
	ErrNoPaper = errors.New("fiscal: no paper")
	ErrLid     = errors.New("fiscal: lid open")
)
