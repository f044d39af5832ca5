package till

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// correcting is a world of some FFD with one wrong sale of bread, by card.
func correcting(t testing.TB, ffd string) (*world, doc.Document) {
	w := newWorldWith(t, func(w *world) { w.ffd = ffd })
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	return w, w.documents(doc.Sell)[0]
}

func TestCorrectionNeedsASeniorAndAReason(t *testing.T) {
	w, wrong := correcting(t, "1.2")
	good := Correct{Date: w.now.Add(-time.Hour), Reason: "не пробили", Payment: doc.PayCash}
	w.refused(t, good, fault.ChequeEmpty)
	w.fill(t, soap)
	for _, c := range []struct {
		change func(*Correct)
		code   fault.Code
	}{
		{func(c *Correct) { c.Reason = " " }, fault.CorrectionBad},
		{func(c *Correct) { c.Reason = "" }, fault.CorrectionBad},
		{func(c *Correct) { c.Date = time.Time{} }, fault.CorrectionBad},
		{func(c *Correct) { c.Date = w.now.Add(time.Hour) }, fault.CorrectionBad},
		{func(c *Correct) { c.ByOrder = true }, fault.CorrectionBad},
		{func(c *Correct) { c.Of = doc.ZReport }, fault.BadRequest},
		{func(c *Correct) { c.Payment = "GOLD" }, fault.BadRequest},
		{func(c *Correct) { c.Payment = "" }, fault.BadRequest},
		{func(c *Correct) { c.Seen.Revision = 77 }, fault.ChequeStale},
		{func(c *Correct) { c.Base = uuid.UUID{7} }, fault.NotFound},
	} {
		bad := good
		c.change(&bad)
		w.refused(t, bad, c.code)
	}
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, good, fault.LoginSenior)
	w.refused(t, Correct{Base: wrong.ID, Reason: "x"}, fault.LoginSenior)
	if len(w.state.cart.Lines) != 1 || w.count(kkt.OpCorrection) != 0 {
		t.Error("a refused correction left a trace")
	}
}

func TestMissedSale(t *testing.T) {
	for _, ffd := range []string{"1.05", "1.2"} {
		w, _ := correcting(t, ffd)
		w.fill(t, soap)
		day := time.Date(2025, 12, 20, 15, 0, 0, 0, w.now.Location())
		w.mustDo(t, Correct{Date: day, ByOrder: true, Number: "17-А", Reason: "кассы не было", Payment: doc.PayCash})
		d := w.documents(doc.Correction)[0]
		g, l := d.Receipt.Correction, d.Receipt.Lines[0]
		if g.Of != doc.Sell || !g.ByOrder || g.Number != "17-А" || !g.Date.Equal(day) || g.Sign != "" || g.Reason != "кассы не было" {
			t.Errorf("ground %+v", g)
		}
		if l.Rate != tax.VAT20 || l.VAT != 2058 || d.Receipt.Payments[0].Type != doc.PayCash || d.Receipt.Total != 12345 {
			t.Errorf("%+v", d.Receipt)
		}
		if a := auditOf(t, w, auditCorrect); a.Item != "кассы не было" || a.Cashier != "Петрова Б." {
			t.Errorf("audit %+v", a)
		}
		if tot := w.state.shift.Totals; tot.Corrections != (doc.Count{Count: 1, Sum: 12345}) || tot.Drawer != 12345 || tot.Sales.Count != 1 {
			t.Errorf("%+v", tot)
		}
		w.rest(t, Idle, 0, 1)
	}
}

// TestWrongReceipt: FFD 1.05 undoes it by a return, later formats by a
// correction; both make it anew with the wrong one's sign.
func TestWrongReceipt(t *testing.T) {
	w, wrong := correcting(t, "1.2")
	w.mustDo(t, Correct{Base: wrong.ID, Reason: "не тот товар"})
	undone := w.documents(doc.Correction)[0]
	if g := undone.Receipt.Correction; g.Of != doc.Payback || g.Sign != signOf(&wrong) || !g.Date.Equal(wrong.Time) || undone.Receipt.BaseID != wrong.ID {
		t.Errorf("%+v", g)
	}
	w.refused(t, Correct{Base: wrong.ID, Reason: "ещё раз"}, fault.ReturnOf)
	w.refused(t, Return{Sale: wrong.ID}, fault.ReturnOf)
	w.fill(t, milk)
	w.mustDo(t, Correct{Date: wrong.Time, Sign: signOf(&wrong), Reason: "не тот товар", Payment: doc.PayElectron})
	right := w.documents(doc.Correction)[1]
	if g := right.Receipt.Correction; g.Of != doc.Sell || g.Sign != signOf(&wrong) || right.Receipt.Instead != "" {
		t.Errorf("%+v", g)
	}
	if rev := w.state.shift.Totals.Revenue; rev != right.Receipt.Total {
		t.Errorf("revenue %s", rev)
	}
	w.rest(t, Idle, 0, 1)

	w, wrong = correcting(t, "1.05")
	w.mustDo(t, Correct{Base: wrong.ID, Reason: "не тот товар"})
	back := w.documents(doc.Payback)[0]
	if back.Receipt.Instead != signOf(&wrong) || back.Receipt.Correction != nil || back.Receipt.BaseID != wrong.ID || w.count(kkt.OpSaleReturn) != 1 {
		t.Errorf("%+v", back.Receipt)
	}
	w.fill(t, milk)
	w.mustDo(t, Correct{Date: wrong.Time, Sign: signOf(&wrong), Reason: "не тот товар", Payment: doc.PayElectron})
	again := w.documents(doc.Sell)[1]
	if again.Receipt.Instead != signOf(&wrong) || len(w.documents(doc.Correction)) != 0 {
		t.Errorf("%+v", again.Receipt)
	}
	w.fill(t, soap)
	w.refused(t, Correct{Of: doc.Payback, Date: w.now.Add(-time.Hour), Reason: "x", Payment: doc.PayCash}, fault.CorrectionBad)
	w.rest(t, Idle, 1, 2)
}

