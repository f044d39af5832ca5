package pricing

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// A Sunday.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("MSK", 3*3600))

func item(id string, price money.Amount) catalog.Item {
	return catalog.Item{ID: id, Type: catalog.Product, Name: id, Rate: tax.VAT22, FolderPath: "/food/milk/",
		Prices: []catalog.Price{{Type: "retail", Value: price}, {Type: "card", Value: price - price/10}}}
}

func line(price money.Amount, q qty.Milli) cheque.Line { return of(item("i", price), q) }

func of(it catalog.Item, q qty.Milli) cheque.Line {
	if !q.Whole() {
		it.ByWeight = true
	}
	return cheque.Line{ID: uuid.New(), Code: "c", Qty: q, Item: it}
}

func cart(lines ...cheque.Line) *cheque.Cheque { return &cheque.Cheque{ID: uuid.New(), Lines: lines} }

// store compiles rules that must all make sense.
func store(t testing.TB, c Config) *Rules {
	t.Helper()
	if c.PriceType == "" {
		c.PriceType = "retail"
	}
	r, problems := Compile(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return r
}

func at(now time.Time) How { return How{Now: now} }

// price prices a cheque and checks what must hold of every priced cheque.
func price(t testing.TB, r *Rules, c *cheque.Cheque, how How) Priced {
	t.Helper()
	p, err := r.Price(c, how)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, c, p)
	return p
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// sound checks a priced cheque against itself and against the document it is
// to become.
func sound(t failer, c *cheque.Cheque, p Priced) {
	t.Helper()
	if len(p.Rows) != len(c.Lines) {
		t.Fatalf("%d rows of %d lines", len(p.Rows), len(c.Lines))
	}
	ids := map[uuid.UUID]bool{}
	next := 0
	for i, r := range p.Rows {
		if r.First != next || r.Count < 1 || r.Count > 2 {
			t.Fatalf("row %d: lines %d+%d, want from %d", i, r.First, r.Count, next)
		}
		next += r.Count
		var q qty.Milli
		var sum money.Amount
		for _, l := range p.Lines[r.First:next] {
			if ids[l.ID] {
				t.Fatalf("two lines have the id %s", l.ID)
			}
			ids[l.ID] = true
			q, sum = q+l.Qty, sum+l.Total
		}
		in := &c.Lines[i]
		if q != in.Qty || sum != r.Total || r.Gross-r.Discount != r.Total {
			t.Fatalf("row %d: %s for %s, want %s for %s", i, q, sum, in.Qty, r.Total)
		}
		if (in.Item.Tobacco || in.Item.DiscountProhibited) && r.Total != r.Gross {
			t.Fatalf("row %d takes no discount and lost %s", i, r.Discount)
		}
	}
	if len(p.Lines) == 0 {
		return
	}
	d := doc.Document{ID: uuid.New(), Type: doc.Sell, Number: 1, Name: "1", Time: noon, Currency: "RUB",
		Receipt: &doc.Receipt{Lines: p.Lines, Gross: p.Gross, Discount: p.Discount, Total: p.Total, VAT: p.VAT,
			Payments: []doc.Payment{{ID: uuid.New(), Type: doc.PayCash, Sum: p.Total}}}}
	if err := d.Validate(); err != nil {
		t.Fatalf("%v", err)
	}
}

func TestDiscountsOfTheCloud(t *testing.T) {
	percent := catalog.Discount{ID: "p", Name: "5 % на молочное", Folders: []string{"food"}, Percent: 5000}
	all := catalog.Discount{ID: "a", Name: "3 % на всё", AllItems: true, Percent: 3000}
	card := catalog.Discount{ID: "c", Name: "Цена по карте", Items: []string{"i"}, PriceType: "card"}
	tagged := catalog.Discount{ID: "t", Name: "Своим", AllItems: true, Percent: 50000, Tags: []string{"staff"}}
	own := catalog.Discount{ID: "own", Name: "Персональная", Kind: catalog.Personal, AllItems: true}
	stairs := catalog.Discount{ID: "acc", Name: "Накопительная", Kind: catalog.Accumulation, AllItems: true,
		Levels: []catalog.Level{{Amount: 1_000_000, Percent: 7000}, {Amount: 100_000, Percent: 3000}}}
	staff := &catalog.Customer{ID: "1", Tags: []string{"vip", "staff"}}
	friend := &catalog.Customer{ID: "2", Spent: 90_000, Personal: []catalog.PersonalDiscount{{DiscountID: "own", Percent: 10_000}, {DiscountID: "acc", Correction: 10_000}}}
	for name, c := range map[string]struct {
		strategy string
		rules    []catalog.Discount
		customer *catalog.Customer
		price    money.Amount
		q        qty.Milli
		net      money.Amount
		total    money.Amount
		reasons  int
	}{
		"no rule":                         {BySum, nil, nil, 8999, 2000, 8999, 17998, 0},
		"a folder covers what is below":   {BySum, []catalog.Discount{percent}, nil, 8999, 3000, 8549, 25647, 1},
		"percents add up before rounding": {BySum, []catalog.Discount{percent, all}, nil, 8999, 1000, 8279, 8279, 2},
		"the best one wins by priority":   {ByPriority, []catalog.Discount{percent, all, card}, nil, 10000, 1000, 9000, 9000, 1},
		"price types and percents":        {BySum, []catalog.Discount{percent, card}, nil, 10000, 1000, 8500, 8500, 2},
		"weight is rounded once":          {BySum, []catalog.Discount{percent}, nil, 79900, 350, 75905, 26567, 1},
		"rules for tags need a customer":  {BySum, []catalog.Discount{tagged}, nil, 10000, 1000, 10000, 10000, 0},
		"and the right one":               {BySum, []catalog.Discount{tagged}, friend, 10000, 1000, 10000, 10000, 0},
		"a tag opens it":                  {BySum, []catalog.Discount{tagged}, staff, 10000, 1000, 5000, 5000, 1},
		"personal":                        {BySum, []catalog.Discount{own}, friend, 10000, 1000, 9000, 9000, 1},
		"nobody has no personal one":      {BySum, []catalog.Discount{own}, nil, 10000, 1000, 10000, 10000, 0},
		"accumulation with correction":    {BySum, []catalog.Discount{stairs}, friend, 10000, 1000, 9700, 9700, 1},
		"not enough bought yet":           {BySum, []catalog.Discount{stairs}, staff, 10000, 1000, 10000, 10000, 0},
		"all of a customer's":             {BySum, []catalog.Discount{stairs, own, all}, friend, 10000, 1000, 8400, 8400, 3},
		"no more than all":                {BySum, []catalog.Discount{{ID: "x", Name: "x", AllItems: true, Percent: 70000}, {ID: "y", Name: "y", AllItems: true, Percent: 70000}}, nil, 999, 2000, 0, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			in := cart(line(c.price, c.q))
			in.Customer = c.customer
			l := price(t, store(t, Config{Strategy: c.strategy, Discounts: c.rules}), in, at(noon)).Lines[0]
			if l.Price != c.net || l.Total != c.total || len(l.Discounts) != c.reasons {
				t.Errorf("net %s, total %s, %d reasons; want %s, %s, %d", l.Price, l.Total, len(l.Discounts), c.net, c.total, c.reasons)
			}
		})
	}
}

