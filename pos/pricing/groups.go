package pricing

import (
	"slices"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// run is so many units of one row at one price.
type run struct {
	row   int
	units int64
	price money.Amount
}

// units lists the whole units of rows that are in no group yet, dearest first.
// Goods sold by weight have none.
func (p *pass) units(rows []int) []run {
	runs := make([]run, 0, len(rows))
	for _, i := range rows {
		r := &p.rows[i]
		if r.line.Item.ByWeight || !r.line.Qty.Whole() || r.unit == 0 {
			continue
		}
		if n := int64(r.line.Qty/oneUnit) - r.consumed; n > 0 {
			runs = append(runs, run{i, n, r.unit})
		}
	}
	slices.SortStableFunc(runs, func(a, b run) int {
		switch {
		case a.price > b.price:
			return -1
		case a.price < b.price:
			return 1
		}
		return 0
	})
	return runs
}

// gathering is what goes into the groups of one promotion.
type gathering struct {
	weights []money.Amount // by row: what its units in groups come to
	counts  []int64
	sum     money.Amount // what all groups together give
}

func (p *pass) gather() *gathering {
	return &gathering{weights: make([]money.Amount, len(p.rows)), counts: make([]int64, len(p.rows))}
}

func (g *gathering) put(r run, units int64) {
	g.weights[r.row] += money.Amount(units) * r.price
	g.counts[r.row] += units
}

// groups makes groups of N units, dearest first; the cheapest of each get
// cheaper or free. What a group gives is spread over all its units, so that a
// unit brought back is worth what was paid for it.
func (p *pass) groups(n int, rows []int) error {
	e := &p.r.promotions[n].Give
	cheap, percent := int64(1), e.Percent
	if e.Kind == catalog.GiveNForM {
		cheap, percent = e.N-e.M, percentWhole
	}
	runs := p.units(rows)
	have := int64(0)
	for _, r := range runs {
		have += r.units
	}
	times := min(have/e.N, limit(e.Times))
	if times == 0 {
		p.noteAll(rows, n, WhyFew)
		return nil
	}
	g := p.gather()
	var given money.Amount
	for range times {
		left := e.N
		for left > 0 {
			r := &runs[0]
			k := min(r.units, left)
			g.put(*r, k)
			given += money.Amount(k-max(min(left-cheap, k), 0)) * r.price // of the last cheap ones
			left -= k
			if r.units -= k; r.units == 0 {
				runs = runs[1:]
			}
		}
	}
	sum, err := given.MulDiv(percent, percentWhole)
	if err != nil {
		return err
	}
	g.sum = sum
	return p.give(n, g)
}

func limit(times int64) int64 {
	if times == 0 {
		return MaxGroups
	}
	return min(times, MaxGroups)
}

// sets makes sets of the promotion's parts, each of the dearest units there
// are, as long as that is cheaper for the customer.
func (p *pass) sets(n int) error {
	pr := &p.r.promotions[n]
	parts := make([][]run, len(pr.Give.Parts))
	for k := range parts {
		rows := p.covered(&pr.Give.Parts[k].On, pr.Combine == catalog.Alone)
		parts[k] = p.units(rows)
	}
	used := make([]int64, len(p.rows))
	g := p.gather()
	for range limit(pr.Give.Times) {
		chosen, sum := pick(pr.Give.Parts, parts, used)
		if chosen == nil || sum <= pr.Give.Sum {
			break
		}
		for _, r := range chosen {
			g.put(r, r.units)
			used[r.row] += r.units
		}
		g.sum += sum - pr.Give.Sum
	}
	if g.sum == 0 {
		return nil
	}
	return p.give(n, g)
}

// pick chooses the units of one set; nil when a part can not be filled.
func pick(parts []catalog.SetPart, from [][]run, used []int64) (chosen []run, sum money.Amount) {
	taken := map[int]int64{}
	for k, part := range parts {
		need := part.Units
		for _, r := range from[k] {
			if u := min(need, r.units-used[r.row]-taken[r.row]); u > 0 {
				chosen = append(chosen, run{r.row, u, r.price})
				taken[r.row] += u
				need -= u
				sum += money.Amount(u) * r.price
			}
		}
		if need > 0 {
			return nil, 0
		}
	}
	return chosen, sum
}

// covered lists the rows of a scope that may get cheaper.
func (p *pass) covered(s *catalog.Scope, untouched bool) []int {
	var rows []int
	for i := range p.rows {
		r := &p.rows[i]
		if r.refuses() == "" && (!untouched || !r.touched) && covers(s, &r.line.Item) && !excepts(s, &r.line.Item) {
			rows = append(rows, i)
		}
	}
	return rows
}

// give spreads what the groups give over the units in them.
func (p *pass) give(n int, g *gathering) error {
	parts, err := money.Allocate(g.sum, g.weights)
	if err != nil {
		return err
	}
	for i, part := range parts {
		if part > 0 {
			p.takeOff(i, part, n)
		}
		p.rows[i].consumed += g.counts[i]
	}
	return nil
}
