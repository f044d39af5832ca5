// Package shift keeps the running totals of a shift: added to with each
// document, never recounted, so closing a shift of five thousand receipts
// costs what closing an empty one does.
package shift

import (
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// MaxAge is how long the law lets a shift stay open.
const MaxAge = 24 * time.Hour

// Shift is an open shift with its totals so far.
type Shift struct {
	ID       uuid.UUID
	Number   int64
	OpenedAt time.Time
	FN       string // fiscal storage it was opened on
	Currency string // ISO 4217: of every document in it
	Cashier  doc.Cashier
	Totals   doc.Shift
}

// New begins a shift with so much cash in the drawer.
func New(id uuid.UUID, number int64, at time.Time, drawer money.Amount) Shift {
	return Shift{ID: id, Number: number, OpenedAt: at, Totals: doc.Shift{OpenedAt: at, Drawer: drawer}}
}

// Expired tells whether the shift is too old for sales at t.
func (s Shift) Expired(t time.Time) bool { return t.Sub(s.OpenedAt) >= MaxAge }

// Sign tells how a document counts in a shift's revenue: 1 adds its total, -1
// takes it off, 0: it is none, as what is bought from people and what was
// registered for another till, whose money is there.
func Sign(d *doc.Document) money.Amount {
	switch {
	case d.Receipt == nil || d.Receipt.Remote != nil:
		return 0
	case d.Type == doc.Sell:
		return 1
	case d.Type == doc.Payback:
		return -1
	case d.Type == doc.Correction && d.Receipt.Correction != nil:
		if of := d.Receipt.Correction.Of; of == doc.Payback || of == doc.Buy {
			return -1
		}
		return 1
	}
	return 0
}

// Add returns the shift with one more document of it counted.
func (s Shift) Add(d *doc.Document) Shift {
	t := &s.Totals
	if t.FirstNumber == 0 {
		t.FirstNumber = d.Number
	}
	t.LastNumber = max(t.LastNumber, d.Number)
	if r := d.Receipt; r != nil && r.Remote != nil {
		sum := r.Total
		if d.Type == doc.Payback {
			sum = -sum
		}
		t.Remote = doc.Count{Count: t.Remote.Count + 1, Sum: t.Remote.Sum + sum}
		return s
	}
	switch d.Type {
	case doc.Sell:
		t.Sales = turnover(t.Sales, d.Receipt)
		t.Acquired += acquired(d.Receipt)
		t.Drawer += cash(d.Receipt)
		t.Revenue += d.Receipt.Total
	case doc.Payback:
		t.Returns = turnover(t.Returns, d.Receipt)
		t.Acquired -= acquired(d.Receipt)
		t.Drawer -= cash(d.Receipt)
		t.Revenue -= d.Receipt.Total
	case doc.Buy: // it is no revenue
		t.Buys = turnover(t.Buys, d.Receipt)
		t.Drawer -= cash(d.Receipt)
	case doc.Buyback:
		t.BuysBack = turnover(t.BuysBack, d.Receipt)
		t.Drawer += cash(d.Receipt)
	case doc.Correction:
		sign := Sign(d)
		t.Corrections = doc.Count{Count: t.Corrections.Count + 1, Sum: t.Corrections.Sum + sign*d.Receipt.Total}
		t.Drawer += sign * cash(d.Receipt)
		t.Revenue += sign * d.Receipt.Total
	case doc.CashIncome:
		t.CashIn = doc.Count{Count: t.CashIn.Count + 1, Sum: t.CashIn.Sum + d.Cash.Sum}
		t.Drawer += d.Cash.Sum
	case doc.CashOutcome:
		t.CashOut = doc.Count{Count: t.CashOut.Count + 1, Sum: t.CashOut.Sum + d.Cash.Sum}
		t.Drawer -= d.Cash.Sum
	}
	return s
}

func cash(r *doc.Receipt) (sum money.Amount) {
	for _, p := range r.Payments {
		if p.Type == doc.PayCash {
			sum += p.Sum
		}
	}
	return sum
}

// acquired is what a terminal has moved by itself.
func acquired(r *doc.Receipt) (sum money.Amount) {
	for _, p := range r.Payments {
		if p.Slip != nil && !p.Slip.ByHand {
			sum += p.Sum
		}
	}
	return sum
}

func turnover(t doc.Turnover, r *doc.Receipt) doc.Turnover {
	t.Count++
	t.Total += r.Total
	t.Discount += r.Discount
	for _, p := range r.Payments {
		switch p.Type {
		case doc.PayCash:
			t.Cash += p.Sum
		case doc.PayElectron:
			t.Electron += p.Sum
		case doc.PayAdvance:
			t.Advance += p.Sum
		case doc.PayCredit:
			t.Credit += p.Sum
		}
	}
	vat := append([]doc.VATSum(nil), t.VAT...)
	for _, v := range r.VAT {
		vat = doc.AddVAT(vat, v)
	}
	t.VAT = vat
	return t
}
