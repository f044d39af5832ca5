package till

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/stock"
)

// stockWorld is a till with a senior and no shift: goods are counted at night.
func stockWorld(t *testing.T) *world {
	w := newWorld(t)
	for i := range w.items {
		w.items[i].Stock = 10 * qty.One
	}
	w.mustDo(t, Login{PIN: "2222"})
	return w
}

// One document of each type, from its beginning to the journal.
func TestStockDocuments(t *testing.T) {
	price := money.Amount(59_90)
	cost := money.Amount(30_00)
	for typ, c := range map[doc.Type]struct {
		head stock.Head
		want doc.StockPosition // of bread
		sum  money.Amount
	}{
		doc.Inventory:   {stock.Head{Complete: true, Comment: "ночь"}, doc.StockPosition{Qty: 3 * qty.One, Price: 49_90, Sum: 149_70}, 149_70},
		doc.Accept:      {stock.Head{Supplier: "Хлебозавод"}, doc.StockPosition{Qty: 3 * qty.One, Price: 49_90, Cost: cost, Sum: 90_00}, 90_00},
		doc.Return:      {stock.Head{Supplier: "Хлебозавод"}, doc.StockPosition{Qty: 3 * qty.One, Price: 49_90, Cost: cost, Sum: 90_00}, 90_00},
		doc.WriteOff:    {stock.Head{Comment: "срок"}, doc.StockPosition{Qty: 3 * qty.One, Price: 49_90, Sum: 149_70}, 149_70},
		doc.OpenTare:    {stock.Head{}, doc.StockPosition{Qty: 3 * qty.One, Price: 49_90, Sum: 149_70}, 149_70},
		doc.Revaluation: {stock.Head{BaseID: uuid.UUID{1}, BaseNo: 7}, doc.StockPosition{Qty: qty.One, Price: price, OldPrice: 49_90}, 0},
	} {
		t.Run(string(typ), func(t *testing.T) {
			w := stockWorld(t)
			w.mustDo(t, BeginStock{Type: typ, Head: c.head})
			w.refused(t, BeginStock{Type: typ}, fault.StockOpen)
			if c.head.Complete { // an empty shop is a result too
				w.mustDo(t, FinishStock{})
				w.mustDo(t, BeginStock{Type: typ, Head: c.head})
			} else {
				w.refused(t, FinishStock{}, fault.StockEmpty)
			}
			w.mustDo(t, Scan{Code: bread})
			w.mustDo(t, Scan{Code: "2*" + bread})
			l := w.state.sheet.Lines[0]
			switch typ {
			case doc.Accept, doc.Return:
				w.mustDo(t, SetStock{Line: l.ID, Cost: &cost})
			case doc.Revaluation:
				w.refused(t, FinishStock{}, fault.StockPrice)
				w.mustDo(t, SetStock{Line: l.ID, Price: &price})
			}
			if !w.state.cart.Empty() {
				t.Error("counted goods are in the cheque")
			}
			before := len(w.fn)
			w.mustDo(t, FinishStock{Once: onceID(1)})
			w.mustDo(t, FinishStock{Once: onceID(1)})
			docs := w.documents(typ)
			d := docs[len(docs)-1]
			if d.ID != onceID(1).ID || head(d.Stock) != c.head || len(d.Stock.Positions) != 1 || d.Stock.Sum != c.sum || d.Cashier.ID != "c2" || d.Fiscal != nil || len(w.fn) != before {
				t.Fatalf("%+v %+v", d, d.Stock)
			}
			c.want.ID, c.want.ItemID, c.want.Barcode, c.want.Name, c.want.Unit, c.want.Before = l.ID, "bread", bread, "Хлеб", "шт", 10*qty.One
			if d.Stock.Positions[0] != c.want {
				t.Errorf("\n%+v\n%+v", d.Stock.Positions[0], c.want)
			}
			if w.state.sheet.Open() || w.state.View(w.now).Stock != nil {
				t.Error("the sheet is still there")
			}
			w.refused(t, FinishStock{}, fault.StockNone)
		})
	}
}

func head(s *doc.Stock) stock.Head {
	return stock.Head{Supplier: s.Supplier, Comment: s.Comment, Complete: s.Complete, BaseID: s.BaseID, BaseNo: s.BaseNo}
}

