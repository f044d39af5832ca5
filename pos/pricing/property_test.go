package pricing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"sort"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// draw makes random carts and rules of every kind, with few items, so that
// rules meet.
type draw struct{ t *rapid.T }

func (d draw) n(name string, lo, hi int64) int64 { return rapid.Int64Range(lo, hi).Draw(d.t, name) }
func (d draw) yes(name string, in int) bool      { return rapid.IntRange(1, in).Draw(d.t, name) == 1 }

func (d draw) ids(name string) []string {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 3, rapid.ID[string]).Draw(d.t, name)
}

func (d draw) line(i int) cheque.Line {
	it := item(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(d.t, "item"), money.Amount(d.n("price", 0, 30_000)))
	if it.Prices[0].Value == 0 {
		it.Prices[0].Value = 1
	}
	it.FolderPath = rapid.SampledFrom([]string{"", "/x/", "/x/y/", "/z/"}).Draw(d.t, "folder")
	it.Tobacco, it.DiscountProhibited = d.yes("tobacco", 12), d.yes("prohibited", 12)
	l := of(it, qty.One*qty.Milli(d.n("pieces", 1, 12)))
	if d.yes("weighed", 4) {
		l = of(it, qty.Milli(d.n("weight", 1, 20_000)))
		l.Item.ByWeight = true
	}
	l.ID = uuid.NewSHA1(uuid.Nil, []byte(fmt.Sprint(i)))
	if d.yes("by hand", 6) && !it.Tobacco && !it.DiscountProhibited {
		l.Adjust = &cheque.Adjust{Percent: d.n("manual", -50_000, 50_000)}
	}
	return l
}

func (d draw) cart() *cheque.Cheque {
	c := cart()
	for i := range int(d.n("lines", 1, 8)) {
		c.Lines = append(c.Lines, d.line(i))
	}
	if d.yes("customer", 2) {
		c.Customer = &catalog.Customer{ID: "1", Tags: []string{"vip"}, Spent: money.Amount(d.n("spent", 0, 1000)),
			Personal: []catalog.PersonalDiscount{{DiscountID: "0", Percent: d.n("own", 0, 30_000)}}}
	}
	if d.yes("coupon", 2) {
		c.Coupons = []string{"X"}
	}
	if d.yes("cheque by hand", 4) {
		c.Adjust = &cheque.Adjust{Percent: d.n("manual", -50_000, 50_000)}
	}
	if d.yes("bonus", 4) {
		c.Bonus = money.Amount(d.n("points", 0, 100_000))
	}
	return c
}

func (d draw) scope() catalog.Scope {
	s := catalog.Scope{All: d.yes("all", 3)}
	if !s.All {
		s.Items = d.ids("items")
		if d.yes("folders", 2) {
			s.Folders = []string{rapid.SampledFrom([]string{"x", "y", "z"}).Draw(d.t, "folder")}
		}
	}
	if d.yes("except", 4) {
		s.ExceptItems = d.ids("except")
	}
	return s
}

func (d draw) promotion(i int) catalog.Promotion {
	kinds := []catalog.EffectKind{catalog.GivePercent, catalog.GiveMoney, catalog.GivePrice, catalog.GivePriceType, catalog.GiveStages,
		catalog.GiveNForM, catalog.GiveNth, catalog.GiveSet, catalog.GiveChequePercent, catalog.GiveChequeMoney}
	k := int(d.n("kind", 0, int64(len(kinds)-1)))
	p := catalog.Promotion{ID: fmt.Sprint("p", i), Name: fmt.Sprint("p", i), Priority: int(d.n("priority", -2, 2)), On: d.scope()}
	p.Combine = rapid.SampledFrom([]catalog.Combine{"", catalog.Add, catalog.Best, catalog.Alone}).Draw(d.t, "combine")
	if k > 4 && p.Combine == catalog.Best {
		p.Combine = catalog.Add
	}
	if d.yes("when", 4) {
		p.When = catalog.Conditions{Coupon: "X", Amount: money.Amount(d.n("amount", 0, 50_000))}
	}
	p.Give = catalog.Effect{Kind: kinds[k], Percent: d.n("percent", 1, 100_000), Sum: money.Amount(d.n("sum", 1, 40_000)), PriceType: "card",
		N: d.n("N", 2, 5), M: 1, Times: d.n("times", 0, 3), Together: d.yes("together", 2),
		Stages: []catalog.Stage{{From: 2000, Percent: d.n("stage", 1, 50_000)}, {From: 5000, Percent: d.n("stage", 1, 90_000)}},
		Parts:  []catalog.SetPart{{Units: d.n("units", 1, 2), On: d.scope()}, {Units: 1, On: d.scope()}}}
	p.Give.M = d.n("M", 1, p.Give.N-1)
	return p
}

