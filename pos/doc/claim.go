package doc

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/money"
)

// ClaimKind is a kind of what shop and customer owe each other beyond one
// receipt.
type ClaimKind string

// The kinds.
const (
	ClaimAdvance     ClaimKind = "advance"     // money given before anybody knows what for
	ClaimCertificate ClaimKind = "certificate" // the same, on a card with a number
	ClaimPrepayment  ClaimKind = "prepayment"  // money given for named goods
	ClaimDebt        ClaimKind = "debt"        // goods handed over and not paid for: the only one that the customer owes
)

// ClaimRef names a claim: the document it began with, and what a person knows
// it by.
type ClaimRef struct {
	ID      uuid.UUID `json:"id"` // of the document
	Kind    ClaimKind `json:"kind"`
	Number  string    `json:"number"`            // a certificate's number, else the document's name
	Expires string    `json:"expires,omitempty"` // last day it can be used, 2026-12-31
}

// Claim is what a receipt begins. Of a prepayment Lines are the goods as they
// will be handed over, at their full prices and ordinary rates.
type Claim struct {
	Kind    ClaimKind `json:"kind"`
	Number  string    `json:"number,omitempty"`
	Expires string    `json:"expires,omitempty"`
	Lines   []Line    `json:"lines,omitempty"`
}

// Order is a customer's order in the cloud.
type Order struct {
	ID    string `json:"id"` // the cloud's
	Name  string `json:"name"`
	Agent string `json:"agent,omitempty"` // the cloud's id of the customer
}

// Remote is the operation of another till, without a fiscal device, that a
// cloud has handed to this one to register.
type Remote struct {
	Kind string `json:"kind"` // the cloud's: retaildemand, retailsalesreturn..
	Href string `json:"href"` // the cloud's address of it
	Name string `json:"name,omitempty"`
}

// Recalc says whose prices a receipt has in a store whose cloud calculates
// them when a cheque is paid.
type Recalc struct {
	Online bool   `json:"online"`        // the cloud's
	Why    string `json:"why,omitempty"` // code of the fault why they are the till's own
}

// Bonus is what a sale does to the points of its customer. What points paid for
// is a discount of the lines; a return gives no points back by itself.
type Bonus struct {
	Program string       `json:"program"`         // the cloud's id of the bonus programme
	Spent   int64        `json:"spent,omitzero"`  // points taken from the customer
	Sum     money.Amount `json:"sum,omitzero"`    // ..and what they took off the lines
	Earned  int64        `json:"earned,omitzero"` // points given, as the cloud has computed them
}

func (b *Bonus) validate() error {
	if b.Program == "" || b.Spent < 0 || b.Earned < 0 || b.Sum < 0 || (b.Spent == 0) != (b.Sum == 0) || (b.Spent == 0 && b.Earned == 0) {
		return fmt.Errorf("bonus points of %.40q: %d for %s spent, %d earned", b.Program, b.Spent, b.Sum, b.Earned)
	}
	return nil
}

// Kinds of marked goods (tag 1212): with their code, and remainders without.
const (
	kindExciseUnmarked = 30
	kindExciseMarked   = 31
	kindUnmarked       = 32
	kindMarked         = 33
)

// WantsMark tells whether the line is of marked goods and their code is not
// known yet: it can be prepaid, and not be handed over.
func (l *Line) WantsMark() bool {
	return (l.Kind == kindMarked || l.Kind == kindExciseMarked) && l.Mark == ""
}

// PaidBefore makes of a line for goods one for money that is paid before them:
// which unit it will be nobody knows, so there is no marking code, and the kind
// of goods is the plain one.
func (l *Line) PaidBefore() {
	l.Mark, l.MarkStatus, l.MarkAnyway, l.MarkProven, l.Permit = "", 0, false, false, nil
	switch l.Kind {
	case kindMarked, kindUnmarked:
		l.Kind = kindGoods
	case kindExciseMarked, kindExciseUnmarked:
		l.Kind = kindExcise
	}
}

// Kinds of goods without marking.
const (
	kindGoods  = 1
	kindExcise = 2
)

// MaxClaimNumber is how many bytes a certificate's number has at most.
const MaxClaimNumber = 64

func (c *Claim) validate() error {
	switch c.Kind {
	case ClaimAdvance, ClaimCertificate:
		if len(c.Lines) > 0 {
			return fmt.Errorf("a claim of kind %s with lines", c.Kind)
		}
	case ClaimPrepayment:
		if len(c.Lines) == 0 {
			return fmt.Errorf("a prepayment for nothing")
		}
	default:
		return fmt.Errorf("a claim of kind %.20q", string(c.Kind))
	}
	if c.Kind == ClaimCertificate && c.Number == "" || len(c.Number) > MaxClaimNumber {
		return fmt.Errorf("a claim with the number %.70q", c.Number)
	}
	for i := range c.Lines {
		if err := c.Lines[i].validate(0); err != nil {
			return fmt.Errorf("prepaid line %d: %w", i+1, err)
		}
	}
	return nil
}
