package pricing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
)

var everything = catalog.Scope{All: true}

func promo(kind catalog.EffectKind, change func(*catalog.Promotion)) catalog.Promotion {
	p := catalog.Promotion{ID: "p", Name: "Акция", On: everything, Give: catalog.Effect{Kind: kind}}
	if change != nil {
		change(&p)
	}
	return p
}

func percentOff(id string, percent int64, change func(*catalog.Promotion)) catalog.Promotion {
	p := promo(catalog.GivePercent, nil)
	p.ID, p.Name, p.Give.Percent = id, id, percent
	if change != nil {
		change(&p)
	}
	return p
}

// TestPromotions is a shopkeeper's list: what is in the cart, what the rule
// says, what it costs.
func TestPromotions(t *testing.T) {
	threeForTwo := promo(catalog.GiveNForM, func(p *catalog.Promotion) { p.Give.N, p.Give.M = 3, 2 })
	coffee, bun, tea := item("coffee", 15000), item("bun", 8000), item("tea", 9000)
	breakfast := promo(catalog.GiveSet, func(p *catalog.Promotion) {
		p.On = catalog.Scope{}
		p.Give.Sum = 19900
		p.Give.Parts = []catalog.SetPart{{Units: 1, On: catalog.Scope{Items: []string{"coffee", "tea"}}}, {Units: 1, On: catalog.Scope{Items: []string{"bun"}}}}
	})
	stages := promo(catalog.GiveStages, func(p *catalog.Promotion) {
		p.Give.Stages = []catalog.Stage{{From: 3000, Percent: 5000}, {From: 10_000, Percent: 10_000}}
	})
	together := stages
	together.Give.Together = true
	for name, c := range map[string]struct {
		rules []catalog.Promotion
		cart  []cheque.Line
		want  money.Amount
		lines int // of the document
	}{
		"3 for 2 of one kind":             {[]catalog.Promotion{threeForTwo}, []cheque.Line{line(10000, 3000)}, 20000, 2},
		"3 for 2: the cheapest is free":   {[]catalog.Promotion{threeForTwo}, []cheque.Line{line(10000, 1000), line(20000, 1000), line(30000, 1000)}, 50000, 3},
		"3 for 2 of seven":                {[]catalog.Promotion{threeForTwo}, []cheque.Line{line(10000, 7000)}, 50000, 1 + 1},
		"3 for 2 of two is nothing":       {[]catalog.Promotion{threeForTwo}, []cheque.Line{line(10000, 2000)}, 20000, 1},
		"weighed goods have no units":     {[]catalog.Promotion{threeForTwo}, []cheque.Line{line(10000, 3500)}, 35000, 1},
		"every second at half price":      {[]catalog.Promotion{promo(catalog.GiveNth, func(p *catalog.Promotion) { p.Give.N, p.Give.Percent = 2, 50_000 })}, []cheque.Line{line(10000, 1000), line(30000, 1000)}, 35000, 2},
		"breakfast":                       {[]catalog.Promotion{breakfast}, []cheque.Line{of(coffee, 1000), of(bun, 1000)}, 19900, 2},
		"two breakfasts and a bun":        {[]catalog.Promotion{breakfast}, []cheque.Line{of(coffee, 2000), of(bun, 3000)}, 19900*2 + 8000, 2 + 2},
		"tea is cheaper without a set":    {[]catalog.Promotion{breakfast}, []cheque.Line{of(tea, 1000), of(bun, 1000)}, 17000, 2},
		"the set takes the dearest":       {[]catalog.Promotion{breakfast}, []cheque.Line{of(tea, 1000), of(coffee, 1000), of(bun, 1000)}, 19900 + 9000, 3},
		"from three on five percent":      {[]catalog.Promotion{stages}, []cheque.Line{line(10000, 3000)}, 28500, 1},
		"from ten on ten":                 {[]catalog.Promotion{stages}, []cheque.Line{line(10000, 10_000)}, 90000, 1},
		"two lines do not count together": {[]catalog.Promotion{stages}, []cheque.Line{line(10000, 2000), line(10000, 1000)}, 30000, 2},
		"unless they are told to":         {[]catalog.Promotion{together}, []cheque.Line{line(10000, 2000), line(10000, 1000)}, 28500, 2},
		"by weight in stages":             {[]catalog.Promotion{stages}, []cheque.Line{line(10000, 3500)}, 33250, 1},
		"money off a unit":                {[]catalog.Promotion{promo(catalog.GiveMoney, func(p *catalog.Promotion) { p.Give.Sum = 1500 })}, []cheque.Line{line(10000, 2000), line(1000, 1000)}, 17000, 2},
		"a price":                         {[]catalog.Promotion{promo(catalog.GivePrice, func(p *catalog.Promotion) { p.Give.Sum = 9900 })}, []cheque.Line{line(10000, 2000), line(5000, 1000)}, 24800, 2},
		"a price type":                    {[]catalog.Promotion{promo(catalog.GivePriceType, func(p *catalog.Promotion) { p.Give.PriceType = "card" })}, []cheque.Line{line(10000, 2000)}, 18000, 1},
		"10 % off the cheque":             {[]catalog.Promotion{promo(catalog.GiveChequePercent, func(p *catalog.Promotion) { p.Give.Percent = 10_000 })}, []cheque.Line{line(9999, 1000), line(9999, 1000)}, 17998, 2},
		"500 off from 3000":               {[]catalog.Promotion{promo(catalog.GiveChequeMoney, func(p *catalog.Promotion) { p.Give.Sum, p.When.Amount = 50000, 300000 })}, []cheque.Line{line(300000, 1000)}, 250000, 1},
		"not from 2999.99":                {[]catalog.Promotion{promo(catalog.GiveChequeMoney, func(p *catalog.Promotion) { p.Give.Sum, p.When.Amount = 50000, 300000 })}, []cheque.Line{line(299999, 1000)}, 299999, 1},
		"never below zero":                {[]catalog.Promotion{promo(catalog.GiveChequeMoney, func(p *catalog.Promotion) { p.Give.Sum = 50000 })}, []cheque.Line{line(10000, 3000)}, 0, 1},
		"no more than so many times":      {[]catalog.Promotion{promo(catalog.GiveNForM, func(p *catalog.Promotion) { p.Give.N, p.Give.M, p.Give.Times = 2, 1, 1 })}, []cheque.Line{line(10000, 6000)}, 50000, 2},
		"one after the other":             {[]catalog.Promotion{percentOff("a", 10_000, nil), percentOff("b", 10_000, nil)}, []cheque.Line{line(10000, 1000)}, 8100, 1},
		"the best of those of which one":  {[]catalog.Promotion{percentOff("a", 10_000, best), percentOff("b", 20_000, best), percentOff("c", 15_000, best)}, []cheque.Line{line(10000, 1000)}, 8000, 1},
		"best beside one that adds":       {[]catalog.Promotion{percentOff("a", 10_000, best), percentOff("b", 20_000, best), percentOff("c", 50_000, nil)}, []cheque.Line{line(10000, 1000)}, 4000, 1},
		"alone and first":                 {[]catalog.Promotion{percentOff("a", 10_000, alone), percentOff("b", 50_000, nil)}, []cheque.Line{line(10000, 1000)}, 9000, 1},
		"alone and late":                  {[]catalog.Promotion{percentOff("a", 10_000, nil), percentOff("b", 50_000, alone)}, []cheque.Line{line(10000, 1000)}, 9000, 1},
		"a unit goes into one group":      {[]catalog.Promotion{threeForTwo, promo(catalog.GiveNth, func(p *catalog.Promotion) { p.ID, p.Give.N, p.Give.Percent = "q", 2, 50_000 })}, []cheque.Line{line(10000, 5000)}, 20000 + 15000, 1},
		"percent first, then 3 for 2":     {[]catalog.Promotion{percentOff("a", 10_000, nil), threeForTwo}, []cheque.Line{line(10000, 3000)}, 18000, 1},
		"3 for 2 first, then percent":     {[]catalog.Promotion{early(threeForTwo), percentOff("a", 10_000, nil)}, []cheque.Line{line(10000, 3000)}, 18000, 1},
		"not on what is excepted":         {[]catalog.Promotion{percentOff("a", 10_000, func(p *catalog.Promotion) { p.On.ExceptFolders = []string{"milk"} })}, []cheque.Line{line(10000, 1000)}, 10000, 1},
		"not on an excepted item":         {[]catalog.Promotion{percentOff("a", 10_000, func(p *catalog.Promotion) { p.On.ExceptItems = []string{"tea"} })}, []cheque.Line{of(tea, 1000), of(bun, 1000)}, 16200, 2},
	} {
		t.Run(name, func(t *testing.T) {
			p := price(t, store(t, Config{Promotions: c.rules}), cart(c.cart...), at(noon))
			if p.Total != c.want || len(p.Lines) > c.lines {
				t.Errorf("%s in %d lines, want %s in at most %d", p.Total, len(p.Lines), c.want, c.lines)
			}
		})
	}
}

