package pricing

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TestPostponedCheque is the arithmetic of the iKassa cheques API's own
// example: items 5, 3 x 5 and three times 3 x 5 less 10 %, VAT 10 % in one of
// them, and 5 % off the cheque: 60.50 - 3.03 = 57.47, VAT of 13.50 is 1.23.
func TestPostponedCheque(t *testing.T) {
	plain := func(pieces int64, percent int64) cheque.Line {
		l := line(500, qty.Milli(pieces)*qty.One)
		l.Item.Rate = tax.None
		if percent > 0 {
			l.Adjust = &cheque.Adjust{Percent: percent}
		}
		return l
	}
	taxed := plain(3, 10_000)
	taxed.Item.Rate = tax.VAT10
	r := store(t, Config{Manual: true, MaxManual: 100_000})

	c := cart(plain(1, 0), plain(3, 0), plain(3, 10_000), taxed, plain(3, 10_000))
	before := price(t, r, c, at(noon))
	if before.Total != 6050 || before.Rows[2].Total != 1350 || before.Rows[2].Discount != 150 || before.Lines[3].VAT != 123 {
		t.Errorf("items: %s, %+v", before.Total, before.Rows)
	}
	c.Adjust = &cheque.Adjust{Percent: 5000}
	p := price(t, r, c, at(noon))
	if p.Total != 5747 || before.Total-p.Total != 303 {
		t.Errorf("5 %% off 60.50: %s, want 57.47", p.Total)
	}
	tea := cart(plain(1, 0))
	tea.Adjust = &cheque.Adjust{Percent: 5000}
	if p := price(t, r, tea, at(noon)); p.Total != 475 {
		t.Errorf("5 %% off 5.00: %s, want 4.75", p.Total)
	}
}

// TestExplained is a price a cashier can read out: what the rules took, and
// why the others did not.
func TestExplained(t *testing.T) {
	cigarettes := of(item("Сигареты", 20000), oneUnit)
	cigarettes.Item.Tobacco = true
	c := cart(line(10000, 3*oneUnit), cigarettes)
	c.Adjust = &cheque.Adjust{Sum: 100}
	r := store(t, Config{Strategy: ByPriority, Manual: true, MaxManual: 10_000,
		Discounts: []catalog.Discount{{ID: "5", Name: "Пять", AllItems: true, Percent: 5000}, {ID: "3", Name: "Три", AllItems: true, Percent: 3000}},
		Promotions: []catalog.Promotion{percentOff("ночь", 20_000, func(p *catalog.Promotion) {
			p.When.Hours = []catalog.Hours{{From: "22:00", Until: "06:00"}}
		})}})
	p, trace, err := r.Explain(c, at(noon))
	if err != nil {
		t.Fatal(err)
	}
	sound(t, c, p)
	type said map[string]struct {
		took money.Amount
		why  Why
	}
	for i, want := range []said{
		{"5": {1500, ""}, "3": {0, WhyBeaten}, "ночь": {0, WhyHour}, ManualID: {100, ""}},
		{"5": {0, WhyTobacco}, "3": {0, WhyTobacco}, "ночь": {0, WhyHour}, ManualID: {0, WhyTobacco}},
	} {
		l := trace.Lines[i]
		if len(l.Steps) != len(want) {
			t.Errorf("line %d: %+v", i, l.Steps)
		}
		for _, s := range l.Steps {
			if w := want[s.RuleID]; w.took != s.Took || w.why != s.Why {
				t.Errorf("line %d, %s: took %s, why %q; want %s, %q", i, s.RuleID, s.Took, s.Why, w.took, w.why)
			}
		}
	}
	if l := trace.Lines[0]; l.Base != 10000 || l.Gross != 30000 || l.Total != 28400 || l.Parts != 2 {
		t.Errorf("%+v", l)
	}
}
