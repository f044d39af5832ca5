package moysklad

import (
	"math/big"
	"strings"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// maxPercentDigits is how many decimals of a percent are worth sending.
const maxPercentDigits = 4

// priceAndDiscount expresses a line so that the service, which computes
// quantity*price*(100-discount)/100 rounded half up, arrives at the line's
// total to the kopeck: as the full price with the shortest percent that does,
// else as the net price without discount.
func priceAndDiscount(l *doc.Line) (price money.Amount, percent string) {
	if l.Discount == 0 {
		return l.Price, "0"
	}
	if l.Discount < 0 || l.BasePrice <= 0 {
		return l.Price, "0"
	}
	for digits := range maxPercentDigits + 1 {
		p := nearestPercent(l, digits)
		if serverTotal(l, p, digits) == int64(l.Total) {
			return l.BasePrice, percentText(p, digits)
		}
	}
	return l.Price, "0"
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// nearestPercent is 100*(1 - total/(qty*base)) in units of 10^-digits percent.
func nearestPercent(l *doc.Line, digits int) *big.Int {
	full := new(big.Int).Mul(big.NewInt(int64(l.Qty)), big.NewInt(int64(l.BasePrice)))            // thousandths of a kopeck
	off := new(big.Int).Sub(full, new(big.Int).Mul(big.NewInt(int64(l.Total)), big.NewInt(1000))) // what is let off
	if off.Sign() < 0 {
		return new(big.Int)
	}
	return divRound(off.Mul(off, pow10(digits+2)), full)
}

// serverTotal is the line's total as the service computes it.
func serverTotal(l *doc.Line, percent *big.Int, digits int) int64 {
	whole := pow10(digits + 2)
	keep := new(big.Int).Sub(whole, percent)
	full := new(big.Int).Mul(big.NewInt(int64(l.Qty)), big.NewInt(int64(l.BasePrice)))
	return divRound(full.Mul(full, keep), whole.Mul(whole, big.NewInt(1000))).Int64()
}

// divRound divides two numbers that are not negative, rounding half up.
func divRound(a, b *big.Int) *big.Int {
	twice := new(big.Int).Lsh(a, 1)
	return twice.Add(twice, b).Div(twice, new(big.Int).Lsh(b, 1))
}

// percentText writes p*10^-digits.
func percentText(p *big.Int, digits int) string {
	s := p.String()
	if digits == 0 {
		return s
	}
	s = strings.Repeat("0", max(0, digits+1-len(s))) + s
	s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}
