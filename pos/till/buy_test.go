package till

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

func goodsOf(w *world, id string, q qty.Milli, price money.Amount) BackLine {
	for _, it := range w.items {
		if it.ID == id {
			return BackLine{Item: it, Code: id, Qty: q, Price: price}
		}
	}
	w.t.Fatal(id)
	return BackLine{}
}

// Goods are bought for what was agreed, never for what a rule says, out of the
// drawer and no more than is in it; given back in parts and in any order they
// come to what was paid. None of it is revenue.
func TestBuyAndGiveBack(t *testing.T) {
	w := newWorldWith(t, func(w *world) { w.systems = append(w.systems, tax.SimplifiedIncome) })
	w.mustDo(t, Login{PIN: "1111"})
	w.mustDo(t, OpenShift{})
	bread := goodsOf(w, "bread", 3*qty.One, 20_05)
	buy := Buy{Once: onceID(1), Goods: []BackLine{bread, goodsOf(w, "cheese", 1335, 500_00), goodsOf(w, "tea", qty.One, 5_00)}, Payment: doc.PayCash, Person: "Сидоров С."}
	w.refused(t, buy, fault.LoginSenior)
	w.mustDo(t, Login{PIN: "2222"})
	w.refused(t, buy, fault.FiscalCash)
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 1000_00}})
	for code, l := range map[fault.Code]BackLine{
		fault.BuyPrice:     goodsOf(w, "bread", qty.One, 0),
		fault.BuyForbidden: goodsOf(w, "shoes", qty.One, 10_00),
		fault.QtyBad:       goodsOf(w, "bread", 1500, 10_00),
		fault.AmountBad:    goodsOf(w, "bread", qty.One, -1),
	} {
		w.refused(t, Buy{Goods: []BackLine{l}, Payment: doc.PayCash}, code)
	}
	w.refused(t, Buy{Goods: []BackLine{goodsOf(w, "vodka", qty.One, 1)}, Payment: doc.PayCash}, fault.BuyForbidden)
	w.refused(t, Buy{Payment: doc.PayCash}, fault.ChequeEmpty)
	w.refused(t, Buy{Goods: []BackLine{bread}, Payment: doc.PayCredit}, fault.BadRequest)
	w.mustDo(t, buy)
	w.mustDo(t, buy) // once
	bought := w.documents(doc.Buy)
	if len(bought) != 2 || bought[0].Receipt.Total != 3*20_05+667_50 || bought[1].Receipt.Total != 5_00 || bought[0].Receipt.Discount != 0 ||
		bought[0].People == nil || bought[0].People.Person != "Сидоров С." || w.count(kkt.OpBuy) != 2 {
		t.Fatalf("%+v", bought)
	}
	left := money.Amount(1000_00 - 3*20_05 - 667_50 - 5_00)
	if s := w.state.shift.Totals; s.Drawer != left || s.Revenue != 0 || s.Buys.Count != 2 || s.Buys.Total != 1000_00-left {
		t.Fatalf("%+v", s)
	}
	lines := bought[0].Receipt.Lines
	w.mustDo(t, Return{Sale: bought[0].ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: qty.One}, {Line: lines[1].ID, Qty: 333}}})
	w.restart()
	w.refused(t, Return{Sale: bought[0].ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 3 * qty.One}}}, fault.ReturnMore)
	w.mustDo(t, Return{Sale: bought[0].ID})
	w.refused(t, Return{Sale: bought[0].ID}, fault.ReturnOf)
	back := w.documents(doc.Buyback)
	if len(back) != 2 || back[0].Receipt.Total+back[1].Receipt.Total != bought[0].Receipt.Total || back[1].Receipt.BaseID != bought[0].ID || w.count(kkt.OpBuyReturn) != 2 {
		t.Errorf("%+v", back)
	}
	if s := w.state.shift.Totals; s.Drawer != 1000_00-5_00 || s.BuysBack.Total != bought[0].Receipt.Total || s.Revenue != 0 {
		t.Errorf("%+v", s)
	}
	w.mustDo(t, CloseShift{})
}

