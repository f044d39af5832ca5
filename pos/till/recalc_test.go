package till

import (
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// tenth is a cloud that takes a tenth off every line, which two points pay for,
// and gives eight. It asks for what the till's own rules would not give.
func tenth(q RecalcQuery) (cheque.Recalc, *fault.Error) {
	balance := int64(100)
	r := cheque.Recalc{Program: "b1", Earned: 8, Balance: &balance, Note: "спасибо"}
	for _, l := range q.Lines {
		gross, _ := l.Qty.Times(l.Price)
		r.Totals = append(r.Totals, gross-gross/10)
	}
	if q.Spend > 0 {
		r.Spent, r.Bonus = q.Spend, money.Amount(q.Spend)*money.Rouble
		r.Totals[0] -= r.Bonus
	}
	return r, nil
}

// online is a world whose store wants the cloud's prices, with its shift open.
func online(t *testing.T) *world {
	w := newWorldWith(t, func(w *world) {
		w.store.OnlineDiscount = true
		w.promotions = []catalog.Promotion{{ID: "coupon", Name: "Купон", When: catalog.Conditions{Coupon: "X"}, On: catalog.Scope{Items: []string{"soap"}}, Give: catalog.Effect{Kind: catalog.GiveMoney, Sum: 1000}}}
		w.systems = []tax.System{tax.General, tax.SimplifiedIncome}
		w.cloud = tenth
	})
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	return w
}

func (w *world) refusedAs(t *testing.T, cmd Event, code fault.Code) *fault.Error {
	t.Helper()
	err, crash := w.do(cmd)
	if crash != nil || err == nil || err.Code != code {
		t.Fatalf("%T: %v, want %s", cmd, err, code)
	}
	return err
}

// TestOnlinePrices: the cloud is asked when the cheque is paid; another sum is
// told before it is taken, and then stands in the document with its points.
func TestOnlinePrices(t *testing.T) {
	w := online(t)
	w.mustDo(t, SetCustomer{Text: "k1"})
	w.mustDo(t, Scan{Code: bread})       // 49.90
	w.mustDo(t, Scan{Code: "3*" + milk}) // 269.97
	w.mustDo(t, SpendBonus{Sum: 150})    // one and a half roubles: two points
	err := w.refusedAs(t, Pay{Type: doc.PayCash}, fault.PriceRecalculated)
	if err.Args[0] != "285.89" { // 44.91 - 2.00 + 242.98
		t.Fatalf("%v", err.Args)
	}
	v := w.state.View(w.now)
	if r := v.Cheque.Recalc; r == nil || !r.Online || r.Earned != 8 || *r.Balance != 100 || r.Note != "спасибо" {
		t.Fatalf("%+v", v.Cheque.Recalc)
	}
	asked := w.steps
	w.mustDo(t, Pay{Type: doc.PayCash})
	if w.broke[asked].effect == "Recalc" {
		t.Error("asked again for prices that are known")
	}
	d := w.documents(doc.Sell)[0]
	if d.Receipt.Recalc == nil || !d.Receipt.Recalc.Online || d.Receipt.Total != 285_89 {
		t.Errorf("%+v", d.Receipt)
	}
	if b := d.Receipt.Bonus; b == nil || *b != (doc.Bonus{Program: "b1", Spent: 2, Sum: 2_00, Earned: 8}) {
		t.Errorf("%+v", b)
	}
	w.check()
}

// TestOnlinePricesOff: without an answer, or with one that can not be, the
// till's own rules stand and are named; points need the cloud.
func TestOnlinePricesOff(t *testing.T) {
	for name, c := range map[string]struct {
		cloud func(RecalcQuery) (cheque.Recalc, *fault.Error)
		why   fault.Code
	}{
		"silent": {nil, fault.CloudDown},
		"dearer": {func(q RecalcQuery) (cheque.Recalc, *fault.Error) {
			return cheque.Recalc{Totals: []money.Amount{q.Lines[0].Price + 1}}, nil
		}, fault.CloudGarbage},
		"a line less": {func(RecalcQuery) (cheque.Recalc, *fault.Error) { return cheque.Recalc{}, nil }, fault.CloudGarbage},
		"more points than discount": {func(q RecalcQuery) (cheque.Recalc, *fault.Error) {
			return cheque.Recalc{Totals: []money.Amount{q.Lines[0].Price - 1}, Bonus: 2}, nil
		}, fault.CloudGarbage},
	} {
		t.Run(name, func(t *testing.T) {
			w := online(t)
			w.cloud = c.cloud
			w.mustDo(t, Scan{Code: milk}) // 89.99 less the store's 5 %
			w.mustDo(t, Recalculate{})
			if r := w.state.cart.Recalc; r == nil || r.Online || r.Why != string(c.why) {
				t.Fatalf("%+v", r)
			}
			w.mustDo(t, SetCustomer{Text: "k1"})
			w.mustDo(t, SpendBonus{Sum: 100})
			w.refusedAs(t, Pay{Type: doc.PayCash}, fault.BonusOffline)
			w.mustDo(t, SpendBonus{})
			w.mustDo(t, Pay{Type: doc.PayCash})
			r := w.documents(doc.Sell)[0].Receipt
			if r.Total != 85_49 || r.Recalc == nil || r.Recalc.Online || r.Recalc.Why != string(c.why) {
				t.Errorf("%s %+v", r.Total, r.Recalc)
			}
			w.check()
		})
	}
}

// TestEditEndsOnlinePrices: what the cloud has said is over with the next
// change; an answer to an older cheque pays nothing.
func TestEditEndsOnlinePrices(t *testing.T) {
	w := online(t)
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Recalculate{})
	if w.state.priced.Total != 44_91 {
		t.Fatalf("%s", w.state.priced.Total)
	}
	line := w.state.cart.Lines[0].ID
	for name, edit := range map[string]Event{"scan": Scan{Code: bread}, "quantity": SetQty{Line: line, Qty: 5000}, "customer": SetCustomer{Text: "k2"},
		"coupon": AddCoupon{Code: "X"}, "contact": SetContact{Contact: "+79991230000"}} {
		w.mustDo(t, Recalculate{})
		w.mustDo(t, edit)
		if w.state.cart.Recalc != nil {
			t.Errorf("%s leaves %+v", name, w.state.cart.Recalc)
		}
	}
	// An edit while the cloud is being asked: the payment is stale.
	var op Op
	s, fx := Step(w.state, w.env(), Pay{Req: 900, Type: doc.PayCash})
	for _, e := range fx {
		if r, ok := e.(Recalc); ok {
			op = r.Op
		}
	}
	if op == 0 || !s.View(w.now).Cheque.Recalculating {
		t.Fatalf("%v", fx)
	}
	s, fx = Step(s, w.env(), Pay{Req: 901, Type: doc.PayCash})
	if r, ok := fx[0].(Reply); !ok || r.Err == nil || r.Err.Code != fault.ChequePaying {
		t.Errorf("a second payment meanwhile: %v", fx)
	}
	s, _ = Step(s, w.env(), SetQty{Line: line, Qty: 1000})
	s, fx = Step(s, w.env(), Recalculated{Op: op, Recalc: cheque.Recalc{Totals: []money.Amount{1}}})
	if r, ok := fx[0].(Reply); !ok || r.Req != 900 || r.Err == nil || r.Err.Code != fault.ChequeStale || s.cart.Recalc != nil {
		t.Errorf("%v %+v", fx, s.cart.Recalc)
	}
	if _, fx = Step(s, w.env(), Recalculated{Op: op}); len(fx) != 0 {
		t.Errorf("a second answer does %v", fx)
	}
}

