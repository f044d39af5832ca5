package ikassa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// ErrDecimal: the text is not a plain decimal number of so many places.
var ErrDecimal = errors.New("ikassa: not a decimal number")

// Sum is money in hundredths (kopecks), or a percent in hundredths of one. It
// may be larger than what a till handles: Amount asks.
type Sum int64

// Quantity is a number of units in thousandths.
type Quantity int64

// Amount is the sum as the till's money; money.ErrRange when it is too large
// for a till.
func (s Sum) Amount() (money.Amount, error) {
	if a := money.Amount(s); a >= -money.Max && a <= money.Max {
		return a, nil
	}
	return 0, money.ErrRange
}

// Milli is the quantity as the till's.
func (q Quantity) Milli() (qty.Milli, error) {
	if m := qty.Milli(q); m.Valid() {
		return m, nil
	}
	return 0, qty.ErrRange
}

// String gives the shortest decimal: "5", "13.5", "57.47".
func (s Sum) String() string { return shortest(int64(s), 2) }

// String gives the shortest decimal: "1", "0.25", "1.234".
func (q Quantity) String() string { return shortest(int64(q), 3) }

// ParseSum reads a decimal of at most two places, further zeros aside.
func ParseSum(s string) (Sum, error) {
	v, err := decimal(s, 2)
	return Sum(v), err
}

// ParseQuantity reads a decimal of at most three places, further zeros aside.
func ParseQuantity(s string) (Quantity, error) {
	v, err := decimal(s, 3)
	return Quantity(v), err
}

// MarshalJSON gives decimal text.
func (s Sum) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalJSON gives decimal text.
func (q Quantity) MarshalJSON() ([]byte, error) { return []byte(`"` + q.String() + `"`), nil }

// UnmarshalJSON reads decimal text or a plain number.
func (s *Sum) UnmarshalJSON(b []byte) error {
	text, absent, err := scalar(b)
	if err != nil || absent {
		return err
	}
	*s, err = ParseSum(text)
	return err
}

// UnmarshalJSON reads decimal text or a plain number.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	text, absent, err := scalar(b)
	if err != nil || absent {
		return err
	}
	*q, err = ParseQuantity(text)
	return err
}

// maxWhole is the most digits before the point: with three places after it
// they fit into 63 bits.
const maxWhole = 15

// decimal reads plain digits as a whole number of the last place.
func decimal(s string, places int) (int64, error) {
	body, neg := strings.CutPrefix(s, "-")
	whole, frac, dotted := strings.Cut(body, ".")
	if len(frac) > places {
		frac = frac[:places] + strings.TrimRight(frac[places:], "0")
	}
	if whole == "" || len(whole) > maxWhole || len(frac) > places || dotted && frac == "" || !digits(whole) || !digits(frac) {
		return 0, fmt.Errorf("%w: %.40q", ErrDecimal, s)
	}
	v, err := strconv.ParseInt(whole+frac+strings.Repeat("0", places-len(frac)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %.40q", ErrDecimal, s)
	}
	if neg {
		v = -v
	}
	return v, nil
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func shortest(v int64, places int) string {
	sign, abs := "", uint64(v)
	if v < 0 {
		sign, abs = "-", -abs // right for the smallest number too
	}
	s := strconv.FormatUint(abs, 10)
	if len(s) <= places {
		s = strings.Repeat("0", places+1-len(s)) + s
	}
	whole, frac := s[:len(s)-places], strings.TrimRight(s[len(s)-places:], "0")
	if frac == "" {
		return sign + whole
	}
	return sign + whole + "." + frac
}

// scalar is the text of a JSON string or of a number as it was written. Null
// is absent; everything else is refused.
func scalar(b []byte) (text string, absent bool, err error) {
	switch b = bytes.TrimSpace(b); {
	case bytes.Equal(b, []byte("null")):
		return "", true, nil
	case len(b) > 0 && b[0] == '"':
		err = json.Unmarshal(b, &text)
		return strings.TrimSpace(text), false, err
	case len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9'):
		return string(b), false, nil
	}
	return "", false, fmt.Errorf("ikassa: neither text nor a number: %.40q", b)
}
