package pricing

import (
	"slices"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

// discounts applies the cloud's discounts to every row: added up, or the one
// best for the customer.
func (p *pass) discounts() error {
	if len(p.r.c.Discounts) == 0 {
		return nil
	}
	for i := range p.rows {
		r := &p.rows[i]
		p.hits = p.r.byDiscount.covering(&r.line.Item, p.hits[:0])
		if len(p.hits) == 0 {
			continue
		}
		if why := r.refuses(); why != "" {
			p.whyNotDiscounts(i, why)
			continue
		}
		var err error
		if p.r.c.Strategy == ByPriority {
			err = p.bestDiscount(i)
		} else {
			err = p.addedDiscounts(i)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// percentOf is what a discount gives on a row as a percent, and whether its
// customer is here.
func (p *pass) percentOf(d *catalog.Discount) (int64, Why) {
	if len(d.Tags) > 0 && !p.c.Customer.Tagged(d.Tags) {
		return 0, WhyCustomer
	}
	if d.Kind == catalog.Special {
		return d.Percent, ""
	}
	percent := d.PercentFor(p.c.Customer)
	if percent <= 0 {
		return 0, WhyCustomer
	}
	return percent, ""
}

// off is what one discount takes off one unit.
func (p *pass) off(r *row, d *catalog.Discount) (money.Amount, int64, Why) {
	percent, why := p.percentOf(d)
	if why != "" {
		return 0, 0, why
	}
	if d.Kind == catalog.Special && d.PriceType != "" {
		price, ok := r.line.Item.PriceOf(d.PriceType)
		if !ok {
			return 0, 0, WhyNoPrice
		}
		if price >= r.unit {
			return 0, 0, WhyDearer
		}
		return r.unit - price, 0, ""
	}
	net, err := less(r.unit, percent)
	if err != nil {
		return 0, 0, WhyNoPrice
	}
	return r.unit - net, percent, ""
}

// less is a price less so many thousandths of a percent, never below zero.
func less(price money.Amount, percent int64) (money.Amount, error) {
	return price.MulDiv(max(percentWhole-percent, 0), percentWhole)
}

func (p *pass) bestDiscount(i int) error {
	r := &p.rows[i]
	best, most := -1, money.Amount(0)
	for _, h := range p.hits {
		off, _, why := p.off(r, &p.r.c.Discounts[h])
		if off > most {
			best, most = h, off
		}
		p.note(i, p.rule(h), why)
	}
	if best < 0 {
		return nil
	}
	for _, h := range p.hits {
		if off, _, why := p.off(r, &p.r.c.Discounts[h]); h != best && why == "" && off <= most {
			p.note(i, p.rule(h), WhyBeaten)
		}
	}
	return p.setUnit(i, r.unit-most, p.rule(best))
}

// addedDiscounts adds percents up before rounding; special prices come off as
// money.
func (p *pass) addedDiscounts(i int) error {
	r := &p.rows[i]
	var percent int64
	var sum money.Amount
	first := len(p.takes)
	for _, h := range p.hits {
		off, pc, why := p.off(r, &p.r.c.Discounts[h])
		if why != "" {
			p.note(i, p.rule(h), why)
			continue
		}
		if pc == 0 {
			sum += off
		}
		percent += pc
		p.takes = append(p.takes, take{i, p.rule(h), off})
	}
	added := p.takes[first:]
	if len(added) == 0 {
		return nil
	}
	net, err := less(r.unit, percent)
	if err != nil {
		return err
	}
	before := r.total
	if err := p.setUnit(i, max(net-sum, 0), p.rule(p.hits[0])); err != nil {
		return err
	}
	p.takes = p.takes[:first+len(added)] // the row's discount belongs to all of them
	return p.share(first, before-r.total)
}

// share spreads a sum over the takes from first on, whose sums are weights.
func (p *pass) share(first int, sum money.Amount) error {
	takes := p.takes[first:]
	if len(takes) == 1 {
		takes[0].sum = sum
	} else {
		weights := make([]money.Amount, len(takes))
		for n := range takes {
			weights[n] = takes[n].sum
		}
		parts, err := money.Allocate(sum, weights)
		if err != nil {
			return err
		}
		for n := range takes {
			takes[n].sum = parts[n]
		}
	}
	p.takes = p.takes[:first+len(slices.DeleteFunc(takes, func(t take) bool { return t.sum == 0 }))]
	return nil
}

// rule is a discount's number in takes.
func (p *pass) rule(discount int) int { return len(p.r.promotions) + discount }

// refuses tells why a row takes nothing automatic.
func (r *row) refuses() Why {
	switch {
	case r.line.Item.Tobacco:
		return WhyTobacco
	case r.fixed, r.line.Agreed != nil:
		return WhyProhibited
	case r.alone:
		return WhyAlone
	case r.total == 0:
		return WhyNothingLeft
	}
	return ""
}