func best(p *catalog.Promotion)  { p.Combine = catalog.Best }
func alone(p *catalog.Promotion) { p.Combine = catalog.Alone }

func early(p catalog.Promotion) catalog.Promotion {
	p.Priority = -1
	return p
}

func TestConditions(t *testing.T) {
	day := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, noon.Location()) }
	vip := &catalog.Customer{ID: "c", Tags: []string{"vip"}}
	for name, c := range map[string]struct {
		when     catalog.Conditions
		now      time.Time
		customer *catalog.Customer
		coupons  []string
		why      Why
	}{
		"always":              {catalog.Conditions{}, noon, nil, nil, ""},
		"the day before":      {catalog.Conditions{From: "2026-11-22", Until: "2026-11-23"}, day(21, 23, 59), nil, nil, WhyDay},
		"the first minute":    {catalog.Conditions{From: "2026-11-22", Until: "2026-11-23"}, day(22, 0, 0), nil, nil, ""},
		"the last minute":     {catalog.Conditions{From: "2026-11-22", Until: "2026-11-23"}, day(23, 23, 59), nil, nil, ""},
		"the day after":       {catalog.Conditions{From: "2026-11-22", Until: "2026-11-23"}, day(24, 0, 0), nil, nil, WhyDay},
		"Sunday":              {catalog.Conditions{Weekdays: []int{7}}, noon, nil, nil, ""},
		"not on Monday":       {catalog.Conditions{Weekdays: []int{7}}, day(23, 12, 0), nil, nil, WhyDay},
		"happy hour":          {catalog.Conditions{Hours: []catalog.Hours{{From: "18:00", Until: "20:00"}}}, day(22, 18, 0), nil, nil, ""},
		"is over":             {catalog.Conditions{Hours: []catalog.Hours{{From: "18:00", Until: "20:00"}}}, day(22, 20, 0), nil, nil, WhyHour},
		"over midnight":       {catalog.Conditions{Hours: []catalog.Hours{{From: "22:00", Until: "06:00"}}}, day(22, 5, 59), nil, nil, ""},
		"not in the morning":  {catalog.Conditions{Hours: []catalog.Hours{{From: "22:00", Until: "06:00"}}}, day(22, 6, 0), nil, nil, WhyHour},
		"for some customers":  {catalog.Conditions{Tags: []string{"vip"}}, noon, nil, nil, WhyCustomer},
		"for this one":        {catalog.Conditions{Tags: []string{"vip"}}, noon, vip, nil, ""},
		"for known customers": {catalog.Conditions{Known: true}, noon, nil, nil, WhyCustomer},
		"known":               {catalog.Conditions{Known: true}, noon, vip, nil, ""},
		"a coupon":            {catalog.Conditions{Coupon: "ОСЕНЬ"}, noon, nil, []string{"ВЕСНА", "ОСЕНЬ"}, ""},
		"another coupon":      {catalog.Conditions{Coupon: "ОСЕНЬ"}, noon, nil, []string{"ВЕСНА"}, WhyCoupon},
	} {
		in := cart(line(10000, 1000))
		in.Customer, in.Coupons = c.customer, c.coupons
		r := store(t, Config{Promotions: []catalog.Promotion{percentOff("p", 10_000, func(p *catalog.Promotion) { p.When = c.when })}})
		p, trace, err := r.Explain(in, at(c.now))
		if err != nil {
			t.Fatal(err)
		}
		want := []Step{{RuleID: "p", Name: "p", Why: c.why}}
		if c.why == "" {
			want[0].Took = 1000
		}
		if d := cmp.Diff(trace.Lines[0].Steps, want); d != "" || (p.Total == 9000) != (c.why == "") {
			t.Errorf("%s: %s %s", name, p.Total, d)
		}
	}
}

