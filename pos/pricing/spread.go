package pricing

import (
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

func (p *pass) sumOf(rows []int) (sum money.Amount) {
	for _, i := range rows {
		sum += p.rows[i].total
	}
	return sum
}

// spreadPercent takes a percent of what rows come to together off them.
func (p *pass) spreadPercent(percent int64, rule int, rows []int) error {
	sum, err := p.sumOf(rows).MulDiv(percent, percentWhole)
	if err != nil {
		return err
	}
	return p.spread(sum, rule, rows)
}

// spread takes a sum off rows, in proportion to what they come to, by largest
// remainder. It takes no more than there is. A negative sum makes them dearer.
func (p *pass) spread(sum money.Amount, rule int, rows []int) error {
	have := p.sumOf(rows)
	if sum = min(sum, have); sum == 0 || have == 0 {
		return nil
	}
	weights := make([]money.Amount, len(rows))
	for n, i := range rows {
		weights[n] = p.rows[i].total
	}
	parts, err := money.Allocate(sum, weights)
	if err != nil {
		return err
	}
	p.reach(rows, parts)
	for n, i := range rows {
		if parts[n] != 0 {
			p.takeOff(i, parts[n], rule)
		}
	}
	return nil
}

// reach moves kopecks between parts so that weighed rows come to sums that
// some price reaches. What can not be moved is left to a split.
func (p *pass) reach(rows []int, parts []money.Amount) {
	for n, i := range rows {
		r := &p.rows[i]
		if !r.line.Item.ByWeight || r.line.Qty <= oneUnit {
			continue // pieces split evenly; below one unit every sum is reached
		}
		want := r.total - parts[n]
		lower, higher := reachable(r.line.Qty, want)
		switch {
		case lower == want:
		case p.move(rows, parts, n, want-lower):
		case higher <= r.total:
			p.move(rows, parts, n, want-higher)
		}
	}
}

// move takes so much more off the nth row, or less, and makes up for it at a
// row that any sum suits.
func (p *pass) move(rows []int, parts []money.Amount, n int, by money.Amount) bool {
	for m, j := range rows {
		r := &p.rows[j]
		if m == n || r.line.Qty > oneUnit {
			continue
		}
		if left := r.total - (parts[m] - by); left >= 0 && left <= r.total && parts[m]-by >= 0 {
			parts[n] += by
			parts[m] -= by
			return true
		}
	}
	return false
}

// reachable finds the nearest sums not above and above want that some price
// gives for a quantity.
func reachable(q qty.Milli, want money.Amount) (lower, higher money.Amount) {
	p, err := want.MulDiv(int64(oneUnit), int64(q))
	if err != nil {
		return want, want
	}
	for p > 0 && times(q, p) > want {
		p--
	}
	for times(q, p+1) <= want {
		p++
	}
	return times(q, p), times(q, p+1)
}

// times is price*q where that was in range before.
func times(q qty.Milli, price money.Amount) money.Amount {
	sum, err := q.Times(price)
	if err != nil {
		return money.Max
	}
	return sum
}
