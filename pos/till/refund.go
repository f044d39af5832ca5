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

// What began a claim is given back as far as the claim goes: money that was
// used up went for goods, and comes back with them. Goods that a prepayment has
// paid for come back onto it, unless the customer wants the money itself.

// AsMoney gives back as money what an advance, a prepayment or a certificate
// had paid, the way that was paid.
const AsMoney doc.PaymentType = "MONEY"

// refunds is how much of a sale has come back, and the refund being made.
type refunds struct {
	sale  *doc.Receipt
	lines map[uuid.UUID]refunded
	paid  map[doc.Way]money.Amount // still to come back
	claim *Claim                   // that the sale began; nil: nothing is left of it, or it began none
}

type refunded struct {
	qty             qty.Milli
	total, discount money.Amount
}

// newRefunds reads a sale, the documents that undid parts of it, and what is
// left of the claim it began.
func newRefunds(sale *doc.Receipt, back []doc.Document, c *Claim) refunds {
	f := refunds{sale: sale, lines: map[uuid.UUID]refunded{}, paid: map[doc.Way]money.Amount{}, claim: c}
	if sale.Claim != nil {
		f.ofClaim()
		return f
	}
	for _, p := range sale.Payments {
		f.paid[p.Way()] += p.Sum
	}
	for i := range back {
		r := back[i].Receipt
		if r == nil {
			continue
		}
		for _, p := range r.Payments {
			f.wentBack(p)
		}
		for _, l := range r.Lines {
			was := f.lines[l.ID]
			f.lines[l.ID] = refunded{was.qty + l.Qty, was.total + l.Total, was.discount + l.Discount}
		}
	}
	for w, left := range f.paid {
		if w.Type == doc.PayCredit { // what was paid off since comes back by its own receipts
			owed := money.Amount(0)
			if c != nil {
				owed = c.Left()
			}
			f.paid[w] = min(left, owed)
		}
	}
	return f
}

// ofClaim takes what of a claim's own receipt can come back from the claim.
func (f *refunds) ofClaim() {
	for i := range f.sale.Lines {
		l := &f.sale.Lines[i]
		g := f.claim.goods(l.ID)
		was := refunded{l.Qty - g.Qty, l.Total - g.Paid, l.Discount - g.Discount}
		if lumped(l) { // one unit of money, as much as is left
			left := g.Paid
			if l.Method == methodAdvance && f.claim != nil {
				left = f.claim.Left()
			}
			if was = (refunded{total: l.Total - left}); left == 0 {
				was.qty = l.Qty
			}
		}
		f.lines[l.ID] = was
	}
	if f.claim == nil {
		return
	}
	for _, w := range f.claim.Ways {
		f.paid[doc.Way{Type: w.Via, QR: w.QR}] += w.Left
	}
}

// lumped tells whether a line is one unit of money paid before the goods.
func lumped(l *doc.Line) bool { return l.Method == methodPrepaidPart || l.Method == methodAdvance }

// wentBack counts a payment that went back: the way it came, or as the money
// that an advance had been.
func (f *refunds) wentBack(p doc.Payment) {
	rest := p.Sum
	if _, same := f.paid[p.Way()]; same {
		rest = max(p.Sum-f.paid[p.Way()], 0)
		f.paid[p.Way()] -= p.Sum - rest
	}
	bare := p.Way()
	bare.Slip = uuid.Nil // how an advance was paid is known, not by which card
	for _, pay := range f.sale.Payments {
		if w := pay.Way(); rest > 0 && outOf(w) == bare && w != p.Way() {
			sum := min(rest, f.paid[w])
			f.paid[w], rest = f.paid[w]-sum, rest-sum
		}
	}
}

