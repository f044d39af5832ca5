package till

import (
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

var inCashPart = []Part{{Type: doc.PayCash}}

// lastSale is the latest sale.
func (w *world) lastSale() doc.Document {
	all := w.documents(doc.Sell)
	return all[len(all)-1]
}

func TestCertificate(t *testing.T) {
	w := senior(t)
	sell := SellClaim{Kind: doc.ClaimCertificate, Number: "ПС-1", Sum: 100_00, Expires: "2026-11-22", Parts: []Part{{Type: doc.PayElectron, Sum: 40_00}, {Type: doc.PayCash, Sum: 100_00}}}
	for _, c := range []struct {
		change func(*SellClaim)
		code   fault.Code
	}{
		{func(c *SellClaim) { c.Number = "" }, fault.BadRequest},
		{func(c *SellClaim) { c.Number = "ПС\x01" }, fault.BadRequest},
		{func(c *SellClaim) { c.Number = string(make([]byte, 100)) }, fault.BadRequest},
		{func(c *SellClaim) { c.Kind = doc.ClaimDebt }, fault.BadRequest},
		{func(c *SellClaim) { c.Kind = doc.ClaimAdvance }, fault.BadRequest}, // an advance has no number
		{func(c *SellClaim) { c.Sum = 0 }, fault.AmountBad},
		{func(c *SellClaim) { c.Sum = money.Max + 1 }, fault.AmountBad},
		{func(c *SellClaim) { c.Expires = "2026-11-21" }, fault.BadRequest},
		{func(c *SellClaim) { c.Expires = "22.11.2026" }, fault.BadRequest},
		{func(c *SellClaim) { c.Rate = "33" }, fault.RateBad},
		{func(c *SellClaim) { c.Rate = tax.VAT20 }, fault.RateBad},
		{func(c *SellClaim) { c.Parts = nil }, fault.PaidLess},
		{func(c *SellClaim) { c.Parts = []Part{{Type: doc.PayCredit}} }, fault.BadRequest},
		{func(c *SellClaim) { c.Parts = []Part{{Type: doc.PayElectron, Sum: 1}} }, fault.PaidLess},
		{func(c *SellClaim) { c.Parts = []Part{{Type: doc.PayAdvance, Claim: ""}} }, fault.ClaimUnknown},
	} {
		bad := sell
		c.change(&bad)
		w.refused(t, bad, c.code)
	}
	w.mustDo(t, sell)
	w.refused(t, sell, fault.ClaimKnown)
	r := w.lastSale().Receipt
	if l := r.Lines[0]; l.Name != "Аванс" || l.Kind != 10 || l.Method != 3 || l.Rate != tax.VAT22of || l.VAT != 18_03 || r.Total != 100_00 {
		t.Errorf("%+v", l)
	}
	w.fill(t, bread)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-2"}}}, fault.ClaimUnknown)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1", Sum: 50_00}}}, fault.PaidMore)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1", Sum: 10_00}, {Type: doc.PayAdvance, Claim: "ПС-1"}}}, fault.BadRequest)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1", Sum: 10_00}, {Type: doc.PayElectron, QR: true}}}, fault.PayMixed)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1"}}})
	first := w.lastSale()
	if p := first.Receipt.Payments; len(p) != 2 || p[0].Sum != 19_96 || p[0].Via != doc.PayElectron || p[1].Sum != 29_94 || p[1].Via != doc.PayCash {
		t.Errorf("paid %+v", p)
	}
	w.restart() // it lives in the journal
	w.fill(t, soap)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1", Sum: 50_11}, {Type: doc.PayCash}}}, fault.ClaimLess)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1"}, {Type: doc.PayCash}}})
	if len(w.state.claims) != 0 {
		t.Errorf("%+v", w.state.claims)
	}
	w.refused(t, Return{Sale: w.documents(doc.Sell)[0].ID}, fault.ClaimLess)
	// What the first purchase took comes back onto the certificate.
	w.mustDo(t, Return{Sale: first.ID})
	if c := w.state.findClaim("ПС-1"); c == nil || c.Left() != 49_90 || c.Kind != doc.ClaimCertificate || c.Expires != "2026-11-22" {
		t.Errorf("%+v", w.state.claims)
	}
	w.check()
	// Money back: as much as is left of it, the way it came, and the rest later.
	w.mustDo(t, Return{Sale: w.documents(doc.Sell)[0].ID})
	backs := w.documents(doc.Payback)
	if r := backs[len(backs)-1].Receipt; r.Total != 49_90 || r.Lines[0].Method != 3 || r.Lines[0].Price != 49_90 || r.Lines[0].Rate != tax.VAT22of ||
		len(r.Payments) != 2 || r.Payments[0].Type != doc.PayElectron || r.Payments[0].Sum != 19_96 || len(w.state.claims) != 0 {
		t.Errorf("%+v", r)
	}
	w.refused(t, Return{Sale: w.documents(doc.Sell)[0].ID}, fault.ClaimLess)
	w.mustDo(t, Return{Sale: w.documents(doc.Sell)[2].ID})
	if c := w.state.findClaim("ПС-1"); c == nil || c.Left() != 50_10 {
		t.Errorf("%+v", w.state.claims)
	}
	w.check()
	w.now = w.now.AddDate(0, 0, 1)
	w.mustDo(t, CloseShift{})
	w.mustDo(t, OpenShift{})
	w.fill(t, bread)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "ПС-1"}}}, fault.ClaimExpired)
	w.restart()
	w.check()
}

