package till

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

func TestSplitPayment(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.fill(t, bread, soap) // 49,90 + 123,45 = 173,35
	cash, card, qr := doc.PayCash, doc.PayElectron, Part{Type: doc.PayElectron, QR: true}
	for _, c := range []struct {
		pay  Pay
		code fault.Code
	}{
		{Pay{Parts: []Part{{Type: card, Sum: 200_00}}}, fault.PaidMore},
		{Pay{Parts: []Part{{Type: card, Sum: 100_00}}}, fault.PaidLess},
		{Pay{Parts: []Part{{Type: card, Sum: 100_00}, {Type: cash, Sum: 73_34}}}, fault.PaidLess},
		{Pay{Parts: []Part{{Type: card, Sum: 173_35}, {Type: cash, Sum: 10_00}}}, fault.PaidMore},
		{Pay{Parts: []Part{{Type: card, Sum: 100_00}, qr}}, fault.PayMixed},
		{Pay{Parts: []Part{{Type: cash, Sum: 100_00}, {Type: card, Sum: 73_35, QR: true}}}, fault.PayMixed},
		{Pay{Parts: []Part{{Type: card, QR: true, Sum: 73_35}, {Type: cash}}}, fault.PayMixed},
		{Pay{Parts: []Part{{Type: cash, Sum: 100_00}, {Type: cash, Sum: 100_00}}}, fault.BadRequest},
		{Pay{Parts: []Part{{Type: cash, QR: true}}}, fault.AmountBad},
		{Pay{Parts: []Part{{Type: card, Sum: -1}, {Type: cash}}}, fault.AmountBad},
		{Pay{Parts: []Part{{Type: doc.PayCounter}}}, fault.BadRequest},
		{Pay{Parts: []Part{{Type: "GOLD"}}}, fault.BadRequest},
		{Pay{Type: cash, Parts: []Part{{Type: card}}}, fault.BadRequest},
		{Pay{Parts: make([]Part, MaxParts+1)}, fault.BadRequest},
		{Pay{Parts: []Part{{Type: card, Sum: 1}, {Type: cash, Sum: MaxChange + 200_00}}}, fault.ChangeHuge},
	} {
		w.refused(t, c.pay, c.code)
	}
	w.mustDo(t, Pay{Parts: []Part{{Type: cash, Sum: 100_00}, {Type: card, Sum: 100_00}}})
	w.fill(t, bread)
	w.mustDo(t, Pay{Parts: []Part{qr}})
	w.fill(t, soap)
	w.mustDo(t, Pay{Type: card, QR: true})
	sales := w.documents(doc.Sell)
	first := sales[0].Receipt.Payments
	if len(first) != 2 || first[0].Type != card || first[0].Sum != 100_00 || first[1].Sum != 73_35 || first[1].Tendered != 100_00 || first[1].Change != 26_65 {
		t.Errorf("paid %+v", first)
	}
	for _, d := range sales[1:] {
		if p := d.Receipt.Payments; len(p) != 1 || !p[0].QR || p[0].Sum != d.Receipt.Total {
			t.Errorf("paid %+v", p)
		}
	}
	// What came in each way goes back the same way, in proportion.
	lines := sales[0].Receipt.Lines
	w.mustDo(t, Return{Sale: sales[0].ID, Lines: []ReturnLine{{Line: lines[0].ID}}})
	w.mustDo(t, Return{Sale: sales[0].ID})
	w.mustDo(t, Return{Sale: sales[1].ID})
	backs := w.documents(doc.Payback)
	if p := backs[0].Receipt.Payments; len(p) != 2 || p[0].Sum != 28_79 || p[1].Sum != 21_11 {
		t.Errorf("back %+v", p)
	}
	if p := backs[1].Receipt.Payments; len(p) != 2 || p[0].Sum != 71_21 || p[1].Sum != 52_24 {
		t.Errorf("back %+v", p)
	}
	if p := backs[2].Receipt.Payments; len(p) != 1 || !p[0].QR {
		t.Errorf("back %+v", p)
	}
	if v := w.state.View(w.now).Receipt; len(v.Paid) != 1 || !v.Paid[0].QR {
		t.Errorf("shown %+v", v)
	}
	w.check()
}

