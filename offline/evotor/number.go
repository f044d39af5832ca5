package evotor

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// ErrNumber: not a number of the format, or out of range.
var ErrNumber = errors.New("evotor: bad number")

// Roubles is money as the format has it: a number with two decimals.
type Roubles money.Amount

// MarshalJSON writes 121.50.
func (r Roubles) MarshalJSON() ([]byte, error) { return fixed(int64(r), 2), nil }

// UnmarshalJSON reads any decimal number exactly and rounds it half away from
// zero to a kopeck.
func (r *Roubles) UnmarshalJSON(b []byte) error {
	n, err := scaled(b, 2)
	if err == nil && (money.Amount(n) > money.Max || money.Amount(n) < -money.Max) {
		err = fmt.Errorf("%w: %.40s", ErrNumber, b)
	}
	if err == nil {
		*r = Roubles(n)
	}
	return err
}

// Quantity is a quantity: a number with three decimals.
type Quantity qty.Milli

// MarshalJSON writes 1.500.
func (q Quantity) MarshalJSON() ([]byte, error) { return fixed(int64(q), 3), nil }

// UnmarshalJSON reads any decimal number exactly and rounds it to a thousandth.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	n, err := scaled(b, 3)
	if err == nil {
		*q = Quantity(n)
	}
	return err
}

// Percent is in hundred-thousandths of a percent: a number with five decimals.
type Percent int64

// MarshalJSON writes 10.00000.
func (p Percent) MarshalJSON() ([]byte, error) { return fixed(int64(p), 5), nil }

// UnmarshalJSON reads any decimal number exactly.
func (p *Percent) UnmarshalJSON(b []byte) error {
	n, err := scaled(b, 5)
	if err == nil {
		*p = Percent(n)
	}
	return err
}

// fixed writes n units of the last decimal.
func fixed(n int64, decimals int) []byte {
	sign := ""
	u := uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	s := strconv.FormatUint(u, 10)
	if len(s) <= decimals {
		s = strings.Repeat("0", decimals+1-len(s)) + s
	}
	return []byte(sign + s[:len(s)-decimals] + "." + s[len(s)-decimals:])
}

const (
	maxNumber   = 40 // characters of a number
	maxExponent = 20
)

// scaled reads a JSON number as so many decimals. null is 0.
func scaled(b []byte, decimals int64) (int64, error) {
	s := string(b)
	if s == "null" {
		return 0, nil
	}
	bad := fmt.Errorf("%w: %.40q", ErrNumber, s)
	if len(s) > maxNumber || strings.ContainsAny(s, "/_xXpP") {
		return 0, bad
	}
	if _, e, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		if n, err := strconv.Atoi(e); err != nil || n > maxExponent || n < -maxExponent {
			return 0, bad
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, bad
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(decimals), nil)
	text := r.Mul(r, new(big.Rat).SetInt(ten)).FloatString(0) // rounds half away from zero
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, bad
	}
	return n, nil
}

// Time is a moment as the format writes it: UTC, milliseconds, no colon in
// the offset.
type Time time.Time

const timeForm = "2006-01-02T15:04:05.000-0700"

// MarshalJSON writes "2017-01-10T09:33:19.757+0000".
func (t Time) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(`"` + timeForm + `"`)), nil
}

// UnmarshalJSON reads it, and RFC 3339 too.
func (t *Time) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "null" || s == "" {
		return nil
	}
	for _, form := range []string{timeForm, time.RFC3339Nano, "2006-01-02T15:04:05-0700"} {
		if at, err := time.Parse(form, s); err == nil {
			*t = Time(at)
			return nil
		}
	}
	return fmt.Errorf("evotor: bad time %.40q", s)
}
