package till

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// generous is a world whose store lets cashiers change prices up to 20 %.
func generous(t testing.TB) *world {
	w := newWorldWith(t, func(w *world) {
		w.store.ManualDiscount, w.store.MaxDiscount, w.store.FreePrice = true, 20_000, true
		w.promotions = []catalog.Promotion{
			{ID: "gold", Name: "Золотым", When: catalog.Conditions{Tags: []string{"gold"}}, On: catalog.Scope{Items: []string{"soap"}}, Give: catalog.Effect{Kind: catalog.GivePercent, Percent: 10_000}},
			{ID: "coupon", Name: "Купон", When: catalog.Conditions{Coupon: "ЛЕТО"}, On: catalog.Scope{Items: []string{"bread"}}, Give: catalog.Effect{Kind: catalog.GiveMoney, Sum: 1000}},
		}
	})
	w.ready(t)
	return w
}

func (w *world) total() money.Amount { return w.state.View(w.now).Cheque.Total }

// TestPricesByHand: what a cashier changes is in the cheque, in the document
// with its reason, and in the audit with before and after.
func TestPricesByHand(t *testing.T) {
	w := generous(t)
	w.fill(t, bread, soap) // 49.90 and 123.45
	line := w.state.cart.Lines[0].ID
	w.mustDo(t, SetPrice{Line: line, Price: 4000})
	if d := auditOf(t, w, auditPrice); d.Was != 4990 || d.Sum != 4000 || d.Item != "Хлеб" || d.Cashier != "Иванова А." {
		t.Errorf("%+v", d)
	}
	w.mustDo(t, AdjustLine{Line: line, Percent: 10_000})
	if d := auditOf(t, w, auditDiscount); d.Percent != 10_000 || d.Was != 4000 || d.Sum != 3600 {
		t.Errorf("%+v", d)
	}
	w.mustDo(t, AdjustCheque{Sum: 1000})
	if got := w.total(); got != 3600+12345-1000 {
		t.Errorf("total %s", got)
	}
	v := w.state.View(w.now).Cheque
	if len(v.Reasons) != 2 || v.Reasons[0].Sum+v.Reasons[1].Sum != v.Discount {
		t.Errorf("%+v of %s", v.Reasons, v.Discount)
	}
	w.restart()
	if got := w.total(); got != 14945 {
		t.Errorf("after a restart %s", got)
	}
	w.refused(t, AdjustLine{Line: line, Percent: 20_001}, fault.PriceManual)
	w.refused(t, AdjustLine{Line: line, Percent: 1, Sum: 1}, fault.BadRequest)
	if err := w.refusedAs(t, AdjustLine{Line: line, Percent: 200_000}, fault.AmountBad); len(err.Args) != 1 || err.Args[0] != "200%" {
		t.Errorf("%+v", err)
	}
	w.refused(t, AdjustCheque{Percent: 200_000}, fault.AmountBad)
	w.refused(t, AdjustCheque{Sum: 10_000}, fault.PriceManual)
	w.refused(t, AdjustCheque{Sum: 1, Seen: Seen{Revision: 1}}, fault.ChequeStale)
	w.refused(t, SetPrice{Line: line, Price: -1}, fault.AmountBad)
	w.refused(t, SetPrice{Line: w.newID(), Price: 1}, fault.ChequeNoLine)
	if got := w.total(); got != 14945 {
		t.Errorf("a refused change changed the total to %s", got)
	}
	w.mustDo(t, AdjustLine{Line: w.state.cart.Lines[1].ID, Percent: -5_000}) // dearer
	w.mustDo(t, AdjustCheque{})
	w.mustDo(t, Pay{Type: doc.PayCash})
	d := w.documents(doc.Sell)[0].Receipt
	if d.Total != 3600+12962 || d.Lines[0].Discounts[0].RuleID != "manual" || d.Lines[1].Discount != -617 {
		t.Errorf("%+v", d)
	}
	w.check()
}

