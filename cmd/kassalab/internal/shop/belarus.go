package shop

import (
	"slices"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// roubles is how many Russian roubles a Belarusian one is taken for.
const roubles = 30

// Belarus is the same shop in Belarus: its prices in Belarusian roubles and the
// rates of the country. The shop it is made of stays as it is.
func (s Shop) Belarus() Shop {
	s.Branch, s.Second = s.Branch.belarus(), s.Second.belarus()
	return s
}

func (b Branch) belarus() Branch {
	b.Store.Currency = tax.BYN
	b.Items = slices.Clone(b.Items)
	for i := range b.Items {
		it := &b.Items[i]
		if it.Rate == tax.VAT22 {
			it.Rate = tax.VAT20
		}
		it.TaxSystem = 0 // receipts there have none
		it.Prices = slices.Clone(it.Prices)
		for k := range it.Prices {
			it.Prices[k].Value = inBYN(it.Prices[k].Value)
		}
	}
	return b
}

// inBYN keeps what is free free, and nothing else.
func inBYN(price money.Amount) money.Amount {
	if price == 0 {
		return 0
	}
	return max(1, (price+roubles/2)/roubles)
}

// usual is the rate of most goods.
func (s *Shop) usual() tax.Rate { return tax.Of(s.Store.Currency).Usual(tax.General) }