// A promotion that makes no sense is left out and told of; the others work.
func TestBrokenPromotions(t *testing.T) {
	good := percentOff("good", 10_000, nil)
	for name, change := range map[string]func(*catalog.Promotion){
		"no id":         func(p *catalog.Promotion) { p.ID = "" },
		"no name":       func(p *catalog.Promotion) { p.Name = "" },
		"no kind":       func(p *catalog.Promotion) { p.Give.Kind = "" },
		"strange kind":  func(p *catalog.Promotion) { p.Give.Kind = "lottery" },
		"too much":      func(p *catalog.Promotion) { p.Give.Percent = 100_001 },
		"dearer":        func(p *catalog.Promotion) { p.Give.Percent = -1 },
		"nothing":       func(p *catalog.Promotion) { p.On = catalog.Scope{} },
		"combine":       func(p *catalog.Promotion) { p.Combine = "maybe" },
		"no day":        func(p *catalog.Promotion) { p.When.From = "22.11.2026" },
		"no last day":   func(p *catalog.Promotion) { p.When.Until = "2026-02-30" },
		"no weekday":    func(p *catalog.Promotion) { p.When.Weekdays = []int{0} },
		"no hour":       func(p *catalog.Promotion) { p.When.Hours = []catalog.Hours{{From: "25:00", Until: "26:00"}} },
		"an empty hour": func(p *catalog.Promotion) { p.When.Hours = []catalog.Hours{{From: "10:00", Until: "10:00"}} },
		"negative":      func(p *catalog.Promotion) { p.When.Amount = -1 },
		"times":         func(p *catalog.Promotion) { p.Give.Times = -1 },
		"N for N":       func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GiveNForM, N: 3, M: 3} },
		"N too large":   func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GiveNForM, N: 1001, M: 3} },
		"first":         func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GiveNth, N: 1, Percent: 1} },
		"set of one": func(p *catalog.Promotion) {
			p.Give = catalog.Effect{Kind: catalog.GiveSet, Parts: []catalog.SetPart{{Units: 1, On: everything}}}
		},
		"set of none": func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GiveSet} },
		"no stages":   func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GiveStages} },
		"a bad stage": func(p *catalog.Promotion) {
			p.Give = catalog.Effect{Kind: catalog.GiveStages, Stages: []catalog.Stage{{From: 0, Percent: 1}}}
		},
		"no price type": func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GivePriceType} },
		"no money":      func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GiveChequeMoney} },
		"price below 0": func(p *catalog.Promotion) { p.Give = catalog.Effect{Kind: catalog.GivePrice, Sum: -1} },
		"best of groups": func(p *catalog.Promotion) {
			p.Give, p.Combine = catalog.Effect{Kind: catalog.GiveNForM, N: 3, M: 2}, catalog.Best
		},
	} {
		bad := percentOff("bad", 10_000, change)
		r, problems := Compile(Config{PriceType: "retail", Promotions: []catalog.Promotion{bad, good}})
		if len(problems) != 1 || problems[0].Why == "" {
			t.Errorf("%s: %+v", name, problems)
		}
		if p := price(t, r, cart(line(10000, 1000)), at(noon)); p.Total != 9000 {
			t.Errorf("%s: the good one gives %s", name, p.Total)
		}
	}
}

