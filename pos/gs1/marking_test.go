package gs1

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

const (
	// A pack whose price characters ABm8 are 1*6400 + 38*80 + 60 = 95.00.
	pack   = "00000046198488X?io+qCABm8wAYa"
	carton = "0104600439931256217Ab*xZ9\x1d8005112000\x1d93Xy1z"
	milk   = "0104607015730012215=xk8E\x1d93abcd"
	cheese = "0104607015730012215=xk8E\x1d93abcd\x1d3103000653"
	shoes  = "0104600439931256215AbCdEfGhIjK\x1d91EE06\x1d92abcdefghijklmnopqrstuvwxyz01234567890ABCDEF="
)

func TestMarkingCodes(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want Marking
	}{
		"milk":                   {milk, Marking{GTIN: "04607015730012", Serial: "5=xk8E", Tail: true}},
		"cheese by weight":       {cheese, Marking{GTIN: "04607015730012", Serial: "5=xk8E", Tail: true, Weight: 653}},
		"shoes":                  {shoes, Marking{GTIN: "04600439931256", Serial: "5AbCdEfGhIjK", Tail: true}},
		"a carton of cigarettes": {carton, Marking{GTIN: "04600439931256", Serial: "7Ab*xZ9", MRC: 112000, Tail: true}},
		"without a check key":    {"0104600439931256215AbCdEfGhIjKl", Marking{GTIN: "04600439931256", Serial: "5AbCdEfGhIjKl"}},
		"as a reader names it":   {"]d2" + milk, Marking{GTIN: "04607015730012", Serial: "5=xk8E", Tail: true}},
	} {
		m, err := ParseMarking(c.raw)
		if d := cmp.Diff(m, c.want); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
		if got, err := Classify(c.raw, &Shop{}); err != nil || got.Kind != ElementString || got.Marking == nil || got.Raw != c.raw {
			t.Errorf("%s: classified as %v, %v", name, got.Kind, err)
		}
	}
}

// A code that came without its separators would be refused at the check, with
// the queue waiting: it is misread here already.
func TestLostSeparators(t *testing.T) {
	for name, raw := range map[string]string{"milk": milk, "cheese": cheese, "shoes": shoes, "carton": carton} {
		lost := strings.ReplaceAll(raw, "\x1d", "")
		if _, err := ParseMarking(lost); !errors.Is(err, ErrSeparator) {
			t.Errorf("%s: %v", name, err)
		}
		if c, err := Classify(lost, &Shop{}); err != nil || c.Kind != Misread {
			t.Errorf("%s: %v, %v", name, c.Kind, err)
		}
	}
}

func TestNoMarkingCodes(t *testing.T) {
	for name, raw := range map[string]string{
		"a GTIN alone": "0104600439931256", "a date": "010460043993125617261231", "no GTIN": "215=xk8E\x1d93abcd", "nothing": "",
		"a wrong GTIN": strings.Replace(milk, "30012", "30013", 1), "an unknown identifier": milk + "\x1d88123",
		"a date cut off": "01046004399312561726123", "letters in a weight": strings.Replace(cheese, "000653", "00O653", 1),
	} {
		if m, err := ParseMarking(raw); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestPacksOfTobacco(t *testing.T) {
	want := Marking{GTIN: "00000046198488", Serial: "X?io+qC", MRC: 9500, Tail: true}
	for _, raw := range []string{pack, "]d1" + pack} {
		if m, ok := ParsePack(raw); !ok || m != want {
			t.Errorf("%q: %+v %v", raw, m, ok)
		}
		if c, err := Classify(raw, &Shop{}); err != nil || c.Kind != TobaccoPack || c.GTIN != want.GTIN || c.Raw != raw {
			t.Errorf("%q: %+v %v", raw, c, err)
		}
	}
	if m, ok := ParsePack(pack[:25]); !ok || m.Tail || m.MRC != 9500 || m.Identity() != want.Identity() {
		t.Errorf("without its key: %+v %v", m, ok)
	}
	for _, bad := range []string{pack[:28], pack + "x", strings.Replace(pack, "488", "487", 1), strings.Replace(pack, "?", "#", 1)} {
		if m, ok := ParsePack(bad); ok {
			t.Errorf("%q: %+v", bad, m)
		}
	}
}

// Whatever price is put into a pack's code comes out again.
func TestPackPrices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.Int64Range(0, 80*80*80*80-1).Draw(t, "price")
		text := make([]byte, 4)
		for i, v := 3, price; i >= 0; i, v = i-1, v/80 {
			text[i] = packAlphabet[v%80]
		}
		m, ok := ParsePack("00000046198488ABCDEFG" + string(text) + "wAYa")
		if !ok || m.MRC != money.Amount(price) {
			t.Fatalf("%q: %s %v, want %d", text, m.MRC, ok, price)
		}
	})
}

