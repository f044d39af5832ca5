package console

import (
	"fmt"
	"strings"
)

// An EAN-13 barcode (GS1 General Specifications 5.2): 95 modules, two guards of
// 101 and 01010 between, the first digit in how the next six are drawn.

// eanLeft are the digits' left patterns with odd parity; with even parity they
// are these, inverted and read backwards.
var eanLeft = [10]string{"0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"}

// eanParity says which of the left six are even, by the first digit.
var eanParity = [10]string{"OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO"}

// eanModules is the width of all of it.
const eanModules = 95

// ean13 draws thirteen digits as a path of bars, a unit a module wide and ten
// high.
func ean13(code string) string {
	var bits strings.Builder
	bits.WriteString("101")
	parity := eanParity[code[0]-'0']
	for i := 1; i <= 6; i++ {
		p := eanLeft[code[i]-'0']
		if parity[i-1] == 'E' {
			p = reversed(inverted(p))
		}
		bits.WriteString(p)
	}
	bits.WriteString("01010")
	for i := 7; i <= 12; i++ {
		bits.WriteString(inverted(eanLeft[code[i]-'0']))
	}
	bits.WriteString("101")
	var path strings.Builder
	for i, b := range bits.String() {
		if b == '1' {
			fmt.Fprintf(&path, "M%d 0h1v10h-1z", i)
		}
	}
	return path.String()
}

func inverted(p string) string { return strings.NewReplacer("0", "1", "1", "0").Replace(p) }

func reversed(p string) string {
	b := []byte(p)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
