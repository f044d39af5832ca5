package gs1

import (
	"strings"
	"testing"
)

// FuzzClassifyShop: whatever a scanner delivers is one kind of thing, byte for byte,
// and what is said of it holds.
func FuzzClassifyShop(f *testing.F) {
	for _, s := range []string{milk, cheese, carton, shoes, pack, "4600000000015", "220012301530", "2300123129996", "t=20260131T1205&s=1.00&fn=9999078902000001&i=1&fp=2&n=1",
		"K-1", "7771", "22N00001" + strings.Repeat("CRZCTEH5U3", 6), "0104607015730012215=xk8E\x1d93\xff\x80", "\x1d", "]C1", strings.Repeat("9", 300)} {
		f.Add(s)
	}
	shop := &Shop{WeightPrefix: "22", Cards: []string{"777"}, Badges: []string{"K-"}, Labels: []Label{{Prefix: "23", Goods: 5, Value: 5, Of: LabelPrice},
		{Prefix: "25", Goods: 5, Value: 5, Of: LabelPieces}}}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := Classify(raw, shop)
		if c.Raw != raw {
			t.Fatalf("%q became %q", raw, c.Raw)
		}
		if err != nil {
			return
		}
		again, _ := Classify(raw, shop)
		if again.Kind != c.Kind || again.GTIN != c.GTIN {
			t.Fatalf("%q is %v and %v", raw, c.Kind, again.Kind)
		}
		switch {
		case c.Marking != nil && (!Valid(c.GTIN) || c.Marking.Serial == "" || c.Marking.GTIN != c.GTIN || !plainText(strings.TrimPrefix(raw, "]d2"))):
			t.Fatalf("%q: %+v", raw, c.Marking)
		case c.Kind == WeightEAN && (c.Weight <= 0 || c.Goods == ""), c.Kind == PriceEAN && (c.Price <= 0 || c.Goods == ""):
			t.Fatalf("%q: %+v", raw, c)
		case c.Kind == ReceiptQR && (c.Receipt.FD == 0 || len(c.Receipt.FN) != 16):
			t.Fatalf("%q: %+v", raw, c.Receipt)
		}
	})
}