// TestGroupsShareEveryPayment: a purchase of two tax systems, paid in two ways,
// is two receipts that are both paid in two ways.
func TestGroupsShareEveryPayment(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, tea) // 49,90 + 7,77
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 20_00}, {Type: doc.PayCash, Sum: 50_00}}})
	sales := w.documents(doc.Sell)
	if len(sales) != 2 {
		t.Fatalf("%d receipts", len(sales))
	}
	a, b := sales[0].Receipt.Payments, sales[1].Receipt.Payments
	if a[0].Sum != 17_31 || a[1].Sum != 32_59 || a[1].Change != 0 || b[0].Sum != 2_69 || b[1].Sum != 5_08 || b[1].Change != 12_33 {
		t.Errorf("%+v\n%+v", a, b)
	}
	if v := w.state.View(w.now).Receipt; len(v.Paid) != 2 || v.Paid[0].Sum != 20_00 || v.Paid[1].Sum != 37_67 || v.Change != 12_33 || v.Total != 57_67 {
		t.Errorf("shown %+v", v)
	}
	w.check()
}

// TestCredit: what is paid later goes as 1216, and its lines say so.
func TestCredit(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.fill(t, bread)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayCredit}}})
	w.fill(t, soap)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayCash, Sum: 23_45}, {Type: doc.PayCredit, Sum: 100_00}}})
	sales := w.documents(doc.Sell)
	if m := sales[0].Receipt.Lines[0].Method; m != methodCredit {
		t.Errorf("all of it on credit: method %d", m)
	}
	if m := sales[1].Receipt.Lines[0].Method; m != methodCreditPart {
		t.Errorf("a part of it on credit: method %d", m)
	}
	if tot := w.state.shift.Totals; tot.Sales.Credit != 149_90 || tot.Sales.Cash != 23_45 || tot.Drawer != 23_45 {
		t.Errorf("%+v", tot)
	}
	w.check()
}

// TestShareProperty: however a total is paid and split into receipts, every
// receipt is paid to the kopeck and every payment is used up.
func TestShareProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sums := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 6).Draw(t, "receipts")
		receipts := make([]doc.Receipt, len(sums))
		var total money.Amount
		for i, s := range sums {
			receipts[i].Total = money.Amount(s)
			total += receipts[i].Total
		}
		var parts []Part
		for left := total; left > 1 && len(parts) < MaxParts-1; {
			sum := money.Amount(rapid.Int64Range(1, int64(left)).Draw(t, "part"))
			typ := rapid.SampledFrom([]doc.PaymentType{doc.PayElectron, doc.PayCredit}).Draw(t, "type")
			parts, left = append(parts, Part{Type: typ, Sum: sum}), left-sum
			if rapid.Bool().Draw(t, "enough") {
				break
			}
		}
		parts = append(parts, Part{Type: doc.PayCash})
		tr := &turn{env: (&world{}).env()}
		payments, err := tr.payments(parts, total)
		if err != nil && err.Code == fault.PaidMore { // nothing was left for cash
			payments, err = tr.payments(parts[:len(parts)-1], total)
		}
		if err == nil {
			err = tr.share(receipts, payments)
		}
		if err != nil {
			t.Fatalf("%v: %v of %s", err, parts, total)
		}
		used := map[doc.PaymentType]money.Amount{}
		for i := range receipts {
			if got := paidSum(receipts[i].Payments); got != receipts[i].Total {
				t.Fatalf("receipt of %s is paid %s", receipts[i].Total, got)
			}
			for _, p := range receipts[i].Payments {
				used[p.Type] += p.Sum
			}
		}
		for _, p := range payments {
			used[p.Type] -= p.Sum
		}
		for typ, rest := range used {
			if rest != 0 {
				t.Fatalf("%s: %s is over", typ, rest)
			}
		}
	})
}
