package moysklad

import (
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"
)

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		in     string
		digits int
		want   int64
		exact  bool
		bad    bool
	}{
		{in: "0", want: 0, exact: true}, {in: "1000", want: 1000, exact: true}, {in: "-208", digits: 3, want: -208000, exact: true},
		{in: "100.5", want: 101}, {in: "100.49999", want: 100}, {in: "-0.5", want: -1}, {in: "0.05", want: 0}, {in: "0.5", digits: 3, want: 500, exact: true},
		{in: "1e3", want: 1000, exact: true}, {in: "1.5E-1", digits: 3, want: 150, exact: true}, {in: "12345.678e2", want: 1234568},
		{in: "7.5", digits: 3, want: 7500, exact: true}, {in: "0.0004", digits: 3, want: 0}, {in: "0.0005", digits: 3, want: 1},
		{in: "1000.000", want: 1000, exact: true}, {in: "0e50", want: 0, exact: true}, {in: "999999999999999999", want: 999999999999999999, exact: true},
		{in: "9999999999999999999", bad: true}, {in: "1e99", bad: true}, {in: "1e100", bad: true}, {in: "", bad: true}, {in: "1.", bad: true},
		{in: ".5", bad: true}, {in: "1,5", bad: true}, {in: "0x10", bad: true}, {in: "+1", bad: true}, {in: "NaN", bad: true},
	} {
		v, exact, err := scaled(c.in, c.digits)
		if (err != nil) != c.bad || !c.bad && (v != c.want || exact != c.exact) {
			t.Errorf("scaled(%q, %d) = %d, %v, %v", c.in, c.digits, v, exact, err)
		}
	}
}

func FuzzScaled(f *testing.F) {
	for _, s := range []string{"0", "100.5", "-1.25e-3", "1e99", "99999999999999999999", "0.0005"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, digits int) {
		if digits < 0 || digits > 6 {
			return
		}
		v, exact, err := scaled(s, digits)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is no number", s)
		}
		want.Mul(want, new(big.Rat).SetInt(pow10(digits)))
		off := new(big.Rat).Sub(big.NewRat(v, 1), want)
		if exact != (off.Sign() == 0) || off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("scaled(%q, %d) = %d, %v", s, digits, v, exact)
		}
	})
}

// Whatever the cloud answers, decoding ends with values or an error.
func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		f.Fatal(names, err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
	}
	f.Add([]byte(`{"rows":[{"id":"a","salePrices":[{"value":1e400}],"stock":"x","packs":[{"quantity":-1}],"barcodes":[{"ean13":"1"},2,null,[]]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var items collection[wireItem]
		if json.Unmarshal(b, &items) == nil && items.Rows != nil {
			for i := range *items.Rows {
				it, _, err := item(&(*items.Rows)[i])
				for _, p := range it.Prices {
					if err == nil && p.Value <= 0 {
						t.Fatalf("price %d", p.Value)
					}
				}
			}
		}
		var discounts collection[wireDiscount]
		if json.Unmarshal(b, &discounts) == nil && discounts.Rows != nil {
			for i := range *discounts.Rows {
				if d, err := discount(&(*discounts.Rows)[i]); err == nil && (d.Percent < 0 || d.Percent > 100_000) {
					t.Fatalf("percent %d", d.Percent)
				}
			}
		}
		var ws wireStore
		if json.Unmarshal(b, &ws) == nil {
			lastNumbers(ws)
		}
		if e := refusal(400, nil, b, 0); e.Class() == "" || e.Error() == "" {
			t.Fatal("an error without class or text")
		}
	})
}