// outOf is the way an advance goes when the money itself goes back.
func outOf(w doc.Way) doc.Way {
	if w.Type == doc.PayAdvance && w.Via != "" {
		return doc.Way{Type: w.Via, QR: w.QR}
	}
	return w
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
	switch {
	case len(lines) == 0 && sale.Receipt.Claim != nil:
		return doc.Receipt{}, fault.New(fault.ClaimLess, sale.Name, money.Amount(0).String())
	case len(lines) == 0:
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
	r.Hands = f.sale.Hands
	return r, f.payments(&r, by, newID)
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
	if lumped(l) {
		p.Price, p.BasePrice = p.Total, p.Gross
	}
	info, err := tax.Lookup(l.Rate)
	if err != nil {
		return p, err
	}
	if p.VAT, err = info.Included(p.Total); err != nil {
		return p, err
	}
	comesBack(&p)
	if p.Prepaid, err = backOnto(l, was.total, p.Total); err != nil {
		return p, err
	}
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

// backOnto is what of a part that comes back its prepayment had paid.
func backOnto(l *doc.Line, was, part money.Amount) (money.Amount, error) {
	if l.Prepaid == 0 || l.Prepaid == l.Total {
		return min(l.Prepaid, part), nil
	}
	upTo, err := l.Prepaid.MulDiv(int64(was+part), int64(l.Total))
	if err != nil {
		return 0, err
	}
	before, err := l.Prepaid.MulDiv(int64(was), int64(l.Total))
	return upTo - before, err
}

// payments gives the sum of a refund back: by one way of payment when it is
// named, else by those of the sale in proportion to what is left of each. What
// a prepayment paid goes back onto it, unless a way is named.
func (f *refunds) payments(r *doc.Receipt, by doc.PaymentType, newID func() uuid.UUID) *fault.Error {
	var onto money.Amount
	if by == "" {
		for i := range r.Lines {
			onto += r.Lines[i].Prepaid
		}
	}
	mine := func(w doc.Way) bool { return f.sale.Hands.ID != uuid.Nil && w.Claim.ID == f.sale.Hands.ID }
	all, err := f.spread(onto, mine, newID)
	if err != nil {
		return err
	}
	rest, err := f.spread(r.Total-onto, func(w doc.Way) bool {
		switch by {
		case "":
			return !mine(w)
		case AsMoney:
			return true
		}
		return w.Type == by || outOf(w).Type == by
	}, newID)
	all = append(all, rest...)
	if r.Payments = all; by != "" {
		moneyOut(r)
	}
	return err
}

// moneyOut makes of a refund onto an advance one of the money itself.
func moneyOut(r *doc.Receipt) {
	var all []doc.Payment
	for _, p := range r.Payments {
		w := outOf(p.Way())
		if i := slices.IndexFunc(all, func(was doc.Payment) bool { return was.Way() == w }); i >= 0 {
			all[i].Sum += p.Sum
		} else {
			all = append(all, w.By(p.ID, p.Sum))
		}
	}
	r.Payments, r.Hands = all, doc.ClaimRef{}
	for i := range r.Lines {
		r.Lines[i].Prepaid = 0
	}
}

// spread gives a sum back by the ways that are meant.
func (f *refunds) spread(sum money.Amount, meant func(doc.Way) bool, newID func() uuid.UUID) ([]doc.Payment, *fault.Error) {
	if sum == 0 {
		return nil, nil
	}
	var ways []doc.Way
	var left []money.Amount
	credit := false
	for _, w := range f.order() {
		credit = credit || w.Type == doc.PayCredit
		if f.paid[w] > 0 && meant(w) {
			ways, left = append(ways, w), append(left, f.paid[w])
		}
	}
	have, err := money.Sum(left...)
	switch {
	case (err != nil || have < sum) && credit:
		return nil, fault.New(fault.ReturnRepaid, f.ways())
	case err != nil || have < sum:
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

// order lists the ways a sale was paid, each once; of a claim's beginning those
// of what is left.
func (f *refunds) order() (all []doc.Way) {
	add := func(w doc.Way) {
		if !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	if f.sale.Claim == nil {
		for _, p := range f.sale.Payments {
			add(p.Way())
		}
	} else if f.claim != nil {
		for _, w := range f.claim.Ways {
			add(doc.Way{Type: w.Via, QR: w.QR})
		}
	}
	return all
}

// ways lists how much can still go back in which way.
func (f *refunds) ways() string {
	var s string
	for _, w := range f.order() {
		if s != "" {
			s += ", "
		}
		s += string(w.Type) + " " + f.paid[w].String()
	}
	return s
}
