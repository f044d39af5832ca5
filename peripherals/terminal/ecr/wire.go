package ecr

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Do is what a request asks.
type Do string

// The requests.
const (
	DoStatus    Do = "status"
	DoPay       Do = "pay"
	DoRefund    Do = "refund"
	DoCancel    Do = "cancel"
	DoFind      Do = "find"
	DoAbort     Do = "abort" // has no answer
	DoReconcile Do = "reconcile"
)

// Is is what an answer says.
type Is string

// The answers. Waiting is followed by another one.
const (
	IsReady     Is = "ready"
	IsWaiting   Is = "waiting"
	IsShown     Is = "shown" // the code of a payment by QR: what becomes of it is found by asking
	IsApproved  Is = "approved"
	IsDeclined  Is = "declined"
	IsCancelled Is = "cancelled"
	IsBusy      Is = "busy"
	IsNone      Is = "none" // never heard of, and never will be
	IsTotals    Is = "totals"
	IsUnable    Is = "unable" // a request this terminal does not know
)

// Request is a frame from the till. N numbers it within the connection.
type Request struct {
	N        uint64       `json:"n"`
	Do       Do           `json:"do"`
	Op       uuid.UUID    `json:"op,omitzero"`
	Via      doc.SlipKind `json:"via,omitempty"`
	Sum      money.Amount `json:"sum,omitzero"` // kopecks
	Currency string       `json:"currency,omitempty"`
	Of       uuid.UUID    `json:"of,omitzero"`      // the operation that is given back or undone
	RRN      string       `json:"rrn,omitempty"`    // ..and its reference number
	Seconds  int          `json:"seconds,omitzero"` // how long a code may be paid
}

// Answer is a frame from the terminal, to the request of the same N.
type Answer struct {
	N      uint64           `json:"n"`
	Is     Is               `json:"is"`
	Stage  charge.Stage     `json:"stage,omitempty"`
	QR     string           `json:"qr,omitempty"`
	Reason terminal.Reason  `json:"reason,omitempty"`
	Code   string           `json:"code,omitempty"`
	Text   string           `json:"text,omitempty"`
	Slip   *doc.Slip        `json:"slip,omitempty"`
	Status *terminal.Status `json:"status,omitempty"`
	Totals *charge.Totals   `json:"totals,omitempty"`
}

// A frame is STX, the length of its body in two bytes, the body and the CRC of
// length and body, high bytes first.
const (
	stx      = 0x02
	MaxBody  = 4096 // bytes
	maxNoise = 4096 // bytes skipped before a frame
)

// ErrGarbage says that what came is no frame.
var ErrGarbage = errors.New("ecr: garbage on the line")

// Frame packs a message.
func Frame(message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("pack a frame: %w", err)
	}
	if len(body) > MaxBody {
		return nil, fmt.Errorf("pack a frame: %d bytes", len(body))
	}
	b := make([]byte, 3, len(body)+5)
	b[0] = stx
	binary.BigEndian.PutUint16(b[1:], uint16(len(body)))
	b = append(b, body...)
	return binary.BigEndian.AppendUint16(b, crc(b[1:])), nil
}

// ReadFrame reads the next message into m. Bytes before a frame are skipped.
func ReadFrame(r io.Reader, m any) error {
	var head [3]byte
	for n := 0; ; n++ {
		if _, err := io.ReadFull(r, head[:1]); err != nil {
			return err
		}
		if head[0] == stx {
			break
		}
		if n >= maxNoise {
			return ErrGarbage
		}
	}
	if _, err := io.ReadFull(r, head[1:]); err != nil {
		return err
	}
	size := int(binary.BigEndian.Uint16(head[1:]))
	if size == 0 || size > MaxBody {
		return fmt.Errorf("%w: a body of %d bytes", ErrGarbage, size)
	}
	rest := make([]byte, size+2)
	if _, err := io.ReadFull(r, rest); err != nil {
		return err
	}
	if crc(append(head[1:], rest[:size]...)) != binary.BigEndian.Uint16(rest[size:]) {
		return fmt.Errorf("%w: wrong CRC", ErrGarbage)
	}
	if err := json.Unmarshal(rest[:size], m); err != nil {
		return fmt.Errorf("%w: %w", ErrGarbage, err)
	}
	return nil
}

// crc is CRC-16/CCITT-FALSE: polynomial 1021h, beginning with FFFFh.
func crc(b []byte) uint16 {
	c := uint16(0xFFFF)
	for _, x := range b {
		c ^= uint16(x) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
	}
	return c
}
