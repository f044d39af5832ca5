package reports

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/shift"
)

// Figure is what documents came to. What went back is negative, so a row adds
// up: Sum = Sold + Returned + Corrected.
type Figure struct {
	Sales       int64        `json:"sales"` // receipts; in a report of goods their lines
	Sold        money.Amount `json:"sold"`
	Returns     int64        `json:"returns"`
	Returned    money.Amount `json:"returned"` // zero or negative
	Corrections int64        `json:"corrections"`
	Corrected   money.Amount `json:"corrected"` // of both signs, as a Z report counts them
	Discount    money.Amount `json:"discount"`  // given on what was sold, less that of what came back
	Sum         money.Amount `json:"sum"`       // the revenue
}

// add counts a part of a document: one of its lines or payments, or all of it.
func (f *Figure) add(d *doc.Document, sum, discount money.Amount) {
	sign := shift.Sign(d)
	switch d.Type {
	case doc.Sell:
		f.Sales++
		f.Sold += sum
	case doc.Payback:
		f.Returns++
		f.Returned -= sum
	default:
		f.Corrections++
		f.Corrected += sign * sum
	}
	f.Discount += sign * discount
	f.Sum += sign * sum
}

func (f *Figure) merge(o *Figure) {
	f.Sales, f.Returns, f.Corrections = f.Sales+o.Sales, f.Returns+o.Returns, f.Corrections+o.Corrections
	f.Sold, f.Returned, f.Corrected = f.Sold+o.Sold, f.Returned+o.Returned, f.Corrected+o.Corrected
	f.Discount, f.Sum = f.Discount+o.Discount, f.Sum+o.Sum
}

// Row is one line of a report.
type Row struct {
	Key  string    `json:"key"`  // "09", "2026-11-22", CASH, the item's or the cashier's id
	Name string    `json:"name"` // of goods and cashiers, as the newest document has it; of hours and days the key
	Qty  qty.Milli `json:"qty,omitzero"`
	Unit string    `json:"unit,omitempty"`
	Figure
}

// Keys of rows that are nobody's.
const (
	KeyRounding = "rounding" // kopecks dropped from whole receipts
	KeyQR       = "QR"       // of the ways to pay: by the customer's telephone
)

// page is what a day, or a shift, came to by everything one may ask by.
type page struct {
	total                     Figure
	hours, ways, goods, staff map[string]*Row
}

func newPage() *page {
	return &page{hours: map[string]*Row{}, ways: map[string]*Row{}, goods: map[string]*Row{}, staff: map[string]*Row{}}
}

// cells is how much it holds.
func (p *page) cells() int { return len(p.hours) + len(p.ways) + len(p.goods) + len(p.staff) }

// row finds a row, which the newest document names.
func row(in map[string]*Row, key, name string) *Row {
	r := in[key]
	if r == nil {
		r = &Row{Key: key}
		in[key] = r
	}
	r.Name = cmp.Or(name, r.Name)
	return r
}

// add counts a receipt at an hour of the till's zone.
func (p *page) add(d *doc.Document, hour int) {
	r := d.Receipt
	p.total.add(d, r.Total, r.Discount)
	at := fmt.Sprintf("%02d", hour)
	row(p.hours, at, at).add(d, r.Total, r.Discount)
	row(p.staff, d.Cashier.ID, d.Cashier.Name).add(d, r.Total, r.Discount)
	for _, w := range wayOf(r) {
		row(p.ways, w.key, w.key).add(d, w.sum, 0)
	}
	left := r.Total
	for i := range r.Lines {
		l := &r.Lines[i]
		g := row(p.goods, cmp.Or(l.ItemID, l.Name), l.Name)
		g.Unit = cmp.Or(l.Unit, g.Unit)
		g.Qty += qty.Milli(shift.Sign(d)) * l.Qty
		g.add(d, l.Total, l.Discount)
		left -= l.Total
	}
	if left != 0 {
		row(p.goods, KeyRounding, KeyRounding).add(d, left, 0)
	}
}

type paidBy struct {
	key string
	sum money.Amount
}

// wayOf gives a receipt's ways to pay, each once: two cards are one way.
func wayOf(r *doc.Receipt) (all []paidBy) {
	for _, p := range r.Payments {
		key := string(p.Type)
		if p.QR && p.Type == doc.PayElectron {
			key = KeyQR
		}
		if i := slices.IndexFunc(all, func(w paidBy) bool { return w.key == key }); i >= 0 {
			all[i].sum += p.Sum
			continue
		}
		all = append(all, paidBy{key, p.Sum})
	}
	return all
}