// TestOnlinePricesRestart: what the cloud has said comes back with the cheque,
// and stands no longer than its time.
func TestOnlinePricesRestart(t *testing.T) {
	w := online(t)
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Recalculate{})
	w.restart()
	if r := w.state.cart.Recalc; r == nil || !r.Online || w.state.priced.Total != 44_91 {
		t.Fatalf("%+v %s", r, w.state.priced.Total)
	}
	w.now = w.now.Add(onlineFor)
	w.cloud = nil
	w.refusedAs(t, Pay{Type: doc.PayCash}, fault.PriceRecalculated)
	w.mustDo(t, Pay{Type: doc.PayCash})
	if r := w.documents(doc.Sell)[0].Receipt; r.Recalc.Online || r.Total != 49_90 {
		t.Errorf("%+v", r)
	}
	w.check()
}

// TestOnlinePricesOfGroups: receipts of several tax systems share the points.
func TestOnlinePricesOfGroups(t *testing.T) {
	w := online(t)
	w.mustDo(t, SetCustomer{Text: "k1"})
	w.mustDo(t, Scan{Code: "2*" + bread})
	w.mustDo(t, Scan{Code: "2*" + tea})
	w.mustDo(t, SpendBonus{Sum: 300})
	w.refusedAs(t, Pay{Type: doc.PayElectron}, fault.PriceRecalculated)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	var spent, earned int64
	var sum money.Amount
	for _, d := range w.documents(doc.Sell) {
		if d.Receipt.Recalc == nil || !d.Receipt.Recalc.Online {
			t.Errorf("%+v", d.Receipt)
		}
		if b := d.Receipt.Bonus; b != nil {
			spent, earned, sum = spent+b.Spent, earned+b.Earned, sum+b.Sum
		}
	}
	if w.count(kkt.OpSale) != 2 || spent != 3 || earned != 8 || sum > 300 || sum < 200 {
		t.Errorf("%d receipts, %d points for %s, %d earned", w.count(kkt.OpSale), spent, sum, earned)
	}
	w.check()
}

// TestOnlinePricesOrder: agreed prices are nobody's to calculate, and where the
// store does not want it nobody is asked.
func TestOnlinePricesNotWanted(t *testing.T) {
	w := online(t)
	w.store.OnlineDiscount = false
	w.generation++
	w.step(w.catalog())
	w.mustDo(t, Scan{Code: bread})
	w.refusedAs(t, Recalculate{}, fault.RecalcOff)
	w.mustDo(t, Pay{Type: doc.PayCash})
	if r := w.documents(doc.Sell)[0].Receipt; r.Recalc != nil || r.ChequeID == uuid.Nil {
		t.Errorf("%+v", r.Recalc)
	}
}
