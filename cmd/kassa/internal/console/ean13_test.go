package console

import (
	"strconv"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
)

// TestEAN13: the code of the standard's own figure, bar for bar.
func TestEAN13(t *testing.T) {
	bars := map[string]bool{}
	for _, m := range strings.Split(strings.Trim(ean13("5901234123457"), "M"), "M") {
		bars[strings.Fields(m)[0]] = true
	}
	var got strings.Builder
	for i := range eanModules {
		b := byte('0')
		if bars[strconv.Itoa(i)] {
			b = '1'
		}
		got.WriteByte(b)
	}
	const want = "101" + "0001011" + "0100111" + "0110011" + "0010011" + "0111101" + "0011101" + "01010" + "1100110" + "1101100" + "1000010" + "1011100" + "1001110" + "1000100" + "101"
	if got.String() != want {
		t.Errorf("%s, want %s", got.String(), want)
	}
	sum := 0
	for i, c := range api.TestCode {
		sum += int(c-'0') * (1 + 2*(i%2))
	}
	if len(api.TestCode) != 13 || sum%10 != 0 {
		t.Error("the code shown has a wrong check digit")
	}
}
