package till

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

func advanceOf(r *doc.Receipt) (sum money.Amount) {
	for _, p := range r.Payments {
		if p.Type == doc.PayAdvance {
			sum += p.Sum
		}
	}
	return sum
}

// TestHandOverInParts: a prepayment is handed over piece by piece, by what is
// scanned or by its lines; each piece is paid for by its own part of the money,
// and once everything is handed over nothing is left.
func TestHandOverInParts(t *testing.T) {
	for _, prepaid := range []money.Amount{0, 200_00} { // all of it, or a part
		w := senior(t)
		w.fill(t, bread, bread, bread, soap, "1.530*00042") // 149.70, 123.45 and 1222.47
		w.mustDo(t, Prepay{Sum: prepaid, Parts: []Part{{Type: doc.PayElectron, Sum: 50_00}, {Type: doc.PayCash}}})
		sale := w.lastSale()
		lines := sale.Receipt.Claim.Lines
		rest := []Part(nil)
		if prepaid != 0 {
			rest = inCashPart
		}
		w.refused(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 4 * qty.One}}}, fault.ClaimGoods)
		w.refused(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 500}}}, fault.QtyBad)
		w.refused(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID}, {Line: lines[0].ID}}}, fault.ClaimGoods)
		w.refused(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: w.newID()}}}, fault.ChequeNoLine)
		w.mustDo(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID, Qty: qty.One}}, Parts: rest})
		w.restart()
		w.fill(t, milk)
		w.refused(t, HandOver{Claim: sale.Name, Parts: rest}, fault.ClaimGoods) // nobody has prepaid milk
		w.mustDo(t, VoidCheque{})
		w.fill(t, bread, "0.500*00042")
		w.refused(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID}}}, fault.ChequeNotEmpty)
		w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: sale.Name}, {Type: doc.PayCash}}}, fault.ClaimFor)
		w.mustDo(t, HandOver{Claim: sale.Name, Parts: rest})
		if !w.state.cart.Empty() {
			t.Error("what was handed over is still in the cheque")
		}
		w.mustDo(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[2].ID, Qty: 7}}, Parts: rest})
		w.fill(t, bread, bread)
		w.refused(t, HandOver{Claim: sale.Name, Parts: rest}, fault.ClaimGoods) // one of them was not paid for
		w.mustDo(t, VoidCheque{})
		w.restart()
		w.mustDo(t, HandOver{Claim: sale.Name, Parts: rest})
		var total, advance money.Amount
		for _, d := range w.documents(doc.Sell)[1:] {
			total, advance = total+d.Receipt.Total, advance+advanceOf(d.Receipt)
			for _, l := range d.Receipt.Lines {
				if l.Method != 4 || strings.HasSuffix(string(l.Rate), "f") {
					t.Errorf("%+v", l)
				}
			}
		}
		if want := sale.Receipt.Total; total != 149_70+123_45+1222_47 || advance != want || len(w.state.claims) != 0 {
			t.Errorf("%s handed over, %s of it prepaid, want %s; %+v is left", total, advance, want, w.state.claims)
		}
		w.refused(t, HandOver{Claim: sale.Name}, fault.ClaimUnknown)
		w.check()
	}
}