func (d draw) config() Config {
	c := Config{PriceType: "retail", Strategy: rapid.SampledFrom([]string{BySum, ByPriority}).Draw(d.t, "strategy"), Manual: true, MaxManual: 50_000,
		VATOnTop: d.yes("on top", 8)}
	for i := range int(d.n("discounts", 0, 3)) {
		x := catalog.Discount{ID: fmt.Sprint(i), Name: fmt.Sprint(i), AllItems: d.yes("all", 2), Items: d.ids("items"), Percent: d.n("percent", 1, 60_000)}
		switch d.n("discount", 0, 4) {
		case 0:
			x.Kind = catalog.Personal
		case 1:
			x.Kind, x.Levels = catalog.Accumulation, []catalog.Level{{Amount: 100, Percent: 1000}, {Amount: 500, Percent: 9000}}
		case 2:
			x.Tags = []string{"vip"}
		case 3:
			x.PriceType = "card"
		}
		c.Discounts = append(c.Discounts, x)
	}
	for i := range int(d.n("promotions", 0, 4)) {
		c.Promotions = append(c.Promotions, d.promotion(i))
	}
	return c
}

// anyCheque prices one random cart by random rules and checks all that must
// hold: the lines add up, every line has a price in whole kopecks, nobody
// touches tobacco, nothing automatic makes anything dearer, the explanation
// adds up and prices do not depend on being explained.
func anyCheque(t *rapid.T) {
	d := draw{t}
	config, c := d.config(), d.cart()
	r, problems := Compile(config)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	how := How{Now: noon, Round: money.Amount(rapid.SampledFrom([]int64{0, 10, 100}).Draw(t, "round"))}
	p, err := r.Price(c, how)
	if errors.Is(err, ErrManual) { // a mark-up can lift a later percent over what is there
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	sound(t, c, p)
	q, trace, err := r.Explain(c, how)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(p), fmt.Sprint(q); a != b {
		t.Fatalf("explained it is %s, else %s", b, a)
	}
	for i, l := range trace.Lines {
		sum := l.Gross
		for _, s := range l.Steps {
			sum -= s.Took
			if s.Took < 0 && s.RuleID != ManualID {
				t.Fatalf("line %d: %s made it dearer by %s", i, s.Name, -s.Took)
			}
			if (s.Took == 0) != (s.Why != "") {
				t.Fatalf("line %d: %+v", i, s)
			}
		}
		if sum != l.Total || l.Total < 0 {
			t.Fatalf("line %d: the steps lead to %s, the total is %s", i, sum, l.Total)
		}
	}
	if how.Round > 0 && p.Total%how.Round != 0 && !tobaccoOnly(c, p, how.Round) {
		t.Fatalf("%s is not rounded to %s", p.Total, how.Round)
	}
}

// tobaccoOnly: what may be rounded has less than there is to drop.
func tobaccoOnly(c *cheque.Cheque, p Priced, round money.Amount) bool {
	var free money.Amount
	for i := range c.Lines {
		if it := &c.Lines[i].Item; !it.Tobacco && !it.DiscountProhibited {
			free += p.Rows[i].Total
		}
	}
	return free < p.Total%round
}

func TestAnyCheque(t *testing.T) { rapid.Check(t, anyCheque) }

// TestMillionCheques is the long form: as many random cheques as KASSA_LONG
// asks for, a million at least.
func TestMillionCheques(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	cheques := 0
	for cheques < 1_000_000 {
		t.Run("more", func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				cheques++
				anyCheque(t)
			})
		})
		if t.Failed() {
			return
		}
	}
	t.Logf("%d cheques", cheques)
}

