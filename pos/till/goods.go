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

// The goods of a prepayment. They are handed over at once or piece by piece,
// and what is not handed over can be paid back: line by line the claim knows
// what is still to come. What a line was prepaid by pays for that line and for
// no other, so that the rest of the money always belongs to the rest of the
// goods. Parts add up to the line as those of a refund do: after each the
// share of the quantity that is gone, the last one takes what is left.

// ClaimLine is what of a prepaid line is still to be handed over.
type ClaimLine struct {
	Line     uuid.UUID    `json:"line"`
	Qty      qty.Milli    `json:"qty"`
	Total    money.Amount `json:"total"` // that it costs
	Discount money.Amount `json:"discount,omitzero"`
	Paid     money.Amount `json:"paid,omitzero"` // ..and what of that was paid in advance
}

// plus adds two parts of a line.
func (l ClaimLine) plus(m ClaimLine, sign int) ClaimLine {
	s := money.Amount(sign)
	return ClaimLine{l.Line, l.Qty + qty.Milli(sign)*m.Qty, l.Total + s*m.Total, l.Discount + s*m.Discount, l.Paid + s*m.Paid}
}

// prepaidGoods are the goods that a prepayment's receipt begins with.
func prepaidGoods(r *doc.Receipt) []ClaimLine {
	if r.Claim == nil || r.Claim.Kind != doc.ClaimPrepayment {
		return nil
	}
	all := make([]ClaimLine, len(r.Claim.Lines))
	for i := range all {
		l := &r.Claim.Lines[i]
		all[i] = ClaimLine{Line: l.ID, Qty: l.Qty, Total: l.Total, Discount: l.Discount}
		if k := lineAt(r.Lines, l.ID); k >= 0 {
			all[i].Paid = r.Lines[k].Total
		}
	}
	return all
}

func lineAt(lines []doc.Line, id uuid.UUID) int {
	return slices.IndexFunc(lines, func(l doc.Line) bool { return l.ID == id })
}

// goods are what is left of a claim's line; nothing when it is gone.
func (c *Claim) goods(line uuid.UUID) ClaimLine {
	if c != nil {
		for _, g := range c.Goods {
			if g.Line == line {
				return g
			}
		}
	}
	return ClaimLine{Line: line}
}

// keep puts in what is left of a line now.
func (c *Claim) keep(g ClaimLine) {
	c.Goods = slices.DeleteFunc(slices.Clone(c.Goods), func(was ClaimLine) bool { return was.Line == g.Line })
	if g.Qty > 0 {
		c.Goods = append(c.Goods, g)
	}
}

// partOf is q of a prepaid line, of which so much is left.
func partOf(whole, left ClaimLine, price money.Amount, q qty.Milli) (ClaimLine, error) {
	if q == left.Qty {
		return left, nil
	}
	upTo := whole.Qty - left.Qty + q
	total, err := upTo.Times(price)
	if err != nil {
		return left, err
	}
	discount, err := whole.Discount.MulDiv(int64(upTo), int64(whole.Qty))
	if err != nil {
		return left, err
	}
	paid := total
	if whole.Paid != whole.Total {
		if paid, err = total.MulDiv(int64(whole.Paid), int64(whole.Total)); err != nil {
			return left, err
		}
	}
	return ClaimLine{whole.Line, upTo, total, discount, paid}.plus(whole.plus(left, -1), -1), nil
}

// setPart makes of a line the part of it.
func setPart(l *doc.Line, part ClaimLine) (err error) {
	whole := l.Discounts
	l.Qty, l.Total, l.Discount, l.Gross = part.Qty, part.Total, part.Discount, part.Total+part.Discount
	info, err := tax.Lookup(l.Rate)
	if err != nil {
		return err
	}
	if l.VAT, err = info.Included(l.Total); err != nil {
		return err
	}
	l.Discounts, err = shareReasons(whole, part.Discount)
	return err
}

// wanted is what is to be handed over of a line.
type wanted struct {
	qty    qty.Milli
	mark   string
	permit *doc.Permit
}

