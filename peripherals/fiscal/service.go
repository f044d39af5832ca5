package fiscal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

var (
	// ErrUnsupported: this device can not do what was asked.
	ErrUnsupported = errors.New("fiscal: not supported by the device")
	// ErrNoDocument: the FN's archive has no such document.
	ErrNoDocument = errors.New("fiscal: no such document in the FN")
	// ErrNoSetting: the device has no such table, row or field, or more than
	// one goes by that name.
	ErrNoSetting = errors.New("fiscal: no such setting")
	// ErrBadValue: a value the field does not hold; nothing was written.
	ErrBadValue = errors.New("fiscal: value out of range")
	// ErrSecret: passwords are neither shown nor set by a till.
	ErrSecret = errors.New("fiscal: a password is set at the device itself")
	// ErrLimit: more than a driver does in one call.
	ErrLimit = errors.New("fiscal: too much at once")
)

// MarkError refuses a line because of its marking code, before anything is
// registered; wrapped together with ErrRefused.
type MarkError struct {
	Line  int           // counted from 1
	Check doc.MarkCheck // what is known of the code
	Why   string        // Russian
}

func (e *MarkError) Error() string {
	return fmt.Sprintf("fiscal: line %d: marking code: %s", e.Line, e.Why)
}

// Service is what a technician, and the till's own watch, ask of a device
// beside registering documents. It is called by the goroutine that calls the
// Printer, between its operations. Nothing here registers anything.
type Service interface {
	// Facts reads registration, FN and settings. Idempotent.
	Facts(ctx context.Context) (kkt.Facts, error)

	// SetClock sets the device's clock, to the minute, and reads it back.
	// ErrRefused while a shift is open, and for a time before the FN's last
	// document.
	SetClock(ctx context.Context, to time.Time) error

	// Document reads a document and its tags from the FN's archive; ErrNoDocument
	// when it has none of that number. Idempotent.
	Document(ctx context.Context, fd uint32) (kkt.FNDocument, error)

	// Copy prints the last receipt again, marked as a copy.
	Copy(ctx context.Context) error

	// Print prints lines that are no fiscal document, wrapped to the paper, and
	// waits until they are on it. ErrLimit when there are too many.
	Print(ctx context.Context, lines []string) error

	// Barcode prints an EAN-13 of thirteen digits, and waits likewise.
	// ErrBadValue when it is none.
	Barcode(ctx context.Context, ean string) error

	// Feed moves the paper on by so many lines; Cut cuts it.
	Feed(ctx context.Context, lines int) error
	Cut(ctx context.Context, full bool) error

	// Settings lists all settings of a table, or of all tables when it is "".
	// Passwords are listed without their values. Idempotent.
	Settings(ctx context.Context, table string) ([]kkt.Setting, error)
	// Set changes one setting; the value is checked against what the device
	// says of the field, and read back. ErrRefused for what is read-only, or
	// can not be changed in the device's present mode.
	Set(ctx context.Context, ref kkt.SettingRef, value string) error
}

// Exchanger lets a till carry the traffic between a device and its OFD and the
// marking system, for a device without a network of its own. The bytes are the
// FN's own messages: nothing here looks inside. It is called by the goroutine
// that calls the Printer, between its operations.
//
// A message may be tens of kilobytes and the line slow, so both directions go
// in steps, each of one block: a sale never waits for more than that. Whatever
// happens between two steps, on the line or in the device, nothing is lost: a
// message stays first in the FN's queue until the FN has taken its answer.
type Exchanger interface {
	// Route tells where messages go and whether the till is to carry them, as
	// the device is set up. Idempotent.
	Route(ctx context.Context) (kkt.Route, error)

	// Outgoing reads one more block of the FN's next message. done with a
	// message: that is the whole of it; done without: there is none. After done
	// the next call begins anew, and until Incoming gives the same message.
	// ErrUnsupported: the device does not let the till carry.
	Outgoing(ctx context.Context) (message []byte, done bool, err error)

	// Incoming hands over one more block of the answer to the last message;
	// call it with the same answer until done or an error. ErrRefused: the FN
	// does not want this answer and keeps the message.
	Incoming(ctx context.Context, answer []byte) (done bool, err error)
}

// Checker checks marking codes (FFD 1.2). A code that was checked and is to be
// sold is accepted when its receipt is prepared; Prepare checks by itself what
// was not checked before, and refuses with a *MarkError the line whose code
// turns out bad, unless the line says that it is sold anyway.
type Checker interface {
	// CheckMark asks about one code. A code found bad is an answer, not an
	// error. ErrUnsupported: this device, or its registration, checks no codes.
	CheckMark(ctx context.Context, q kkt.MarkQuery) (kkt.MarkAnswer, error)
}

// Device is everything a driver offers.
type Device interface {
	Printer
	Service
	Exchanger
	Checker
}
