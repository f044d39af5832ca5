// Package gs1 reads what a barcode scanner delivers: it checks digits, brings
// the spellings of one GTIN together and says what kind of code it is.
//
// It follows the GS1 General Specifications: the check digit of section 7.9,
// UPC-E suppression of section 5.2, element strings of section 3. An in-store
// weight label is not GS1's: its layout (prefix, goods code, grams, check
// digit) is the shop's own, and the prefix is configured.
//
// Nothing here guesses. Thirteen digits with a wrong check digit are Misread,
// so that the till can ask for another scan unless the catalogue holds that
// very code; a marking code is kept byte for byte, group separators (0x1D)
// included. All functions are pure and may be called from anywhere.
package gs1

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/qty"
)

// MaxCode is the longest code accepted, in bytes: the longest barcode clouds
// store, and far beyond the longest marking code (about 130 bytes).
const MaxCode = 255

// GS is the group separator that ends a field of variable length.
const GS = '\x1d'

var (
	// ErrTooLong: more than MaxCode bytes.
	ErrTooLong = errors.New("gs1: code too long")
	// ErrEmpty: there is nothing in the code.
	ErrEmpty = errors.New("gs1: empty code")
)

// Kind says what a code is.
type Kind int

// The kinds.
const (
	Plain         Kind = iota // an article, a code of the shop, a card, anything else
	GTIN                      // EAN-13, EAN-8, UPC-A, UPC-E, GTIN-14 with a right check digit
	ElementString             // GS1 DataMatrix or GS1-128 that begins with a GTIN: (01).., most often a marking code
	WeightEAN                 // the shop's scale label
	ReceiptQR                 // the QR code of a fiscal receipt
	Misread                   // looks like a GTIN, scale label, element string or receipt, but its check fails
)

var kindNames = [...]string{"plain", "gtin", "element string", "weight", "receipt", "misread"}

// String names the kind.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

// Code is a classified code.
type Code struct {
	Kind    Kind
	Raw     string    // as scanned, byte for byte
	GTIN    string    // GTIN, ElementString: 14 digits
	Goods   string    // WeightEAN: the goods code, leading zeros kept
	Weight  qty.Milli // WeightEAN: kilograms in thousandths, that is grams
	Receipt Receipt   // ReceiptQR
}

// Classify tells what a scanned code is. weightPrefix is the one or two
// digits scale labels begin with; an empty or unusable one means the shop has
// no such labels. An empty code is ErrEmpty, a long one ErrTooLong.
func Classify(raw, weightPrefix string) (Code, error) {
	c := Code{Raw: raw}
	switch {
	case raw == "":
		return c, ErrEmpty
	case len(raw) > MaxCode:
		return c, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(raw), MaxCode)
	case digits(raw):
		classifyDigits(&c, weightPrefix)
	case strings.HasPrefix(raw, "t="):
		var err error
		if c.Receipt, err = ParseReceipt(raw); err != nil {
			c.Kind = Misread
			return c, nil
		}
		c.Kind = ReceiptQR
	default:
		classifyElements(&c)
	}
	return c, nil
}

func classifyDigits(c *Code, weightPrefix string) {
	if goods, weight, ok := weightLabel(c.Raw, weightPrefix); ok {
		if weight == 0 || !Valid(c.Raw) {
			c.Kind = Misread
			return
		}
		c.Kind, c.Goods, c.Weight = WeightEAN, goods, weight
		return
	}
	if gtin, ok := Normalize(c.Raw); ok {
		c.Kind, c.GTIN = GTIN, gtin
		return
	}
	if len(c.Raw) == 13 {
		c.Kind = Misread
		return
	}
	if len(c.Raw) >= elementMin {
		classifyElements(c)
	}
}

// weightLabel takes a scale label apart: prefix, goods code, five digits of
// grams, check digit; thirteen digits in all, so a prefix of one digit leaves
// six for the goods code and one of two digits five.
func weightLabel(code, prefix string) (goods string, weight qty.Milli, ok bool) {
	if len(code) != 13 || len(prefix) < 1 || len(prefix) > 2 || !digits(prefix) || !strings.HasPrefix(code, prefix) {
		return "", 0, false
	}
	for _, d := range code[7:12] {
		weight = weight*10 + qty.Milli(d-'0')
	}
	return code[len(prefix):7], weight, true
}

// elementMin is the length of (01) with its GTIN and nothing else.
const elementMin = 2 + 14

// classifyElements recognises an element string by its leading (01). Readers
// may put the symbology's name or a separator in front of it.
func classifyElements(c *Code) {
	s := c.Raw
	for _, front := range []string{"]d2", "]C1", "]Q3", string(GS)} {
		if rest, found := strings.CutPrefix(s, front); found {
			s = rest
			break
		}
	}
	if len(s) < elementMin || s[:2] != "01" || !digits(s[2:elementMin]) {
		return
	}
	if !Valid(s[2:elementMin]) {
		c.Kind = Misread
		return
	}
	c.Kind, c.GTIN = ElementString, s[2:elementMin]
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
