package pricing

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// part is a quantity at a price in whole kopecks.
type part struct {
	qty   qty.Milli
	price money.Amount
}

// split finds one price, or two, for a quantity to come to exactly total:
// pieces at two neighbouring prices; of weighed goods one unit apart. A
// quantity below one unit reaches every sum.
func split(q qty.Milli, total money.Amount) ([2]part, int, error) {
	one := func(p money.Amount) ([2]part, int, error) { return [2]part{{q, p}}, 1, nil }
	if q.Whole() {
		n := int64(q / oneUnit)
		p, k := money.Amount(int64(total)/n), int64(total)%n
		if k == 0 {
			return one(p)
		}
		dear := qty.Milli(k) * oneUnit
		return [2]part{{q - dear, p}, {dear, p + 1}}, 2, nil
	}
	p, err := total.MulDiv(int64(oneUnit), int64(q))
	if err != nil {
		return [2]part{}, 0, err
	}
	for try := max(p-1, 0); try <= p+1; try++ {
		if sum, err := q.Times(try); err == nil && sum == total {
			return one(try)
		}
	}
	rest := q - oneUnit
	if rest <= 0 {
		return [2]part{}, 0, money.ErrRange // can not be: see reachable
	}
	for times(rest, p) > total {
		p--
	}
	return [2]part{{rest, p}, {oneUnit, total - times(rest, p)}}, 2, nil
}

// result makes document lines of the rows.
func (p *pass) result() (Priced, error) {
	out := Priced{Rows: make([]Row, len(p.rows)), Lines: make([]doc.Line, 0, len(p.rows))}
	reasons := p.reasons()
	for i := range p.rows {
		r := &p.rows[i]
		out.Rows[i] = Row{First: len(out.Lines), Gross: r.gross, Discount: r.gross - r.total, Total: r.total}
		if err := p.lines(&out, r, reasons[i]); err != nil {
			return Priced{}, err
		}
		out.Rows[i].Count = len(out.Lines) - out.Rows[i].First
		out.Gross += r.gross
		out.Total += r.total
		if out.Gross > money.Max || out.Total > money.Max {
			return Priced{}, money.ErrRange
		}
	}
	out.Discount = out.Gross - out.Total
	for i := range out.Lines {
		l := &out.Lines[i]
		out.VAT = doc.AddVAT(out.VAT, doc.VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
	}
	return out, nil
}

// reasons gathers what was taken, by row, in the order it was taken.
func (p *pass) reasons() [][]doc.Reason {
	all := make([][]doc.Reason, len(p.rows))
	if len(p.takes) == 0 {
		return all
	}
	counts := make([]int, len(p.rows))
	for _, t := range p.takes {
		counts[t.row]++
	}
	room := make([]doc.Reason, len(p.takes))
	for i, n := range counts {
		all[i], room = room[:0:n], room[n:]
	}
	for _, t := range p.takes {
		all[t.row] = append(all[t.row], p.reason(t.rule, t.sum))
	}
	return all
}

// Shown is the ith row as one line, for screens: the document may need two.
func (p *Priced) Shown(i int) doc.Line {
	r := p.Rows[i]
	l := p.Lines[r.First]
	for _, more := range p.Lines[r.First+1 : r.First+r.Count] {
		l.Qty += more.Qty
		l.VAT += more.VAT
		l.Discounts = append(l.Discounts[:len(l.Discounts):len(l.Discounts)], more.Discounts...)
	}
	l.Gross, l.Discount, l.Total = r.Gross, r.Discount, r.Total
	return l
}

func (p *pass) lines(out *Priced, r *row, reasons []doc.Reason) error {
	parts, n := [2]part{{r.line.Qty, r.unit}}, 1
	if !r.even {
		var err error
		if parts, n, err = split(r.line.Qty, r.total); err != nil {
			return err
		}
	}
	for k := range n {
		out.Lines = append(out.Lines, doc.Line{})
		l := &out.Lines[len(out.Lines)-1]
		err := r.document(l, parts[k], k)
		l.Discounts = reasons
		if err == nil && n == 2 {
			l.Discounts, reasons, err = divide(reasons, l.Discount, k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// document makes the kth document line of a row.
func (r *row) document(l *doc.Line, q part, k int) error {
	it := &r.line.Item
	*l = doc.Line{
		ID: r.line.ID, ItemID: it.ID, ItemType: string(it.Type), Code: it.Code, Barcode: r.line.Code, Name: it.Name,
		Unit: it.Unit, UnitCode: it.UnitCode, Qty: q.qty, BasePrice: r.base, Price: q.price, Rate: it.Rate,
		Kind: kind(it), Method: fullSettlement, PackID: r.line.PackID, Serial: r.line.Serial, SerialID: r.line.SerialID,
	}
	if b := r.line.Bundle; b != nil {
		l.Bundle = &doc.Bundle{ID: b.ID, Item: b.Item, Name: b.Name}
	}
	if it.OnTap && l.UnitCode == 0 {
		l.UnitCode = litre
	}
	switch {
	case r.line.Mark != "":
		l.Mark, l.Permit, l.MarkStatus, l.Kind = r.line.Mark, r.line.Permit, pieceSold, markedKind(it, true)
		if it.Measured() || q.qty < qty.One {
			l.MarkStatus = measuredSold
		}
	case r.line.WantsMark():
		l.Kind = markedKind(it, true) // see doc.Line.WantsMark
	case r.line.Unmarked:
		l.Kind = markedKind(it, false)
	}
	if k > 0 { // made of the row's own, so that it is the same each time
		l.ID = uuid.NewSHA1(r.line.ID, strconv.AppendInt(nil, int64(k), 10))
	}
	var errs [3]error
	l.Gross, errs[0] = q.qty.Times(r.base)
	l.Total, errs[1] = q.qty.Times(q.price)
	l.VAT, errs[2] = r.info.Included(l.Total)
	l.Discount = l.Gross - l.Total
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// divide gives the first of two lines its share of the row's reasons, and the
// rest to the second, so that each line's reasons come to its discount.
func divide(reasons []doc.Reason, discount money.Amount, k int) (mine, rest []doc.Reason, err error) {
	if k == 1 {
		return nonzero(reasons), nil, nil
	}
	weights := make([]money.Amount, len(reasons))
	for i := range reasons {
		weights[i] = max(reasons[i].Sum, -reasons[i].Sum)
	}
	parts, err := money.Allocate(discount, weights)
	if err != nil {
		return nil, nil, err
	}
	for i, r := range reasons {
		r.Sum = parts[i]
		mine = append(mine, r)
		r.Sum = reasons[i].Sum - parts[i]
		rest = append(rest, r)
	}
	return nonzero(mine), rest, nil
}

func nonzero(reasons []doc.Reason) []doc.Reason {
	var kept []doc.Reason
	for _, r := range reasons {
		if r.Sum != 0 {
			kept = append(kept, r)
		}
	}
	return kept
}
