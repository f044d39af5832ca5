package till

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// remote is an operation of another till: two loaves, ten kopecks off.
func remote(n byte) Fiscalise {
	item := catalog.Item{ID: "bread", Type: catalog.Product, Name: "Хлеб", Rate: tax.VAT10}
	line := RemoteLine(item, cheque.Line{ID: uuid.UUID{1, n}, Qty: 2 * qty.One, Price: 50_00})
	return Fiscalise{Once: onceID(n), Type: doc.Sell, Remote: doc.Remote{Kind: "retaildemand", Href: "https://cloud/entity/retaildemand/syncid/" + onceID(n).ID.String(), Name: "B-1"},
		Cheque:   cheque.Cheque{ID: onceID(n).ID, Lines: []cheque.Line{line}, Recalc: &cheque.Recalc{Online: true, Totals: []money.Amount{99_90}}},
		Payments: []doc.Payment{{Type: doc.PayCash, Sum: 90_00}, {Type: doc.PayElectron, Sum: 9_90}},
		People:   &doc.People{Contact: "+79991234567"}}
}

// TestRemoteReceipt: another till's receipt is registered once, in our shift,
// and moves no money here.
func TestRemoteReceipt(t *testing.T) {
	w := newWorld(t)
	w.refusedAs(t, remote(1), fault.ShiftClosed)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Logout{})
	for range 2 { // the answer to the first was lost
		w.mustDo(t, remote(1))
	}
	back := remote(2)
	back.Type = doc.Payback
	w.mustDo(t, back)
	d := w.documents(doc.Sell)[0]
	if d.ID != onceID(1).ID || d.Receipt.Remote == nil || d.Receipt.Total != 99_90 || d.People == nil || d.Cashier.ID != "c2" || len(d.Receipt.Payments) != 2 {
		t.Errorf("%+v", d)
	}
	v := w.state.View(w.now)
	if len(v.Cheque.Lines) != 1 || v.Last != nil || v.Shift.Totals.Sales.Count != 0 || v.Shift.Totals.Remote.Count != 2 || v.Shift.Totals.Remote.Sum != 0 || w.drawers != 0 {
		t.Errorf("%+v, %d drawers", v.Shift.Totals, w.drawers)
	}
	if len(w.documents(doc.Sell)) != 1 || w.count(kkt.OpSale) != 1 || w.count(kkt.OpSaleReturn) != 1 {
		t.Errorf("%d sales in the FN", w.count(kkt.OpSale))
	}
	w.check()
	for name, change := range map[string]func(*Fiscalise){
		"another sum": func(e *Fiscalise) { e.Payments = e.Payments[:1] },
		"no id":       func(e *Fiscalise) { e.ID = uuid.Nil },
		"a purchase":  func(e *Fiscalise) { e.Type = doc.Buy },
	} {
		bad := remote(3)
		change(&bad)
		if err := w.refusedAs(t, bad, fault.RemoteBad); err == nil {
			t.Error(name)
		}
	}
}

// TestRemotePrepayment: what another till takes before the goods is registered
// as that, whole or in part, and comes back as that; here it is nobody's claim.
func TestRemotePrepayment(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	for n, x := range []struct {
		typ    doc.Type
		sum    money.Amount
		method int
	}{{doc.Sell, 99_90, methodPrepaid}, {doc.Sell, 60_00, methodPrepaidPart}, {doc.Payback, 60_00, methodPrepaidPart}, {doc.Payback, 99_90, methodPrepaid}} {
		cmd := remote(byte(n + 1))
		cmd.Type, cmd.Prepaid, cmd.Payments = x.typ, true, []doc.Payment{{Type: doc.PayElectron, Sum: x.sum}}
		w.mustDo(t, cmd)
		all := w.documents(x.typ)
		r := all[len(all)-1].Receipt
		if l := r.Lines[0]; len(r.Lines) != 1 || r.Total != x.sum || l.Method != x.method || l.Rate != tax.VAT10of || r.Claim != nil || r.Remote == nil {
			t.Errorf("%+v", r)
		}
	}
	if len(w.state.claims) != 0 {
		t.Errorf("%d claims", len(w.state.claims))
	}
	w.check()
	for n, sum := range []money.Amount{0, 99_91} {
		bad := remote(byte(n + 10))
		bad.Prepaid, bad.Payments = true, []doc.Payment{{Type: doc.PayElectron, Sum: sum}}
		w.refusedAs(t, bad, fault.RemoteBad)
	}
}