// handing finds what is handed over: the goods in the cheque that was scanned,
// the lines that are named, or all that is left.
func (e HandOver) handing(b *bracket, c *Claim, was *doc.Receipt) (map[uuid.UUID]wanted, *fault.Error) {
	want := map[uuid.UUID]wanted{}
	switch {
	case !b.cheque.Empty():
		for i := range b.cheque.Lines {
			cl := &b.cheque.Lines[i]
			rest := cl.Qty
			for k := range was.Claim.Lines {
				l := &was.Claim.Lines[k]
				w := want[l.ID]
				q := min(rest, c.goods(l.ID).Qty-w.qty)
				if q <= 0 || l.ItemID != cl.Item.ID || (cl.Mark == "") == l.WantsMark() || (cl.Mark != "" && q != qty.One) {
					continue
				}
				want[l.ID], rest = wanted{w.qty + q, cl.Mark, cl.Permit}, rest-q
			}
			if rest > 0 {
				return nil, fault.New(fault.ClaimGoods, c.Number, cl.Item.Name, (cl.Qty - rest).String())
			}
		}
	case len(e.Lines) > 0:
		for _, named := range e.Lines {
			k := lineAt(was.Claim.Lines, named.Line)
			left := c.goods(named.Line).Qty
			switch {
			case k < 0:
				return nil, fault.New(fault.ChequeNoLine)
			case named.Qty == 0:
				named.Qty = left
			case was.Claim.Lines[k].Qty.Whole() && !named.Qty.Whole():
				return nil, fault.New(fault.QtyBad, named.Qty.String())
			}
			if _, twice := want[named.Line]; twice || named.Qty <= 0 || named.Qty > left {
				return nil, fault.New(fault.ClaimGoods, c.Number, was.Claim.Lines[k].Name, left.String())
			}
			want[named.Line] = wanted{qty: named.Qty}
		}
	default:
		for _, g := range c.Goods {
			want[g.Line] = wanted{qty: g.Qty}
		}
	}
	return want, nil
}

// handed puts the lines that are handed over into a receipt, in the order of the
// prepayment, and tells what of them was paid in advance.
func (e HandOver) handed(t *turn, b *bracket, c *Claim, r *doc.Receipt) (paid money.Amount, _ *fault.Error) {
	was := b.sale.Receipt
	want, ferr := e.handing(b, c, was)
	if ferr != nil {
		return 0, ferr
	}
	all := prepaidGoods(was)
	for i, l := range was.Claim.Lines {
		w, now := want[l.ID]
		if !now {
			continue
		}
		if l.Mark, l.Permit = w.mark, w.permit; l.WantsMark() {
			return 0, fault.New(fault.ItemMarked, l.Name)
		}
		part, err := partOf(all[i], c.goods(l.ID), l.Price, w.qty)
		if err == nil {
			err = setPart(&l, part)
		}
		if err != nil {
			return 0, fault.New(fault.SumRange).With(err)
		}
		if l.Method, l.Prepaid = methodFull, part.Paid; l.Mark != "" {
			l.MarkStatus = markSold
			t.checkedBy(&l)
		}
		paid += part.Paid
		addLine(r, l)
	}
	if len(r.Lines) == 0 {
		return 0, fault.New(fault.ClaimLess, c.Number, money.Amount(0).String())
	}
	return paid, nil
}

// markSold is tag 2003 of a marked unit that is sold.
const markSold = 1

// moveGoods is what a registered receipt does to the goods of a prepayment.
func (c *Claim) moveGoods(r *doc.Receipt, sign money.Amount) {
	switch {
	case sign > 0 && r.Claim != nil:
		c.Goods = prepaidGoods(r)
	case r.Hands.ID == c.ID && c.ID != uuid.Nil:
		for _, l := range r.Lines {
			gone := ClaimLine{l.ID, l.Qty, l.Total, l.Discount, l.Prepaid}
			c.keep(c.goods(l.ID).plus(gone, -int(sign)))
		}
	case sign < 0:
		for _, l := range r.Lines {
			gone := ClaimLine{l.ID, l.Qty, l.Total, l.Discount, l.Total}
			if l.Method != methodPrepaid {
				gone = c.goods(l.ID) // one unit of money: all that was left of the line
			}
			c.keep(c.goods(l.ID).plus(gone, -1))
		}
	}
}
