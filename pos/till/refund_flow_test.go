package till

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// settled is what changed hands between shop and customer, by what it is: cash
// and cards, and what is left of claims.
func (w *world) settled() (sums map[string]money.Amount) {
	sums = map[string]money.Amount{}
	for _, d := range w.documents() {
		r := d.Receipt
		if r == nil {
			continue
		}
		sign := money.Amount(1)
		if d.Type == doc.Payback {
			sign = -1
		}
		for _, p := range r.Payments {
			switch p.Type {
			case doc.PayCash, doc.PayElectron:
				way := string(p.Type)
				if p.QR {
					way += " QR"
				}
				sums[way] += sign * p.Sum
			case doc.PayAdvance:
				sums["claim "+p.Claim.Number] += sign * p.Sum
			}
		}
	}
	return sums
}

// drawReturn draws what of a sale comes back: some lines, some parts of them.
func drawReturn(t *rapid.T, sale *doc.Document, back []doc.Document, c *Claim) []ReturnLine {
	var lines []ReturnLine
	for _, l := range ReturnablesOf(sale, back, c) {
		unit := qty.Milli(1)
		if l.Line.Qty.Whole() {
			unit = qty.One
		}
		if l.Left > 0 && rapid.Bool().Draw(t, "take") {
			lines = append(lines, ReturnLine{Line: l.Line.ID, Qty: unit * qty.Milli(rapid.Int64Range(1, int64(l.Left/unit)).Draw(t, "qty"))})
		}
	}
	return lines
}

// giveAllBack returns sales in random parts and order until nothing is left of
// any of them.
func (w *world) giveAllBack(t *rapid.T, tt testing.TB, sales []doc.Document) {
	for range 200 {
		if len(sales) == 0 {
			return
		}
		i := rapid.IntRange(0, len(sales)-1).Draw(t, "sale")
		sale := sales[i]
		loaded := w.loadSale(LoadSale{ID: sale.ID})
		lines := drawReturn(t, &sale, loaded.Back, w.state.claim(sale.ID))
		told, ferr := RefundOf(&sale, loaded.Back, w.state.claim(sale.ID), lines, "")
		if ferr != nil { // nothing is left of it
			sales = append(sales[:i:i], sales[i+1:]...)
			continue
		}
		w.mustDo(tt, Return{Sale: sale.ID, Lines: lines})
		all := w.documents(doc.Payback)
		if r := all[len(all)-1].Receipt; r.Total != told.Total || len(r.Payments) != len(told.Payments) {
			tt.Fatalf("gave back %s, told %s", r.Total, told.Total)
		}
	}
	tt.Fatalf("%d sales do not come to an end", len(sales))
}

// TestEverythingComesBack: a cheque of two tax systems with discounts, bonus
// points and weighed goods, paid in any mixture of cash, card and certificate:
// returned in any parts and in any order, group by group, it leaves nothing
// with the shop and the certificate whole. The certificate is then given back.
func TestEverythingComesBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := senior(t)
		w.mustDo(t, CashIn{CashMove: CashMove{Sum: 1000_00}})
		w.mustDo(t, SellClaim{Kind: doc.ClaimCertificate, Number: "ПС-1", Sum: money.Amount(rapid.Int64Range(2, 300_00).Draw(rt, "certificate")),
			Parts: []Part{{Type: doc.PayElectron, Sum: 1}, {Type: doc.PayCash}}[rapid.IntRange(0, 1).Draw(rt, "ways"):]})
		certificate := w.lastSale()
		for _, code := range []string{bread, milk, soap, tea} {
			if n := rapid.IntRange(0, 3).Draw(rt, "n"); n > 0 {
				w.mustDo(t, Scan{Code: qty.Milli(n*1000).String() + "*" + code})
			}
		}
		w.mustDo(t, Scan{Code: qty.Milli(rapid.Int64Range(1, 5000).Draw(rt, "grams")).String() + "*00042"})
		if rapid.Bool().Draw(rt, "bonus") {
			w.mustDo(t, SetCustomer{Text: "k1"})
			w.mustDo(t, SpendBonus{Sum: money.Amount(rapid.Int64Range(1, 50_00).Draw(rt, "points"))})
		}
		total := w.total()
		var parts []Part
		if c := w.state.findClaim("ПС-1"); rapid.Bool().Draw(rt, "by certificate") && total > 0 {
			parts = append(parts, Part{Type: doc.PayAdvance, Claim: "ПС-1", Sum: money.Amount(rapid.Int64Range(1, int64(min(c.Left(), total))).Draw(rt, "used"))})
			total -= parts[0].Sum
		}
		if total > 0 && rapid.Bool().Draw(rt, "card") {
			parts = append(parts, Part{Type: doc.PayElectron, Sum: money.Amount(rapid.Int64Range(1, int64(total)).Draw(rt, "by card"))})
			total -= parts[len(parts)-1].Sum
		}
		if total > 0 || len(parts) == 0 {
			parts = append(parts, Part{Type: doc.PayCash})
		}
		before := len(w.documents(doc.Sell))
		w.mustDo(t, Pay{Parts: parts})
		w.giveAllBack(rt, t, w.documents(doc.Sell)[before:])
		if c := w.state.findClaim("ПС-1"); c == nil || c.Left() != certificate.Receipt.Total {
			t.Fatalf("of the certificate for %s %+v is left", certificate.Receipt.Total, c)
		}
		w.mustDo(t, Return{Sale: certificate.ID})
		w.nothingLeft(t)
	})
}

