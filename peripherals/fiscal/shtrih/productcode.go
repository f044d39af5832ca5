package shtrih

import (
	"errors"
	"strconv"
	"strings"
)

// errNoProduct says that there is no code to print.
var errNoProduct = errors.New("пустой код маркировки")

// Kinds of product codes, the first two bytes of tag 1162 in FFD 1.05.
const (
	codeUnknown = "\x00\x00"
	codeEAN8    = "E\x08"
	codeEAN13   = "E\x0D"
	codeITF14   = "I\x0E"
	codeMatrix  = "DM"
	codeFur     = "RF"
)

// Limits of it, in bytes.
const (
	maxProduct  = 32
	maxSerial   = 20
	furLength   = 20
	packLength  = 29 // a pack of tobacco: GTIN, 7 characters of a serial number, price and tail
	packSerial  = 7
	gtinLength  = 14
	gtinBytes   = 6
	separator   = "\x1d"
	gtinPrefix  = "01"
	serialAfter = "21"
)

// productCode makes tag 1162 of a code as scanned: kind, GTIN in six bytes with
// the highest first, serial number as it is. The crypto tail stays out.
func productCode(mark string) ([]byte, error) {
	s := mark
	for _, front := range []string{"]d2", "]C1", "]Q3", separator} {
		s = strings.TrimPrefix(s, front)
	}
	switch {
	case s == "":
		return nil, errNoProduct
	case len(s) == 8 && digits(s):
		return withGTIN(codeEAN8, s, ""), nil
	case len(s) == 13 && digits(s):
		return withGTIN(codeEAN13, s, ""), nil
	case len(s) == gtinLength && digits(s):
		return withGTIN(codeITF14, s, ""), nil
	case len(s) == furLength && strings.HasPrefix(s, "RU-"):
		return append([]byte(codeFur), s...), nil
	case len(s) == packLength && digits(s[:gtinLength]) && !strings.Contains(s, separator):
		return withGTIN(codeMatrix, s[:gtinLength], s[gtinLength:gtinLength+packSerial]), nil
	}
	if gtin, serial, ok := identification(s); ok {
		return withGTIN(codeMatrix, gtin, serial), nil
	}
	return []byte(codeUnknown + s[:min(len(s), maxProduct-len(codeUnknown))]), nil
}

// identification takes the element strings (01) and (21) apart.
func identification(s string) (gtin, serial string, ok bool) {
	rest, ok := strings.CutPrefix(s, gtinPrefix)
	if !ok || len(rest) < gtinLength || !digits(rest[:gtinLength]) {
		return "", "", false
	}
	gtin, rest = rest[:gtinLength], strings.TrimPrefix(rest[gtinLength:], separator)
	if serial, ok = strings.CutPrefix(rest, serialAfter); !ok {
		return "", "", false
	}
	serial, _, _ = strings.Cut(serial, separator)
	return gtin, serial[:min(len(serial), maxSerial)], serial != ""
}

func withGTIN(kind, gtin, serial string) []byte {
	v, _ := strconv.ParseUint(gtin, 10, 64) // 14 digits at most: it always fits
	b := []byte(kind)
	for i := gtinBytes - 1; i >= 0; i-- {
		b = append(b, byte(v>>(8*i)))
	}
	return append(b, serial...)
}
