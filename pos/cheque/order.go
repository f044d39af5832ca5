package cheque

import (
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Order is the customer's order that a cheque came from, and what was paid for
// it in the cloud before.
type Order struct {
	doc.Order
	PaidCash   money.Amount `json:"paid_cash,omitzero"`
	PaidNoCash money.Amount `json:"paid_no_cash,omitzero"`
	PaidQR     money.Amount `json:"paid_qr,omitzero"`
}

// Prepaid are the payments that what was paid before makes of a total, without
// ids.
func (o *Order) Prepaid(total money.Amount) []doc.Payment {
	if o == nil {
		return nil
	}
	var all []doc.Payment
	for _, w := range []struct {
		way doc.Payment
		sum money.Amount
	}{
		{doc.Payment{Via: doc.PayCash}, o.PaidCash},
		{doc.Payment{Via: doc.PayElectron}, o.PaidNoCash},
		{doc.Payment{Via: doc.PayElectron, QR: true}, o.PaidQR},
	} {
		if sum := min(w.sum, total); sum > 0 {
			w.way.Type, w.way.Sum, total = doc.PayAdvance, sum, total-sum
			all = append(all, w.way)
		}
	}
	return all
}

// Fill plans the change that makes the empty cheque of an order: all of it at
// once, so that no crash leaves a part of it.
func (c Cheque) Fill(o Order, lines []Line, generation int64, at time.Time) (Change, error) {
	if len(lines) > MaxLines {
		return Change{}, ErrFull
	}
	for i := range lines {
		if l := &lines[i]; !l.Qty.Valid() || !l.takes(l.Qty) {
			return Change{}, qty.ErrRange
		}
	}
	ch := c.change(at)
	ch.Order, ch.Lines, ch.Catalog = &o, lines, generation
	return ch, nil
}
