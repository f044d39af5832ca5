package till

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
)

func testItem(t *testing.T, id string) catalog.Item {
	t.Helper()
	for _, it := range testItems() {
		if it.ID == id {
			return it
		}
	}
	t.Fatalf("no item %s", id)
	return catalog.Item{}
}

// TestTakeOrder: an order is a cheque at its own prices, whatever discounts
// there are; it survives a restart, and what was paid before pays its part.
func TestTakeOrder(t *testing.T) {
	w := senior(t)
	order := TakeOrder{Order: cheque.Order{Order: doc.Order{ID: "o1", Name: "Z-1", Agent: "a1"}, PaidCash: 10_00, PaidNoCash: 20_00}, Generation: 1,
		Lines: []OrderLine{{Item: testItem(t, "milk"), Qty: 2 * qty.One, Price: 50_00}, {Item: testItem(t, "bread"), Qty: qty.One, Price: 40_00}}}
	for _, c := range []struct {
		change func(*TakeOrder)
		code   fault.Code
	}{
		{func(o *TakeOrder) { o.Lines = nil }, fault.ChequeEmpty},
		{func(o *TakeOrder) { o.Lines = make([]OrderLine, cheque.MaxLines+1) }, fault.ChequeFull},
		{func(o *TakeOrder) { o.Lines = []OrderLine{{Item: testItem(t, "bread"), Qty: 500, Price: 1}} }, fault.QtyBad},
		{func(o *TakeOrder) { o.Lines = []OrderLine{{Item: testItem(t, "bread"), Qty: qty.One}} }, fault.ItemNoPrice},
		{func(o *TakeOrder) { o.Lines = []OrderLine{{Item: testItem(t, "vodka"), Qty: qty.One, Price: 1}} }, fault.ItemForbidden},
		{func(o *TakeOrder) { o.Lines = []OrderLine{{Item: testItem(t, "shoes"), Qty: qty.One, Price: 1}} }, fault.MarkDevice},
	} {
		bad := order
		c.change(&bad)
		w.refused(t, bad, c.code)
		if !w.state.cart.Empty() {
			t.Fatal("a refused order left something in the cheque")
		}
	}
	w.mustDo(t, order)
	w.refused(t, order, fault.ChequeNotEmpty)
	w.crash()
	w.durable = append(w.durable, w.posted...)
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if w.state.cart.Order == nil || w.state.priced.Total != 140_00 {
		t.Fatalf("%+v, %s", w.state.cart.Order, w.state.priced.Total)
	}
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 140_00}}}, fault.PaidMore)
	w.refused(t, Pay{Type: doc.PayElectron, QR: true}, fault.PayMixed)
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 200_00})
	r := w.lastSale().Receipt
	if p := r.Payments; len(p) != 3 || p[0].Via != doc.PayCash || p[0].Sum != 10_00 || p[1].Via != doc.PayElectron || p[1].Sum != 20_00 || p[2].Sum != 110_00 || p[2].Change != 90_00 {
		t.Errorf("paid %+v", p)
	}
	if r.Order == nil || r.Order.ID != "o1" || r.Lines[0].Price != 50_00 || r.Lines[0].Discount != 0 {
		t.Errorf("%+v", r)
	}
	order.Order.PaidNoCash = 1000_00
	w.mustDo(t, order)
	w.refused(t, Pay{Type: doc.PayCash, Tendered: 10_00}, fault.PaidMore)
	w.mustDo(t, Pay{Type: doc.PayCash}) // nothing is left to pay
	if p := w.lastSale().Receipt.Payments; len(p) != 2 || p[1].Sum != 130_00 {
		t.Errorf("paid %+v", p)
	}
	w.check()
}