// TestPaymentWaitsForRemote: a cashier who pays while another till's receipt is
// on its way is served next, and not refused.
func TestPaymentWaitsForRemote(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Scan{Code: bread})
	w.events = append(w.events, WithReq(remote(1), 500), WithReq(Pay{Type: doc.PayCash}, 501))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	for req, err := range map[Req]*fault.Error{500: w.replies[500], 501: w.replies[501]} {
		if err != nil {
			t.Errorf("request %d: %v", req, err)
		}
	}
	if sold := w.documents(doc.Sell); len(sold) != 2 || sold[0].Receipt.Remote == nil || sold[1].Receipt.Remote != nil {
		t.Errorf("%d documents", len(sold))
	}
	w.check()
	// In doubt it is not waited for: the person is told.
	w.mustDo(t, Scan{Code: bread})
	w.intrude()
	w.events = append(w.events, WithReq(remote(2), 510), WithReq(Pay{Type: doc.PayCash}, 511))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if w.replies[510] == nil || w.replies[511] == nil || w.state.phase != Blocked {
		t.Errorf("%v %v %s", w.replies[510], w.replies[511], w.state.phase)
	}
	if v := w.state.View(w.now); v.Paying != nil || v.Doubt == nil || v.Doubt.Sum != 99_90 {
		t.Errorf("%+v", v.Doubt)
	}
}

// TestRemoteWaitsForThePayment: a payment that waits for its scans goes first.
func TestRemoteWaitsForThePayment(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Scan{Code: bread})
	w.events = append(w.events, Scan{Code: bread}, WithReq(Pay{Type: doc.PayCash}, 501), WithReq(remote(1), 500))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if w.replies[501] != nil || w.replies[500] == nil || w.replies[500].Code != fault.ChequePaying {
		t.Errorf("%v %v", w.replies[501], w.replies[500])
	}
	w.mustDo(t, remote(1))
	w.check()
}

// remoteDay has another till's receipts between our own. Whoever takes them
// asks again until they are made.
func remoteDay() *walk {
	other := func(n int, cmd Fiscalise) goal { return goal{made(kkt.OpSale, n), always(cmd)} }
	back := remote(2)
	back.Type = doc.Payback
	return &walk{goals: []goal{opening, other(1, remote(1)), sellGoal(2, Pay{Type: doc.PayCash, Tendered: 500_00}, bread, milk),
		{made(kkt.OpSaleReturn, 1), always(back)}, closing}}
}

// TestRemoteLate: a receipt that was not registered before the till lost its
// power is asked for again by whoever took it: it is nobody's cheque.
func TestRemoteLate(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.break_ = func(int) breakage {
		if w.state.phase == Preparing {
			return crashBefore
		}
		return fine
	}
	if _, err := w.do(remote(1)); err != errCrash {
		t.Fatal(err)
	}
	w.break_ = func(int) breakage { return fine }
	w.now = w.now.Add(10 * time.Minute)
	w.restart()
	if w.state.phase != Idle || !w.state.cart.Empty() || len(w.fn) != 1 {
		t.Fatalf("%s, %d documents in the FN", w.state.phase, len(w.fn))
	}
	w.mustDo(t, remote(1))
	if w.count(kkt.OpSale) != 1 {
		t.Errorf("%d sales", w.count(kkt.OpSale))
	}
	w.check()
}