// TestPrepayment: goods are prepaid whole or in part and handed over as they
// were agreed, whatever prices say by then.
func TestPrepayment(t *testing.T) {
	w := senior(t)
	w.fill(t, bread, soap)
	w.refused(t, Prepay{Sum: 174_00, Parts: inCashPart}, fault.AmountBad)
	w.refused(t, Prepay{Sum: -1, Parts: inCashPart}, fault.AmountBad)
	w.refused(t, Prepay{}, fault.PaidLess)
	w.refused(t, Prepay{Parts: []Part{{Type: doc.PayCredit}}}, fault.BadRequest)
	w.mustDo(t, SetContact{Contact: "ivan-999123@example.ru"})
	w.mustDo(t, Prepay{Parts: inCashPart})
	whole := w.lastSale()
	for i, rate := range []tax.Rate{tax.VAT10of, tax.VAT22of} {
		if l := whole.Receipt.Lines[i]; l.Method != 1 || l.Rate != rate || l.Name == "Аванс" {
			t.Errorf("%+v", l)
		}
	}
	w.fill(t, bread, soap)
	w.mustDo(t, Prepay{Sum: 100_00, Parts: []Part{{Type: doc.PayElectron}}})
	part := w.lastSale()
	if l := part.Receipt.Lines; len(l) != 2 || l[0].Method != 2 || l[0].Total != 28_79 || l[1].Total != 71_21 || l[1].Rate != tax.VAT22of {
		t.Errorf("%+v", l)
	}
	w.refused(t, HandOver{}, fault.ClaimUnknown)
	w.refused(t, HandOver{Claim: "ПС-1"}, fault.ClaimUnknown)
	w.refused(t, HandOver{Claim: part.Name}, fault.PaidLess)
	w.refused(t, HandOver{Claim: part.Name, Parts: make([]Part, MaxParts)}, fault.BadRequest)
	w.mustDo(t, HandOver{Claim: part.Name, Parts: inCashPart})
	got := w.lastSale()
	if p := got.Receipt.Payments; len(p) != 2 || p[0].Type != doc.PayAdvance || p[0].Via != doc.PayElectron || p[0].Sum != 100_00 || p[1].Sum != 73_35 {
		t.Errorf("paid %+v", p)
	}
	if l := got.Receipt.Lines; l[0].Method != 4 || l[0].Rate != tax.VAT10 || l[1].Rate != tax.VAT22 || l[1].Total != 123_45 {
		t.Errorf("%+v", l)
	}
	w.restart()
	w.mustDo(t, HandOver{Claim: whole.ID.String()})
	if p := w.lastSale(); len(p.Receipt.Payments) != 1 || p.Receipt.Payments[0].Sum != 173_35 || p.People == nil {
		t.Errorf("paid %+v for %+v", p.Receipt.Payments, p.People)
	}
	w.refused(t, HandOver{Claim: whole.Name}, fault.ClaimUnknown)
	w.refused(t, Return{Sale: whole.ID}, fault.ClaimLess)
	w.check()
	// Money back before the goods: a return of the prepayment's own receipt.
	w.fill(t, bread)
	w.mustDo(t, Prepay{Parts: inCashPart})
	again := w.lastSale()
	w.mustDo(t, Return{Sale: again.ID})
	backs := w.documents(doc.Payback)
	if l := backs[0].Receipt.Lines[0]; l.Method != 1 || l.Rate != tax.VAT10of {
		t.Errorf("%+v", l)
	}
	w.refused(t, HandOver{Claim: again.Name}, fault.ClaimUnknown)
	// Goods that were handed over come back onto the prepayment.
	w.mustDo(t, Return{Sale: got.ID})
	if c := w.state.claim(part.ID); c == nil || c.Left() != 100_00 {
		t.Errorf("%+v", w.state.claims)
	}
	w.fill(t, tea)
	w.refused(t, Exchange{Sale: part.ID}, fault.ReturnOf)
	w.check()
}

