package face

import (
	"fmt"
	"strings"
)

// Bars draws EAN-13 and EAN-8 as a scanner would see them, as the path of an
// SVG picture. GS1 General Specifications, section 5.2: a digit is seven
// modules wide in one of the sets A, B and C; in EAN-13 the first digit is
// told by which of the left six come from set B.
type bars struct {
	Path  string // of the picture, one unit a module
	Width int    // modules
}

// The heights of ordinary bars and of guard bars, in modules.
const (
	barHeight   = 40
	guardHeight = 45
)

var (
	setA   = [10]string{"0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"}
	parity = [10]string{"AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"}
)

// digit gives a digit's modules in a set.
func digit(d byte, set byte) string {
	a := setA[d-'0']
	if set == 'A' {
		return a
	}
	c := strings.NewReplacer("0", "1", "1", "0").Replace(a)
	if set == 'C' {
		return c
	}
	var b strings.Builder
	for i := len(c) - 1; i >= 0; i-- {
		b.WriteByte(c[i])
	}
	return b.String()
}

// drawBars draws a code; other symbologies have no picture here.
func drawBars(code string) (bars, bool) {
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return bars{}, false
		}
	}
	var left, right, sets string
	switch len(code) {
	case 13:
		left, right, sets = code[1:7], code[7:], parity[code[0]-'0']
	case 8:
		left, right, sets = code[:4], code[4:], "AAAA"
	default:
		return bars{}, false
	}
	modules := "L0L" // L: a module of a guard bar
	for i := range len(left) {
		modules += digit(left[i], sets[i])
	}
	modules += "0L0L0"
	for i := range len(right) {
		modules += digit(right[i], 'C')
	}
	modules += "L0L"
	return bars{Path: outline(modules), Width: len(modules)}, true
}

// outline joins the dark modules to rectangles.
func outline(modules string) string {
	var p strings.Builder
	for i := 0; i < len(modules); {
		n := 1
		for i+n < len(modules) && modules[i+n] == modules[i] {
			n++
		}
		height := map[byte]int{'1': barHeight, 'L': guardHeight}[modules[i]]
		if height > 0 {
			fmt.Fprintf(&p, "M%d 0h%dv%dh-%dz", i, n, height, n)
		}
		i += n
	}
	return p.String()
}
