// Package gs1 reads what a barcode scanner delivers: it checks digits, brings
// the spellings of one GTIN together and says what kind of code it is.
//
// It follows the GS1 General Specifications: the check digit of section 7.9,
// UPC-E suppression of section 5.2, element strings of section 3. In-store
// labels are not GS1's: their layouts (prefix, goods code, weight or price,
// check digit) are the shop's own data. Marking codes are those of Честный
// знак; a pack of tobacco has a form of its own, with its maximum retail price
// inside; stamps on alcohol are told by their length.
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

	"github.com/kassa-pos/kassa/pos/money"
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
	WeightEAN                 // the shop's label with a weight or a number of pieces
	PriceEAN                  // the shop's label with a price
	TobaccoPack               // the marking code of one pack of tobacco
	Stamp                     // an excise stamp on alcohol: PDF-417 or DataMatrix
	Card                      // a customer's discount card
	Badge                     // a cashier's badge
	ReceiptQR                 // the QR code of a fiscal receipt
	Misread                   // looks like a GTIN, scale label, element string or receipt, but its check fails
)

var kindNames = [...]string{"plain", "gtin", "element string", "weight", "price", "tobacco pack", "stamp", "card", "badge", "receipt", "misread"}

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
	Raw     string       // as scanned, byte for byte
	GTIN    string       // GTIN, ElementString, TobaccoPack: 14 digits
	Goods   string       // WeightEAN, PriceEAN: the goods code, leading zeros kept
	Weight  qty.Milli    // WeightEAN: kilograms in thousandths, that is grams
	Pieces  bool         // WeightEAN: Weight is a number of pieces
	Price   money.Amount // PriceEAN: of the whole
	Receipt Receipt      // ReceiptQR
	// Marking is the marking code in an ElementString or TobaccoPack; nil: it
	// has none, a GTIN with a date for example.
	Marking *Marking
}

// Classify tells what a scanned code is in this shop. An empty code is
// ErrEmpty, a long one ErrTooLong.
func Classify(raw string, shop *Shop) (Code, error) {
	c := Code{Raw: raw}
	switch {
	case raw == "":
		return c, ErrEmpty
	case len(raw) > MaxCode:
		return c, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLong, len(raw), MaxCode)
	case begins(raw, shop.Badges):
		c.Kind = Badge
	case begins(raw, shop.Cards):
		c.Kind = Card
	case digits(raw):
		classifyDigits(&c, shop)
	case strings.HasPrefix(raw, "t="):
		var err error
		if c.Receipt, err = ParseReceipt(raw); err != nil {
			c.Kind = Misread
			return c, nil
		}
		c.Kind = ReceiptQR
	case isStamp(raw):
		c.Kind = Stamp
	default:
		if m, ok := ParsePack(raw); ok {
			c.Kind, c.GTIN, c.Marking = TobaccoPack, m.GTIN, &m
			return c, nil
		}
		classifyElements(&c)
	}
	return c, nil
}

func classifyDigits(c *Code, shop *Shop) {
	for i := range shop.Labels {
		if shop.Labels[i].read(c) {
			return
		}
	}
	if goods, weight, ok := weightLabel(c.Raw, shop.WeightPrefix); ok {
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

// classifyElements recognises an element string by its leading (01). One that
// lost its separators, or that has identifiers nobody knows, is Misread: a
// marking code must be sound before it is sold.
func classifyElements(c *Code) {
	s := bare(c.Raw)
	if len(s) < elementMin || s[:2] != "01" || !digits(s[2:elementMin]) {
		return
	}
	c.Kind = Misread
	if !Valid(s[2:elementMin]) {
		return
	}
	if _, err := Elements(c.Raw); err != nil {
		return
	}
	m, err := ParseMarking(c.Raw)
	switch {
	case errors.Is(err, ErrSeparator), !plainText(c.Raw):
		return
	case err == nil:
		c.Marking = &m
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