// TestPricesByHandNeedPermission: where the store forbids them to cashiers a
// senior approves one, and his id stands in the cheque.
func TestPricesByHandNeedPermission(t *testing.T) {
	w := generous(t)
	w.forbid(t, catalog.MayDiscount, catalog.MayPrice)
	w.fill(t, bread)
	line := w.state.cart.Lines[0].ID
	w.refused(t, SetPrice{Line: line, Price: 1}, fault.LoginSenior)
	w.refused(t, AdjustCheque{Percent: 1000}, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.refused(t, AdjustLine{Line: line, Percent: 50_000}, fault.PriceManual) // not even he
	w.mustDo(t, AdjustLine{Line: line, Percent: 10_000})
	if a := w.state.cart.Lines[0].Adjust; a.Who != "c2" {
		t.Errorf("%+v", a)
	}
	w.mustDo(t, AdjustLine{Line: line}) // taking it back needs nobody
	if w.total() != 4990 {
		t.Errorf("%s", w.total())
	}
	bare := newWorld(t) // a store that says nothing allows none
	bare.ready(t)
	bare.fill(t, bread)
	bare.refused(t, AdjustCheque{Percent: 1000}, fault.PriceManual)
	bare.refused(t, SetPrice{Line: bare.state.cart.Lines[0].ID, Price: 1}, fault.PriceFree)
}

// TestCustomerAndCoupons: they may come before the first item, change prices,
// survive a crash and a park, and no name is stored in the open.
func TestCustomerAndCoupons(t *testing.T) {
	w := generous(t)
	w.refused(t, SetCustomer{Text: "Сидоров"}, fault.CustomerMany)
	w.refused(t, SetCustomer{Text: "nobody"}, fault.CustomerUnknown)
	w.refused(t, SetCustomer{Text: " "}, fault.BadRequest)
	w.customersErr = fault.New(fault.CustomersOff)
	w.refused(t, SetCustomer{Text: "77001"}, fault.CustomersOff)
	w.customersErr = nil
	w.mustDo(t, SetCustomer{Text: "77001"})
	w.mustDo(t, AddCoupon{Code: " ЛЕТО "})
	w.refused(t, AddCoupon{Code: strings.Repeat("x", 65)}, fault.CouponBad)
	w.refused(t, AddCoupon{Code: "ЗИМА"}, fault.CouponUnknown)
	w.fill(t, bread, soap)
	want := money.Amount(4990 - 1000 + 12345 - 1234)
	same := func(when string) {
		t.Helper()
		v := w.state.View(w.now).Cheque
		if v.Total != want || v.Customer == nil || v.Customer.Name != "Сидоров Иван" || len(v.Coupons) != 1 {
			t.Errorf("%s: %s %+v %v", when, v.Total, v.Customer, v.Coupons)
		}
		if b, err := json.Marshal(v); err != nil || strings.Contains(string(b), "Сидоров") {
			t.Errorf("%s: %s", when, b)
		}
	}
	same("first")
	w.restart()
	same("after a crash")
	w.mustDo(t, Park{})
	w.restart()
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	same("called back")
	w.mustDo(t, Pay{Type: doc.PayCash})
	d := w.documents(doc.Sell)[0]
	if d.Receipt.CustomerID != "k1" || d.People == nil || d.People.Customer != "Сидоров Иван" {
		t.Errorf("%+v %+v", d.Receipt, d.People)
	}
	w.fill(t, soap)
	w.mustDo(t, SetCustomer{Text: "77001"})
	w.mustDo(t, ClearCustomer{})
	w.refused(t, ClearCustomer{}, fault.CustomerNone)
	w.refused(t, RemoveCoupon{Code: "ЛЕТО"}, fault.CouponBad)
	if v := w.state.View(w.now).Cheque; v.Total != 12345 || v.Customer != nil {
		t.Errorf("%+v", v)
	}
	w.check()
}

// TestBonusNeedsTheCloudsWord: points are spent only when it is known how many
// there are, and never more.
func TestBonusNeedsTheCloudsWord(t *testing.T) {
	w := generous(t)
	w.fill(t, soap)
	w.refused(t, SpendBonus{Sum: 100}, fault.CustomerNone)
	w.mustDo(t, SetCustomer{Text: "k2"})
	w.refused(t, SpendBonus{Sum: 100}, fault.BonusUnknown)
	w.mustDo(t, SetCustomer{Text: "k1"})
	w.refused(t, SpendBonus{Sum: 5001}, fault.BonusMore)
	w.refused(t, SpendBonus{Sum: -1}, fault.AmountBad)
	w.mustDo(t, SpendBonus{Sum: 5000})
	if w.total() != 12345-1234-5000 {
		t.Errorf("%s", w.total())
	}
	w.mustDo(t, SetCustomer{Text: "k2"}) // another's points are not his
	if v := w.state.View(w.now).Cheque; v.Bonus != 0 || v.Total != 12345 {
		t.Errorf("%+v", v)
	}
}

// TestBonusInDocuments: a sale tells the programme, how many points were taken
// and what they took off; over several receipts they add up to what the sum of
// all costs. Its return names the customer and gives no points.
func TestBonusInDocuments(t *testing.T) {
	w := newWorldWith(t, func(w *world) { w.systems = append(w.systems, tax.SimplifiedIncome) })
	w.ready(t)
	w.fill(t, soap, "4600000000091") // 123.45 and, of another tax system, 7.77
	w.mustDo(t, SetCustomer{Text: "k1"})
	w.mustDo(t, SpendBonus{Sum: 4950})
	w.mustDo(t, Pay{Type: doc.PayCash})
	docs := w.documents(doc.Sell)
	if len(docs) != 2 {
		t.Fatalf("%d receipts", len(docs))
	}
	var points int64
	var sum money.Amount
	for _, d := range docs {
		b := d.Receipt.Bonus
		if b == nil || b.Program != "b1" || d.Receipt.CustomerID != "k1" || b.Sum != d.Receipt.Discount {
			t.Fatalf("%+v of %s", b, d.Receipt.Discount)
		}
		points, sum = points+b.Spent, sum+b.Sum
	}
	if points != 50 || sum != 4950 {
		t.Errorf("%d points for %s", points, sum)
	}
	w.mustDo(t, Return{Sale: docs[0].ID})
	if r := w.documents(doc.Payback)[0].Receipt; r.Bonus != nil || r.CustomerID != "k1" || r.Total != docs[0].Receipt.Total {
		t.Errorf("%+v", r)
	}
	w.check()
}

// TestRecallTellsWhatChanged: a cheque that was parked is priced anew, item by
// item, and every line that changed is told with its old price.
func TestRecallTellsWhatChanged(t *testing.T) {
	w := generous(t)
	w.fill(t, bread, soap, milk)
	w.mustDo(t, Park{Name: "стол 3"})
	w.generation = 2
	for i := range w.items {
		switch w.items[i].ID {
		case "bread":
			w.items[i].Prices = []catalog.Price{{Type: "retail", Value: 5500}}
		case "milk":
			w.items[i].Prices = nil // can not be sold any more as it is
		}
	}
	w.promotions = []catalog.Promotion{{ID: "soap", Name: "Мыло", On: catalog.Scope{Items: []string{"soap"}}, Give: catalog.Effect{Kind: catalog.GivePrice, Sum: 10000}}}
	w.catalogChanges(t)
	w.restart() // what it came to is in the journal
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	v := w.state.View(w.now)
	if len(v.Cheque.Repriced) != 2 || v.Cheque.Repriced[0].OldPrice != 4990 || v.Cheque.Repriced[0].Price != 5500 ||
		v.Cheque.Repriced[1].OldTotal != 12345 || v.Cheque.Repriced[1].Total != 10000 {
		t.Errorf("%+v", v.Cheque.Repriced)
	}
	if len(v.Notices) != 1 || v.Notices[0].Code != fault.PriceChanged || !strings.Contains(v.Notices[0].Text("ru"), "Хлеб, Мыло") {
		t.Errorf("%+v", v.Notices)
	}
	want := v.Cheque.Total
	if want != 5500+10000+8549 {
		t.Errorf("total %s", want)
	}
	w.restart()
	if w.total() != want {
		t.Errorf("after a crash %s, was %s", w.total(), want)
	}
	w.mustDo(t, Dismiss{})
	if v := w.state.View(w.now); len(v.Cheque.Repriced)+len(v.Notices) != 0 {
		t.Errorf("%+v", v.Cheque.Repriced)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.mustDo(t, Park{}.orScan(t, w))
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	if got := w.state.View(w.now).Cheque.Repriced; len(got) != 0 {
		t.Errorf("nothing changed: %+v", got)
	}
	w.check()
}

// orScan puts something into the cheque first.
func (p Park) orScan(t testing.TB, w *world) Park {
	w.fill(t, bread)
	return p
}

// TestOpenChequeKeepsItsPrices: a new catalogue, or a restart, or both change
// nothing in a cheque that is open; the next one has the new prices.
func TestOpenChequeKeepsItsPrices(t *testing.T) {
	w := generous(t)
	w.mustDo(t, AddCoupon{Code: "ЛЕТО"})
	w.fill(t, bread)
	const old = 3990
	if w.total() != old {
		t.Fatalf("%s", w.total())
	}
	w.generation, w.promotions = 2, nil
	w.catalogChanges(t)
	if w.total() != old {
		t.Errorf("with new rules %s", w.total())
	}
	w.restart()
	if w.total() != old {
		t.Errorf("after a restart %s", w.total())
	}
	w.generation, w.store.MaxDiscount = 3, 1
	w.catalogChanges(t)
	w.restart()
	w.mustDo(t, Scan{Code: bread})
	if w.total() != 2*old {
		t.Errorf("with another piece %s", w.total())
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.refused(t, AddCoupon{Code: "ЛЕТО"}, fault.CouponUnknown)
	w.fill(t, bread)
	if w.total() != 4990 {
		t.Errorf("the next cheque %s", w.total())
	}
	kept := 0
	for _, e := range append(w.durable, w.posted...) {
		if e.Kind == record.Cart && e.Type == rulesType {
			kept++
		}
	}
	if kept == 0 || kept > 3 {
		t.Errorf("the rules were journaled %d times", kept)
	}
	w.check()
}

// TestRulesGoneWhileOff: rules that changed while the till was off are told.
func TestRulesGoneWhileOff(t *testing.T) {
	w := generous(t)
	w.mustDo(t, AddCoupon{Code: "ЛЕТО"})
	w.fill(t, bread)
	w.generation, w.promotions = 2, nil
	w.restart()
	v := w.state.View(w.now)
	if v.Cheque.Total != 4990 || len(v.Notices) != 1 || v.Notices[0].Code != fault.PriceChanged {
		t.Errorf("%s %+v", v.Cheque.Total, v.Notices)
	}
}

// TestBadPromotionIsTold: one that makes no sense stops nothing.
func TestBadPromotionIsTold(t *testing.T) {
	w := generous(t)
	w.promotions = append(w.promotions, catalog.Promotion{ID: "x", Name: "Плохая", Give: catalog.Effect{Kind: "gift"}})
	w.catalogChanges(t)
	if n := w.state.View(w.now).Notices; len(n) != 1 || n[0].Code != fault.PromotionBad {
		t.Errorf("%+v", n)
	}
	w.fill(t, bread)
	w.mustDo(t, SetQty{Line: w.state.cart.Lines[0].ID, Qty: 3 * qty.One})
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

// TestKopecksAreDroppedForCashAlone: the document's lines come to whole
// roubles, tobacco aside; a card pays to the kopeck, a mixed payment too.
func TestKopecksAreDroppedForCashAlone(t *testing.T) {
	for _, c := range []struct {
		pay  Pay
		want money.Amount
	}{
		{Pay{Type: doc.PayCash}, 17300},
		{Pay{Type: doc.PayCash, Tendered: 50000}, 17300},
		{Pay{Type: doc.PayElectron}, 17335},
		{Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 10000}, {Type: doc.PayCash}}}, 17335},
	} {
		w := newWorldWith(t, func(w *world) { w.store.DropKopecks = true })
		w.ready(t)
		w.fill(t, bread, soap) // 173.35
		if v := w.state.View(w.now).Cheque; v.Total != 17335 || v.CashTotal != 17300 {
			t.Errorf("shown %s, in cash %s", v.Total, v.CashTotal)
		}
		w.refused(t, Pay{Type: doc.PayCash, Tendered: 17299}, fault.PaidLess)
		w.mustDo(t, c.pay)
		r := w.documents(doc.Sell)[0].Receipt
		if r.Total != c.want || r.Rounding != 0 {
			t.Errorf("%+v: %s, rounding %s", c.pay, r.Total, r.Rounding)
		}
		w.mustDo(t, Return{Sale: w.documents(doc.Sell)[0].ID})
		w.check()
	}
}

// TestExplain: the view explains the open cheque when it is asked.
func TestExplain(t *testing.T) {
	w := generous(t)
	v := w.state.View(w.now)
	if trace, err := v.Explain(); err != nil || len(trace.Lines) != 0 {
		t.Errorf("empty: %+v %v", trace, err)
	}
	w.fill(t, bread, milk)
	w.mustDo(t, AdjustLine{Line: w.state.cart.Lines[1].ID, Percent: 10_000})
	v = w.state.View(w.now)
	w.mustDo(t, VoidCheque{}) // the view stays what it was
	trace, err := v.Explain()
	if err != nil || len(trace.Lines) != 2 {
		t.Fatalf("%+v %v", trace, err)
	}
	b, m := trace.Lines[0], trace.Lines[1]
	if len(b.Steps) != 1 || b.Steps[0].Why != "coupon" || len(m.Steps) != 2 || m.Steps[0].RuleID != "d" || m.Steps[1].RuleID != "manual" || m.Gross-m.Steps[0].Took-m.Steps[1].Took != m.Total {
		t.Errorf("%+v", trace)
	}
}

// TestOwnPromotions: a senior loads them, they go before the catalogue's of
// the same id, survive a restart and leave the open cheque alone.
func TestOwnPromotions(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	half := func(id string, percent int64) catalog.Promotion {
		return catalog.Promotion{ID: id, Name: id, On: catalog.Scope{All: true}, Give: catalog.Effect{Kind: catalog.GivePercent, Percent: percent}}
	}
	own := SetPromotions{Promotions: []catalog.Promotion{half("a", 50_000)}}
	w.refused(t, own, fault.LoginSenior)
	w.mustDo(t, Login{PIN: "2222"})
	w.refused(t, SetPromotions{Promotions: []catalog.Promotion{{ID: "x", Name: "x"}}}, fault.PromotionBad)
	w.fill(t, bread)
	w.mustDo(t, own)
	if w.total() != 4990 {
		t.Errorf("the open cheque changed to %s", w.total())
	}
	w.restart()
	if w.total() != 4990 {
		t.Errorf("after a restart to %s", w.total())
	}
	w.mustDo(t, VoidCheque{})
	w.fill(t, bread)
	if w.total() != 2495 {
		t.Errorf("the next is %s", w.total())
	}
	w.promotions = []catalog.Promotion{half("a", 90_000)}
	w.generation = 2
	w.mustDo(t, VoidCheque{})
	w.catalogChanges(t)
	w.fill(t, bread)
	v := w.state.View(w.now)
	if all := v.Promotions(); w.total() != 2495 || len(all) != 1 || !all[0].Own {
		t.Errorf("%s %+v", w.total(), all)
	}
	w.mustDo(t, SetPromotions{})
	w.mustDo(t, VoidCheque{})
	w.restart()
	w.fill(t, bread)
	v = w.state.View(w.now)
	if all := v.Promotions(); w.total() != 499 || len(all) != 1 || all[0].Own {
		t.Errorf("%s %+v", w.total(), all)
	}
	if d := auditOf(t, w, auditPromotions); d.Cashier != "Петрова Б." {
		t.Errorf("%+v", d)
	}
	w.check()
}