// A product's rule covers its variants.
func TestVariantsFollowTheirProduct(t *testing.T) {
	it := item("v", 10000)
	it.Type, it.ParentID = catalog.Variant, "p"
	r := store(t, Config{Discounts: []catalog.Discount{{ID: "d", Name: "d", Items: []string{"p"}, Percent: 10000}}})
	if p := price(t, r, cart(of(it, 1000)), at(noon)); p.Total != 9000 {
		t.Error(p.Total)
	}
}

func TestRefusals(t *testing.T) {
	plain := func(change func(*cheque.Line)) *cheque.Cheque {
		l := line(100, 1000)
		if change != nil {
			change(&l)
		}
		return cart(l)
	}
	for name, c := range map[string]struct {
		config Config
		cart   *cheque.Cheque
		how    How
		want   error
	}{
		"no price":          {Config{PriceType: "wholesale"}, plain(nil), at(noon), ErrNoPrice},
		"an old rate":       {Config{}, plain(func(l *cheque.Line) { l.Item.Rate = tax.VAT20 }), at(noon), ErrRate},
		"no rate":           {Config{}, plain(func(l *cheque.Line) { l.Item.Rate = "x" }), at(noon), tax.ErrUnknown},
		"too much":          {Config{}, cart(line(money.Max, 2000)), at(noon), money.ErrRange},
		"too much in all":   {Config{}, cart(line(money.Max, 1000), line(money.Max, 1000)), at(noon), money.ErrRange},
		"price by hand":     {Config{}, plain(func(l *cheque.Line) { l.Price = 90 }), at(noon), ErrFreePrice},
		"below zero":        {Config{FreePrice: true}, plain(func(l *cheque.Line) { l.Price = -1 }), at(noon), ErrFreePrice},
		"rounding too much": {Config{}, plain(nil), How{Now: noon, Round: 500}, money.ErrRange},
	} {
		if c.config.PriceType == "" {
			c.config.PriceType = "retail"
		}
		if _, err := store(t, c.config).Price(c.cart, c.how); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestBasePrices(t *testing.T) {
	typed := line(10000, 2000)
	typed.Price = 12345
	free := typed
	free.Item.FreePrice = true
	if p := price(t, store(t, Config{FreePrice: true}), cart(typed), at(noon)); p.Total != 24690 || p.Lines[0].BasePrice != 12345 {
		t.Errorf("typed: %+v", p)
	}
	if p := price(t, store(t, Config{}), cart(free), at(noon)); p.Total != 24690 {
		t.Errorf("an item of free price: %+v", p)
	}
	// 100.00 and 22 % on top are 122.00, the VAT in it 22.00.
	if p := price(t, store(t, Config{VATOnTop: true}), cart(line(10000, 1000)), at(noon)); p.Total != 12200 || p.Lines[0].VAT != 2200 {
		t.Errorf("VAT on top: %+v", p)
	}
}

func TestTobacco(t *testing.T) {
	since := []MinPrice{{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), Price: 12900}, {From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Price: 14200}}
	all := []catalog.Discount{{ID: "d", Name: "всё", AllItems: true, Percent: 10000}}
	for name, c := range map[string]struct {
		control    TobaccoControl
		price, mrc money.Amount
		packMRC    money.Amount
		want       money.Amount
		err        error
	}{
		"no control":                     {UserPrice, 20000, 0, 0, 20000, nil},
		"never above the MRC":            {UserPrice, 20000, 19900, 0, 0, ErrTobacco},
		"the pack's MRC counts":          {UserPrice, 20000, 19900, 21000, 20000, nil},
		"at the MRC":                     {MRCPrice, 15000, 0, 21000, 21000, nil},
		"MRC unknown":                    {MRCPrice, 15000, 0, 0, 0, ErrTobacco},
		"the same":                       {SamePrice, 21000, 0, 21000, 21000, nil},
		"not the same":                   {SamePrice, 20000, 0, 21000, 0, ErrTobacco},
		"not below the year's minimum":   {UserPrice, 14100, 0, 0, 0, ErrTobacco},
		"the minimum of last year is no": {MRCPrice, 0, 0, 13000, 0, ErrTobacco},
	} {
		l := line(c.price, 2000)
		l.Item.Tobacco, l.Item.MRC, l.MRC = true, int64(c.mrc), c.packMRC
		in := cart(l, line(1000, 1000))
		in.Adjust = &cheque.Adjust{Percent: 10_000}
		r := store(t, Config{Tobacco: c.control, TobaccoMin: since, Discounts: all, Manual: true, MaxManual: 20_000})
		p, err := r.Price(in, How{Now: noon, Round: 100})
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
			continue
		}
		if err != nil {
			continue
		}
		sound(t, in, p)
		if got := p.Lines[0].Price; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func BenchmarkThousandLines(b *testing.B) {
	var discounts []catalog.Discount
	for i := range 50 {
		discounts = append(discounts, catalog.Discount{ID: fmt.Sprint(i), Name: "d", Folders: []string{fmt.Sprintf("f%d", i)}, Percent: 100})
	}
	discounts[7].Folders = []string{"milk"}
	lines := make([]cheque.Line, 1000)
	for i := range lines {
		lines[i] = line(money.Amount(1000+i), 1000)
	}
	nForM := catalog.Promotion{ID: "3", Name: "3=2", On: catalog.Scope{All: true}, Give: catalog.Effect{Kind: catalog.GiveNForM, N: 3, M: 2}}
	for name, c := range map[string]Config{"cloud": {Discounts: discounts}, "promotion": {Discounts: discounts, Promotions: []catalog.Promotion{nForM}}} {
		b.Run(name, func(b *testing.B) {
			rules := store(b, c)
			in := cart(lines...)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rules.Price(in, at(noon)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