func TestCorrectionsGiveNoMoreCashThanThereIs(t *testing.T) {
	w, _ := correcting(t, "1.2")
	w.fill(t, soap)
	w.refused(t, Correct{Of: doc.Payback, Date: w.now.Add(-time.Hour), Reason: "x", Payment: doc.PayCash}, fault.FiscalCash)
	if len(w.state.cart.Lines) != 1 {
		t.Error("the cheque is gone")
	}
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 200_00}})
	w.mustDo(t, Correct{Of: doc.Payback, Date: w.now.Add(-time.Hour), Reason: "x", Payment: doc.PayCash})
	w.rest(t, Idle, 0, 1)
	if w.cash != 200_00-12345 {
		t.Errorf("%s in the drawer", w.cash)
	}
}

func TestWhoBuys(t *testing.T) {
	w := twoSystems(t)
	w.refused(t, SetContact{Contact: "+79991234567"}, fault.ChequeEmpty)
	w.fill(t, bread, tea)
	w.refused(t, SetContact{Contact: "телефон"}, fault.ContactBad)
	w.refused(t, SetContact{Electronic: true}, fault.ContactBad)
	w.refused(t, SetBuyer{Buyer: &doc.Buyer{Name: "ООО", INN: "1"}}, fault.BuyerBad)
	w.refused(t, SetBuyer{Buyer: &doc.Buyer{Name: "ООО"}, Seen: Seen{Revision: 1}}, fault.ChequeStale)
	w.mustDo(t, SetContact{Contact: "8 999 123-45-67", Electronic: true})
	w.mustDo(t, SetBuyer{Buyer: &doc.Buyer{Name: "ООО «Ромашка»", INN: "7707083893"}})
	w.restart()
	c := w.state.View(w.now).Cheque
	if c.People == nil || c.People.Contact != "+79991234567" || c.People.Buyer == nil || !c.Electronic || c.Contact == c.People.Contact {
		t.Fatalf("after a restart: %+v", c)
	}
	w.mustDo(t, Park{})
	w.restart()
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	asked := 0
	w.break_ = func(int) breakage {
		if b := w.state.job; b != nil && w.state.phase == Committing {
			if op := b.operation(); op.People == nil || op.People.Contact != "+79991234567" || op.People.Buyer.INN != "7707083893" {
				t.Errorf("the device is not told: %+v", op.People)
			}
			asked++
		}
		return fine
	}
	w.mustDo(t, Pay{Type: doc.PayElectron})
	docs := w.documents(doc.Sell)
	for _, d := range docs {
		if !d.Receipt.Electronic || d.People == nil || d.People.Buyer == nil {
			t.Errorf("%+v of %+v", d.Receipt, d.People)
		}
	}
	if len(docs) != 2 || asked != 2 {
		t.Errorf("%d receipts, the device was asked %d times", len(docs), asked)
	}
	for _, e := range w.durable {
		if e.Kind == record.Intent && e.Type == string(kkt.OpSale) && len(e.Private) == 0 {
			t.Error("an intent that forgets who buys")
		}
	}
	w.check() // nothing of it stands in any Data
	w.fill(t, bread)
	if w.state.cart.People != nil {
		t.Error("the next customer is taken for the last")
	}
	w.mustDo(t, SetContact{Contact: "a@example.ru"})
	w.mustDo(t, SetContact{})
	if w.state.cart.People != nil {
		t.Errorf("%+v", w.state.cart.People)
	}
}

func TestCashLimitOfOrganisations(t *testing.T) {
	w := twoSystems(t)
	w.mustDo(t, Scan{Code: "900*" + soap}) // 111 105.00
	w.mustDo(t, SetBuyer{Buyer: &doc.Buyer{Name: "ИП Иванов", INN: "500100732259"}})
	w.refused(t, Pay{Type: doc.PayCash}, fault.CashLimit)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	w.mustDo(t, Scan{Code: "900*" + soap})
	w.mustDo(t, Pay{Type: doc.PayCash}) // a person may
	w.check()
}

