package gs1

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/qty"
)

const mark = "0104600439931256215Tyw8r/a\x1d91EE06\x1d92abcdefghijklmnopqrstuvwxyz01234567890ABCDEF="

func TestClassify(t *testing.T) {
	for _, v := range []struct {
		name, raw, prefix string
		want              Kind
		gtin, goods       string
		weight            qty.Milli
	}{
		{name: "ean-13", raw: "4006381333931", prefix: "20", want: GTIN, gtin: "04006381333931"},
		{name: "ean-13 of a made-up shop", raw: "4600439931256", prefix: "20", want: GTIN, gtin: "04600439931256"},
		{name: "ean-8", raw: "96385074", want: GTIN, gtin: "00000096385074"},
		{name: "upc-a", raw: "036000291452", want: GTIN, gtin: "00036000291452"},
		{name: "upc-e", raw: "04252614", want: GTIN, gtin: "00042100005264"},
		{name: "gtin-14", raw: "10614141000415", want: GTIN, gtin: "10614141000415"},
		{name: "misread ean-13", raw: "4006381333932", want: Misread},
		{name: "twelve digits are not yet an error", raw: "036000291453", want: Plain},
		{name: "short code", raw: "1234", want: Plain},
		{name: "article", raw: "А-1234/5", want: Plain},
		{name: "weight, two digits", raw: "2000123015309", prefix: "20", want: WeightEAN, goods: "00123", weight: 1530},
		{name: "weight, one digit", raw: "2000123015309", prefix: "2", want: WeightEAN, goods: "000123", weight: 1530},
		{name: "weight, wrong check digit", raw: "2000123015300", prefix: "20", want: Misread},
		{name: "weight of nothing", raw: "2000123000008", prefix: "20", want: Misread},
		{name: "no weight prefix", raw: "2000123015309", want: GTIN, gtin: "02000123015309"},
		{name: "unusable weight prefix", raw: "2000123015309", prefix: "200", want: GTIN, gtin: "02000123015309"},
		{name: "prefix of zeros keeps them", raw: "0000123015301", prefix: "00", want: WeightEAN, goods: "00123", weight: 1530},
		{name: "marking code", raw: mark, prefix: "20", want: ElementString, gtin: "04600439931256"},
		{name: "marking code with its symbology", raw: "]d2" + mark, want: ElementString, gtin: "04600439931256"},
		{name: "marking code with a leading separator", raw: "\x1d" + mark, want: ElementString, gtin: "04600439931256"},
		{name: "element string of the GTIN alone", raw: "0104600439931256", want: ElementString, gtin: "04600439931256"},
		{name: "marking code misread", raw: strings.Replace(mark, "31256", "31255", 1), want: Misread},
		{name: "receipt", raw: "t=20260131T1205&s=123.45&fn=9999078902004312&i=17&fp=3456789012&n=1", want: ReceiptQR},
		{name: "receipt misread", raw: "t=20260131T1205&s=123.45&fn=9999078902004312&i=17", want: Misread},
		{name: "url", raw: "https://example.org/?t=1", want: Plain},
	} {
		t.Run(v.name, func(t *testing.T) {
			c, err := Classify(v.raw, &Shop{WeightPrefix: v.prefix})
			if err != nil {
				t.Fatal(err)
			}
			if c.Kind != v.want || c.GTIN != v.gtin || c.Goods != v.goods || c.Weight != v.weight || c.Raw != v.raw {
				t.Errorf("got %v %+v, want %v gtin %q goods %q weight %v", c.Kind, c, v.want, v.gtin, v.goods, v.weight)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	if _, err := Classify("", &Shop{WeightPrefix: "20"}); !errors.Is(err, ErrEmpty) {
		t.Errorf("empty: %v", err)
	}
	if _, err := Classify(strings.Repeat("7", MaxCode), &Shop{WeightPrefix: "20"}); err != nil {
		t.Errorf("%d bytes: %v", MaxCode, err)
	}
	for _, n := range []int{MaxCode + 1, 10_000} {
		if _, err := Classify(strings.Repeat("7", n), &Shop{WeightPrefix: "20"}); !errors.Is(err, ErrTooLong) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestEquivalents(t *testing.T) {
	for code, want := range map[string][]string{
		"036000291452":   {"036000291452", "0036000291452", "00036000291452"},
		"0036000291452":  {"0036000291452", "036000291452", "00036000291452"},
		"4006381333931":  {"4006381333931", "04006381333931"},
		"04006381333931": {"04006381333931", "4006381333931"},
		"10614141000415": {"10614141000415"},
		"96385074":       {"96385074", "0000096385074", "000096385074", "00000096385074"},
		"04252614":       {"04252614", "0042100005264", "042100005264", "00042100005264"},
		// Eight digits that are an EAN-8 and a UPC-E.
		"01234565":      {"01234565", "0000001234565", "000001234565", "00000001234565", "0012345000065", "012345000065", "00012345000065"},
		"4006381333932": {"4006381333932"},
		"А-1":           {"А-1"},
	} {
		if got := Equivalents(code); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}

// Known pairs, and for every other code the way back by the suppression rules.
func TestExpandUPCE(t *testing.T) {
	for short, long := range map[string]string{
		"01234565": "012345000065", "06543217": "065100004327", "04252614": "042100005264",
	} {
		if got, ok := ExpandUPCE(short); !ok || got != long {
			t.Errorf("%s: %s %v, want %s", short, got, ok, long)
		}
	}
	for _, bad := range []string{"", "0123456", "01234566", "21234565", "0123456x"} {
		if got, ok := ExpandUPCE(bad); ok {
			t.Errorf("%q became %s", bad, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`[01][0-9]{6}`).Draw(t, "body")
		found := 0
		for d := byte('0'); d <= '9'; d++ {
			long, ok := ExpandUPCE(body + string(d))
			if !ok {
				continue
			}
			found++
			if !Valid(long) || !slices.Contains(suppress(long), body) {
				t.Fatalf("%s%c became %s, which is written %v", body, d, long, suppress(long))
			}
		}
		if found != 1 {
			t.Fatalf("%s has %d check digits", body, found)
		}
	})
}

// suppress writes a UPC-A in every UPC-E form that the zeros in it allow.
func suppress(a string) (forms []string) {
	maker, item := a[1:6], a[6:11]
	if strings.HasSuffix(maker, "00") && maker[2] <= '2' && item[:2] == "00" {
		forms = append(forms, a[:1]+maker[:2]+item[2:]+maker[2:3])
	}
	if maker[3:] == "00" && item[:3] == "000" {
		forms = append(forms, a[:1]+maker[:3]+item[3:]+"3")
	}
	if maker[4:] == "0" && item[:4] == "0000" {
		forms = append(forms, a[:1]+maker[:4]+item[4:]+"4")
	}
	if item[:4] == "0000" && item[4] >= '5' {
		forms = append(forms, a[:1]+maker+item[4:])
	}
	return forms
}

func TestCheckDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SampledFrom([]int{7, 11, 12, 13}).Draw(t, "length")
		body := rapid.StringMatching(`[0-9]{`+strconv.Itoa(n)+`}`).Draw(t, "body")
		code := body + string(CheckDigit(body))
		if !Valid(code) {
			t.Fatalf("%s is not valid", code)
		}
		// One wrong digit never passes.
		at := rapid.IntRange(0, n).Draw(t, "at")
		wrong := []byte(code)
		wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if Valid(string(wrong)) {
			t.Fatalf("%s passes as %s", code, wrong)
		}
		// Every spelling names the same GTIN.
		gtin, _ := Normalize(code)
		for _, form := range Equivalents(code) {
			if got, ok := Normalize(form); !ok || (got != gtin && len(form) != 8 && len(code) != 8) {
				t.Fatalf("%s as %s is %s, want %s", code, form, got, gtin)
			}
		}
	})
	for _, bad := range []string{"", "12a", " 1", "١"} {
		if CheckDigit(bad) != 0 {
			t.Errorf("check digit of %q", bad)
		}
	}
}

func TestParseReceipt(t *testing.T) {
	const good = "t=20260131T120559&s=1234.50&fn=9999078902004312&i=000017&fp=0456789012&n=2"
	r, err := ParseReceipt(good)
	want := Receipt{Time: time.Date(2026, 1, 31, 12, 5, 59, 0, time.UTC), Sum: 123450, FN: "9999078902004312", FD: 17, Sign: 456789012, Operation: 2}
	if err != nil || r != want {
		t.Errorf("got %+v, %v", r, err)
	}
	for _, change := range [][2]string{
		{"t=20260131T120559", "t=20261331T1205"}, {"t=20260131T120559&", ""}, {"t=20260131T120559", "t=20260131T12"},
		{"1234.50", "-1"}, {"1234.50", "1,234.50"}, {"1234.50", ""}, {"9999078902004312", "999907890200431"},
		{"9999078902004312", "999907890200431x"}, {"i=000017", "i=0"}, {"i=000017", "i=+7"}, {"i=000017", "i=4294967296"},
		{"fp=0456789012", "fp=99999999999"}, {"fp=0456789012", "fp="}, {"n=2", "n=0"}, {"n=2", "n=5"}, {"n=2", "n=2&n=2"}, {"&n=2", "&n"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if r, err := ParseReceipt(bad); !errors.Is(err, ErrReceipt) || r != (Receipt{}) {
			t.Errorf("%s: %+v, %v", bad, r, err)
		}
	}
}

// FuzzClassify: any bytes get a kind, and what the kind promises holds.
func FuzzClassify(f *testing.F) {
	for _, s := range []string{"2300123015302", pack, carton, strings.Repeat("22N1", 17), "777", "K-1", "4006381333931", "2000123015309", "01234565", mark, "\x1d" + mark, "]d2" + mark, "t=20260131T1205&s=1&fn=9999078902004312&i=1&fp=1&n=1", "", "t=&&&", "01"} {
		f.Add(s, "20")
	}
	f.Add("2000123015309", "2")
	f.Add("2000123015309", "\xff")
	f.Fuzz(func(t *testing.T, raw, prefix string) {
		shop := &Shop{WeightPrefix: prefix, Labels: []Label{{Prefix: "23", Goods: 5, Value: 5, Of: LabelPrice}}, Cards: []string{"777"}, Badges: []string{"K-"}}
		c, err := Classify(raw, shop)
		if c.Raw != raw {
			t.Fatalf("%q was kept as %q", raw, c.Raw)
		}
		if (err != nil) != (raw == "" || len(raw) > MaxCode) {
			t.Fatalf("%d bytes: %v", len(raw), err)
		}
		if (c.Kind == GTIN || c.Kind == ElementString || c.Kind == TobaccoPack) != (c.GTIN != "") || (c.GTIN != "" && (len(c.GTIN) != 14 || !Valid(c.GTIN))) {
			t.Fatalf("%q: %v with GTIN %q", raw, c.Kind, c.GTIN)
		}
		if (c.Kind == WeightEAN || c.Kind == PriceEAN) != (c.Goods != "") || (c.Kind == WeightEAN) != (c.Weight > 0) || (c.Kind == PriceEAN) != (c.Price > 0) {
			t.Fatalf("%q: %v with goods %q, weight %v, price %v", raw, c.Kind, c.Goods, c.Weight, c.Price)
		}
		if m := c.Marking; m != nil && (m.GTIN != c.GTIN || m.Serial == "" || (c.Kind != ElementString && c.Kind != TobaccoPack)) {
			t.Fatalf("%q: %v with %+v", raw, c.Kind, m)
		}
		if (c.Kind == ReceiptQR) != (c.Receipt.FN != "") {
			t.Fatalf("%q: %v with %+v", raw, c.Kind, c.Receipt)
		}
		if c.Kind.String() == "" {
			t.Fatal("kind without a name")
		}
	})
}
