package gs1

import (
	"errors"
	"fmt"
	"strings"
)

// Element is one field of an element string: an application identifier (AI)
// and its value.
type Element struct {
	AI    string
	Value string
}

var (
	// ErrElements: not a string of elements.
	ErrElements = errors.New("gs1: not an element string")
	// ErrSeparator: a field of variable length is longer than it may be, or
	// swallows the next: the reader drops group separators.
	ErrSeparator = errors.New("gs1: a group separator is missing")
)

// ai describes the data of an application identifier.
type ai struct {
	least, most int
	digits      bool
	predefined  bool // of a length fixed by its first two digits: no separator follows
}

func fixed(n int) ai    { return ai{n, n, true, true} }
func exactly(n int) ai  { return ai{n, n, true, false} }
func upTo(n int) ai     { return ai{1, n, false, false} }
func digitsTo(n int) ai { return ai{1, n, true, false} }

// identifiers are the AIs of trade items that shops meet (GS1 General
// Specifications, figure 3.2-1), by the whole AI. 310n to 369n and 390n to 395n
// are in families.
var identifiers = map[string]ai{
	"00": fixed(18), "01": fixed(14), "02": fixed(14), "11": fixed(6), "12": fixed(6), "13": fixed(6), "15": fixed(6), "16": fixed(6),
	"17": fixed(6), "20": fixed(2), "10": upTo(20), "21": upTo(20), "22": upTo(20), "30": digitsTo(8), "37": digitsTo(8),
	"235": upTo(28), "240": upTo(30), "241": upTo(30), "242": digitsTo(6), "243": upTo(20), "250": upTo(30), "251": upTo(30),
	"253": upTo(30), "254": upTo(20), "255": digitsTo(25), "400": upTo(30), "410": fixed(13), "411": fixed(13), "412": fixed(13),
	"413": fixed(13), "414": fixed(13), "415": fixed(13), "416": fixed(13), "417": fixed(13), "420": upTo(20), "422": exactly(3),
	"7003": exactly(10), "7007": digitsTo(12), "8005": exactly(6), "8006": exactly(18), "8008": digitsTo(12), "8020": upTo(25),
	"90": upTo(30), "91": upTo(90), "92": upTo(90), "93": upTo(90), "94": upTo(90), "95": upTo(90), "96": upTo(90),
	"97": upTo(90), "98": upTo(90), "99": upTo(90),
}

// families are AIs whose last digit is a number of decimals.
func families(s string) (string, ai, bool) {
	if len(s) < 4 || !digits(s[:4]) {
		return "", ai{}, false
	}
	switch n := s[:3]; {
	case n >= "310" && n <= "369":
		return s[:4], fixed(6), true
	case n == "390" || n == "392":
		return s[:4], digitsTo(15), true
	case n == "391" || n == "393":
		return s[:4], digitsTo(18), true
	case n == "394" || n == "395":
		return s[:4], ai{4, 6, true, false}, true
	}
	return "", ai{}, false
}

// identifier finds the AI that s begins with.
func identifier(s string) (string, ai, bool) {
	if name, form, ok := families(s); ok {
		return name, form, true
	}
	for _, n := range []int{4, 3, 2} {
		if len(s) >= n {
			if form, ok := identifiers[s[:n]]; ok {
				return s[:n], form, true
			}
		}
	}
	return "", ai{}, false
}

// Elements takes an element string apart. The symbology's name or a separator
// in front is passed over. Values are byte for byte as read. An AI that is not
// known, or data it does not allow, is ErrElements: nothing is guessed.
func Elements(s string) ([]Element, error) {
	rest := bare(s)
	var list []Element
	for rest != "" {
		name, form, ok := identifier(rest)
		if !ok {
			return nil, fmt.Errorf("%w: no identifier at %d bytes from the end", ErrElements, len(rest))
		}
		rest = rest[len(name):]
		var value string
		if form.predefined {
			if len(rest) < form.most {
				return nil, fmt.Errorf("%w: (%s) is cut off", ErrElements, name)
			}
			value, rest = rest[:form.most], rest[form.most:]
			rest = strings.TrimPrefix(rest, string(GS)) // not needed here, and sent by some
		} else {
			value, rest, _ = strings.Cut(rest, string(GS))
		}
		switch {
		case len(value) > form.most:
			return nil, fmt.Errorf("%w: (%s) has %d bytes, at most %d", ErrSeparator, name, len(value), form.most)
		case len(value) < form.least || strings.ContainsRune(value, GS) || (form.digits && !digits(value)):
			return nil, fmt.Errorf("%w: (%s)", ErrElements, name)
		}
		list = append(list, Element{name, value})
	}
	if len(list) == 0 {
		return nil, ErrElements
	}
	return list, nil
}

// bare takes away what readers put in front of an element string.
func bare(s string) string {
	for _, front := range []string{"]d2", "]C1", "]Q3", "]e0"} {
		s = strings.TrimPrefix(s, front)
	}
	return strings.TrimPrefix(s, string(GS))
}
