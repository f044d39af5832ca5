package face

import (
	"fmt"
	"strings"
	"testing"
)

// TestVoidCode: the same text gives the same picture, another one another, and
// the corners are a QR code's.
func TestVoidCode(t *testing.T) {
	a := drawVoid("t=20261120T1200&s=20.00")
	if a != drawVoid("t=20261120T1200&s=20.00") || a == drawVoid("t=20261120T1201&s=20.00") {
		t.Error("the picture does not follow the text")
	}
	drawn := map[[2]int]bool{}
	for _, run := range strings.Split(strings.TrimSuffix(a, "z"), "z") {
		var x, y, n, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &n, &back); err != nil || n != back || n < 1 || x+n > voidModules {
			t.Fatalf("%q: %v", run, err)
		}
		for i := range n {
			drawn[[2]int{x + i, y}] = true
		}
	}
	dark := func(x, y int) bool { return drawn[[2]int{x, y}] }
	want := []string{"#######", "#.....#", "#.###.#", "#.###.#", "#.###.#", "#.....#", "#######"}
	for y, row := range want {
		for x, c := range row {
			for _, at := range [][2]int{{0, 0}, {voidModules - 7, 0}, {0, voidModules - 7}} {
				if dark(at[0]+x, at[1]+y) != (c == '#') {
					t.Fatalf("corner %v at %d, %d", at, x, y)
				}
			}
		}
	}
	n := len(drawn)
	if n < voidModules*voidModules/4 || n > voidModules*voidModules*3/4 {
		t.Errorf("%d dark voidModules", n)
	}
}
