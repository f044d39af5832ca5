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
// else as the net price without discount. A part of a weighed line that comes
// back may be a kopeck off its quantity times price: then as a little more
// than the net price with a percent. sum is what the service arrives at.
func priceAndDiscount(l *doc.Line) (price money.Amount, percent string, sum money.Amount) {
	if l.Discount > 0 && l.BasePrice > 0 {
		if percent, ok := reach(l, l.BasePrice); ok {
			return l.BasePrice, percent, l.Total
		}
	}
	net := serverSum(l, l.Price, new(big.Int), 0)
	if net == l.Total {
		return l.Price, "0", net
	}
	for above := money.Amount(1); above <= maxAbove; above *= 10 {
		if percent, ok := reach(l, l.Price+above); ok {
			return l.Price + above, percent, l.Total
		}
	}
	return l.Price, "0", net
}

// maxAbove is how many kopecks above the net price are tried.
const maxAbove = 10_000

// reach finds the shortest percent off a price that gives the line's total.
func reach(l *doc.Line, price money.Amount) (percent string, ok bool) {
	priced := *l
	priced.BasePrice = price
	for digits := range maxPercentDigits + 1 {
		p := nearestPercent(&priced, digits)
		if serverTotal(&priced, p, digits) == int64(l.Total) {
			return percentText(p, digits), true
		}
	}
	return "", false
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
