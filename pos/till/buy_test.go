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
