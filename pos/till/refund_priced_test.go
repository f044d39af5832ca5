package till

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// pricedPurchase is a purchase with every kind of price: promotions that split
// lines, changes by hand, weights, two tax systems, dropped kopecks, paid in
// one way or two. It gives the documents it became.
func pricedPurchase(t *testing.T, rnd *rand.Rand) (*world, []doc.Document) {
	w := twoSystems(t)
	w.store.ManualDiscount, w.store.MaxDiscount, w.store.DropKopecks = true, 30_000, rnd.IntN(2) == 0
	w.promotions = []catalog.Promotion{
		{ID: "3=2", Name: "3=2", On: catalog.Scope{Items: []string{"bread", "soap"}}, Give: catalog.Effect{Kind: catalog.GiveNForM, N: 3, M: 2}},
		{ID: "sum", Name: "Рубль", On: catalog.Scope{All: true}, Give: catalog.Effect{Kind: catalog.GiveChequeMoney, Sum: money.Amount(rnd.IntN(700))}},
	}
	if w.promotions[1].Give.Sum == 0 {
		w.promotions = w.promotions[:1]
	}
	w.catalogChanges(t)
	for range 2 + rnd.IntN(5) {
		w.mustDo(t, Scan{Code: []string{bread, soap, milk, tea, "0.350*00042", "1.777*00042"}[rnd.IntN(6)]})
	}
	for _, l := range w.state.cart.Lines {
		if !l.Item.ByWeight && rnd.IntN(2) == 0 {
			w.mustDo(t, SetQty{Line: l.ID, Qty: qty.One * qty.Milli(1+rnd.IntN(7))})
		}
		if rnd.IntN(3) == 0 {
			w.mustDo(t, AdjustLine{Line: l.ID, Percent: int64(rnd.IntN(60_000) - 30_000)})
		}
	}
	if rnd.IntN(2) == 0 {
		w.mustDo(t, AdjustCheque{Percent: int64(rnd.IntN(30_000))})
	}
	pay := Pay{Type: doc.PayCash}
	switch total := w.total(); rnd.IntN(3) {
	case 0:
		pay.Type = doc.PayElectron
	case 1:
		pay = Pay{Parts: []Part{{Type: doc.PayElectron, Sum: total/2 + 1}, {Type: doc.PayCash}}}
	}
	w.mustDo(t, pay)
	return w, w.documents(doc.Sell)
}

// TestPricedPurchasesComeBackExactly: what pricing made and the till sold
// comes back in parts, in any order, to the kopeck and not a kopeck more.
func TestPricedPurchasesComeBackExactly(t *testing.T) {
	rounds := 40
	if os.Getenv("KASSA_LONG") != "" {
		rounds = 4000
	}
	rnd := rand.New(rand.NewPCG(5, 22))
	splits, dropped := 0, 0
	for range rounds {
		w, sales := pricedPurchase(t, rnd)
		before := w.cash
		for _, sale := range sales {
			seen := map[string]int{}
			for _, l := range sale.Receipt.Lines {
				seen[l.Name]++
				for _, r := range l.Discounts {
					if r.RuleID == "round" {
						dropped++
					}
				}
			}
			for _, n := range seen {
				if n > 1 {
					splits++
				}
			}
			w.returnInParts(t, rnd, &sale)
		}
		sums := map[uuid.UUID]map[doc.PaymentType]money.Amount{}
		for _, d := range w.documents(doc.Sell, doc.Payback) {
			id, sign := d.ID, money.Amount(1)
			if d.Type == doc.Payback {
				id, sign = d.Receipt.BaseID, -1
			}
			if sums[id] == nil {
				sums[id] = map[doc.PaymentType]money.Amount{}
			}
			for _, p := range d.Receipt.Payments {
				sums[id][p.Type] += sign * p.Sum
			}
		}
		for id, ways := range sums {
			for way, left := range ways {
				if left != 0 {
					t.Fatalf("%s: %s of %s did not come back", id, left, way)
				}
			}
		}
		if tot := w.state.shift.Totals; tot.Revenue != 0 || (w.cash > before) {
			t.Fatalf("revenue %s, cash %s", tot.Revenue, w.cash)
		}
		w.check()
		if t.Failed() {
			return
		}
	}
	if splits == 0 || dropped == 0 {
		t.Errorf("%d split lines, %d with dropped kopecks: the purchases are too plain", splits, dropped)
	}
}

// returnInParts returns a sale bit by bit until nothing is left, and then
// tries for more.
func (w *world) returnInParts(t *testing.T, rnd *rand.Rand, sale *doc.Document) {
	t.Helper()
	left := map[uuid.UUID]qty.Milli{}
	for _, l := range sale.Receipt.Lines {
		left[l.ID] = l.Qty
	}
	for len(left) > 0 {
		var lines []ReturnLine
		for _, l := range sale.Receipt.Lines {
			rest := left[l.ID]
			if rest == 0 || (len(left) > 1 && rnd.IntN(2) == 0 && len(lines) == 0) {
				continue
			}
			unit := qty.Milli(1)
			if l.Qty.Whole() {
				unit = qty.One
			}
			q := unit * qty.Milli(1+rnd.Int64N(int64(rest/unit)))
			if rnd.IntN(3) == 0 {
				q = rest
			}
			if lines = append(lines, ReturnLine{Line: l.ID, Qty: q}); left[l.ID] == q {
				delete(left, l.ID)
			} else {
				left[l.ID] -= q
			}
		}
		if len(lines) > 0 {
			w.mustDo(t, Return{Sale: sale.ID, Lines: lines})
		}
	}
	w.refused(t, Return{Sale: sale.ID}, fault.ReturnOf)
}
