package till

import (
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// senior is a world with a senior logged in and the shift open.
func senior(t testing.TB) *world {
	t.Helper()
	w := newWorldWith(t, func(w *world) { w.systems = []tax.System{tax.General, tax.SimplifiedIncome} })
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	return w
}

// TestExchange: the old goods pay for the new, the difference is paid or goes
// back, in two receipts that are one purchase.
func TestExchange(t *testing.T) {
	for _, c := range []struct {
		name         string
		sold, bought []string
		paid         Pay
		parts        []Part
		back, sale   []doc.Payment
		total, cash  money.Amount // what changes hands; what stays in the drawer
	}{
		{"dearer, in cash", []string{bread}, []string{soap}, Pay{Type: doc.PayCash}, []Part{{Type: doc.PayCash, Sum: 100_00}},
			[]doc.Payment{{Type: doc.PayCash, Sum: 49_90}}, []doc.Payment{{Type: doc.PayCash, Sum: 123_45, Tendered: 149_90, Change: 26_45}}, 73_55, 123_45},
		{"dearer, by card", []string{bread}, []string{soap}, Pay{Type: doc.PayCash}, []Part{{Type: doc.PayElectron}},
			[]doc.Payment{{Type: doc.PayCash, Sum: 49_90}}, []doc.Payment{{Type: doc.PayCash, Sum: 49_90, Tendered: 49_90}, {Type: doc.PayElectron, Sum: 73_55}}, 73_55, 49_90},
		{"cheaper", []string{soap}, []string{bread}, Pay{Type: doc.PayElectron}, nil,
			[]doc.Payment{{Type: doc.PayElectron, Sum: 123_45}}, []doc.Payment{{Type: doc.PayElectron, Sum: 49_90}}, -73_55, 0},
		{"the same", []string{bread}, []string{bread}, Pay{Type: doc.PayElectron, QR: true}, nil,
			[]doc.Payment{{Type: doc.PayElectron, QR: true, Sum: 49_90}}, []doc.Payment{{Type: doc.PayElectron, QR: true, Sum: 49_90}}, 0, 0},
	} {
		w := senior(t)
		w.fill(t, c.sold...)
		w.mustDo(t, c.paid)
		w.fill(t, c.bought...)
		w.mustDo(t, Exchange{Once: onceID(1), Sale: w.documents(doc.Sell)[0].ID, Parts: c.parts})
		back, sale := w.documents(doc.Payback)[0], w.documents(doc.Sell)[1]
		for i, got := range [][]doc.Payment{back.Receipt.Payments, sale.Receipt.Payments} {
			want := [][]doc.Payment{c.back, c.sale}[i]
			if len(got) != len(want) {
				t.Errorf("%s: paid %+v", c.name, got)
				continue
			}
			for j := range want {
				if got[j].ID = uuid.Nil; got[j] != want[j] {
					t.Errorf("%s: paid %+v, want %+v", c.name, got[j], want[j])
				}
			}
		}
		if v := w.state.View(w.now).Receipt; v.Total != c.total || len(v.Parts) != 2 || v.Tendered-v.Change > max(c.total, 0) {
			t.Errorf("%s: shown %+v", c.name, v)
		}
		if back.Receipt.Group != 1 || sale.Receipt.Group != 2 || sale.Receipt.Groups != 2 || w.cash != c.cash {
			t.Errorf("%s: group %d and %d, %s in the drawer", c.name, back.Receipt.Group, sale.Receipt.Group, w.cash)
		}
		w.mustDo(t, Exchange{Once: onceID(1), Sale: sale.ID}) // the answer was lost
		w.check()
	}
}

func TestExchangeRules(t *testing.T) {
	w := senior(t)
	w.fill(t, bread, bread)
	w.mustDo(t, Pay{Type: doc.PayCash})
	sale := w.documents(doc.Sell)[0]
	w.refused(t, Exchange{Sale: sale.ID}, fault.ChequeEmpty)
	w.fill(t, soap)
	line := sale.Receipt.Lines[0].ID
	w.refused(t, Exchange{}, fault.BadRequest)
	w.refused(t, Exchange{Sale: uuid.UUID{7}}, fault.NotFound)
	w.refused(t, Exchange{Sale: sale.ID}, fault.PaidLess)
	w.refused(t, Exchange{Sale: sale.ID, Parts: []Part{{Type: doc.PayElectron, Sum: 50_00}}}, fault.PaidMore)
	w.refused(t, Exchange{Sale: sale.ID, Parts: []Part{{Type: doc.PayElectron, QR: true}}}, fault.PayMixed)
	w.refused(t, Exchange{Sale: sale.ID, Parts: make([]Part, MaxParts+1)}, fault.BadRequest)
	w.refused(t, Exchange{Sale: sale.ID, Lines: []ReturnLine{{Line: line, Qty: 3 * qty.One}}}, fault.ReturnMore)
	w.refused(t, Exchange{Sale: sale.ID, Seen: Seen{Revision: 77}}, fault.ChequeStale)
	if len(w.state.cart.Lines) != 1 || w.count(kkt.OpSaleReturn) != 0 {
		t.Error("something has happened")
	}
	w.mustDo(t, VoidCheque{})
	w.fill(t, tea)
	w.refused(t, Exchange{Sale: sale.ID, Parts: []Part{{Type: doc.PayCash, Sum: 10_00}}}, fault.PaidMore)
	w.mustDo(t, Exchange{Sale: sale.ID, Lines: []ReturnLine{{Line: line, Qty: qty.One}}})
	w.refused(t, Exchange{Sale: sale.ID}, fault.ChequeEmpty)
	w.check()
	if w.cash != 49_90+7_77 {
		t.Errorf("%s in the drawer", w.cash)
	}
}

// TestExchangeStopsBetween: when the sale is refused after the return, a person
// is told; given up, the new goods are back in the cheque.
func TestExchangeStopsBetween(t *testing.T) {
	for _, retry := range []bool{true, false} {
		w := senior(t)
		w.fill(t, soap)
		w.mustDo(t, SetContact{Contact: "ivan-999123@example.ru"})
		w.mustDo(t, Pay{Type: doc.PayCash})
		w.fill(t, bread, tea) // two tax systems: three receipts in all
		w.mustDo(t, SetContact{Contact: "anna-999123@example.ru"})
		w.break_ = func(int) breakage {
			if w.state.phase == Recording && w.state.job.kind == kkt.OpSaleReturn {
				w.refuse = fault.New(fault.FiscalPaper)
			}
			return fine
		}
		w.refused(t, Exchange{Sale: w.documents(doc.Sell)[0].ID}, fault.FiscalPartly)
		if w.state.phase != Blocked || len(w.documents(doc.Payback)) != 1 {
			t.Fatalf("phase %s", w.state.phase)
		}
		w.restart()
		w.break_, w.refuse = func(int) breakage { return fine }, nil
		if w.state.phase != Idle && w.state.phase != Blocked {
			t.Fatalf("phase %s", w.state.phase)
		}
		switch {
		case retry && w.state.phase == Blocked:
			w.mustDo(t, Retry{})
		case !retry && w.state.phase == Blocked:
			w.mustDo(t, Abandon{Reason: "покупатель ушёл"})
		}
		w.check()
		if w.state.phase != Idle {
			t.Errorf("phase %s", w.state.phase)
		}
		if got := w.documents(doc.Sell); len(got) == 3 && (got[1].People == nil || got[1].People.Contact != "anna-999123@example.ru") {
			t.Errorf("the sale is %+v's", got[1].People)
		}
		if back := w.documents(doc.Payback)[0].People; back == nil || back.Contact != "ivan-999123@example.ru" {
			t.Errorf("the return is %+v's", back)
		}
	}
}

// TestTakeBack: goods without a receipt are taken back by who may, with a
// reason, at the prices in the cheque.
func TestTakeBack(t *testing.T) {
	w := newWorldWith(t, func(w *world) { w.systems = []tax.System{tax.General, tax.SimplifiedIncome} })
	w.ready(t)
	w.fill(t, bread, tea)
	take := TakeBack{Once: onceID(1), Reason: "брак", Payment: doc.PayCash}
	w.refused(t, take, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.refused(t, TakeBack{Payment: doc.PayCash}, fault.ReasonNone)
	w.refused(t, TakeBack{Reason: "брак"}, fault.BadRequest)
	w.refused(t, TakeBack{Reason: "брак", Payment: doc.PayCredit}, fault.BadRequest)
	w.refused(t, TakeBack{Reason: "брак", Payment: doc.PayCash, Of: &doc.OtherReceipt{FN: "1"}}, fault.BadRequest)
	other := &doc.OtherReceipt{FN: "9999078900009999", FD: 77, Sign: 5, Time: w.now, Sum: 50_00}
	w.refused(t, TakeBack{Reason: "брак", Payment: doc.PayCash, Of: other, Left: 50_00}, fault.ReturnMore)
	w.refused(t, take, fault.FiscalCash) // the drawer is empty
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 100_00}})
	if w.state.approval == nil {
		w.mustDo(t, Approve{PIN: "2222"})
	}
	w.mustDo(t, take)
	w.mustDo(t, take) // the answer was lost
	backs := w.documents(doc.Payback)
	if len(backs) != 2 || backs[0].Receipt.Total != 49_90 || backs[1].Receipt.Total != 7_77 || backs[0].Receipt.Reason != "брак" ||
		backs[0].Receipt.BaseID != uuid.Nil || backs[0].Receipt.Lines[0].Rate != tax.VAT10 {
		t.Errorf("%+v", backs)
	}
	if d := auditOf(t, w, auditTakeBack); d.Note != "брак" || d.Sum != 57_67 {
		t.Errorf("%+v", d)
	}
	w.fill(t, bread)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, TakeBack{Reason: "не подошло", Payment: doc.PayElectron, Of: other, Left: 50_00})
	if o := w.documents(doc.Payback)[2].Receipt.Other; o == nil || o.FN != other.FN || o.FD != 77 || o.Sum != 50_00 || !o.Time.Equal(other.Time) {
		t.Errorf("%+v", o)
	}
	w.check()
	if w.cash != 42_33 {
		t.Errorf("%s in the drawer", w.cash)
	}
}

