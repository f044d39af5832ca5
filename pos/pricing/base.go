package pricing

import (
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TobaccoControl says how the price of tobacco follows from the maximum
// retail price (MRC) on its pack, as MoySklad names it.
type TobaccoControl string

// The controls. Whatever the control, no pack is sold above its MRC or below
// the unified minimum price of the day.
const (
	UserPrice TobaccoControl = "USER_PRICE" // the catalogue's price
	MRCPrice  TobaccoControl = "MRC_PRICE"  // the pack's MRC
	SamePrice TobaccoControl = "SAME_PRICE" // the catalogue's price, which must be the MRC
)

// MinPrice is a unified minimum price of one pack from a day on: dated data,
// set by the government each year.
type MinPrice = catalog.MinPrice

const oneUnit = qty.One

// begin makes the base of a row.
func (p *pass) begin(r *row, l *cheque.Line) error {
	it := &l.Item
	info, err := tax.Lookup(it.Rate)
	if err != nil {
		return err
	}
	if !info.ValidIn(p.how.Country, p.how.Now) {
		return fmt.Errorf("%w: %s", ErrRate, it.Rate)
	}
	base, err := p.base(l, info)
	if err != nil {
		return err
	}
	gross, err := l.Qty.Times(base)
	if err != nil {
		return err
	}
	*r = row{line: l, info: info, base: base, gross: gross, unit: base, total: gross, even: true,
		fixed: it.DiscountProhibited || it.Tobacco || undivided(l)}
	return nil
}

// undivided tells whether a line must stay one whatever it costs: a code may
// stand on one line of a receipt only, and a discounted sum that no price per
// kilogram makes would need two.
func undivided(l *cheque.Line) bool {
	return l.Item.Marked() && !l.Unmarked && (l.Item.Measured() || l.Qty < oneUnit)
}

func (p *pass) base(l *cheque.Line, info tax.Info) (money.Amount, error) {
	base, ok := l.Item.PriceOf(p.r.c.PriceType)
	switch {
	case l.Price < 0 || (l.Price > 0 && !l.Printed && !p.r.c.FreePrice && !l.Item.FreePrice):
		return 0, ErrFreePrice
	case l.Price > 0:
		base, ok = l.Price, true
	}
	if l.Item.Tobacco {
		return p.tobacco(l, base, ok)
	}
	if !ok {
		return 0, ErrNoPrice
	}
	if p.r.c.VATOnTop && info.Percent > 0 {
		return base.MulDiv(100+info.Percent, 100)
	}
	return base, nil
}

// tobacco checks a pack's price. VAT is always in an MRC, so none is put on top.
func (p *pass) tobacco(l *cheque.Line, base money.Amount, ok bool) (money.Amount, error) {
	mrc := l.MRC
	if mrc == 0 {
		mrc = money.Amount(l.Item.MRC)
	}
	if p.r.c.Tobacco == MRCPrice && l.Price == 0 && mrc > 0 {
		base, ok = mrc, true
	}
	switch {
	case !ok:
		return 0, ErrNoPrice
	case mrc > 0 && base > mrc:
		return 0, fmt.Errorf("%w: %s is above the MRC %s", ErrTobacco, base, mrc)
	case p.r.c.Tobacco == SamePrice && mrc > 0 && base != mrc:
		return 0, fmt.Errorf("%w: %s is not the MRC %s", ErrTobacco, base, mrc)
	case p.r.c.Tobacco != UserPrice && p.r.c.Tobacco != "" && mrc == 0:
		return 0, fmt.Errorf("%w: the pack's MRC is not known", ErrTobacco)
	}
	if least := p.leastTobacco(); base < least {
		return 0, fmt.Errorf("%w: %s is below the minimum %s", ErrTobacco, base, least)
	}
	return base, nil
}

func (p *pass) leastTobacco() (least money.Amount) {
	var since time.Time
	for _, m := range p.r.c.TobaccoMin {
		if !p.how.Now.Before(m.From) && !m.From.Before(since) {
			since, least = m.From, m.Price
		}
	}
	return least
}
