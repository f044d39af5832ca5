package till

import (
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// A refund negates what is stored. Parts of a line add up to the line: what
// has come back after each part is the share of the quantity that has come
// back, and the last part takes what is left. So any parts in any order
// return exactly what was paid. A single part of a weighed line may be a
// kopeck off its quantity times price. VAT is what its total contains, as the
// device computes it. A receipt whose kopecks were dropped from the total
// itself comes back whole.

// refunds is how much of a sale has come back, and the refund being made.
type refunds struct {
	sale  *doc.Receipt
	lines map[uuid.UUID]refunded
	paid  map[doc.Way]money.Amount // still to come back
}

type refunded struct {
	qty             qty.Milli
	total, discount money.Amount
}

// newRefunds reads a sale and the documents that undid parts of it.
func newRefunds(sale *doc.Receipt, back []doc.Document) refunds {
	f := refunds{sale: sale, lines: map[uuid.UUID]refunded{}, paid: map[doc.Way]money.Amount{}}
	for _, p := range sale.Payments {
		f.paid[p.Way()] += p.Sum
	}
	for i := range back {
		r := back[i].Receipt
		if r == nil {
			continue
		}
		for _, p := range r.Payments {
			f.paid[p.Way()] -= p.Sum
		}
		for _, l := range r.Lines {
			was := f.lines[l.ID]
			f.lines[l.ID] = refunded{was.qty + l.Qty, was.total + l.Total, was.discount + l.Discount}
		}
	}
	return f
}

// left is what of a line has not come back.
func (f *refunds) left(l *doc.Line) qty.Milli { return l.Qty - f.lines[l.ID].qty }

// all are the lines of a sale that have not come back entirely.
func (f *refunds) all() []ReturnLine {
	var lines []ReturnLine
	for i := range f.sale.Lines {
		if l := &f.sale.Lines[i]; f.left(l) > 0 {
			lines = append(lines, ReturnLine{Line: l.ID, Qty: f.left(l)})
		}
	}
	return lines
}

// receipt makes the refund of some lines.
func (f *refunds) receipt(lines []ReturnLine) (doc.Receipt, *fault.Error) {
	r := doc.Receipt{TaxSystem: f.sale.TaxSystem, Catalog: f.sale.Catalog, CustomerID: f.sale.CustomerID}
	for _, want := range lines {
		i := slices.IndexFunc(f.sale.Lines, func(l doc.Line) bool { return l.ID == want.Line })
		if i < 0 {
			return r, fault.New(fault.ChequeNoLine)
		}
		l := &f.sale.Lines[i]
		left := f.left(l)
		if want.Qty == 0 {
			want.Qty = left
		}
		switch {
		case want.Qty <= 0 || want.Qty > left:
			return r, fault.New(fault.ReturnMore, l.Name, max(left, 0).String())
		case l.Qty.Whole() && !want.Qty.Whole():
			return r, fault.New(fault.QtyBad, want.Qty.String())
		}
		part, err := f.part(l, want.Qty)
		if err != nil {
			return r, fault.New(fault.SumRange).With(err)
		}
		was := f.lines[l.ID]
		f.lines[l.ID] = refunded{was.qty + part.Qty, was.total + part.Total, was.discount + part.Discount}
		addLine(&r, part)
	}
	return r, nil
}

// of makes the refund of lines, or of all that is left, with its payments.
func (f *refunds) of(sale *doc.Document, lines []ReturnLine, by doc.PaymentType, newID func() uuid.UUID) (doc.Receipt, *fault.Error) {
	if len(lines) == 0 {
		lines = f.all()
	}
	if len(lines) == 0 {
		return doc.Receipt{}, fault.New(fault.ReturnOf, sale.Name, "0")
	}
	r, err := f.receipt(lines)
	if err != nil {
		return r, err
	}
	if sale.Receipt.Rounding != 0 {
		if r.Total != sale.Receipt.Total+sale.Receipt.Rounding {
			return r, fault.New(fault.ReturnWhole, sale.Name)
		}
		r.Rounding, r.Total = sale.Receipt.Rounding, sale.Receipt.Total
	}
	r.Payments, err = f.payments(r.Total, by, newID)
	return r, err
}

// part is q of a line, after what has come back of it already.
func (f *refunds) part(l *doc.Line, q qty.Milli) (doc.Line, error) {
	was, p := f.lines[l.ID], *l
	p.Qty, p.Total, p.Discount = q, l.Total-was.total, l.Discount-was.discount
	if upTo := was.qty + q; upTo < l.Qty {
		total, err := upTo.Times(l.Price)
		if err != nil {
			return p, err
		}
		discount, err := l.Discount.MulDiv(int64(upTo), int64(l.Qty))
		if err != nil {
			return p, err
		}
		p.Total, p.Discount = total-was.total, discount-was.discount
	}
	p.Gross = p.Total + p.Discount
	info, err := tax.Lookup(l.Rate)
	if err != nil {
		return p, err
	}
	if p.VAT, err = info.Included(p.Total); err != nil {
		return p, err
	}
	comesBack(&p)
	p.Discounts, err = shareReasons(l.Discounts, p.Discount)
	return p, err
}

// comesBack makes of a line as sold one that comes back.
func comesBack(l *doc.Line) {
	l.Permit = nil
	if l.MarkStatus == 1 || l.MarkStatus == 2 { // sold becomes returned
		l.MarkStatus += 2
	}
}

// shareReasons spreads a part of a discount over the reasons of the whole.
func shareReasons(of []doc.Reason, sum money.Amount) ([]doc.Reason, error) {
	if len(of) == 0 || sum == 0 {
		return nil, nil
	}
	weights := make([]money.Amount, len(of))
	for i := range of {
		weights[i] = max(of[i].Sum, -of[i].Sum) // a price raised by hand is a discount below zero
	}
	parts, err := money.Allocate(sum, weights)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(of)
	for i := range parts {
		all[i].Sum = parts[i]
	}
	return slices.DeleteFunc(all, func(r doc.Reason) bool { return r.Sum == 0 }), nil
}

// payments gives a sum back: by one way of payment when it is named, else by
// those of the sale in proportion to what is left of each.
func (f *refunds) payments(sum money.Amount, by doc.PaymentType, newID func() uuid.UUID) ([]doc.Payment, *fault.Error) {
	var ways []doc.Way
	var left []money.Amount
	for _, p := range f.sale.Payments {
		if w := p.Way(); f.paid[w] > 0 && !slices.Contains(ways, w) && (by == "" || by == w.Type) {
			ways, left = append(ways, w), append(left, f.paid[w])
		}
	}
	have, err := money.Sum(left...)
	if err != nil || have < sum {
		return nil, fault.New(fault.ReturnPayment, f.ways())
	}
	parts, err := money.Allocate(sum, left)
	if err != nil {
		return nil, fault.New(fault.SumRange).With(err)
	}
	var all []doc.Payment
	for i, part := range parts {
		if part > 0 {
			all = append(all, ways[i].By(newID(), part))
		}
	}
	return all, nil
}

// ways lists how much can still go back in which way.
func (f *refunds) ways() string {
	var s string
	for _, p := range f.sale.Payments {
		if s != "" {
			s += ", "
		}
		s += string(p.Type) + " " + f.paid[p.Way()].String()
	}
	return s
}