func TestElements(t *testing.T) {
	list, err := Elements("010460043993125617261231" + "10LOT-7\x1d3103001250" + "392219900\x1d" + "21S1")
	want := []Element{{"01", "04600439931256"}, {"17", "261231"}, {"10", "LOT-7"}, {"3103", "001250"}, {"3922", "19900"}, {"21", "S1"}}
	if d := cmp.Diff(list, want); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

func TestOtherCodes(t *testing.T) {
	shop := &Shop{Cards: []string{"777"}, Badges: []string{"K-", "2900"}, WeightPrefix: "22", Labels: []Label{
		{Prefix: "23", Goods: 5, Value: 5, Of: LabelPrice},
		{Prefix: "24", Goods: 4, ValueDigit: true, Value: 5, Of: LabelPrice, Decimals: 1},
		{Prefix: "25", Goods: 5, Value: 5, Of: LabelPieces},
		{Prefix: "26", Goods: 7, Value: 6, Length: 15, NoCheckSum: true, Of: LabelWeight},
	}}
	with := func(body string) string { return body + string(CheckDigit(body)) }
	for name, c := range map[string]struct {
		raw   string
		kind  Kind
		goods string
		value qty.Milli
		price money.Amount
	}{
		"a weight":               {with("220012301530"), WeightEAN, "00123", 1530, 0},
		"a price":                {with("230012312999"), PriceEAN, "00123", 0, 12999},
		"a price in tens":        {with("240123901250"), PriceEAN, "0123", 0, 12500},
		"pieces":                 {with("250012300012"), WeightEAN, "00123", 12_000, 0},
		"longer, without a sum":  {"261234567001250", WeightEAN, "1234567", 1250, 0},
		"a price of nothing":     {with("230012300000"), Misread, "", 0, 0},
		"a price misread":        {"2300123129990", Misread, "", 0, 0},
		"a card":                 {"7770001", Card, "", 0, 0},
		"a badge":                {"K-17", Badge, "", 0, 0},
		"a badge of digits":      {"290000000001", Badge, "", 0, 0},
		"a stamp, PDF-417":       {"22N00001" + strings.Repeat("CRZCTEH5U3", 6), Stamp, "", 0, 0},
		"a stamp, DataMatrix":    {"101" + strings.Repeat("AB12CD3", 21), Stamp, "", 0, 0},
		"digits are no stamp":    {strings.Repeat("1234", 17), Plain, "", 0, 0},
		"small letters are none": {strings.Repeat("ab12", 17), Plain, "", 0, 0},
	} {
		got, err := Classify(c.raw, shop)
		if err != nil || got.Kind != c.kind || got.Goods != c.goods || got.Weight != c.value || got.Price != c.price {
			t.Errorf("%s: %v %+v, %v", name, got.Kind, got, err)
		}
	}
}

func TestLabelLayouts(t *testing.T) {
	good := Label{Prefix: "23", Goods: 5, Value: 5, Of: LabelPrice}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Label){
		"no prefix": func(l *Label) { l.Prefix = "" }, "letters": func(l *Label) { l.Prefix = "2A" }, "no goods": func(l *Label) { l.Goods = 0 },
		"no value": func(l *Label) { l.Value = 0 }, "too long": func(l *Label) { l.Goods = 6 }, "of what": func(l *Label) { l.Of = "" },
		"decimals": func(l *Label) { l.Decimals = 4 },
	} {
		l := good
		change(&l)
		if l.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
		if c, err := Classify("2300123129996", &Shop{Labels: []Label{l}}); err != nil || c.Kind == PriceEAN {
			t.Errorf("%s: used, %v", name, err)
		}
	}
}

func FuzzElements(f *testing.F) {
	for _, s := range []string{milk, cheese, carton, shoes, "3103", "\x1d\x1d", "]d2", "0104600439931256\x1d21"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := Elements(s)
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("%q: %v, %v", s, list, err)
		}
		for _, e := range list {
			if e.AI == "" || e.Value == "" || !strings.Contains(s, e.AI+e.Value) {
				t.Fatalf("%q: %+v", s, e)
			}
		}
	})
}
