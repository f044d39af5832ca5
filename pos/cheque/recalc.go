package cheque

import (
	"time"

	"github.com/kassa-pos/kassa/pos/money"
)

// Recalc is what became of asking a cloud for the cheque's prices: its prices,
// or why the till's own rules have to do. Any later change of the cheque ends
// it.
type Recalc struct {
	At     time.Time `json:"at"`
	Online bool      `json:"online"`        // the cloud's prices are the cheque's
	Why    string    `json:"why,omitempty"` // code of the fault why they are not

	// Totals are what the lines come to, in their order, before the cashier's
	// changes by hand; Bonus is how much of what is off was paid with points.
	Totals []money.Amount `json:"totals,omitempty"`
	Bonus  money.Amount   `json:"bonus,omitzero"`

	Program string `json:"program,omitempty"` // the cloud's id of the bonus programme
	Spent   int64  `json:"spent,omitzero"`    // points
	Earned  int64  `json:"earned,omitzero"`
	Balance *int64 `json:"balance,omitempty"` // points the customer had before; nil: not told
	Note    string `json:"note,omitempty"`    // the cloud's words for the customer
}

// Recalculated plans that the cloud was asked, or could not be.
func (c Cheque) Recalculated(r Recalc, at time.Time) Change {
	ch := c.change(at)
	ch.Recalc = &r
	return ch
}
