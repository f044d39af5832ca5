package face

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// voidModules is the width of a void code, in modules: version 2 of a QR code.
const voidModules = 25

// drawVoid draws what looks like the QR code of a receipt and is none: the
// three corners are there, so that a person knows what stands on real paper,
// but everything between them is noise made from the text. No reader finds a
// format or a message in it; the page strikes it through as well.
func drawVoid(text string) string {
	noise := noiseOf(text)
	var path strings.Builder
	for y := range voidModules {
		run := 0 // dark modules in a row, up to x
		for x := range voidModules + 1 {
			dark, fixed := corner(x, y)
			switch {
			case x == voidModules:
				dark = false
			case !fixed:
				dark = noise()
			}
			if dark {
				run++
				continue
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x-run, y, run, run)
			}
			run = 0
		}
	}
	return path.String()
}

// corner tells what the finder patterns and the light border round them ask of
// a module; fixed is false elsewhere.
func corner(x, y int) (dark, fixed bool) {
	const size = 7
	for _, at := range [][2]int{{0, 0}, {voidModules - size, 0}, {0, voidModules - size}} {
		dx, dy := x-at[0], y-at[1]
		if dx < -1 || dy < -1 || dx > size || dy > size {
			continue
		}
		ring := max(abs(dx-size/2), abs(dy-size/2))
		return ring == 3 || ring <= 1, true
	}
	return false, false
}

func abs(n int) int { return max(n, -n) }

// noiseOf gives bits that depend on text and nothing else.
func noiseOf(text string) func() bool {
	sum, at := sha256.Sum256([]byte(text)), 0
	return func() bool {
		if at == 8*len(sum) {
			sum, at = sha256.Sum256(sum[:]), 0
		}
		bit := sum[at/8]>>(at%8)&1 == 1
		at++
		return bit
	}
}
