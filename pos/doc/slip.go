package doc

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/money"
)

// SlipKind is what moved the money that is neither cash nor a claim.
type SlipKind string

// The kinds of slips.
const (
	SlipCard SlipKind = "card" // a payment terminal
	SlipQR   SlipKind = "qr"   // a service of payments by QR code
)

// Slip is what a payment terminal, or a service of payments by QR, has said of
// a payment: enough to find it in the bank's books and to give it back. What a
// terminal does not tell is empty. Of a card number only what the terminal has
// masked is ever kept.
type Slip struct {
	Kind SlipKind `json:"kind"`
	// Operation is the till's id of what the terminal did, minted before it was
	// asked; Of is, of money that went back, the operation that had brought it.
	Operation uuid.UUID `json:"operation"`
	Of        uuid.UUID `json:"of,omitzero"`
	// Sum is what the terminal moved. The payment may be a share of it.
	Sum      money.Amount `json:"sum"`
	Terminal string       `json:"terminal,omitempty"` // TID: 8 characters
	Merchant string       `json:"merchant,omitempty"` // MID: 15 characters
	RRN      string       `json:"rrn,omitempty"`      // retrieval reference number: 12 digits
	AuthCode string       `json:"auth_code,omitempty"`
	PAN      string       `json:"pan,omitempty"`    // masked by the terminal, see MaskedPAN
	System   string       `json:"system,omitempty"` // МИР, VISA
	QRID     string       `json:"qr_id,omitempty"`  // of the code the customer scanned
	Number   string       `json:"number,omitempty"` // the terminal's, or the service's, of the operation
	Time     time.Time    `json:"time,omitzero"`    // the terminal's; of one without a clock the till's
	// ByHand: a person said that it was approved, no terminal told the till.
	ByHand bool `json:"by_hand,omitzero"`
}

// Limits of a slip.
const (
	MaxSlipText = 64 // bytes of each of its texts
	MaxPAN      = 30 // characters of a masked number
	panFirst    = 6  // digits of a card number that may be seen..
	panLast     = 4  // ..at its end
	panHidden   = 2  // characters at least that hide the rest
)

// ErrPAN says that a card number is not masked.
var ErrPAN = errors.New("doc: a card number that is not masked")

// Origin is the operation that brought the money: what is given back is given
// back to it.
func (s *Slip) Origin() uuid.UUID {
	switch {
	case s == nil:
		return uuid.Nil
	case s.Of != uuid.Nil:
		return s.Of
	}
	return s.Operation
}

// MaskedPAN tells whether a terminal has masked a card number: at most its first
// 6 and last 4 digits are there, something hides the rest, and nothing else is
// in it. Spaces and dashes may part it.
func MaskedPAN(pan string) bool {
	plain := strings.NewReplacer(" ", "", "-", "").Replace(pan)
	runes := []rune(plain)
	if len(pan) > 4*MaxPAN || len(runes) > MaxPAN {
		return false
	}
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	first := 0
	for first < len(runes) && digit(runes[first]) {
		first++
	}
	last := len(runes)
	for last > first && digit(runes[last-1]) {
		last--
	}
	if first > panFirst || len(runes)-last > panLast || last-first < panHidden {
		return false
	}
	for _, r := range runes[first:last] {
		if !strings.ContainsRune("*xX•·#.", r) {
			return false
		}
	}
	return true
}

// validate checks a slip against the payment it belongs to.
func (s *Slip) validate(p *Payment) error {
	if (s.Kind != SlipCard && s.Kind != SlipQR) || p.Type != PayElectron || (s.Kind == SlipQR) != p.QR {
		return fmt.Errorf("a %.10q slip of %s", string(s.Kind), p.Type)
	}
	if s.Operation == uuid.Nil || s.Operation == s.Of || s.Sum <= 0 || s.Sum > money.Max {
		return fmt.Errorf("a slip of operation %s for %s", s.Operation, s.Sum)
	}
	if s.PAN != "" && !MaskedPAN(s.PAN) {
		return ErrPAN // never with the number itself
	}
	for _, text := range []string{s.Terminal, s.Merchant, s.RRN, s.AuthCode, s.System, s.QRID, s.Number} {
		if len(text) > MaxSlipText || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7F }) {
			return fmt.Errorf("a slip with a text of %d bytes, or of bytes nobody can read", len(text))
		}
	}
	return nil
}