func TestByHand(t *testing.T) {
	allowed := Config{Manual: true, MaxManual: 20_000}
	prohibited := line(10000, 1000)
	prohibited.Item.DiscountProhibited = true
	adjusted := func(l cheque.Line, a cheque.Adjust) cheque.Line {
		l.Adjust = &a
		return l
	}
	for name, c := range map[string]struct {
		config Config
		lines  []cheque.Line
		cheque *cheque.Adjust
		want   money.Amount
		err    bool
	}{
		"percent of a line":              {allowed, []cheque.Line{adjusted(line(9999, 2000), cheque.Adjust{Percent: 10_000})}, nil, 17998, false},
		"money off a line":               {allowed, []cheque.Line{adjusted(line(10000, 3000), cheque.Adjust{Sum: 100})}, nil, 29900, false},
		"a mark-up":                      {allowed, []cheque.Line{adjusted(line(10000, 3000), cheque.Adjust{Percent: -5000})}, nil, 31500, false},
		"a mark-up in money":             {allowed, []cheque.Line{adjusted(line(10000, 3000), cheque.Adjust{Sum: -100})}, nil, 30100, false},
		"too many percent":               {allowed, []cheque.Line{adjusted(line(10000, 1000), cheque.Adjust{Percent: 20_001})}, nil, 0, true},
		"too dear":                       {allowed, []cheque.Line{adjusted(line(10000, 1000), cheque.Adjust{Percent: -20_001})}, nil, 0, true},
		"too much money":                 {allowed, []cheque.Line{adjusted(line(10000, 1000), cheque.Adjust{Sum: 2001})}, nil, 0, true},
		"just not too much":              {allowed, []cheque.Line{adjusted(line(10000, 1000), cheque.Adjust{Sum: 2000})}, nil, 8000, false},
		"both":                           {allowed, []cheque.Line{adjusted(line(10000, 1000), cheque.Adjust{Sum: 1, Percent: 1})}, nil, 0, true},
		"not in this shop":               {Config{}, []cheque.Line{adjusted(line(10000, 1000), cheque.Adjust{Percent: 1000})}, nil, 0, true},
		"not on this item":               {allowed, []cheque.Line{adjusted(prohibited, cheque.Adjust{Percent: 1000})}, nil, 0, true},
		"percent of the cheque":          {allowed, []cheque.Line{line(10000, 1000), line(20000, 1000)}, &cheque.Adjust{Percent: 10_000}, 27000, false},
		"only of what may be touched":    {allowed, []cheque.Line{line(10000, 1000), prohibited}, &cheque.Adjust{Percent: 10_000}, 19000, false},
		"money off the cheque":           {allowed, []cheque.Line{line(10000, 3000), line(20000, 1000)}, &cheque.Adjust{Sum: 100}, 49900, false},
		"too much off the cheque":        {allowed, []cheque.Line{line(10000, 3000)}, &cheque.Adjust{Sum: 6001}, 0, true},
		"a mark-up of the cheque":        {allowed, []cheque.Line{line(10000, 3000), line(20000, 1000)}, &cheque.Adjust{Percent: -10_000}, 55000, false},
		"nothing to make cheaper at all": {allowed, []cheque.Line{prohibited}, &cheque.Adjust{Percent: 10_000}, 10000, false},
	} {
		in := cart(c.lines...)
		in.Adjust = c.cheque
		p, err := store(t, c.config).Price(in, at(noon))
		if (err != nil) != c.err || (err == nil && p.Total != c.want) {
			t.Errorf("%s: %s, %v; want %s", name, p.Total, err, c.want)
		}
		if err == nil {
			sound(t, in, p)
		}
	}
}

