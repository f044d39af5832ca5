package till

import (
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// nearGrams is how far from the weight that follows from the price per
// kilogram a labelled piece is looked for: labels round.
const nearGrams = 20

// weighByPrice finds the weight of a piece whose label says only what it
// costs: the printed price is what is paid, to the kopeck, and n times it for n
// pieces.
func (t *turn) weighByPrice(h *held) *fault.Error {
	unit, ok := h.match.Item.PriceOf(t.store.PriceType)
	if !ok {
		return fault.New(fault.ItemNoPrice, h.match.Item.Name)
	}
	printed := h.line.Price
	if h.times != 0 {
		all, err := printed.MulDiv(int64(h.times), int64(qty.One))
		if err != nil || !h.times.Whole() {
			return fault.New(fault.QtyBad, h.times.String())
		}
		printed, h.times = all, 0
	}
	q, price, ok := pieceOf(printed, unit)
	if !ok {
		return fault.New(fault.QtyBad, printed.String())
	}
	h.match.Qty, h.line.Price, h.weighed = q, price, true
	return nil
}

// pieceOf finds a weight and a price per kilogram near the unit price that
// make exactly the printed sum.
func pieceOf(printed, unit money.Amount) (qty.Milli, money.Amount, bool) {
	grams, err := printed.MulDiv(int64(qty.One), int64(unit))
	if err != nil {
		return 0, 0, false
	}
	for d := range qty.Milli(2*nearGrams + 1) {
		q := qty.Milli(grams) + (d+1)/2*(1-2*(d%2)) // 0, -1, +1, -2, +2..
		if q <= 0 || !q.Valid() {
			continue
		}
		near, err := printed.MulDiv(int64(qty.One), int64(q))
		if err != nil {
			continue
		}
		for p := near - 1; p <= near+1; p++ {
			if sum, err := q.Times(p); err == nil && sum == printed && p > 0 {
				return q, p, true
			}
		}
	}
	return 0, 0, false
}
