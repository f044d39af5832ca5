package till

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
)

// cafe is a world with a bakery for bread, a bar for milk and soap, and nobody
// for the rest.
func cafe(set KitchenSettings) func(*world) {
	return func(w *world) {
		w.settings.Kitchen = set
		w.stations = []kitchen.Station{{Name: "Пекарня", Folders: []string{"bakery"}}, {Name: "Бар", Folders: []string{"dairy", "bar"}}}
		for i := range w.items {
			switch w.items[i].ID {
			case "bread":
				w.items[i].FolderID, w.items[i].FolderPath = "rye", "/bakery/rye/"
			case "soap", "tea":
				w.items[i].FolderID, w.items[i].FolderPath = "bar", "/bar/"
			}
		}
	}
}

// tickets are those of the journal, what was only posted included.
func (w *world) tickets() (all []kitchen.Ticket) {
	w.t.Helper()
	for _, e := range slices.Concat(w.durable, w.posted) {
		if e.Kind != record.Kitchen {
			continue
		}
		var k kitchen.Ticket
		if err := json.Unmarshal(e.Data, &k); err != nil {
			w.t.Fatal(err)
		}
		if e.Type != kitchen.TypeTicket || e.Group != k.ID || e.ID != k.ID {
			w.t.Errorf("ticket %s in a record of type %q, id %s, group %s", k.ID, e.Type, e.ID, e.Group)
		}
		all = append(all, k)
	}
	return all
}

// hand checks that whoever prints tickets gets what the journal has.
func (w *world) hand(e PrintTickets) {
	w.t.Helper()
	for _, k := range e.Tickets {
		if !slices.ContainsFunc(w.tickets(), func(have kitchen.Ticket) bool { return have.ID == k.ID }) {
			w.t.Errorf("ticket %s is printed and nowhere in the journal", k.ID)
		}
	}
}

// checkKitchen: all that the kitchen was told to make is sold, and the other
// way round, unless a cheque is open.
func (w *world) checkKitchen() {
	w.t.Helper()
	if !w.settings.Kitchen.OnPay || !w.state.cart.Empty() || len(w.state.parked) > 0 || w.state.phase != Idle {
		return
	}
	told, sold := map[string]qty.Milli{}, map[string]qty.Milli{}
	for _, k := range w.tickets() {
		for _, d := range k.Dishes {
			told[d.Item] += d.Qty
		}
	}
	maps.DeleteFunc(told, func(_ string, q qty.Milli) bool { return q == 0 })
	for _, d := range w.documents(doc.Sell) {
		for _, l := range d.Receipt.Lines {
			sold[l.ItemID] += l.Qty
		}
	}
	delete(sold, "vodka") // nobody makes it
	if diff := cmp.Diff(sold, told); diff != "" {
		w.t.Errorf("the kitchen was told something else than was sold (-sold +told):\n%s", diff)
	}
}

// cafeDay sends a cheque in two parts and pays it with more, throws away one
// that was sent, and pays one of two receipts that was never sent.
func cafeDay() *walk {
	voided := func(w *world) bool {
		return slices.ContainsFunc(slices.Concat(w.durable, w.posted), func(e record.Entry) bool { return e.Kind == record.Audit && e.Type == auditVoidCheque })
	}
	first := goal{made(kkt.OpSale, 1), func(w *world) Event {
		c := &w.state.cart
		switch {
		case c.Empty():
			return Scan{Code: bread}
		case c.Kitchen == nil:
			return SendKitchen{}
		case len(c.Lines) < 2:
			return Scan{Code: soap}
		case c.Kitchen.Part < 2:
			return SendKitchen{}
		case c.Lines[0].Qty < 2*qty.One:
			return Scan{Code: bread}
		}
		return Pay{Type: doc.PayCash, Tendered: 500_00}
	}}
	thrown := goal{voided, func(w *world) Event {
		c := &w.state.cart
		switch {
		case c.Empty() && c.Revision == 0:
			return Scan{Code: milk}
		case c.Kitchen == nil:
			return SendKitchen{}
		}
		return VoidCheque{}
	}}
	return &walk{arrange: cafe(KitchenSettings{OnPay: true}), senior: true, goals: []goal{opening, first, thrown,
		sellGoal(3, Pay{Type: doc.PayElectron}, bread, tea), closing}}
}