// Goods of every kind can be counted, also those that may not be sold; what a
// code does not say is asked for, and the same marked unit counts once.
func TestStockCounts(t *testing.T) {
	w := stockWorld(t)
	w.mustDo(t, BeginStock{Type: doc.Inventory})
	w.mustDo(t, Scan{Code: "4600000000077"}) // alcohol
	w.mustDo(t, Scan{Code: "4600000000053"}) // no price
	w.refused(t, Scan{Code: "00042"}, fault.ItemWeight)
	w.mustDo(t, Scan{Code: "1.250*00042"})
	w.refused(t, Scan{Code: "999"}, fault.CodeUnknown)
	unit := "010460000000006021ABCdefGHI1234\x1d91EE06\x1d92" + "dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q="
	w.mustDo(t, Scan{Code: unit})
	w.refused(t, Scan{Code: unit}, fault.StockTwice)
	if len(w.asked) != 0 {
		t.Error("a counted unit asked for a permit")
	}
	w.step(Scan{Code: "4600000000138"}) // two items have it
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	q := w.state.View(w.now).Questions
	if len(q) != 1 || len(q[0].Choices) < 2 {
		t.Fatalf("%+v", q)
	}
	w.mustDo(t, Choose{Question: q[0].ID, Choice: q[0].Choices[1].ID})
	got := map[string]qty.Milli{}
	for _, l := range w.state.sheet.Lines {
		got[l.Item.ID] += l.Qty
	}
	if got["vodka"] != qty.One || got["free"] != qty.One || got["cheese"] != 1250 || got["shoes"] != qty.One || got["same1"]+got["same2"] != qty.One {
		t.Errorf("%v", got)
	}
	line := w.state.sheet.Lines[0]
	none, much, part := qty.Milli(0), (stock.MaxQty+1)*qty.One, qty.Milli(1500)
	w.mustDo(t, SetStock{Line: line.ID, Qty: &none}) // it was expected and is not there
	w.refused(t, SetStock{Line: line.ID, Qty: &much}, fault.QtyBad)
	w.refused(t, SetStock{Line: line.ID, Qty: &part}, fault.QtyBad)
	w.refused(t, SetStock{Line: uuid.UUID{9}, Qty: &none}, fault.ChequeNoLine)
	bad := money.Amount(-1)
	w.refused(t, SetStock{Line: line.ID, Cost: &bad}, fault.AmountBad)
	w.mustDo(t, RemoveStock{Line: line.ID})
	w.refused(t, RemoveStock{Line: line.ID}, fault.ChequeNoLine)
}

// A paused sheet leaves the scanner to the cheque, waits as long as it must,
// through restarts and sales, and goes on.
func TestStockPauses(t *testing.T) {
	w := stockWorld(t)
	w.mustDo(t, OpenShift{})
	w.mustDo(t, BeginStock{Type: doc.Inventory})
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, PauseStock{Paused: true})
	w.restart()
	w.mustDo(t, Scan{Code: milk})
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 100_00})
	w.restart()
	if v := w.state.View(w.now).Stock; v == nil || !v.Paused || v.Lines != 1 || v.Units != qty.One {
		t.Fatalf("%+v", v)
	}
	w.mustDo(t, PauseStock{Paused: false})
	w.mustDo(t, Scan{Code: bread})
	view := w.state.View(w.now)
	if s := view.Sheet(); len(s.Lines) != 1 || s.Lines[0].Qty != 2*qty.One {
		t.Errorf("%+v", s)
	}
	w.mustDo(t, CancelStock{})
	if d := auditOf(t, w, auditStock); d.Note != string(doc.Inventory) || d.CashierID != "c2" {
		t.Errorf("%+v", d)
	}
	w.restart()
	if w.state.sheet.Open() || len(w.documents(doc.Inventory)) != 0 {
		t.Error("a cancelled sheet came back")
	}
}

// Who may not make stock documents asks somebody who may; counting itself
// needs nobody.
func TestStockIsPermitted(t *testing.T) {
	w := newWorld(t)
	w.refused(t, BeginStock{Type: doc.WriteOff}, fault.LoginRequired)
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, BeginStock{Type: doc.WriteOff}, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.refused(t, BeginStock{Type: doc.Sell}, fault.BadRequest)
	w.refused(t, BeginStock{Type: doc.WriteOff, Head: stock.Head{Complete: true}}, fault.BadRequest)
	w.refused(t, BeginStock{Type: doc.WriteOff, Head: stock.Head{Supplier: "x"}}, fault.BadRequest)
	w.refused(t, BeginStock{Type: doc.Accept, Head: stock.Head{BaseNo: 1}}, fault.BadRequest)
	w.mustDo(t, BeginStock{Type: doc.WriteOff})
	w.mustDo(t, Scan{Code: bread})
	w.refused(t, FinishStock{}, fault.LoginSenior)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, FinishStock{})
	if len(w.documents(doc.WriteOff)) != 1 {
		t.Error("no document")
	}
}