// The goods in the cheque are bought for what is said of each line; the cheque
// is over then, and stays as it was when nothing is bought.
func TestBuyTheCheque(t *testing.T) {
	w := newWorldWith(t, func(w *world) { w.systems = append(w.systems, tax.SimplifiedIncome) })
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 1000_00}})
	w.mustDo(t, Scan{Code: "2*" + barcodeOf(w, "bread")})
	w.mustDo(t, Scan{Code: barcodeOf(w, "tea")}) // of another tax system: a receipt of its own
	v := w.state.View(w.now)
	seen := Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}
	cart := []Bought{{Line: v.Cheque.Lines[0].ID, Price: 20_00}, {Line: v.Cheque.Lines[1].ID, Price: 7_50}}
	w.refused(t, Buy{Cart: cart[:1], Seen: seen, Payment: doc.PayCash}, fault.BuyPrice)
	w.refused(t, Buy{Cart: append(cart[:2:2], Bought{Line: onceID(9).ID, Price: 1}), Seen: seen, Payment: doc.PayCash}, fault.ChequeNoLine)
	w.refused(t, Buy{Cart: cart, Seen: Seen{Cheque: seen.Cheque, Revision: seen.Revision - 1}, Payment: doc.PayCash}, fault.ChequeStale)
	w.refused(t, Buy{Cart: []Bought{{cart[0].Line, 900_00}, cart[1]}, Seen: seen, Payment: doc.PayCash}, fault.FiscalCash)
	if v = w.state.View(w.now); len(v.Cheque.Lines) != 2 || v.Cheque.Lines[0].ID != cart[0].Line {
		t.Fatalf("the cheque is not as it was: %+v", v.Cheque.Lines)
	}
	seen = Seen{Cheque: v.Cheque.ID, Revision: v.Cheque.Revision}
	w.mustDo(t, Buy{Once: onceID(1), Cart: cart, Seen: seen, Payment: doc.PayCash, Person: "Сидоров С."})
	bought := w.documents(doc.Buy)
	if len(bought) != 2 || bought[0].Receipt.Total+bought[1].Receipt.Total != 47_50 || bought[0].People == nil || bought[0].People.Person != "Сидоров С." {
		t.Fatalf("%+v", bought)
	}
	if v = w.state.View(w.now); len(v.Cheque.Lines) != 0 || v.Shift.Totals.Drawer != 952_50 {
		t.Errorf("%+v, %s in the drawer", v.Cheque.Lines, v.Shift.Totals.Drawer)
	}
	w.restart()
	if v = w.state.View(w.now); len(v.Cheque.Lines) != 0 {
		t.Errorf("after a start the goods are in the cheque again: %+v", v.Cheque.Lines)
	}
}

func barcodeOf(w *world, id string) string {
	for _, it := range w.items {
		if it.ID == id {
			return it.Barcodes[0]
		}
	}
	w.t.Fatal(id)
	return ""
}

// One notice is dismissed, or all are.
func TestDismissOne(t *testing.T) {
	w := newWorld(t)
	for _, code := range []string{"nonsense", "rubbish", "trash"} {
		w.refused(t, Scan{Code: code}, fault.CodeUnknown)
	}
	v := w.state.View(w.now)
	w.mustDo(t, Dismiss{Notice: v.Notices[1].ID})
	w.mustDo(t, Dismiss{Notice: v.Notices[1].ID}) // gone already
	if left := w.state.View(w.now).Notices; len(left) != 2 || left[0].ID != v.Notices[0].ID || left[1].ID != v.Notices[2].ID {
		t.Errorf("%+v", left)
	}
	w.mustDo(t, Dismiss{})
	if left := w.state.View(w.now).Notices; len(left) != 0 {
		t.Errorf("%+v", left)
	}
}
