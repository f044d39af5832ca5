package face

import (
	"fmt"
	"strings"
)

// bars is a barcode as a scanner would see it, as the path of an SVG picture.
//
// EAN-13 and EAN-8 are drawn as GS1's General Specifications say in section
// 5.2: a digit is seven modules wide in one of the sets A, B and C; in EAN-13
// the first digit is told by which of the left six come from set B. Other
// short codes are drawn as Code 128 (ISO/IEC 15417), code set B.
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

// drawBars draws a code; one that is too long for a label has no picture.
func drawBars(code string) (bars, bool) {
	if b, ok := drawEAN(code); ok {
		return b, true
	}
	return draw128(code)
}

func drawEAN(code string) (bars, bool) {
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

// most128 is the longest code that is drawn as Code 128.
const most128 = 20

// The symbols of Code 128 that are no characters.
const (
	startB = 104
	stop   = 106
)

// widths128 are the symbols of Code 128: the widths of bar, space, bar...
var widths128 = strings.Fields(`
	212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222
	123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321
	232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121
	313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224
	111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111
	111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113
	114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112`)

func draw128(code string) (bars, bool) {
	if code == "" || len(code) > most128 {
		return bars{}, false
	}
	modules, sum := symbol128(startB), startB
	for i := range len(code) {
		if code[i] < ' ' || code[i] > '~' {
			return bars{}, false
		}
		modules += symbol128(int(code[i] - ' '))
		sum += (i + 1) * int(code[i]-' ')
	}
	modules += symbol128(sum%103) + symbol128(stop)
	return bars{Path: outline(modules), Width: len(modules)}, true
}

// symbol128 turns a symbol's widths into modules.
func symbol128(n int) string {
	var b strings.Builder
	for i, w := range widths128[n] {
		b.WriteString(strings.Repeat([]string{"1", "0"}[i%2], int(w-'0')))
	}
	return b.String()
}

// Box is the picture's view, with the quiet zones a scanner needs.
func (b bars) Box() string { return fmt.Sprintf("-10 0 %d %d", b.Width+20, guardHeight+1) }

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
