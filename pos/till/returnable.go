package till

import (
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Returnable is a line of a sale and what of it has not come back.
type Returnable struct {
	Line doc.Line
	Left qty.Milli
	Sum  money.Amount // that all of it would give back
}

// ReturnablesOf lists the lines of a sale with what of each can come back,
// given the documents that undid parts of it and what is left of the claim it
// began, if it began one.
func ReturnablesOf(sale *doc.Document, back []doc.Document, claim *Claim) []Returnable {
	if !comesUndone(sale) {
		return nil
	}
	f := newRefunds(sale.Receipt, back, claim)
	all := make([]Returnable, 0, len(sale.Receipt.Lines))
	for i := range sale.Receipt.Lines {
		l := &sale.Receipt.Lines[i]
		all = append(all, Returnable{Line: *l, Left: max(f.left(l), 0), Sum: max(l.Total-f.lines[l.ID].total, 0)})
	}
	return all
}

// RefundOf tells what Return would give back for lines, or for all that is
// left when there are none: the same sums and ways of payment. Whether the
// device and the drawer allow it only Return itself knows.
func RefundOf(sale *doc.Document, back []doc.Document, claim *Claim, lines []ReturnLine, by doc.PaymentType) (doc.Receipt, *fault.Error) {
	if !comesUndone(sale) || sale.Fiscal == nil {
		return doc.Receipt{}, fault.New(fault.ReturnOf, sale.Name, string(sale.Type))
	}
	f := newRefunds(sale.Receipt, back, claim)
	return f.of(sale, lines, by, func() uuid.UUID { return uuid.Nil })
}

// ClaimOf finds the claim that a document began among the live ones; nil: it
// began none, or nothing is left of it.
func (v *View) ClaimOf(id uuid.UUID) *Claim {
	for i := range v.Claims {
		if v.Claims[i].ID == id {
			return &v.Claims[i]
		}
	}
	return nil
}