// TestRestOfPrepayment: what was not handed over is paid back, line by line or
// all of it, and what was handed over is not; goods that come back do so onto
// the prepayment, or as the money itself.
func TestRestOfPrepayment(t *testing.T) {
	for _, prepaid := range []money.Amount{0, 100_00} {
		w := senior(t)
		w.fill(t, bread, bread, bread, soap)
		w.mustDo(t, Prepay{Sum: prepaid, Parts: []Part{{Type: doc.PayElectron, Sum: 33_33}, {Type: doc.PayCash}}})
		sale := w.lastSale()
		lines := sale.Receipt.Claim.Lines
		rest := []Part(nil)
		if prepaid != 0 {
			rest = []Part{{Type: doc.PayElectron}}
		}
		w.mustDo(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID, Qty: 2 * qty.One}}, Parts: rest})
		handed := w.lastSale()
		left := w.state.claim(sale.ID).Left()
		w.mustDo(t, Return{Sale: handed.ID, Lines: []ReturnLine{{Line: lines[0].ID, Qty: qty.One}}})
		onto := w.documents(doc.Payback)[0].Receipt
		if got := w.state.claim(sale.ID).Left() - left; got != advanceOf(onto) || got == 0 || onto.Hands.ID != sale.ID || onto.Lines[0].Prepaid != got {
			t.Errorf("%s came back onto the prepayment: %+v", got, onto)
		}
		w.restart()
		w.mustDo(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[0].ID, Qty: qty.One}}, Parts: rest}) // another one instead
		w.mustDo(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: lines[1].ID}}})
		w.refused(t, HandOver{Claim: sale.Name, Lines: []ReturnLine{{Line: lines[1].ID}}, Parts: rest}, fault.ClaimGoods)
		w.mustDo(t, Return{Sale: sale.ID})
		if len(w.state.claims) != 0 {
			t.Errorf("%+v", w.state.claims)
		}
		w.refused(t, Return{Sale: sale.ID}, fault.ClaimLess)
		var back money.Amount
		for _, d := range w.documents(doc.Payback) {
			if d.Receipt.BaseID == sale.ID {
				back += d.Receipt.Total
			}
		}
		used := money.Amount(0)
		for _, d := range w.documents(doc.Sell)[1:] {
			used += advanceOf(d.Receipt)
		}
		if used -= advanceOf(onto); back+used != sale.Receipt.Total {
			t.Errorf("%s came back, %s were used, %s prepaid", back, used, sale.Receipt.Total)
		}
		w.check()
		// The customer wants no other goods but the money.
		cash := w.cash
		w.refused(t, Return{Sale: handed.ID, Payment: doc.PayCash, Lines: []ReturnLine{{Line: lines[0].ID}}}, fault.ReturnPayment) // a part of it came by card
		w.mustDo(t, Return{Sale: handed.ID, Payment: AsMoney, Lines: []ReturnLine{{Line: lines[0].ID}}})
		r := w.documents(doc.Payback)[3].Receipt
		for _, p := range r.Payments {
			if p.Type == doc.PayCash {
				cash -= p.Sum
			}
		}
		if advanceOf(r) != 0 || w.cash != cash || r.Total != 49_90 || len(w.state.claims) != 0 {
			t.Errorf("%+v, %+v", r.Payments, w.state.claims)
		}
		w.check()
	}
}

// TestExchangeOfHandedGoods: goods that were prepaid are exchanged like others;
// the prepayment is not touched by it.
func TestExchangeOfHandedGoods(t *testing.T) {
	w := senior(t)
	w.fill(t, soap)
	w.mustDo(t, Prepay{Parts: inCashPart})
	w.mustDo(t, HandOver{Claim: w.lastSale().Name})
	handed := w.lastSale()
	w.fill(t, bread)
	w.mustDo(t, Exchange{Sale: handed.ID})
	if p := w.lastSale().Receipt.Payments; len(p) != 1 || p[0].Type != doc.PayCash || p[0].Sum != 49_90 || len(w.state.claims) != 0 || w.cash != 49_90 {
		t.Errorf("%+v, %+v, %s in the drawer", p, w.state.claims, w.cash)
	}
	w.check()
}

