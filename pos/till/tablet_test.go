package till

import (
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// tablet makes an order for two: bread at a tenth less and tea that the
// catalogue does not know, the whole a twentieth cheaper.
func tablet(t *testing.T, id string) TabletCheque {
	bread := testItem(t, "bread")
	return TabletCheque{Tablet: cheque.Tablet{ID: id, Order: true, Table: ptr(int64(2)), Place: ptr(int64(3)), Discount: &cheque.Change100{Percent: true, Value: 5_00}},
		Name: "У окна", Generation: 1, Total: 57_48 - 1, // 60.5 less 3.03
		Lines: []TabletLine{
			{Item: bread, Known: true, Qty: 3 * qty.One, Price: 5_00, Total: 13_50, Agreed: cheque.Agreed{Discount: &cheque.Change100{Percent: true, Value: 10_00}}},
			{Item: catalog.Item{Type: catalog.Product, Name: "Чай", Rate: tax.VAT10, Code: "10"}, Qty: qty.One, Price: 47_00, Total: 47_00},
		}}
}

func tabletWorld(t *testing.T) *world {
	w := senior(t)
	w.store.FreePrice, w.store.ManualDiscount, w.store.MaxDiscount = true, true, 100_000
	w.catalogChanges(t)
	return w
}

func (w *world) tablets() (ids []string) {
	v := w.state.View(w.now)
	for _, c := range v.Waiting() {
		ids = append(ids, TabletID(&c.Cheque))
	}
	return ids
}

// TestPutCheques: what a tablet puts aside is among the parked cheques at its own
// prices, survives a restart, is called back, paid, and gone.
func TestPutCheques(t *testing.T) {
	w := tabletWorld(t)
	w.mustDo(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1"), tablet(t, "o-2")}})
	w.restart()
	v := w.state.View(w.now)
	if len(v.Parked) != 2 || v.Parked[0].Total != 57_47 || v.Parked[0].Name != "У окна" || v.Parked[0].Tablet == nil || *v.Parked[0].Tablet.Table != 2 || *v.Parked[0].Tablet.Place != 3 {
		t.Fatalf("parked %+v", v.Parked)
	}
	if list := v.Waiting(); len(list) != 2 || list[0].Items.Total != 60_50 || list[0].Items.Rows[0].Total != 13_50 || list[0].Total != 57_47 {
		t.Fatalf("waiting %+v", list)
	}
	w.refused(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}}, fault.TabletTwice)
	w.mustDo(t, Recall{ID: v.Parked[0].ID})
	w.refused(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}}, fault.TabletTwice)
	edit := tablet(t, "o-1")
	edit.Edit = true
	w.refused(t, PutCheques{Cheques: []TabletCheque{edit}}, fault.TabletOpen)
	if len(w.tablets()) != 2 || w.state.priced.Total != 57_47 {
		t.Fatalf("waiting %v, %s", w.tablets(), w.state.priced.Total)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	if ids := w.tablets(); len(ids) != 1 || ids[0] != "o-2" || w.lastSale().Receipt.Tablet != "o-1" || w.lastSale().Receipt.Total != 57_47 {
		t.Fatalf("waiting %v, receipt %+v", ids, w.lastSale().Receipt)
	}
	w.refused(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}}, fault.TabletTwice) // the answer got lost, and it is paid by now
	w.refused(t, PutCheques{Cheques: []TabletCheque{edit}}, fault.ParkedNone)
	w.now = w.now.Add(tabletKept)
	w.mustDo(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}})
	w.check()
}

// TestPutChequesRemembersOverARestart: a cheque that was paid just before the
// power went is not put aside a second time.
func TestPutChequesRemembersOverARestart(t *testing.T) {
	w := tabletWorld(t)
	w.mustDo(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.restart()
	w.refused(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}}, fault.TabletTwice)
}

// TestPutChequesEdits: an edit replaces the lines of a parked cheque and nothing
// else of it.
func TestPutChequesEdits(t *testing.T) {
	w := tabletWorld(t)
	w.mustDo(t, PutCheques{Cheques: []TabletCheque{tablet(t, "o-1")}})
	id := w.state.parked[0].ID
	edit := tablet(t, "o-1")
	edit.Edit, edit.Name, edit.Tablet.Discount = true, "У двери", nil
	edit.Lines, edit.Total = edit.Lines[1:], 47_00
	w.mustDo(t, PutCheques{Cheques: []TabletCheque{edit}})
	v := w.state.View(w.now)
	if len(v.Parked) != 1 || v.Parked[0].ID != id || v.Parked[0].Name != "У двери" || v.Parked[0].Total != 47_00 || v.Parked[0].Lines != 1 {
		t.Fatalf("parked %+v", v.Parked)
	}
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Park{Name: "свой"})
	mine := w.state.parked[1].ID.String()
	edit.Tablet.ID = mine
	w.refused(t, PutCheques{Cheques: []TabletCheque{edit}}, fault.TabletForeign)
	if ids := w.tablets(); len(ids) != 2 || ids[1] != mine {
		t.Errorf("waiting %v", ids)
	}
	w.restart()
	if c := w.state.parked[0]; len(c.Lines) != 1 || c.Name != "У двери" || c.Tablet.Discount != nil {
		t.Errorf("after a restart %+v", c)
	}
}

