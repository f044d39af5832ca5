package catalog

import (
	"time"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Order is a customer's order as the cloud has it.
type Order struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Time        time.Time       `json:"time,omitzero"` // the store's wall clock
	Description string          `json:"description,omitempty"`
	State       string          `json:"state,omitempty"`
	Agent       string          `json:"agent,omitempty"`      // the cloud's id of the customer; none: whoever comes
	AgentName   string          `json:"agent_name,omitempty"` // personal: never journaled
	Positions   []OrderPosition `json:"positions"`
	// What was paid already, by how it was paid.
	PaidCash   money.Amount `json:"paid_cash,omitzero"`
	PaidNoCash money.Amount `json:"paid_no_cash,omitzero"`
	PaidQR     money.Amount `json:"paid_qr,omitzero"`

	Stale bool `json:"-"` // as the cloud told some time ago: it does not answer now
}

// OrderPosition is one line of an order.
type OrderPosition struct {
	ItemID string       `json:"item_id"`
	Name   string       `json:"name"`
	Qty    qty.Milli    `json:"qty"`
	Price  money.Amount `json:"price"` // of one unit, discounts taken off
	// Of an order that was made at a till:
	ItemType ItemType `json:"item_type,omitempty"`
	Rate     tax.Rate `json:"rate,omitempty"`
}
