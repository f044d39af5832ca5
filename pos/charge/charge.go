// Package charge holds what a till asks of whatever moves money that is not
// cash: a payment terminal, or a service of payments by QR.
//
// These are values only. The till's bracket round money (pos/till) is written
// in them, and the terminal port (peripherals/terminal) takes and returns them.
package charge

import (
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Kind says what to do with money.
type Kind string

// The kinds of operations.
const (
	Pay    Kind = "pay"    // the customer pays
	Refund Kind = "refund" // money goes back, all of a payment or a part, on any day
	// Cancel undoes a whole payment, or a whole refund, of the terminal's own day:
	// for the customer it never happened. Later only a refund is possible.
	Cancel Kind = "cancel"
)

// Operation is one movement of money.
type Operation struct {
	ID       uuid.UUID    `json:"id"` // minted once, durable before the terminal hears of it
	Kind     Kind         `json:"kind"`
	Via      doc.SlipKind `json:"via"`
	Sum      money.Amount `json:"sum"` // above zero
	Currency string       `json:"currency"`
	// Of is the slip of what a refund or a cancel gives back. A refund without it
	// goes onto the card the customer presents.
	Of *doc.Slip `json:"of,omitempty"`
}

// State is what is known of an operation.
type State string

// The states. Approved and Declined are final; a terminal that never heard of
// an operation has declined it.
const (
	Approved State = "approved"
	Declined State = "declined" // certainly nothing was moved
	Unknown  State = "unknown"  // it may have been: ask
)

// Stage is what a terminal is waiting for.
type Stage string

// The stages.
const (
	StageCard   Stage = "card"   // the customer's card
	StagePIN    Stage = "pin"    // ..and its PIN
	StageHost   Stage = "host"   // the bank
	StageQR     Stage = "qr"     // the customer's telephone: Progress has the code
	StagePerson Stage = "person" // the cashier's word: the terminal is not connected
)

// Progress is where an operation stands while it goes on.
type Progress struct {
	Stage Stage  `json:"stage"`
	QR    string `json:"qr,omitempty"` // text of the code to be scanned
}

// MaxQR is how long the text of a code may be, in bytes.
const MaxQR = 512

// Totals are a terminal's sums since it was reconciled last, for another
// shift. What was cancelled is in none of them.
type Totals struct {
	Paid     doc.Count `json:"paid"`
	Refunded doc.Count `json:"refunded"`
}

// Net is what the bank owes the shop for them.
func (t Totals) Net() money.Amount { return t.Paid.Sum - t.Refunded.Sum }
