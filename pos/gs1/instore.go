package gs1

import (
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Shop is how the codes look that a shop makes itself. The zero value is a
// shop without any.
type Shop struct {
	// WeightPrefix is one or two digits that scale labels begin with: EAN-13 of
	// prefix, goods code, five digits of grams, check digit.
	WeightPrefix string
	Labels       []Label  // others, tried in their order
	Cards        []string // beginnings of discount cards' codes
	Badges       []string // beginnings of cashiers' badges
}

// LabelValue says what a label's number is.
type LabelValue string

// The values.
const (
	LabelWeight LabelValue = "weight" // grams
	LabelPrice  LabelValue = "price"  // of the whole, kopecks
	LabelPieces LabelValue = "pieces"
)

// Label is the layout of an in-store label: a prefix, then the goods' code,
// then an optional check digit of the value, then the value; Length digits in
// all, the last an ordinary check digit.
type Label struct {
	Prefix     string     `json:"prefix"`
	Length     int        `json:"length,omitempty"` // 0: 13
	Goods      int        `json:"goods"`            // digits
	ValueDigit bool       `json:"value_digit,omitempty"`
	Value      int        `json:"value"` // digits
	Of         LabelValue `json:"of"`
	Decimals   int        `json:"decimals,omitempty"` // zeros the value lacks, 0..3: with 1 it counts tens of grams or kopecks
	NoCheckSum bool       `json:"no_checksum,omitempty"`
}

// Check tells what is wrong with a layout; nil: nothing.
func (l *Label) Check() error {
	check := 1
	if l.NoCheckSum {
		check = 0
	}
	own := 0
	if l.ValueDigit {
		own = 1
	}
	if l.Prefix == "" || !digits(l.Prefix) || l.Goods < 1 || l.Value < 1 || l.Value > 9 || l.Decimals < 0 || l.Decimals > 3 ||
		(l.Of != LabelWeight && l.Of != LabelPrice && l.Of != LabelPieces) || len(l.Prefix)+l.Goods+own+l.Value+check != l.length() {
		return fmt.Errorf("gs1: label %q of %d digits: prefix, %d of goods and %d of value do not make it up", l.Prefix, l.length(), l.Goods, l.Value)
	}
	return nil
}

func (l *Label) length() int {
	if l.Length == 0 {
		return 13
	}
	return l.Length
}

// read takes a label apart; ok is false when it is none of this layout. A
// label whose check fails, or of nothing, is a misread one.
func (l *Label) read(c *Code) (ok bool) {
	if l.Check() != nil || len(c.Raw) != l.length() || !strings.HasPrefix(c.Raw, l.Prefix) {
		return false
	}
	c.Kind = Misread
	if !l.NoCheckSum && CheckDigit(c.Raw[:len(c.Raw)-1]) != c.Raw[len(c.Raw)-1] {
		return true
	}
	rest := c.Raw[len(l.Prefix):]
	goods := rest[:l.Goods]
	rest = rest[l.Goods:]
	if l.ValueDigit {
		rest = rest[1:]
	}
	value := int64(kopecks(rest[:l.Value]))
	for range l.Decimals {
		value *= 10
	}
	if value == 0 {
		return true
	}
	c.Goods = goods
	switch l.Of {
	case LabelWeight:
		c.Kind, c.Weight = WeightEAN, qty.Milli(value)
	case LabelPrice:
		c.Kind, c.Price = PriceEAN, money.Amount(value)
	case LabelPieces:
		c.Kind, c.Weight, c.Pieces = WeightEAN, qty.Milli(value)*qty.One, true
	}
	if (c.Weight != 0 && !c.Weight.Valid()) || c.Price > money.Max {
		c.Kind, c.Weight, c.Price, c.Goods = Misread, 0, 0, ""
	}
	return true
}

func begins(s string, with []string) bool {
	for _, p := range with {
		if p != "" && strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
