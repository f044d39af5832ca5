package fiscal

import (
	"context"
	"errors"
	"time"

	"github.com/kassa-pos/kassa/pos/kkt"
)

// ErrUnsupported: this device can not do what was asked.
var ErrUnsupported = errors.New("fiscal: not supported by the device")

// Service is what a technician, and the till's own watch, ask of a device
// beside registering documents. It is called by the goroutine that calls the
// Printer, between its operations. Nothing here registers anything.
type Service interface {
	// Facts reads registration, FN and settings. Idempotent.
	Facts(ctx context.Context) (kkt.Facts, error)

	// SetClock sets the device's clock, to the minute. ErrRefused while a
	// shift is open.
	SetClock(ctx context.Context, to time.Time) error

	// Document reads a document and its tags from the FN's archive; ErrNoDocument
	// when it has none of that number. Idempotent.
	Document(ctx context.Context, fd uint32) (kkt.FNDocument, error)

	// Copy prints the last receipt again, marked as a copy.
	Copy(ctx context.Context) error

	// Print prints lines that are no fiscal document, wrapped to the paper.
	Print(ctx context.Context, lines []string) error

	// Feed moves the paper on by so many lines; Cut cuts it.
	Feed(ctx context.Context, lines int) error
	Cut(ctx context.Context, full bool) error

	// Settings lists all settings of a table, or of all tables when it is "".
	// Idempotent.
	Settings(ctx context.Context, table string) ([]kkt.Setting, error)
	// Set changes one setting; the value is checked against what the device
	// says of the field.
	Set(ctx context.Context, ref kkt.SettingRef, value string) error
}

// ErrNoDocument: the FN's archive has no such document.
var ErrNoDocument = errors.New("fiscal: no such document in the FN")

// Exchanger lets a till carry the traffic between a device and its OFD, for a
// device without a network of its own. The bytes are the FN's own messages:
// nothing here looks inside.
type Exchanger interface {
	// Outgoing takes the next message from the device; nil: there is none.
	// Taking it again before Incoming gives the same message.
	Outgoing(ctx context.Context) ([]byte, error)
	// Incoming hands the OFD's answer to the device.
	Incoming(ctx context.Context, answer []byte) error
}

// Checker checks marking codes (FFD 1.2). A code that was checked and is to be
// sold is accepted when its receipt is prepared.
type Checker interface {
	CheckMark(ctx context.Context, q kkt.MarkQuery) (kkt.MarkAnswer, error)
}

// Device is everything a driver offers.
type Device interface {
	Printer
	Service
	Exchanger
	Checker
}
