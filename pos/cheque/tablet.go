package cheque

import (
	"cmp"

	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of what a program says of a cheque it puts aside.
const (
	MaxTabletID   = 64  // bytes
	MaxTabletNote = 256 // characters
)

// Tablet is what a cheque is to the program beside the till that has filled it:
// a waiter's tablet. Its prices are agreed and none of the shop's rules changes
// them.
type Tablet struct {
	ID     string `json:"id"`              // the program's own, any text
	Order  bool   `json:"order,omitempty"` // of a table; else a cheque that waits
	Table  *int64 `json:"table,omitempty"`
	Place  *int64 `json:"place,omitempty"`
	Note   string `json:"note,omitempty"`
	Number string `json:"number,omitempty"` // that people call it by

	Discount *Change100 `json:"discount,omitempty"` // of the whole, as the program has said it
	Increase *Change100 `json:"increase,omitempty"`
}

// Change100 is a discount or an increase as a program has said it: a percent
// in hundredths of one, or a sum. What the till does about it is an Adjust.
type Change100 struct {
	Percent bool  `json:"percent,omitempty"`
	Value   int64 `json:"value"` // hundredths of a percent, or kopecks
}

// Agreed is what a program has said of a line, as it has said it. The line's
// price is agreed.
type Agreed struct {
	Name     string     `json:"name,omitempty"`
	Coded    bool       `json:"coded,omitempty"` // it has named a code
	CodeType int        `json:"code_type,omitempty"`
	Code     string     `json:"code,omitempty"`
	Percent  int64      `json:"tax,omitempty"` // of VAT, inside the price; 0: not said
	Discount *Change100 `json:"discount,omitempty"`
	Increase *Change100 `json:"increase,omitempty"`

	Section *Section     `json:"section,omitempty"` // of the shop
	Marks   []AgreedMark `json:"marks,omitempty"`   // codes of the line's units
}

// Section is a department of the shop as a program names it.
type Section struct {
	Code int64  `json:"code"`
	Name string `json:"name,omitempty"`
}

// AgreedMark is the code of a unit, byte for byte: one of its fields is set.
type AgreedMark struct {
	SI  string `json:"si,omitempty"`  // a means of identification: a marking code
	UKZ string `json:"ukz,omitempty"` // number of a unified control sign
}

// Code is the one that is set.
func (m AgreedMark) Code() string { return cmp.Or(m.SI, m.UKZ) }

// Agreed tells whether any of its prices was agreed with a program.
func (c Cheque) Agreed() bool {
	for i := range c.Lines {
		if c.Lines[i].Agreed != nil {
			return true
		}
	}
	return false
}

// By makes the change by hand that does the same: a percent where only one of
// both is said and it is one, else the sum.
func By(discount, increase *Change100, sum money.Amount) *Adjust {
	switch {
	case increase == nil && discount != nil && discount.Percent:
		return &Adjust{Percent: 10 * discount.Value}
	case discount == nil && increase != nil && increase.Percent:
		return &Adjust{Percent: -10 * increase.Value}
	case sum != 0:
		return &Adjust{Sum: sum}
	}
	return nil
}

// PutTablet plans that the cheque is what a program says: its lines in the
// place of those there were, its name, and what comes off the whole. Who buys
// stays.
func (c Cheque) PutTablet(a Tablet, name string, lines []Line, adjust *Adjust, generation int64, at time.Time) (Change, error) {
	if len(lines) > MaxLines {
		return Change{}, ErrFull
	}
	if adjust.None() {
		adjust = &Adjust{}
	}
	ch := c.change(at)
	ch.Tablet, ch.Renamed, ch.Replaced, ch.Adjust, ch.Catalog = &a, &name, lines, adjust, generation
	return ch, nil
}
