package pricing

import (
	"fmt"
	"slices"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// Limits of a promotion's data.
const (
	MaxStages = 20
	MaxParts  = 10
	MaxN      = 1000 // units of a group
	MaxGroups = 1000 // groups or sets one promotion makes of one cheque
)

// phase is when in a pricing a promotion works.
type phase int

const (
	onLine phase = iota
	onCheque
)

// promotion is a catalog.Promotion that makes sense.
type promotion struct {
	catalog.Promotion
	from, until time.Time // days; until is the first day outside
	hours       [][2]int  // minutes of the day
}

func (p *promotion) phase() phase {
	if p.Give.Kind == catalog.GiveChequePercent || p.Give.Kind == catalog.GiveChequeMoney {
		return onCheque
	}
	return onLine
}

// compile checks a promotion; why tells what is wrong with it.
func compile(c catalog.Promotion) (p promotion, why string) {
	p.Promotion = c
	if p.Combine == "" {
		p.Combine = catalog.Add
	}
	if why := effectFault(&p.Give); why != "" {
		return p, why
	}
	byUnit := slices.Contains([]catalog.EffectKind{catalog.GivePercent, catalog.GiveMoney, catalog.GivePrice, catalog.GivePriceType, catalog.GiveStages}, p.Give.Kind)
	switch {
	case c.ID == "" || c.Name == "":
		return p, "no id or no name"
	case p.Combine != catalog.Add && p.Combine != catalog.Best && p.Combine != catalog.Alone:
		return p, fmt.Sprintf("combine: %.20q", string(p.Combine))
	case p.Combine == catalog.Best && !byUnit:
		return p, "combine: best is for what works on single units"
	case p.Give.Kind != catalog.GiveSet && !c.On.All && len(c.On.Items) == 0 && len(c.On.Folders) == 0:
		return p, "covers nothing"
	case c.When.Amount < 0:
		return p, "amount below zero"
	}
	return p, p.compileTimes()
}

func effectFault(e *catalog.Effect) string {
	percent := e.Percent > 0 && e.Percent <= percentWhole
	sum := e.Sum >= 0 && e.Sum <= money.Max
	ok := false
	switch e.Kind {
	case catalog.GivePercent, catalog.GiveChequePercent:
		ok = percent
	case catalog.GiveMoney, catalog.GiveChequeMoney:
		ok = e.Sum > 0 && sum
	case catalog.GivePrice:
		ok = sum
	case catalog.GivePriceType:
		ok = e.PriceType != ""
	case catalog.GiveStages:
		ok = len(e.Stages) > 0 && len(e.Stages) <= MaxStages
		for _, s := range e.Stages {
			ok = ok && s.From.Valid() && s.Percent > 0 && s.Percent <= percentWhole
		}
	case catalog.GiveNForM:
		ok = e.N >= 2 && e.N <= MaxN && e.M >= 1 && e.M < e.N
	case catalog.GiveNth:
		ok = e.N >= 2 && e.N <= MaxN && percent
	case catalog.GiveSet:
		ok = sum && len(e.Parts) > 0 && len(e.Parts) <= MaxParts
		units := int64(0)
		for _, part := range e.Parts {
			ok = ok && part.Units >= 1 && part.Units <= MaxN
			units += part.Units
		}
		ok = ok && units >= 2 && units <= MaxN
	default:
		return fmt.Sprintf("give.kind: %.20q", string(e.Kind))
	}
	if !ok || e.Times < 0 {
		return fmt.Sprintf("give: numbers of %s out of range", e.Kind)
	}
	return ""
}

func (p *promotion) compileTimes() string {
	var err error
	if p.When.From != "" {
		if p.from, err = time.Parse(time.DateOnly, p.When.From); err != nil {
			return "when.from is no day: " + p.When.From
		}
	}
	if p.When.Until != "" {
		if p.until, err = time.Parse(time.DateOnly, p.When.Until); err != nil {
			return "when.until is no day: " + p.When.Until
		}
		p.until = p.until.AddDate(0, 0, 1)
	}
	for _, d := range p.When.Weekdays {
		if d < 1 || d > 7 {
			return fmt.Sprintf("when.weekdays: %d is none of 1..7", d)
		}
	}
	for _, h := range p.When.Hours {
		from, err1 := time.Parse("15:04", h.From)
		until, err2 := time.Parse("15:04", h.Until)
		if err1 != nil || err2 != nil || from.Equal(until) {
			return fmt.Sprintf("when.hours: %.10q to %.10q", h.From, h.Until)
		}
		p.hours = append(p.hours, [2]int{minutes(from), minutes(until)})
	}
	return ""
}

func minutes(t time.Time) int { return t.Hour()*60 + t.Minute() }

// blocked tells why a promotion does not work for this cheque now.
func (p *promotion) blocked(ps *pass) Why {
	now := ps.how.Now
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC) // a day without a zone
	switch {
	case !p.from.IsZero() && today.Before(p.from), !p.until.IsZero() && !today.Before(p.until):
		return WhyDay
	case len(p.When.Weekdays) > 0 && !slices.Contains(p.When.Weekdays, (int(now.Weekday())+6)%7+1):
		return WhyDay
	case len(p.hours) > 0 && !slices.ContainsFunc(p.hours, func(h [2]int) bool { return within(h, minutes(now)) }):
		return WhyHour
	case len(p.When.Tags) > 0 && !ps.c.Customer.Tagged(p.When.Tags), p.When.Known && ps.c.Customer == nil:
		return WhyCustomer
	case p.When.Coupon != "" && !slices.Contains(ps.c.Coupons, p.When.Coupon):
		return WhyCoupon
	}
	return ""
}