func TestTaxSystems(t *testing.T) {
	w := newWorld(t) // registered for the general system only
	w.ready(t)
	w.refused(t, Scan{Code: tea}, fault.FiscalTaxSystem)
	w.refused(t, Scan{Code: "4600000000107"}, fault.ItemForbidden) // ЕНВД ended in 2021
	w.device = false
	w.look()
	w.mustDo(t, Scan{Code: tea}) // nobody knows yet
	w.device = true
	w.look()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalTaxSystem)
	if len(w.state.cart.Lines) != 1 || w.state.phase != Idle || w.count(kkt.OpSale) != 0 {
		t.Error("something has happened")
	}
}

// TestSharesOfAPayment: groups get exact sums of every payment, and the change
// goes with the last cash.
func TestSharesOfAPayment(t *testing.T) {
	tr := &turn{env: (&world{t: t, now: time.Unix(1, 0)}).env()}
	receipts := []doc.Receipt{{Total: 100}, {Total: 250}, {Total: 50}}
	if err := tr.share(receipts, []doc.Payment{{Type: doc.PayElectron, Sum: 180}, {Type: doc.PayCash, Sum: 220, Tendered: 500, Change: 280}}); err != nil {
		t.Fatal(err)
	}
	want := [][]doc.Payment{
		{{Type: doc.PayElectron, Sum: 45}, {Type: doc.PayCash, Sum: 55, Tendered: 55}},
		{{Type: doc.PayElectron, Sum: 113}, {Type: doc.PayCash, Sum: 137, Tendered: 137}},
		{{Type: doc.PayElectron, Sum: 22}, {Type: doc.PayCash, Sum: 28, Tendered: 308, Change: 280}},
	}
	for i, r := range receipts {
		var sum money.Amount
		for j, p := range r.Payments {
			sum += p.Sum
			p.ID = uuid.Nil
			if j >= len(want[i]) || p != want[i][j] {
				t.Errorf("receipt %d: %+v", i, p)
			}
		}
		if sum != r.Total || len(r.Payments) != len(want[i]) {
			t.Errorf("receipt %d: %+v", i, r.Payments)
		}
	}
}

// TestCorrectionInParts: a settlement that was missed had been paid in several
// ways, in advance or on credit; the parts come to its total. What was on
// credit is owed from now on, what the shop owes is not counted.
func TestCorrectionInParts(t *testing.T) {
	w, _ := correcting(t, "1.2")
	w.fill(t, bread, soap) // 173.35
	c := Correct{Date: w.now.Add(-time.Hour), Reason: "не пробили"}
	for _, bad := range []struct {
		parts []CorrectPart
		code  fault.Code
	}{
		{[]CorrectPart{{Type: doc.PayCash}, {Type: doc.PayCash, Sum: 1}}, fault.BadRequest},
		{[]CorrectPart{{Type: doc.PayCash}, {Type: doc.PayElectron}}, fault.BadRequest},
		{[]CorrectPart{{Type: doc.PayCash, Sum: -1}}, fault.BadRequest},
		{[]CorrectPart{{Type: "GOLD"}}, fault.BadRequest},
		{[]CorrectPart{{Type: doc.PayCash, Sum: 100_00}}, fault.PaidLess},
		{[]CorrectPart{{Type: doc.PayCash, Sum: 173_36}}, fault.PaidMore},
	} {
		c.Parts = bad.parts
		w.refused(t, c, bad.code)
	}
	c.Parts = []CorrectPart{{Type: doc.PayAdvance, Sum: 100_00}, {Type: doc.PayCash}, {Type: doc.PayCredit, Sum: 50_00}}
	w.mustDo(t, c)
	d := w.documents(doc.Correction)[0]
	if p := d.Receipt.Payments; len(p) != 3 || p[1].Type != doc.PayCash || p[1].Sum != 23_35 || d.Receipt.Lines[0].Method != methodCreditPart {
		t.Errorf("%+v", d.Receipt)
	}
	if owed := w.state.claim(d.ID); owed == nil || owed.Left() != 50_00 {
		t.Errorf("%+v", w.state.claims)
	}
	w.mustDo(t, Repay{Claim: d.Name, Parts: inCashPart})
	for _, of := range []doc.Type{doc.Payback, doc.Buy, doc.Buyback} {
		w.fill(t, bread)
		w.mustDo(t, Correct{Of: of, Date: c.Date, Reason: "не пробили", Parts: []CorrectPart{{Type: doc.PayCredit, Sum: 10_00}, {Type: doc.PayElectron}}})
	}
	if len(w.state.claims) != 0 {
		t.Errorf("%+v", w.state.claims)
	}
	w.fill(t, soap)
	w.mustDo(t, Correct{Date: c.Date, Reason: "не пробили", Prepaid: true, Payment: doc.PayElectron})
	all := w.documents(doc.Correction)
	if l := all[len(all)-1].Receipt.Lines[0]; l.Method != methodPrepaid || l.Rate != tax.VAT22of || l.VAT != 22_26 || len(w.state.claims) != 0 {
		t.Errorf("%+v", l)
	}
}