// The power goes at every step of a count, with and without what was only
// posted: one document, of what the sheet showed.
func TestStockCrashes(t *testing.T) {
	for _, drop := range []bool{false, true} {
		for _, how := range []breakage{crashBefore, crashAfter} {
			for at := 1; ; at++ {
				w := stockWorld(t)
				w.drop, w.steps = drop, 0
				met := false
				w.break_ = func(step int) breakage {
					if step == at && !met {
						met = true
						return how
					}
					return fine
				}
				stockWalk(t, w)
				docs := w.documents(doc.Inventory)
				if len(docs) != 1 || len(docs[0].Stock.Positions) != 2 || docs[0].Stock.Positions[0].Qty != 2*qty.One {
					t.Fatalf("step %d %s: %+v", at, breakageNames[how], docs)
				}
				if w.state.sheet.Open() {
					t.Fatal("the sheet is still there")
				}
				if !met {
					break
				}
			}
		}
	}
}

// stockWalk counts two breads and a milk as somebody does who looks at the
// screen after every restart.
func stockWalk(t *testing.T, w *world) {
	t.Helper()
	on := func(id string) (q qty.Milli) {
		for _, l := range w.state.sheet.Lines {
			if l.Item.ID == id {
				q += l.Qty
			}
		}
		return q
	}
	for range 30 {
		var cmd Event
		switch {
		case len(w.documents(doc.Inventory)) > 0 && !w.state.sheet.Open():
			return
		case w.state.cashier == nil:
			cmd = Login{PIN: "2222"}
		case !w.state.sheet.Open():
			cmd = BeginStock{Type: doc.Inventory}
		case on("bread") < 2*qty.One:
			cmd = Scan{Code: bread}
		case on("milk") < qty.One:
			cmd = Scan{Code: milk}
		default:
			cmd = FinishStock{Once: onceID(7)}
		}
		reply, err := w.do(cmd)
		switch {
		case errors.Is(err, errCrash):
			w.restart()
		case reply != nil:
			t.Fatalf("%T: %v", cmd, reply)
		}
	}
	t.Fatal("it never ends")
}

// A journal that takes nothing gives the sheet back.
func TestStockNotStored(t *testing.T) {
	w := stockWorld(t)
	w.mustDo(t, BeginStock{Type: doc.WriteOff})
	w.mustDo(t, Scan{Code: bread})
	s, fx := Step(w.state, w.env(), FinishStock{Req: 900})
	var op Op
	for _, e := range fx {
		if st, ok := e.(Store); ok {
			op = st.Op
		}
	}
	s, fx = Step(s, w.env(), Stored{Op: op, Err: fault.New(fault.JournalSpace), Nothing: true})
	if !s.sheet.Open() || len(s.sheet.Lines) != 1 || s.phase != Idle {
		t.Errorf("%+v in %s", s.sheet, s.phase)
	}
	answered := false
	for _, e := range fx {
		if r, ok := e.(Reply); ok && r.Req == 900 {
			answered = r.Err != nil && r.Err.Code == fault.JournalSpace
		}
	}
	if !answered {
		t.Error("nobody is told why")
	}
}

// The sheet's records are read back as they were written.
func TestStockRecords(t *testing.T) {
	w := stockWorld(t)
	w.mustDo(t, BeginStock{Type: doc.Accept, Head: stock.Head{Supplier: "П"}})
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, OpenShift{}) // flushes what was posted
	n := 0
	for _, e := range w.durable {
		if e.Kind == record.Cart && e.Type == stockType {
			var ch stock.Change
			if err := json.Unmarshal(e.Data, &ch); err != nil || ch.Revision != int64(n+1) || e.Group != w.state.sheet.ID {
				t.Errorf("%s %v", e.Data, err)
			}
			n++
		}
	}
	if n != 2 || w.count(kkt.OpOpenShift) != 1 {
		t.Errorf("%d records", n)
	}
}

// Codes that are still being looked up keep the place they were scanned for.
func TestStockWaitsForScans(t *testing.T) {
	w := stockWorld(t)
	w.mustDo(t, BeginStock{Type: doc.Inventory})
	s, fx := Step(w.state, w.env(), Scan{Code: bread})
	for _, cmd := range []Event{PauseStock{Req: 901, Paused: true}, CancelStock{Req: 901}, FinishStock{Req: 901}} {
		next, fx := Step(s, w.env(), cmd)
		refused := false
		for _, e := range fx {
			r, ok := e.(Reply)
			refused = refused || ok && r.Err != nil && r.Err.Code == fault.Busy
		}
		if !refused || !next.sheet.Takes() {
			t.Errorf("%T took the scanner away from a code under way", cmd)
		}
	}
	for _, e := range fx {
		if look, ok := e.(Lookup); ok {
			s, _ = Step(s, w.env(), w.find(look))
		}
	}
	if len(s.sheet.Lines) != 1 || !s.cart.Empty() {
		t.Errorf("%+v", s.sheet)
	}
}
