// Package terminal is the port of everything that moves money that is not
// cash: payment terminals, and services of payments by QR code.
//
// # Money moves once
//
// The caller mints an operation's id and makes it durable, then calls
// Authorise, Refund or Cancel once, then makes the outcome durable. The error
// says what is known:
//
//	nil            the money was moved, the slip says how
//	*Declined      certainly nothing was moved, and why
//	ErrCancelled   the same: the customer, or Abort, called it off
//	ErrNotConnected, ErrBusy, ErrUnsupported
//	               the same: the terminal never got it
//	anything else  nobody knows: ErrUnknown
//
// After an unknown outcome, or after a restart with an operation on disk whose
// outcome is not, the caller asks Find, and goes on asking. A driver never
// repeats an operation, and a terminal that gets the same id twice moves nothing
// the second time: it answers what became of it. Find about an operation the
// terminal has not heard of is answered Declined, and forbids it: should the
// request be under way still, it comes to nothing.
//
// # Payments by a code
//
// They are no port of their own: what the till has to know of them is what it
// has to know of a card. Authorise of an operation by QR creates the code and
// shows it, asks what became of it until it is paid, refused or over, and Abort
// ends it. A code that is over is Declined with Expired; that it is paid after
// all, Find tells, about which the till goes on asking for a day. Refund names the
// payment by its id. A driver of a service that has codes only says so by Status.
//
// A slip's sum is what was moved. One that is not the operation's is for the
// caller to undo.
//
// A Terminal may be called from several goroutines; it does one operation at a
// time and refuses another with ErrBusy. Abort, Find and Halt may be called at
// any moment. Every call is bounded by its context and the driver's own
// time-outs, and Halt wakes a pending call, whose outcome then is unknown.
//
// The manual terminal is in this package. Drivers stand below it, with the
// suite that all of them pass in terminaltest.
package terminal

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
)

// Terminal is a payment terminal, a service of payments by QR, or both.
type Terminal interface {
	fmt.Stringer

	// Status tells what stands at the other end, and that it can work. Idempotent.
	Status(ctx context.Context) (Status, error)

	// Authorise takes a payment. show is told what is waited for, from another
	// goroutine perhaps and never after the return; it must not block.
	Authorise(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error)

	// Refund gives money back, all of it or a part, on any day.
	Refund(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error)

	// Cancel undoes the whole of op.Of while the terminal's day lasts; then it is
	// Declined with DayOver.
	Cancel(ctx context.Context, op charge.Operation) (doc.Slip, error)

	// Find tells what became of an operation, as the call itself would have.
	// Idempotent.
	Find(ctx context.Context, op charge.Operation) (doc.Slip, error)

	// Abort calls off the operation that waits for a customer; one that waits
	// no more goes on. It does not wait for either.
	Abort()

	// Reconcile closes the terminal's day and tells its sums since it was
	// reconciled for another id. Repeated with the same id it tells them again,
	// with what has come since. ErrUnsupported: there is nothing to compare.
	Reconcile(ctx context.Context, id uuid.UUID) (charge.Totals, error)

	// Halt closes the link and wakes a pending call; the terminal may be used
	// again and reconnects.
	Halt() error
}

// Status is what stands at the other end.
type Status struct {
	Model    string `json:"model"`
	Terminal string `json:"terminal,omitempty"` // TID
	Merchant string `json:"merchant,omitempty"` // MID
	Card     bool   `json:"card"`               // it takes cards
	QR       bool   `json:"qr"`                 // it takes payments by QR
}

// Reason is why nothing was moved.
type Reason string

// The reasons.
const (
	Funds    Reason = "funds"   // not enough money
	Card     Reason = "card"    // expired, blocked, not read
	PIN      Reason = "pin"     // wrong
	Host     Reason = "host"    // the bank does not answer
	Limit    Reason = "limit"   // the sum is above what is allowed
	Expired  Reason = "expired" // the code was not paid in time
	DayOver  Reason = "day"     // too late to cancel: refund
	TooMuch  Reason = "much"    // more than is left of the payment
	NoSuch   Reason = "none"    // the terminal knows no such operation
	Refused  Reason = "refused" // nothing more is known
	maxTexts        = 128       // bytes of a terminal's words
)

// Declined says that certainly nothing was moved.
type Declined struct {
	Reason Reason
	Code   string // the bank's, "51"
	Text   string // the terminal's words, no card number in them
}

func (e *Declined) Error() string {
	return fmt.Sprintf("terminal: declined (%s): %s %s", e.Reason, e.Code, e.Text)
}

// Certain tells whether an error says that nothing was moved.
func Certain(err error) bool {
	var declined *Declined
	return errors.As(err, &declined) || errors.Is(err, ErrCancelled) || errors.Is(err, ErrNotConnected) || errors.Is(err, ErrBusy) || errors.Is(err, ErrUnsupported)
}

// The errors a caller branches on.
var (
	// ErrUnknown: nobody knows whether the money was moved. Ask Find.
	ErrUnknown = errors.New("terminal: outcome unknown")
	// ErrCancelled: the customer or Abort called it off; nothing was moved.
	ErrCancelled = errors.New("terminal: called off")
	// ErrNotConnected: the terminal can not be reached; it never got the operation.
	ErrNotConnected = errors.New("terminal: not connected")
	// ErrBusy: another operation is under way; this one was not begun.
	ErrBusy = errors.New("terminal: busy")
	// ErrUnsupported: this terminal does not do that.
	ErrUnsupported = errors.New("terminal: not supported")
)

// CheckSlip refuses a slip that no document may hold: what a driver has read is
// checked here before anybody sees it. The error does not repeat it.
func CheckSlip(s doc.Slip) error {
	p := doc.Payment{ID: s.Operation, Type: doc.PayElectron, QR: s.Kind == doc.SlipQR, Sum: s.Sum, Slip: &s}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("%w: its slip: %w", ErrUnknown, err)
	}
	return nil
}

// Words makes a terminal's words fit for a screen: bounded, printable, and
// without anything that may be a card number.
func Words(s string) string {
	var out []rune
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			if digits++; digits > maxDigits {
				continue
			}
		case r < ' ' || r == 0x7F || r == 0xFFFD:
			continue
		case r != ' ' && r != '-':
			digits = 0
		}
		if len(string(out))+len(string(r)) > maxTexts {
			break
		}
		out = append(out, r)
	}
	return string(out)
}

// maxDigits in a row are no card number yet.
const maxDigits = 8
