// Package money holds sums of money as whole kopecks.
//
// An Amount is an int64 number of kopecks (1/100 rouble; for Belarus 1/100
// BYN). No float ever becomes one. Every operation that can leave the range
// of a till says so with ErrRange instead of wrapping: a fiscal device takes
// sums of five bytes and clouds take at most 9 999 999 999, so that is the
// limit here too (99 999 999.99 roubles).
//
// Where a sum has to be divided (a discount over the lines of a cheque, a
// payment over print groups) there is one way to do it: Allocate, by largest
// remainder, whose parts always add up to the whole.
package money

import (
	"errors"
	"fmt"
	"math/bits"
	"sort"
	"strconv"
	"strings"
)

// Amount is a sum in kopecks. Negative amounts exist only as differences.
type Amount int64

// Max is the largest sum a till handles: 99 999 999.99 roubles, the limit of
// the fiscal device's five-byte sums.
const Max Amount = 99_999_999_99

// Rouble is one rouble.
const Rouble Amount = 100

var (
	// ErrRange: the result lies outside ±Max.
	ErrRange = errors.New("money: out of range")
	// ErrSyntax: the text is not a sum in roubles.
	ErrSyntax = errors.New("money: not a sum in roubles")
)

func checked(v int64) (Amount, error) {
	if v > int64(Max) || v < -int64(Max) {
		return 0, ErrRange
	}
	return Amount(v), nil
}

// Add returns a+b, or ErrRange.
func (a Amount) Add(b Amount) (Amount, error) {
	if s := a + b; (s > a) == (b > 0) {
		return checked(int64(s))
	}
	return 0, ErrRange
}

// Sub returns a-b, or ErrRange.
func (a Amount) Sub(b Amount) (Amount, error) {
	if d := a - b; (d < a) == (b > 0) {
		return checked(int64(d))
	}
	return 0, ErrRange
}

// Sum adds all amounts, or returns ErrRange.
func Sum(amounts ...Amount) (Amount, error) {
	var total Amount
	for _, a := range amounts {
		var err error
		if total, err = total.Add(a); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// MulDiv returns a*num/den rounded half away from zero, computed in 128 bits.
// den must be positive.
func (a Amount) MulDiv(num, den int64) (Amount, error) {
	if den <= 0 {
		panic("money: MulDiv by a divisor that is not positive")
	}
	neg := (a < 0) != (num < 0)
	hi, lo := bits.Mul64(magnitude(int64(a)), magnitude(num))
	d := uint64(den)
	if hi >= d {
		return 0, ErrRange
	}
	q, r := bits.Div64(hi, lo, d)
	if r >= d-r {
		q++
	}
	if q > uint64(Max) {
		return 0, ErrRange
	}
	if neg {
		return -Amount(q), nil
	}
	return Amount(q), nil
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-(v + 1)) + 1
	}
	return uint64(v)
}

// Allocate splits total into len(weights) parts proportional to the weights
// by largest remainder; ties go to the earlier part. The parts always add up
// to total and each part has the sign of total. Weights must not be negative.
// When all weights are zero, all of total goes to the first part; without
// weights a total other than zero is ErrRange.
func Allocate(total Amount, weights []Amount) ([]Amount, error) {
	if len(weights) == 0 {
		if total != 0 {
			return nil, ErrRange
		}
		return nil, nil
	}
	var sum uint64
	for _, w := range weights {
		if w < 0 {
			return nil, ErrRange
		}
		var carry uint64
		if sum, carry = bits.Add64(sum, uint64(w), 0); carry != 0 {
			return nil, ErrRange
		}
	}
	if _, err := checked(int64(total)); err != nil {
		return nil, err
	}
	parts := make([]Amount, len(weights))
	if sum == 0 {
		parts[0] = total
		return parts, nil
	}
	abs := magnitude(int64(total))
	rest := make([]uint64, len(weights))
	left := abs
	for i, w := range weights {
		hi, lo := bits.Mul64(abs, uint64(w))
		q, r := bits.Div64(hi, lo, sum) // w <= sum, so q <= abs: no overflow
		parts[i], rest[i] = Amount(q), r
		left -= q
	}
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return rest[order[i]] > rest[order[j]] })
	for _, i := range order[:left] {
		parts[i]++
	}
	if total < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return parts, nil
}

// String gives roubles with exactly two decimals and a dot: "1234.50".
func (a Amount) String() string {
	sign, m := "", magnitude(int64(a))
	if a < 0 {
		sign = "-"
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}

// Parse reads roubles: "500", "500.5", "500.00", "500,00". Spaces are not
// accepted, a sign only as a leading minus, at most two decimals.
func Parse(s string) (Amount, error) {
	body, neg := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(strings.ReplaceAll(body, ",", "."), ".")
	if whole == "" || len(whole) > 12 || len(frac) > 2 || (dotted && frac == "") || !digits(whole) || !digits(frac) {
		return 0, fmt.Errorf("%w: %.40q", ErrSyntax, s)
	}
	v, err := strconv.ParseInt(whole+(frac + "00")[:2], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q", ErrSyntax, s)
	}
	if neg {
		v = -v
	}
	return checked(v)
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