func within(h [2]int, at int) bool {
	if h[0] < h[1] {
		return at >= h[0] && at < h[1]
	}
	return at >= h[0] || at < h[1]
}

// members lists for each promotion the rows it covers.
func (p *pass) members() [][]int {
	lists := make([][]int, len(p.r.promotions))
	if len(lists) == 0 {
		return nil
	}
	for i := range p.rows {
		it := &p.rows[i].line.Item
		p.hits = p.r.byPromo.covering(it, p.hits[:0])
		for _, n := range p.hits {
			if !excepts(&p.r.promotions[n].On, it) {
				lists[n] = append(lists[n], i)
			}
		}
	}
	return lists
}

// promotion lets one promotion work, or all of those of which only the best
// does.
func (p *pass) promotion(n int, rows []int) error {
	pr := &p.r.promotions[n]
	if pr.Combine == catalog.Best {
		return p.bestOf()
	}
	rows, why := p.admitted(n, rows)
	if why != "" {
		return nil
	}
	var err error
	switch pr.Give.Kind {
	case catalog.GiveNForM, catalog.GiveNth:
		err = p.groups(n, rows)
	case catalog.GiveSet:
		err = p.sets(n)
	case catalog.GiveChequePercent, catalog.GiveChequeMoney:
		err = p.offCheque(n, rows)
	default:
		err = p.offUnits(n, rows)
	}
	if pr.Combine == catalog.Alone {
		for _, t := range p.takes {
			if t.rule == n {
				p.rows[t.row].alone = true
			}
		}
	}
	return err
}

// admitted are the rows a promotion may touch; why tells that it may not work
// at all.
func (p *pass) admitted(n int, rows []int) ([]int, Why) {
	pr := &p.r.promotions[n]
	if why := pr.blocked(p); why != "" {
		p.noteAll(rows, n, why)
		return nil, why
	}
	free := make([]int, 0, len(rows))
	var sum money.Amount
	for _, i := range rows {
		switch why := p.rows[i].refuses(); {
		case why != "":
			p.note(i, n, why)
		case pr.Combine == catalog.Alone && p.rows[i].touched:
			p.note(i, n, WhyTouched)
		default:
			free = append(free, i)
			sum += p.rows[i].total
		}
	}
	if sum < pr.When.Amount {
		p.noteAll(free, n, WhyAmount)
		return nil, WhyAmount
	}
	return free, ""
}

// offUnits changes the price of every unit of the rows.
func (p *pass) offUnits(n int, rows []int) error {
	counted := p.count(n, rows)
	for _, i := range rows {
		net, why := p.netUnit(n, i, counted)
		if why != "" {
			p.note(i, n, why)
			continue
		}
		if err := p.setUnit(i, net, n); err != nil {
			return err
		}
	}
	return nil
}

// count is the quantity a promotion by stages counts together.
func (p *pass) count(n int, rows []int) (sum int64) {
	if p.r.promotions[n].Give.Together {
		for _, i := range rows {
			sum += int64(p.rows[i].line.Qty)
		}
	}
	return sum
}

// netUnit is what a promotion makes of a unit's price.
func (p *pass) netUnit(n, i int, counted int64) (net money.Amount, why Why) {
	r, g := &p.rows[i], &p.r.promotions[n].Give
	var err error
	switch g.Kind {
	case catalog.GivePercent:
		net, err = less(r.unit, g.Percent)
	case catalog.GiveMoney:
		net = max(r.unit-g.Sum, 0)
	case catalog.GivePrice:
		net = g.Sum
	case catalog.GivePriceType:
		price, ok := r.line.Item.PriceOf(g.PriceType)
		if !ok {
			return 0, WhyNoPrice
		}
		net = price
	case catalog.GiveStages:
		if !g.Together {
			counted = int64(r.line.Qty)
		}
		percent := int64(0)
		for _, s := range g.Stages {
			if counted >= int64(s.From) {
				percent = max(percent, s.Percent)
			}
		}
		if percent == 0 {
			return 0, WhyFew
		}
		net, err = less(r.unit, percent)
	}
	if err != nil || net >= r.unit {
		return 0, WhyDearer
	}
	return net, ""
}

// bestOf lets, row by row, the one promotion work that takes most.
func (p *pass) bestOf() error {
	type offer struct{ n, counted int64 }
	offers := make([][]offer, len(p.rows))
	lists := p.members()
	for _, n := range p.r.best {
		rows, why := p.admitted(n, lists[n])
		if why != "" {
			continue
		}
		counted := p.count(n, rows)
		for _, i := range rows {
			offers[i] = append(offers[i], offer{int64(n), counted})
		}
	}
	for i := range offers {
		best, lowest := -1, p.rows[i].unit
		for _, o := range offers[i] {
			net, why := p.netUnit(int(o.n), i, o.counted)
			if why == "" && net < lowest {
				best, lowest = int(o.n), net
			}
		}
		for _, o := range offers[i] {
			if best >= 0 && int(o.n) != best {
				p.note(i, int(o.n), WhyBeaten)
			}
		}
		if best < 0 {
			continue
		}
		if err := p.setUnit(i, lowest, best); err != nil {
			return err
		}
	}
	return nil
}

// offCheque takes one sum off all the rows together.
func (p *pass) offCheque(n int, rows []int) error {
	g := &p.r.promotions[n].Give
	if g.Kind == catalog.GiveChequeMoney {
		return p.spread(g.Sum, n, rows)
	}
	return p.spreadPercent(g.Percent, n, rows)
}