// TestNoSale: who may opens the drawer without a sale, and the journal says why.
func TestNoSale(t *testing.T) {
	w := newWorld(t)
	w.refused(t, NoSale{Reason: "размен"}, fault.LoginRequired)
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, NoSale{Reason: "размен"}, fault.LoginSenior)
	w.mustDo(t, Login{PIN: "2222"})
	w.refused(t, NoSale{Reason: " "}, fault.ReasonNone)
	before := w.drawers
	w.mustDo(t, NoSale{Reason: "размен"})
	if d := auditOf(t, w, auditNoSale); w.drawers != before+1 || d.Note != "размен" || d.CashierID != "c2" {
		t.Errorf("opened %d times, %+v", w.drawers-before, d)
	}
}

// TestExchangeWithoutReceipt: who may takes old goods back without their sale
// and sells new ones for them; several tax systems are several receipts.
func TestExchangeWithoutReceipt(t *testing.T) {
	w := newWorldWith(t, func(w *world) { w.systems = []tax.System{tax.General, tax.SimplifiedIncome}; w.marking = true })
	w.ready(t)
	w.sell(t, soap, soap)
	w.fill(t, soap, tea)
	back := Exchange{Once: onceID(1), Back: []BackLine{{Item: testItem(t, "bread"), Code: bread, Qty: 2 * qty.One, Price: 45_00}, {Item: testItem(t, "tea"), Qty: qty.One}}, Reason: "брак", Payment: doc.PayCash}
	w.refused(t, back, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	for _, c := range []struct {
		change func(*Exchange)
		code   fault.Code
	}{
		{func(e *Exchange) { e.Back = nil }, fault.BadRequest},
		{func(e *Exchange) { e.Sale = w.lastSale().ID }, fault.BadRequest},
		{func(e *Exchange) { e.Reason = " " }, fault.ReasonNone},
		{func(e *Exchange) { e.Payment = doc.PayCredit }, fault.BadRequest},
		{func(e *Exchange) { e.Back = []BackLine{{Item: testItem(t, "bread"), Qty: 500}} }, fault.QtyBad},
		{func(e *Exchange) { e.Back = []BackLine{{Item: testItem(t, "bread"), Qty: qty.One, Price: -1}} }, fault.AmountBad},
		{func(e *Exchange) { e.Back = []BackLine{{Item: testItem(t, "water"), Qty: qty.One}} }, fault.ItemMarked},
		{func(e *Exchange) { e.Back = []BackLine{{Item: testItem(t, "envd"), Qty: qty.One}} }, fault.FiscalTaxSystem},
		{func(e *Exchange) { e.Back = []BackLine{{Item: testItem(t, "free"), Qty: qty.One}} }, fault.ItemNoPrice},
		{func(e *Exchange) { e.Parts = []Part{{Type: doc.PayElectron, Sum: 100_00}} }, fault.PaidMore},
		{func(e *Exchange) {}, fault.PaidLess},
	} {
		bad := back
		if c.change(&bad); w.state.approval == nil {
			w.mustDo(t, Approve{PIN: "2222"})
		}
		w.refused(t, bad, c.code)
	}
	w.mustDo(t, Approve{PIN: "2222"})
	back.Parts = []Part{{Type: doc.PayElectron}}
	w.mustDo(t, back)
	w.mustDo(t, back) // the answer was lost
	backs, sales := w.documents(doc.Payback), w.documents(doc.Sell)[1:]
	if len(backs) != 2 || len(sales) != 2 || backs[0].Receipt.Total != 90_00 || backs[1].Receipt.Total != 7_77 || backs[0].Receipt.Reason != "брак" || backs[0].Receipt.Groups != 4 || sales[1].Receipt.Group != 4 {
		t.Fatalf("%+v %+v", backs, sales)
	}
	if d := auditOf(t, w, auditTakeBack); d.Note != "брак" || d.Sum != 97_77 || d.ApproverID != "c2" {
		t.Errorf("%+v", d)
	}
	if v := w.state.View(w.now).Receipt; v.Total != 123_45+7_77-97_77 || len(v.Parts) != 4 {
		t.Errorf("%+v", v)
	}
	if w.cash != 246_90 {
		t.Errorf("%s in the drawer", w.cash)
	}
	// A marked unit comes back with its code.
	w.fill(t, bread)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, Exchange{Back: []BackLine{{Item: testItem(t, "water"), Qty: qty.One, Mark: water}}, Reason: "брак", Payment: doc.PayCash, Parts: inCashPart})
	if l := w.documents(doc.Payback)[2].Receipt.Lines[0]; l.Mark != water || l.MarkStatus != 3 || l.Kind != 33 {
		t.Errorf("%+v", l)
	}
	w.check()
}
