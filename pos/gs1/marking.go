package gs1

import (
	"errors"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// Marking is a marking code (Честный знак) taken apart. The code itself stays
// byte for byte as it was read: that is what the fiscal device and the cloud
// get.
type Marking struct {
	GTIN   string // 14 digits
	Serial string // AI 21
	// MRC is the maximum retail price a pack or carton of tobacco carries; 0:
	// none.
	MRC    money.Amount
	Weight qty.Milli // AI 3103, goods of variable weight: grams; 0: none
	Tail   bool      // a check key (AI 91 to 93, or a pack's last four) is there
}

// Identity names the unit: GTIN and serial, without the check key. Two scans
// of one unit have the same.
func (m Marking) Identity() string { return m.GTIN + m.Serial }

// ErrMarking: an element string that is no marking code.
var ErrMarking = errors.New("gs1: not a marking code")

// ParseMarking takes a marking code apart: GTIN (01) and serial (21), and what
// else stands there. Codes whose group separators were lost on the way are
// ErrSeparator, as far as that can be told: such a code would be refused at
// the check, after the queue has waited for it.
func ParseMarking(raw string) (Marking, error) {
	list, err := Elements(raw)
	if err != nil {
		return Marking{}, err
	}
	if !plainText(raw) {
		return Marking{}, ErrMarking
	}
	var m Marking
	for _, e := range list {
		switch e.AI {
		case "01":
			m.GTIN = e.Value
		case "21":
			m.Serial = e.Value
		case "8005":
			m.MRC = kopecks(e.Value)
		case "3103":
			m.Weight = qty.Milli(kopecks(e.Value))
		case "91", "92", "93":
			m.Tail = true
		}
	}
	switch {
	case m.GTIN == "" || m.Serial == "" || !Valid(m.GTIN):
		return Marking{}, ErrMarking
	case len(list) == 2 && swallowed(m.Serial):
		return Marking{}, ErrSeparator
	}
	return m, nil
}

// plainText tells whether a code is made of what marking codes are: visible
// ASCII and separators. Anything else was damaged on its way.
func plainText(s string) bool {
	for i := range len(s) {
		if c := s[i]; c != GS && (c < ' ' || c > '~') {
			return false
		}
	}
	return true
}

// swallowed tells whether a serial that goes to the end of the code looks like
// a serial of usual length with a check key behind it: 6, 7 or 13 characters,
// then 93 and four more.
func swallowed(serial string) bool {
	for _, n := range []int{6, 7, 13} {
		if len(serial) == n+2+4 && serial[n:n+2] == "93" {
			return true
		}
	}
	return false
}

func kopecks(digits string) (v money.Amount) {
	for _, d := range digits {
		v = v*10 + money.Amount(d-'0')
	}
	return v
}

// The parts of a pack of tobacco's code, which has no AIs.
const (
	packGTIN   = 14
	packSerial = 7
	packMRC    = 4
	packKey    = 4
	packLength = packGTIN + packSerial + packMRC + packKey
)

// packAlphabet are the 80 characters of a tobacco pack's serial and price, in
// the order of their values.
const packAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?"

// ParsePack takes apart the code on one pack of tobacco: GTIN, serial, the
// maximum retail price in kopecks as four digits of base 80, check key.
// Without the key it is 25 characters long.
func ParsePack(raw string) (Marking, bool) {
	s := raw
	if s = strings.TrimPrefix(s, "]d1"); len(s) != packLength && len(s) != packLength-packKey {
		return Marking{}, false
	}
	if !Valid(s[:packGTIN]) {
		return Marking{}, false
	}
	mrc := money.Amount(0)
	for i := packGTIN; i < len(s); i++ {
		n := strings.IndexByte(packAlphabet, s[i])
		if n < 0 {
			return Marking{}, false
		}
		if i >= packGTIN+packSerial && i < packGTIN+packSerial+packMRC {
			mrc = mrc*money.Amount(len(packAlphabet)) + money.Amount(n)
		}
	}
	return Marking{GTIN: s[:packGTIN], Serial: s[packGTIN : packGTIN+packSerial], MRC: mrc, Tail: len(s) == packLength}, true
}

// Lengths of the stamps on alcohol: PDF-417 of the old kind, DataMatrix of the
// new one.
const (
	stampPDF417 = 68
	stampMatrix = 150
)

// isStamp tells whether a code is an excise stamp of ЕГАИС: capital letters
// and digits of one of two lengths, both kinds in it.
func isStamp(s string) bool {
	if len(s) != stampPDF417 && len(s) != stampMatrix {
		return false
	}
	letters := false
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			letters = true
		} else if c < '0' || c > '9' {
			return false
		}
	}
	return letters
}
