// Package qty holds quantities as whole thousandths of a unit: pieces, kilograms, litres.
//
// Fiscal documents, scales and clouds all stop at three decimals, so a
// quantity is an int64 number of thousandths and never a float.
package qty

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// Milli is a quantity in thousandths of the item's unit.
type Milli int64

// One is one whole unit.
const One Milli = 1000

// Max is the largest quantity of one line: 9 999 999.999 units.
const Max Milli = 9_999_999_999

var (
	// ErrRange: not within 0.001 .. Max where a quantity is needed.
	ErrRange = errors.New("qty: out of range")
	// ErrSyntax: the text is not a quantity.
	ErrSyntax = errors.New("qty: not a quantity")
)

// Valid tells whether q can stand on a line: positive and at most Max.
func (q Milli) Valid() bool { return q > 0 && q <= Max }

// Whole tells whether q is a whole number of units.
func (q Milli) Whole() bool { return q%One == 0 }

// Add returns q+r, or ErrRange when the sum can not stand on a line.
func (q Milli) Add(r Milli) (Milli, error) {
	if s := q + r; (s > q) == (r > 0) && s.Valid() {
		return s, nil
	}
	return 0, ErrRange
}

// Times returns price*q rounded half up to a kopeck: the sum of a line.
func (q Milli) Times(price money.Amount) (money.Amount, error) {
	return price.MulDiv(int64(q), int64(One))
}

// String gives the shortest decimal: "2", "0.5", "1.234".
func (q Milli) String() string {
	s := q.Fixed()
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Fixed gives exactly three decimals: "2.000".
func (q Milli) Fixed() string {
	sign, v := "", uint64(q)
	if q < 0 {
		sign, v = "-", -v // right for the smallest number too
	}
	return fmt.Sprintf("%s%d.%03d", sign, v/1000, v%1000)
}

// Parse reads "2", "0.5", "1,234": positive, at most three decimals.
func Parse(s string) (Milli, error) {
	whole, frac, dotted := strings.Cut(strings.ReplaceAll(s, ",", "."), ".")
	if whole == "" || len(whole) > 8 || len(frac) > 3 || (dotted && frac == "") {
		return 0, fmt.Errorf("%w: %.40q", ErrSyntax, s)
	}
	for _, c := range []byte(whole + frac) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("%w: %.40q", ErrSyntax, s)
		}
	}
	v, err := strconv.ParseInt(whole+(frac + "000")[:3], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q", ErrSyntax, s)
	}
	if q := Milli(v); q.Valid() {
		return q, nil
	}
	return 0, ErrRange
}
