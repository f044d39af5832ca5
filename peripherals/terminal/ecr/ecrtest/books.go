package ecrtest

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/peripherals/terminal/ecr"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Operation is one operation in the bank's books.
type Operation struct {
	ID     uuid.UUID       `json:"id"`
	Kind   charge.Kind     `json:"kind"`
	Via    doc.SlipKind    `json:"via"`
	Sum    money.Amount    `json:"sum"`
	Is     ecr.Is          `json:"is"`
	Reason terminal.Reason `json:"reason,omitempty"`
	Slip   *doc.Slip       `json:"slip,omitempty"`
	Undone bool            `json:"undone,omitempty"`
	QR     string          `json:"qr,omitempty"`    // of a code that may be paid
	Until  time.Time       `json:"until,omitempty"` // ..so long
}

// State is a terminal as a page shows it.
type State struct {
	Hands      Hands        `json:"hands"`
	Faults     []Fault      `json:"faults"`
	Links      int          `json:"links"` // tills that are connected
	Waiting    *Operation   `json:"waiting,omitempty"`
	Operations []Operation  `json:"operations"` // the newest first
	Moved      money.Amount `json:"moved"`
}

// shownOps is how many operations a page shows.
const shownOps = 20

// State tells how the terminal is now.
func (t *Terminal) State() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	s := State{Hands: t.hands, Faults: []Fault{}, Links: len(t.links), Operations: []Operation{}, Moved: t.moved()}
	for _, f := range Faults() {
		if t.faults[f] {
			s.Faults = append(s.Faults, f)
		}
	}
	if o := t.waiting(); o != nil {
		seen := o.seen()
		s.Waiting = &seen
	}
	for _, o := range slices.Backward(t.order) {
		if len(s.Operations) == shownOps {
			break
		}
		s.Operations = append(s.Operations, o.seen())
	}
	return s
}

// Ledger is all the bank has, the oldest first.
type Ledger struct {
	Operations []Operation  `json:"operations"`
	Moved      money.Amount `json:"moved"`
	Day        int          `json:"day"`  // that is open
	Open       int          `json:"open"` // operations of it: not reconciled yet
}

// Ledger gives the bank's books.
func (t *Terminal) Ledger() Ledger {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.expire()
	l := Ledger{Operations: make([]Operation, len(t.order)), Moved: t.moved(), Day: t.day}
	for i, o := range t.order {
		if l.Operations[i] = o.seen(); o.day == t.day {
			l.Open++
		}
	}
	return l
}

func (o *op) seen() Operation {
	s := Operation{ID: o.req.Op, Kind: o.kind, Via: o.req.Via, Sum: o.req.Sum, Is: o.is, Reason: o.reason, Undone: o.undone, Until: o.until}
	if o.slip != nil {
		slip := *o.slip
		s.Slip, s.Sum = &slip, slip.Sum
	}
	if o.is == ecr.IsWaiting && !o.until.IsZero() {
		s.QR = code(o)
	}
	return s
}

// Moved is what the shop has got.
func (t *Terminal) Moved() money.Amount {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.moved()
}

func (t *Terminal) moved() (sum money.Amount) {
	for _, o := range t.order {
		switch {
		case o.slip == nil || o.undone:
		case o.kind == charge.Pay:
			sum += o.slip.Sum
		case o.kind == charge.Refund:
			sum -= o.slip.Sum
		}
	}
	return sum
}

// Changed is closed at the next change.
func (t *Terminal) Changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.notify
}