// TestPrepaymentComesToNothing: a prepayment, whole or in part, handed over in
// random pieces, some of which come back onto it or as money, and its rest paid
// back: in the end shop and customer owe each other nothing, whatever the order.
func TestPrepaymentComesToNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := senior(t)
		w.mustDo(t, CashIn{CashMove: CashMove{Sum: 1000_00}})
		for _, code := range []string{bread, milk, soap} {
			w.mustDo(t, Scan{Code: qty.Milli(rapid.IntRange(1, 4).Draw(rt, "n")*1000).String() + "*" + code})
		}
		w.mustDo(t, Scan{Code: qty.Milli(rapid.Int64Range(1, 5000).Draw(rt, "grams")).String() + "*00042"})
		sum := money.Amount(0)
		if rapid.Bool().Draw(rt, "in part") {
			sum = money.Amount(rapid.Int64Range(1, int64(w.total())).Draw(rt, "sum"))
		}
		paid := []Part{{Type: doc.PayCash}}
		if sum > 1 {
			paid = append([]Part{{Type: doc.PayElectron, Sum: sum / 3}}, paid...)
		}
		if sum/3 == 0 {
			paid = inCashPart
		}
		w.mustDo(t, Prepay{Sum: sum, Parts: paid})
		sale := w.lastSale()
		var handed []doc.Document
		for range rapid.IntRange(0, 4).Draw(rt, "pieces") {
			c := w.state.claim(sale.ID)
			if c == nil {
				break
			}
			var lines []ReturnLine
			for _, g := range c.Goods {
				k := lineAt(sale.Receipt.Claim.Lines, g.Line)
				unit := qty.Milli(1)
				if sale.Receipt.Claim.Lines[k].Qty.Whole() {
					unit = qty.One
				}
				if rapid.Bool().Draw(rt, "hand") {
					lines = append(lines, ReturnLine{Line: g.Line, Qty: unit * qty.Milli(rapid.Int64Range(1, int64(g.Qty/unit)).Draw(rt, "of"))})
				}
			}
			refused, err := w.do(HandOver{Claim: sale.Name, Lines: lines, Parts: inCashPart})
			if refused != nil && refused.Code == fault.PaidMore { // nothing is left to pay
				refused, err = w.do(HandOver{Claim: sale.Name, Lines: lines})
			}
			if refused != nil || err != nil {
				t.Fatalf("%v %v of %+v", refused, err, c)
			}
			handed = append(handed, w.lastSale())
		}
		if rapid.Bool().Draw(rt, "rest first") && w.state.claim(sale.ID) != nil {
			w.mustDo(t, Return{Sale: sale.ID})
		}
		w.giveAllBack(rt, t, handed)
		if w.state.claim(sale.ID) != nil {
			w.mustDo(t, Return{Sale: sale.ID})
		}
		w.nothingLeft(t)
	})
}

// nothingLeft fails unless everything that was paid went back, to the kopeck.
func (w *world) nothingLeft(t testing.TB) {
	t.Helper()
	for what, sum := range w.settled() {
		if sum != 0 {
			t.Errorf("%s of %s stayed", sum, what)
		}
	}
	if len(w.state.claims) != 0 || w.cash != 1000_00 {
		t.Errorf("%+v, %s in the drawer", w.state.claims, w.cash)
	}
	w.check()
	if t.Failed() {
		t.FailNow()
	}
}