// rat is exact arithmetic for the oracle.
func rat(v int64) *big.Rat { return new(big.Rat).SetInt64(v) }

func halfUp(r *big.Rat) int64 { // of what is not negative
	n := new(big.Int).Add(new(big.Int).Mul(r.Num(), big.NewInt(2)), r.Denom())
	return new(big.Int).Div(n, new(big.Int).Mul(r.Denom(), big.NewInt(2))).Int64()
}

func percentLess(price, percent int64) int64 {
	return halfUp(new(big.Rat).Mul(rat(price), big.NewRat(max(100_000-percent, 0), 100_000)))
}

// TestAgainstOracle prices small carts by brute force in rationals: percents
// of units, then free units found by looking at every unit, then a percent of
// the cheque spread kopeck by kopeck to whoever is owed most.
func TestAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw{t}
		n, m := d.n("N", 2, 4), int64(1)
		unit, off := d.n("unit percent", 0, 50_000), d.n("cheque percent", 0, 50_000)
		config := Config{PriceType: "retail"}
		if unit > 0 {
			config.Discounts = []catalog.Discount{{ID: "u", Name: "u", AllItems: true, Percent: unit}}
		}
		config.Promotions = []catalog.Promotion{{ID: "g", Name: "g", On: everything, Give: catalog.Effect{Kind: catalog.GiveNForM, N: n, M: m}}}
		if off > 0 {
			config.Promotions = append(config.Promotions, catalog.Promotion{ID: "o", Name: "o", On: everything, Give: catalog.Effect{Kind: catalog.GiveChequePercent, Percent: off}})
		}
		var lines []cheque.Line
		for range int(d.n("lines", 1, 5)) {
			lines = append(lines, line(money.Amount(d.n("price", 1, 500)), qty.One*qty.Milli(d.n("pieces", 1, 4))))
		}
		r, problems := Compile(config)
		if len(problems) > 0 {
			t.Fatalf("%v", problems)
		}
		c := cart(lines...)
		p, err := r.Price(c, at(noon))
		if err != nil {
			t.Fatal(err)
		}
		sound(t, c, p)
		for i, want := range oracle(lines, unit, n, m, off) {
			if got := int64(p.Rows[i].Total); got != want {
				t.Fatalf("row %d: %d, by brute force %d", i, got, want)
			}
		}
	})
}

func oracle(lines []cheque.Line, unit, n, m, off int64) []int64 {
	type piece struct {
		row   int
		price int64
	}
	var pieces []piece
	totals := make([]int64, len(lines))
	for i, l := range lines {
		price := percentLess(int64(l.Item.Prices[0].Value), unit)
		for range l.Qty / qty.One {
			pieces = append(pieces, piece{i, price})
			totals[i] += price
		}
	}
	sort.SliceStable(pieces, func(a, b int) bool { return pieces[a].price > pieces[b].price })
	owned, free := make([]int64, len(lines)), int64(0)
	for len(pieces) >= int(n) && pieces[n-1].price > 0 {
		for k, p := range pieces[:n] {
			owned[p.row] += p.price
			if int64(k) >= m {
				free += p.price
			}
		}
		pieces = pieces[n:]
	}
	for i, part := range fair(free, owned) {
		totals[i] -= part
	}
	var all int64
	for _, sum := range totals {
		all += sum
	}
	give := halfUp(new(big.Rat).Mul(rat(all), big.NewRat(off, 100_000)))
	for i, part := range fair(give, totals) {
		totals[i] -= part
	}
	return totals
}

// fair is largest remainder by brute force: whole shares first, then kopeck
// after kopeck to whom most is still owed.
func fair(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	var sum, given int64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return parts
	}
	owed := make([]*big.Rat, len(weights))
	for i, w := range weights {
		share := big.NewRat(total, sum)
		share.Mul(share, rat(w))
		parts[i] = new(big.Int).Div(share.Num(), share.Denom()).Int64()
		owed[i] = new(big.Rat).Sub(share, rat(parts[i]))
		given += parts[i]
	}
	for ; given < total; given++ {
		most := 0
		for i := range owed {
			if owed[i].Cmp(owed[most]) > 0 {
				most = i
			}
		}
		parts[most]++
		owed[most] = rat(-1)
	}
	return parts
}