// TestMarkedPrepayment: marked goods are prepaid without their codes; the code
// of each unit is scanned when it is handed over, and passes the permit port.
func TestMarkedPrepayment(t *testing.T) {
	w := marked(t)
	w.mustDo(t, Scan{Code: water2}) // one has its code already: nobody knows whether it will be that one
	w.refused(t, Scan{Code: "2*4607015730012"}, fault.QuestionAsked)
	q := w.state.View(w.now).Questions[0]
	w.mustDo(t, Choose{Question: q.ID, Choice: AnswerLater})
	w.fill(t, bread)
	if n := len(w.state.cart.Lines); n != 4 {
		t.Fatalf("%d lines", n)
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.ItemMarked)
	w.refused(t, SetQty{Line: w.state.cart.Lines[1].ID, Qty: 2 * qty.One}, fault.QtyBad)
	w.mustDo(t, Prepay{Parts: inCashPart})
	sale := w.lastSale()
	for _, l := range sale.Receipt.Lines {
		if l.Mark != "" || l.Kind != 1 || l.MarkStatus != 0 || l.Permit != nil || l.Method != 1 {
			t.Errorf("%+v", l)
		}
	}
	w.refused(t, HandOver{Claim: sale.Name}, fault.ItemMarked)
	w.fill(t, water)
	w.restart()
	w.mustDo(t, HandOver{Claim: sale.Name})
	l := w.lastSale().Receipt.Lines[0]
	if l.Mark != water || l.Permit == nil || l.Kind != 33 || l.MarkStatus != 1 || l.Method != 4 || len(w.lastSale().Receipt.Lines) != 1 {
		t.Errorf("%+v", l)
	}
	w.fill(t, water2, bread)
	w.mustDo(t, HandOver{Claim: sale.Name})
	w.mustDo(t, Return{Sale: w.lastSale().ID}) // it comes back with its code
	if l := w.documents(doc.Payback)[0].Receipt.Lines[0]; l.Mark != water2 || l.MarkStatus != 3 {
		t.Errorf("%+v", l)
	}
	w.mustDo(t, Return{Sale: sale.ID})
	if len(w.state.claims) != 0 {
		t.Errorf("%+v", w.state.claims)
	}
	w.check()
}

// TestMarkedOrder: an order of marked goods becomes a line for each unit; the
// codes scanned go to those lines, at the order's price, and until each has its
// code the cheque is not paid for.
func TestMarkedOrder(t *testing.T) {
	w := marked(t)
	order := TakeOrder{Order: cheque.Order{Order: doc.Order{ID: "o1", Name: "Z-1", Agent: "a1"}}, Generation: 1,
		Lines: []OrderLine{{Item: testItem(t, "water"), Qty: 2 * qty.One, Price: 40_00}, {Item: testItem(t, "bread"), Qty: qty.One, Price: 30_00}}}
	w.mustDo(t, order)
	w.mustDo(t, Scan{Code: water})
	w.crash()
	w.durable = append(w.durable, w.posted...)
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.ItemMarked)
	w.mustDo(t, Scan{Code: water2})
	if len(w.state.cart.Lines) != 3 || w.total() != 110_00 {
		t.Errorf("%d lines for %s", len(w.state.cart.Lines), w.total())
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	r := w.lastSale().Receipt
	if r.Lines[0].Mark != water || r.Lines[1].Mark != water2 || r.Lines[1].Permit == nil || r.Lines[1].Kind != 33 || r.Total != 110_00 || r.Order.ID != "o1" {
		t.Errorf("%+v", r.Lines)
	}
	// An order that is prepaid here is handed over by that prepayment: what the
	// cloud says was paid for it is the same money.
	order.Order.ID, order.Order.Name = "o2", "Z-2"
	order.Lines = order.Lines[1:]
	w.mustDo(t, order)
	w.mustDo(t, Prepay{Parts: inCashPart})
	sale := w.lastSale()
	w.restart()
	order.Order.PaidCash = 30_00
	w.refused(t, order, fault.ClaimOrder)
	w.mustDo(t, HandOver{Claim: sale.Name})
	if o := w.lastSale().Receipt.Order; o == nil || o.ID != "o2" {
		t.Errorf("%+v", o)
	}
	order.Order.ID = "o3"
	w.mustDo(t, order)
	w.refused(t, Prepay{Parts: inCashPart}, fault.ClaimPaid)
	w.check()
}