func TestSendKitchen(t *testing.T) {
	w := newWorldWith(t, cafe(KitchenSettings{OnPay: true}))
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Scan{Code: milk})
	w.mustDo(t, SetNote{Line: w.state.cart.Lines[1].ID, Note: " без\nпенки "})
	w.mustDo(t, Scan{Code: milk})
	if n := len(w.state.cart.Lines); n != 3 {
		t.Fatalf("%d lines: one with a note is merged with one without", n)
	}
	if v := w.state.View(w.now); len(v.Kitchen.Unsent) != 3 || v.Kitchen.Order != 0 || len(v.Cheque.Notes) != 1 {
		t.Fatalf("before: %+v", v.Kitchen)
	}
	w.mustDo(t, SendKitchen{})
	got := w.tickets()
	want := []kitchen.Ticket{
		{Order: 1, Part: 1, Station: "Пекарня", Dishes: []cheque.Dish{{Item: "bread", Name: "Хлеб", Unit: "шт", Qty: qty.One, Station: "Пекарня"}}},
		{Order: 1, Part: 1, Station: "Бар", Dishes: []cheque.Dish{
			{Item: "milk", Note: "без·пенки", Name: "Молоко", Unit: "шт", Qty: qty.One, Station: "Бар"},
			{Item: "milk", Name: "Молоко", Unit: "шт", Qty: qty.One, Station: "Бар"}}},
	}
	for i := range got {
		if got[i].Cheque != w.state.cart.ID || got[i].Cashier == "" || !got[i].At.Before(w.now.Add(1)) {
			t.Errorf("ticket %+v", got[i])
		}
		got[i].ID, got[i].Cheque, got[i].Cashier, got[i].At = uuid.Nil, uuid.Nil, "", want[0].At
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	w.refused(t, SendKitchen{}, fault.KitchenKnows)

	// Less of one and more of another, and all of it after a restart.
	w.mustDo(t, VoidLine{Line: w.state.cart.Lines[0].ID})
	w.mustDo(t, SetQty{Line: w.state.cart.Lines[1].ID, Qty: 3 * qty.One})
	w.restart()
	if v := w.state.View(w.now); len(v.Kitchen.Unsent) != 2 || v.Kitchen.Order != 1 || v.Kitchen.Unsent[0].Qty != -qty.One || v.Kitchen.Unsent[1].Qty != 2*qty.One {
		t.Fatalf("after: %+v", v.Kitchen)
	}
	w.mustDo(t, SendKitchen{})
	if all := w.tickets(); len(all) != 4 || all[2].Part != 2 || all[2].Dishes[0].Qty != -qty.One || all[3].Dishes[0].Qty != 2*qty.One {
		t.Fatalf("the second part: %+v", all)
	}
	w.mustDo(t, VoidCheque{})
	if all := w.tickets(); len(all) != 5 || !all[4].Gone || len(all[4].Dishes) != 2 {
		t.Fatalf("thrown away: %+v", all)
	}
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, SendKitchen{})
	if all := w.tickets(); all[5].Order != 2 {
		t.Errorf("the next order has number %d", all[5].Order)
	}
}

// TestKitchenRefuses: no kitchen, nothing to say, somebody else's screen.
func TestKitchenRefuses(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Scan{Code: bread})
	w.refused(t, SendKitchen{}, fault.KitchenOff)
	if v := w.state.View(w.now); v.Kitchen != nil {
		t.Errorf("a kitchen: %+v", v.Kitchen)
	}
	w = newWorldWith(t, cafe(KitchenSettings{}))
	w.refused(t, SendKitchen{}, fault.ChequeEmpty)
	w.mustDo(t, Scan{Code: bread})
	w.refused(t, SendKitchen{Seen: Seen{Revision: 7}}, fault.ChequeStale)
	w.refused(t, SetNote{Seen: Seen{Revision: 7}}, fault.ChequeStale)
	w.refused(t, SetNote{Line: uuid.New(), Note: "x"}, fault.ChequeNoLine)
	w.mustDo(t, VoidLine{Line: w.state.cart.Lines[0].ID})
	w.refused(t, SendKitchen{}, fault.KitchenKnows)
}

// TestKitchenOnPark: a table's cheque is told as it is put aside, and again
// with what was added; called back and emptied it is called off.
func TestKitchenOnPark(t *testing.T) {
	w := newWorldWith(t, cafe(KitchenSettings{OnPark: true}))
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Park{Name: "Стол 4"})
	if all := w.tickets(); len(all) != 1 || all[0].Title != "Стол 4" {
		t.Fatalf("parked: %+v", all)
	}
	w.restart()
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Scan{Code: soap})
	w.mustDo(t, Park{Name: "Стол 4"})
	if all := w.tickets(); len(all) != 2 || all[1].Station != "Бар" || all[1].Part != 2 || all[1].Order != all[0].Order {
		t.Fatalf("parked again: %+v", all)
	}
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	for len(w.state.cart.Lines) > 0 {
		w.mustDo(t, VoidLine{Line: w.state.cart.Lines[0].ID})
	}
	w.mustDo(t, Scan{Code: milk})
	w.mustDo(t, SendKitchen{})
	if all := w.tickets(); len(all) != 4 || all[3].Dishes[0].Qty != -qty.One {
		t.Fatalf("emptied: %+v", all)
	}
}
