package pricing

import (
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func line(price money.Amount, q qty.Milli) cheque.Line {
	return cheque.Line{ID: uuid.New(), Code: "c", Qty: q, Item: catalog.Item{ID: "i", Type: catalog.Product, Name: "Товар", Rate: tax.VAT22,
		FolderPath: "/food/milk/", Prices: []catalog.Price{{Type: "retail", Value: price}, {Type: "card", Value: price - price/10}}}}
}

func TestGolden(t *testing.T) {
	percent := catalog.Discount{ID: "p", Name: "5 % на молочное", Folders: []string{"food"}, Percent: 5000}
	all := catalog.Discount{ID: "a", Name: "3 % на всё", AllItems: true, Percent: 3000}
	card := catalog.Discount{ID: "c", Name: "Цена по карте", Items: []string{"i"}, PriceType: "card"}
	tagged := catalog.Discount{ID: "t", Name: "Своим", AllItems: true, Percent: 50000, Tags: []string{"staff"}}
	for name, c := range map[string]struct {
		strategy string
		rules    []catalog.Discount
		price    money.Amount
		q        qty.Milli
		net      money.Amount
		total    money.Amount
		reasons  int
	}{
		"no rule":                         {BySum, nil, 8999, 2000, 8999, 17998, 0},
		"a folder covers what is below":   {BySum, []catalog.Discount{percent}, 8999, 3000, 8549, 25647, 1},
		"percents add up before rounding": {BySum, []catalog.Discount{percent, all}, 8999, 1000, 8279, 8279, 2},
		"the best one wins by priority":   {ByPriority, []catalog.Discount{percent, all, card}, 10000, 1000, 9000, 9000, 1},
		"price types and percents":        {BySum, []catalog.Discount{percent, card}, 10000, 1000, 8500, 8500, 2},
		"weight is rounded once":          {BySum, []catalog.Discount{percent}, 79900, 350, 75905, 26567, 1},
		"rules for tags need a customer":  {BySum, []catalog.Discount{tagged}, 10000, 1000, 10000, 10000, 0},
		"no more than all":                {BySum, []catalog.Discount{{ID: "x", Name: "x", AllItems: true, Percent: 70000}, {ID: "y", Name: "y", AllItems: true, Percent: 70000}}, 999, 2000, 0, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Compile("retail", c.strategy, c.rules).Price([]cheque.Line{line(c.price, c.q)}, noon)
			if err != nil {
				t.Fatal(err)
			}
			l := p.Lines[0]
			if l.Price != c.net || l.Total != c.total || len(l.Discounts) != c.reasons {
				t.Errorf("net %s, total %s, %d reasons; want %s, %s, %d", l.Price, l.Total, len(l.Discounts), c.net, c.total, c.reasons)
			}
		})
	}
}

func TestProhibitedAndTobaccoTakeNoDiscount(t *testing.T) {
	rules := Compile("retail", BySum, []catalog.Discount{{ID: "a", Name: "всё", AllItems: true, Percent: 10000}})
	for _, change := range []func(*catalog.Item){func(i *catalog.Item) { i.DiscountProhibited = true }, func(i *catalog.Item) { i.Tobacco = true }} {
		l := line(20000, 1000)
		change(&l.Item)
		if p, err := rules.Price([]cheque.Line{l}, noon); err != nil || p.Total != 20000 {
			t.Errorf("%v, total %s", err, p.Total)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := Compile("wholesale", BySum, nil)
	if _, err := r.Price([]cheque.Line{line(100, 1000)}, noon); !errors.Is(err, ErrNoPrice) {
		t.Errorf("no price: %v", err)
	}
	r = Compile("retail", BySum, nil)
	old := line(100, 1000)
	old.Item.Rate = tax.VAT20
	if _, err := r.Price([]cheque.Line{old}, noon); !errors.Is(err, ErrRate) {
		t.Errorf("old rate: %v", err)
	}
	if _, err := r.Price([]cheque.Line{line(money.Max, 2000)}, noon); !errors.Is(err, money.ErrRange) {
		t.Errorf("too much: %v", err)
	}
	if _, err := r.Price([]cheque.Line{line(money.Max, 1000), line(money.Max, 1000)}, noon); !errors.Is(err, money.ErrRange) {
		t.Errorf("too much in all: %v", err)
	}
}

// TestAgainstRationals compares random cheques with plain arithmetic in
// rationals, and checks that every priced cheque makes a valid document.
func TestAgainstRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		strategy := rapid.SampledFrom([]string{BySum, ByPriority}).Draw(t, "strategy")
		var discounts []catalog.Discount
		for i := range rapid.IntRange(0, 5).Draw(t, "rules") {
			d := catalog.Discount{ID: fmt.Sprint(i), Name: fmt.Sprint(i), AllItems: true, Percent: rapid.Int64Range(1, 60_000).Draw(t, "percent")}
			discounts = append(discounts, d)
		}
		rules := Compile("retail", strategy, discounts)
		var lines []cheque.Line
		for range rapid.IntRange(1, 8).Draw(t, "lines") {
			lines = append(lines, line(money.Amount(rapid.Int64Range(1, 1_000_000).Draw(t, "price")), qty.Milli(rapid.Int64Range(1, 50_000).Draw(t, "qty"))))
		}
		p, err := rules.Price(lines, noon)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range p.Lines {
			if want := netOracle(lines[i], strategy, discounts); int64(l.Price) != want {
				t.Fatalf("price %d with %v %s: net %d, want %d", lines[i].Item.Prices[0].Value, discounts, strategy, l.Price, want)
			}
			var sum money.Amount
			for _, d := range l.Discounts {
				sum += d.Sum
			}
			if len(l.Discounts) > 0 && sum != l.Discount {
				t.Fatalf("reasons add up to %s of %s", sum, l.Discount)
			}
		}
		d := doc.Document{ID: uuid.New(), Type: doc.Sell, Number: 1, Name: "1", Time: noon, Currency: "RUB",
			Receipt: &doc.Receipt{Lines: p.Lines, Gross: p.Gross, Discount: p.Discount, Total: p.Total, VAT: p.VAT,
				Payments: []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: p.Total}}}}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}

func netOracle(l cheque.Line, strategy string, discounts []catalog.Discount) int64 {
	base := big.NewRat(int64(l.Item.Prices[0].Value), 1)
	half := func(r *big.Rat) int64 { // half up, r >= 0
		n := new(big.Int).Add(new(big.Int).Mul(r.Num(), big.NewInt(2)), r.Denom())
		return new(big.Int).Div(n, new(big.Int).Mul(r.Denom(), big.NewInt(2))).Int64()
	}
	with := func(percent int64) int64 {
		return half(new(big.Rat).Mul(base, big.NewRat(max(100_000-percent, 0), 100_000)))
	}
	var sum, best int64
	for _, d := range discounts {
		sum, best = sum+d.Percent, max(best, d.Percent)
	}
	if strategy == ByPriority {
		return with(best)
	}
	return with(sum)
}

func BenchmarkThousandLines(b *testing.B) {
	var discounts []catalog.Discount
	for i := range 50 {
		discounts = append(discounts, catalog.Discount{ID: fmt.Sprint(i), Name: "d", Folders: []string{fmt.Sprintf("f%d", i)}, Percent: 100})
	}
	discounts[7].Folders = []string{"milk"}
	rules := Compile("retail", BySum, discounts)
	lines := make([]cheque.Line, 1000)
	for i := range lines {
		lines[i] = line(money.Amount(1000+i), 1000)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rules.Price(lines, noon); err != nil {
			b.Fatal(err)
		}
	}
}