// TestDebt: what was sold on credit is paid off in parts, never more than is
// owed, and goods that come back lower the debt.
func TestDebt(t *testing.T) {
	w := senior(t)
	w.fill(t, bread, soap)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 73_35}, {Type: doc.PayCredit}}})
	sale := w.lastSale()
	w.refused(t, Repay{Claim: "x", Parts: inCashPart}, fault.ClaimUnknown)
	w.refused(t, Repay{Claim: sale.Name, Sum: 100_01, Parts: inCashPart}, fault.ClaimLess)
	w.refused(t, Repay{Claim: sale.Name, Parts: []Part{{Type: doc.PayCredit}}}, fault.BadRequest)
	w.fill(t, bread)
	w.refused(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: sale.Name}}}, fault.ClaimUnknown)
	w.mustDo(t, VoidCheque{})
	w.mustDo(t, Repay{Claim: sale.Name, Sum: 60_00, Parts: inCashPart})
	repaid := w.lastSale()
	if l := repaid.Receipt.Lines[0]; l.Method != 7 || l.Kind != 10 || l.Rate != tax.None || l.Total != 60_00 {
		t.Errorf("%+v", l)
	}
	w.refused(t, Return{Sale: sale.ID}, fault.ReturnRepaid) // what was paid off comes back first
	w.restart()
	w.mustDo(t, Return{Sale: repaid.ID})
	w.mustDo(t, Return{Sale: sale.ID})
	if len(w.state.claims) != 0 || w.cash != 0 {
		t.Errorf("%+v, %s in the drawer", w.state.claims, w.cash)
	}
	w.check()
}

// recordOf is a claim as the journal gives it back.
func recordOf(t *testing.T, c *Claim) record.Record {
	t.Helper()
	e := claimEntry(c, uuid.Nil)
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	return record.Record{Entry: e}
}

// TestManyClaims: thousands of certificates are restored at once, and there is
// a limit.
func TestManyClaims(t *testing.T) {
	w := senior(t)
	s := w.state
	for n := range MaxClaims {
		s.claims = append(s.claims, Claim{ClaimRef: doc.ClaimRef{ID: w.newID(), Kind: doc.ClaimAdvance}, Ways: []ClaimWay{{Via: doc.PayCash, Left: money.Amount(n + 1)}}})
	}
	w.state = s
	w.refused(t, SellClaim{Kind: doc.ClaimAdvance, Sum: 1_00, Parts: inCashPart}, fault.ClaimsFull)
	tr := turn{State: New(s.Settings), env: w.env()}
	r := w.restored()
	for i := range s.claims {
		r.Live = append(r.Live, recordOf(t, &s.claims[i]))
	}
	tr.restore(r)
	if len(tr.claims) != MaxClaims || tr.claims[MaxClaims-1].ID != s.claims[MaxClaims-1].ID {
		t.Errorf("%d claims", len(tr.claims))
	}
}