// TestSplit: every sum up to what a quantity can cost is reached by one line
// or two, of one price or of neighbours.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := qty.Milli(rapid.OneOf(rapid.Int64Range(1, 5000), rapid.Int64Range(1, 100_000), rapid.Map(rapid.Int64Range(1, 50), func(n int64) int64 { return n * 1000 })).Draw(t, "q"))
		most, err := q.Times(money.Amount(rapid.Int64Range(0, 10_000).Draw(t, "price")))
		if err != nil {
			t.Fatal(err)
		}
		total := money.Amount(rapid.Int64Range(0, int64(most)).Draw(t, "total"))
		parts, n, err := split(q, total)
		if err != nil {
			t.Fatal(err)
		}
		var have qty.Milli
		var sum money.Amount
		for _, p := range parts[:n] {
			s, err := p.qty.Times(p.price)
			if err != nil || !p.qty.Valid() || p.price < 0 {
				t.Fatalf("%+v: %v", p, err)
			}
			have, sum = have+p.qty, sum+s
		}
		if have != q || sum != total {
			t.Fatalf("%s for %s became %+v", q, total, parts[:n])
		}
		if n == 2 {
			for p := range total*1000/money.Amount(q) + 3 {
				if s, err := q.Times(p); err == nil && s == total {
					t.Fatalf("%s for %s was split, %s would do", q, total, p)
				}
			}
			if diff := parts[0].price - parts[1].price; q.Whole() && diff != -1 {
				t.Fatalf("%+v are no neighbours", parts)
			}
		}
	})
}

// Weighed goods come to sums some price reaches as long as other lines can
// take the kopecks between.
func TestKopecksGoToOtherLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw{t}
		c := cart(line(money.Amount(d.n("weighed price", 1000, 50_000)), qty.Milli(d.n("weight", 1001, 9999))), line(money.Amount(d.n("price", 5000, 50_000)), qty.One))
		c.Lines[0].Item.ByWeight = true
		c.Adjust = &cheque.Adjust{Percent: d.n("percent", 1000, 50_000)}
		r, _ := Compile(Config{PriceType: "retail", Manual: true, MaxManual: 50_000})
		p, err := r.Price(c, at(noon))
		if err != nil {
			t.Fatal(err)
		}
		sound(t, c, p)
		if len(p.Lines) != 2 {
			t.Fatalf("%s of %s is in %d lines", p.Rows[0].Total, c.Lines[0].Qty, len(p.Lines))
		}
	})
}

// FuzzPromotions reads rules as a cloud or a file may send them: whatever
// they say, they are refused in words or price soundly.
func FuzzPromotions(f *testing.F) {
	good, err := json.Marshal([]catalog.Promotion{
		{ID: "1", Name: "1", On: everything, Give: catalog.Effect{Kind: catalog.GiveNForM, N: 3, M: 2}},
		{ID: "2", Name: "2", On: everything, Combine: catalog.Alone, When: catalog.Conditions{Hours: []catalog.Hours{{From: "10:00", Until: "13:00"}}}, Give: catalog.Effect{Kind: catalog.GiveChequeMoney, Sum: 777}},
		{ID: "3", Name: "3", Give: catalog.Effect{Kind: catalog.GiveSet, Sum: 100, Parts: []catalog.SetPart{{Units: 2, On: everything}, {Units: 1, On: everything}}}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`[{"id":"x","name":"x","on":{"all":true},"give":{"kind":"stages","stages":[{"from":1,"percent":100000}],"together":true}}]`))
	f.Add([]byte(`[{"id":"x","name":"x","priority":-9223372036854775808,"on":{"all":true},"give":{"kind":"money","sum":9999999999}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var list []catalog.Promotion
		if json.Unmarshal(data, &list) != nil || len(list) > 50 {
			return
		}
		r, problems := Compile(Config{PriceType: "retail", Promotions: list})
		for _, p := range problems {
			if p.Why == "" {
				t.Error("a problem without words")
			}
		}
		weighed := line(7770, 1234)
		c := cart(line(9999, 7000), weighed, line(12345, 1000), line(1, 3000))
		p, _, err := r.Explain(c, How{Now: noon, Round: 100})
		if err != nil {
			t.Fatal(err)
		}
		sound(t, c, p)
	})
}