func TestRoundingAndBonus(t *testing.T) {
	tobacco := line(10050, 1000)
	tobacco.Item.Tobacco = true
	for name, c := range map[string]struct {
		lines []cheque.Line
		round money.Amount
		bonus money.Amount
		want  money.Amount
	}{
		"kopecks are dropped":         {[]cheque.Line{line(10099, 1000)}, 100, 0, 10000},
		"to ten kopecks":              {[]cheque.Line{line(10099, 1000)}, 10, 0, 10090},
		"not of tobacco":              {[]cheque.Line{tobacco}, 100, 0, 10050},
		"of what is beside tobacco":   {[]cheque.Line{tobacco, line(1000, 1000)}, 100, 0, 11000},
		"unless it is less":           {[]cheque.Line{tobacco, line(10, 1000)}, 100, 0, 10060},
		"nothing to drop":             {[]cheque.Line{line(10000, 1000)}, 100, 0, 10000},
		"points pay":                  {[]cheque.Line{line(10000, 1000), line(20000, 1000)}, 0, 5000, 25000},
		"points pay no tobacco":       {[]cheque.Line{tobacco, line(1000, 1000)}, 0, 5000, 10050},
		"points first, kopecks after": {[]cheque.Line{line(10050, 1000)}, 100, 30, 10000},
	} {
		in := cart(c.lines...)
		in.Bonus = c.bonus
		p := price(t, store(t, Config{}), in, How{Now: noon, Round: c.round})
		if p.Total != c.want {
			t.Errorf("%s: %s, want %s", name, p.Total, c.want)
		}
	}
}