// TestPutChequesRefuses: what the till's rules forbid, and a total it would not
// come to; one bad cheque refuses all of them.
func TestPutChequesRefuses(t *testing.T) {
	w := tabletWorld(t)
	for name, c := range map[string]struct {
		change func(*TabletCheque)
		code   fault.Code
	}{
		"no lines":         {func(a *TabletCheque) { a.Lines = nil }, fault.ChequeEmpty},
		"no id":            {func(a *TabletCheque) { a.Tablet.ID = "" }, fault.ChequeEmpty},
		"another total":    {func(a *TabletCheque) { a.Total = 200_00 }, fault.TabletSum},
		"no price":         {func(a *TabletCheque) { a.Lines[0].Price = 0 }, fault.ItemNoPrice},
		"half a loaf":      {func(a *TabletCheque) { a.Lines[0].Qty = 500 }, fault.QtyBad},
		"not for sale":     {func(a *TabletCheque) { a.Lines[0].Item = testItem(t, "vodka") }, fault.ItemForbidden},
		"an edit of none":  {func(a *TabletCheque) { a.Edit = true }, fault.ParkedNone},
		"twice in one":     {func(a *TabletCheque) { a.Tablet.ID = "good" }, fault.TabletTwice},
		"a rate not known": {func(a *TabletCheque) { a.Lines[1].Item.Rate = "99" }, fault.RateBad},
	} {
		bad := tablet(t, "bad")
		c.change(&bad)
		req := PutCheques{Cheques: []TabletCheque{tablet(t, "good"), bad}}
		t.Run(name, func(t *testing.T) { w.refused(t, req, c.code) })
		if len(w.state.parked) != 0 {
			t.Fatalf("%s: something was put aside", name)
		}
	}
	w.refused(t, PutCheques{Who: "nobody", Cheques: []TabletCheque{tablet(t, "1")}}, fault.LoginRefused)
	w.store.FreePrice = false
	w.catalogChanges(t)
	w.refused(t, PutCheques{Cheques: []TabletCheque{tablet(t, "1")}}, fault.TabletUnknown)
	w.store.FreePrice, w.store.MaxDiscount = true, 5_000
	w.catalogChanges(t)
	w.refused(t, PutCheques{Cheques: []TabletCheque{tablet(t, "1")}}, fault.PriceManual)
	many := PutCheques{}
	for n := range MaxParked + 1 {
		if n%20 == 0 && n > 0 {
			w.mustDo(t, many)
			many.Cheques = nil
		}
		a := tablet(t, w.newID().String())
		a.Tablet.Discount, a.Lines, a.Total = nil, a.Lines[1:], 47_00
		many.Cheques = append(many.Cheques, a)
	}
	w.refused(t, many, fault.ParkedFull)
	w.refused(t, PutCheques{Cheques: make([]TabletCheque, MaxPut+1)}, fault.TooLarge)
	w.refused(t, PutCheques{Cheques: []TabletCheque{{Lines: make([]TabletLine, MaxPutLines+1)}}}, fault.TooLarge)
}

// TestPutChequesKeepsOddRoundings: where a percent of the unit's price is rounded
// otherwise than a percent of the line, the line's sum is right.
func TestPutChequesKeepsOddRoundings(t *testing.T) {
	w := tabletWorld(t)
	a := tablet(t, "odd")
	l := &a.Lines[0]
	l.Price, l.Total = 33, 89 // 0.99 less 0.10; a tenth of 0.33 would make 0.90
	a.Tablet.Discount, a.Lines = nil, a.Lines[:1]
	a.Tablet.Increase = &cheque.Change100{Percent: true, Value: 3_00} // 0.03
	a.Total = money.Amount(92)
	w.mustDo(t, PutCheques{Cheques: []TabletCheque{a}})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	if w.state.priced.Total != 92 || w.state.repriced != nil {
		t.Errorf("comes to %s, changed %+v", w.state.priced.Total, w.state.repriced)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}
