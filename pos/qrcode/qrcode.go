// Package qrcode draws QR codes, as ISO/IEC 18004 describes them: model 2, bytes,
// versions 1 to 10, error correction M (15 % may be spoilt). A fiscal receipt's
// code, a payment link and a pairing address fit.
//
// It only writes; scanners read. A Code does not change: anybody may use it.
package qrcode

import (
	"fmt"
	"strings"
)

// MaxText is the longest text, in bytes: what version 10 holds.
const MaxText = 213

// Quiet is the light margin a reader needs, in modules.
const Quiet = 4

// Code is a square of modules.
type Code struct {
	size int
	dark []bool
}

// Size is the number of modules along a side, without the quiet zone.
func (c Code) Size() int { return c.size }

// Dark tells whether a module is; outside the square nothing is.
func (c Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.dark[y*c.size+x]
}

// Path draws the dark modules as an SVG path in a square of Size + 2*Quiet units.
func (c Code) Path() string {
	var b strings.Builder
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			run := 0
			for c.Dark(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+Quiet, y+Quiet, run, run)
				x += run
			}
		}
	}
	return b.String()
}

// layout of a version at level M: codewords of error correction in a block, and
// two groups of blocks with their data codewords. Table 9 of the standard.
type layout struct {
	check         int
	blocks, data  int
	blocks2       int // of data+1 codewords
	align1, align int // first alignment pattern after 6, and the distance to the next; 0: none
}

var layouts = []layout{
	{}, {10, 1, 16, 0, 0, 0}, {16, 1, 28, 0, 18, 0}, {26, 1, 44, 0, 22, 0}, {18, 2, 32, 0, 26, 0}, {24, 2, 43, 0, 30, 0},
	{16, 4, 27, 0, 34, 0}, {18, 4, 31, 0, 22, 16}, {22, 2, 38, 2, 24, 18}, {22, 3, 36, 2, 26, 20}, {26, 4, 43, 1, 28, 22},
}

func (l layout) codewords() int { return l.blocks*l.data + l.blocks2*(l.data+1) }

// header is the mode and the length, in bits.
func header(version int) int {
	if version < 10 {
		return 4 + 8
	}
	return 4 + 16
}

// Encode makes a code of a text, as small as it gets.
func Encode(text string) (Code, error) {
	if len(text) > MaxText {
		return Code{}, fmt.Errorf("qrcode: %d bytes, at most %d fit", len(text), MaxText)
	}
	version := 1
	for header(version)+8*len(text) > 8*layouts[version].codewords() {
		version++
	}
	g := newGrid(version)
	g.place(interleave(layouts[version], message(text, version)))
	best, least := -1, 0
	for mask := range masks {
		if p := g.masked(mask).penalty(); best < 0 || p < least {
			best, least = mask, p
		}
	}
	done := g.masked(best)
	return Code{size: done.size, dark: done.dark}, nil
}

// bits is a string of bits.
type bits struct {
	b []byte
	n int
}

func (s *bits) add(v, count int) {
	for i := count - 1; i >= 0; i-- {
		if s.n%8 == 0 {
			s.b = append(s.b, 0)
		}
		if v>>i&1 == 1 {
			s.b[s.n/8] |= 0x80 >> (s.n % 8)
		}
		s.n++
	}
}

// message is the text as data codewords, filled up.
func message(text string, version int) []byte {
	var s bits
	s.add(4, 4) // bytes
	s.add(len(text), header(version)-4)
	for _, c := range []byte(text) {
		s.add(int(c), 8)
	}
	all := layouts[version].codewords()
	s.add(0, min(4, 8*all-s.n))
	for pad := byte(0xEC); ; pad ^= 0xEC ^ 0x11 {
		if len(s.b) == all {
			return s.b
		}
		s.b = append(s.b, pad)
	}
}

// interleave cuts data into blocks, gives each its check and deals them out.
func interleave(l layout, data []byte) []byte {
	var blocks, checks [][]byte
	for i := range l.blocks + l.blocks2 {
		n := l.data
		if i >= l.blocks {
			n++
		}
		blocks, checks = append(blocks, data[:n]), append(checks, remainder(data[:n], l.check))
		data = data[n:]
	}
	var out []byte
	for i := range l.data + 1 {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range l.check {
		for _, c := range checks {
			out = append(out, c[i])
		}
	}
	return out
}
