package cheque

import "github.com/kassa-pos/kassa/pos/money"

// Adjust is a price change by hand, on a line or on the whole cheque: a
// percent or a sum, never both.
type Adjust struct {
	Percent int64        `json:"percent,omitempty"` // thousandths of a percent; above zero cheaper, below dearer
	Sum     money.Amount `json:"sum,omitempty"`     // kopecks off the line or cheque; below zero dearer
	Who     string       `json:"who,omitempty"`     // cashier's id, when somebody else allowed it
}

// None tells whether it changes nothing.
func (a *Adjust) None() bool { return a == nil || (a.Percent == 0 && a.Sum == 0) }
