package cheque

import (
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
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

// Belongs plans the change that the cheque came from an order.
func (c Cheque) Belongs(o Order, at time.Time) Change {
	ch := c.change(at)
	ch.Order = &o
	return ch
}
