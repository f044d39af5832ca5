package till

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

const register = "110000123" // in СККО

// belarus is a till in Minsk with a senior logged in.
func belarus(t testing.TB) *world {
	w := newWorldWith(t, func(w *world) {
		w.skko, w.fnName, w.settings.Currency, w.store.Currency = true, register, tax.BYN, tax.BYN
		for i := range w.items {
			if w.items[i].Rate == tax.VAT22 {
				w.items[i].Rate = tax.VAT20
			}
		}
	})
	w.mustDo(t, Login{PIN: "2222"})
	return w
}

// A day in Minsk: what Russian law forbids or asks for is no matter there, the
// shift is the till's own, and every document says in what currency it is.
func TestBelarus(t *testing.T) {
	w := belarus(t)
	w.mustDo(t, OpenShift{})
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 100_00}})
	w.fill(t, bread, "4600000000091", "4600000000152", "4600000000077", "4600000000046") // two tax systems, an age group, spirits, 20 %
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 1000_00})
	sold := w.documents(doc.Sell)
	if len(sold) != 1 || len(sold[0].Receipt.Lines) != 5 || sold[0].Receipt.Groups != 0 {
		t.Fatalf("%d receipts", len(sold))
	}
	if f := sold[0].Fiscal; f == nil || !f.SKKO || f.UID == "" || f.FN != register || f.FD == 0 {
		t.Errorf("registered as %+v", f)
	}
	w.mustDo(t, CloseShift{})
	for _, d := range w.documents() {
		if d.Currency != tax.BYN {
			t.Errorf("%s in %s", d.Type, d.Currency)
		}
	}
	if w.state.fn != "" || w.state.otherFN() {
		t.Errorf("a register's number passes for an FN: %q", w.state.fn)
	}
	w.check()
}

// What the register takes from no till is refused before anything is begun.
func TestRegisterOnly(t *testing.T) {
	w := belarus(t)
	w.mustDo(t, OpenShift{})
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 500_00}})
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayCash})
	sale := w.documents(doc.Sell)[0]
	before := len(w.durable)
	w.refused(t, CashOut{CashMove: CashMove{Sum: 1_00}}, fault.RegisterOnly)
	w.refused(t, Return{Sale: sale.ID}, fault.RegisterOnly)
	w.refused(t, StateReport{}, fault.RegisterOnly)
	w.refused(t, XReport{}, fault.RegisterOnly)
	w.fill(t, bread)
	w.refused(t, Correct{Date: w.now, Reason: "x", Payment: doc.PayCash}, fault.RegisterOnly)
	w.refused(t, Prepay{Parts: []Part{{Type: doc.PayCash}}}, fault.RegisterOnly)
	w.mustDo(t, SetQty{Line: w.state.cart.Lines[0].ID, Qty: 10_000 * qty.One})
	w.refused(t, Pay{Type: doc.PayElectron}, fault.QtyBad)
	w.mustDo(t, SetQty{Line: w.state.cart.Lines[0].ID, Qty: qty.One})
	w.refused(t, SellClaim{Kind: doc.ClaimAdvance, Sum: 10_00, Parts: []Part{{Type: doc.PayCash}}}, fault.RegisterOnly)
	for _, e := range w.durable[before:] {
		if e.Kind != "cart" && e.Kind != "audit" {
			t.Errorf("a refused operation left %s %s", e.Kind, e.Type)
		}
	}
	w.mustDo(t, Pay{Type: doc.PayElectron})
	w.check()
}

// A rate of the other country is refused where goods are scanned.
func TestRatesOfTheCountry(t *testing.T) {
	w := belarus(t)
	w.items[3].Rate = tax.VAT22
	w.refused(t, Scan{Code: "4600000000039"}, fault.RateBad)
	w.items[3].Rate = tax.VAT25
	w.fill(t, "4600000000039")
	russia := newWorldWith(t, func(w *world) { w.items[3].Rate = tax.VAT25 })
	russia.refused(t, Scan{Code: "4600000000039"}, fault.RateBad)
	russia.refused(t, Scan{Code: "4600000000046"}, fault.RateBad)
}

// A unit with a code is asked of no permit port, and still sold only once.
func TestMarksInBelarus(t *testing.T) {
	w := belarus(t)
	w.mustDo(t, OpenShift{})
	code := "0104607015730012215abc12345\x1d93abcd"
	w.deaf = true // nobody would answer
	w.fill(t, code)
	w.refused(t, Scan{Code: code}, fault.MarkTwice)
	w.mustDo(t, Pay{Type: doc.PayCash})
	if l := w.documents(doc.Sell)[0].Receipt.Lines[0]; l.Mark != code {
		t.Errorf("sold %+v", l)
	}
}

// Money of two currencies never meets in a shift: with one of the other
// currency open nothing is sold, and all that can be done is to end it.
func TestTwoCurrencies(t *testing.T) {
	for name, c := range map[string]struct {
		first func(testing.TB) *world
		other func(w *world)
	}{
		"a Russian shift": {func(t testing.TB) *world { return newWorld(t) }, func(w *world) { w.skko, w.settings.Currency, w.store.Currency = true, tax.BYN, tax.BYN }},
		"a Belarusian one": {belarus, func(w *world) {
			w.skko, w.shift, w.settings.Currency, w.store.Currency = false, true, tax.RUB, tax.RUB // on the device a foreign one is open
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := c.first(t)
			if w.state.cashier == nil {
				w.mustDo(t, Login{PIN: "2222"})
			}
			w.mustDo(t, OpenShift{})
			w.fill(t, bread)
			w.mustDo(t, Pay{Type: doc.PayCash})
			was, cash := w.settings.Currency, w.state.shift.Totals.Drawer
			c.other(w)
			w.restart()
			w.look()
			if w.warned(fault.ShiftCurrency) != fault.Stop {
				t.Errorf("warnings %+v", w.state.warnings)
			}
			w.fill(t, bread)
			w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftCurrency)
			w.refused(t, CashIn{CashMove: CashMove{Sum: 1_00}}, fault.ShiftCurrency)
			w.mustDo(t, Park{})
			registered := len(w.fn)
			w.mustDo(t, CloseShift{})
			if len(w.fn) != registered {
				t.Error("the device heard of it")
			}
			all := w.documents()
			end := all[len(all)-1]
			if end.Type != doc.CloseSession || end.Currency != was || end.Shift.Drawer != cash {
				t.Errorf("ended by %s in %s with %s", end.Type, end.Currency, end.Shift.Drawer)
			}
			if w.warned(fault.ShiftCurrency) != "" {
				t.Error("still warned")
			}
			of := map[uuid.UUID]string{}
			for _, d := range all {
				if have := of[d.ShiftID]; have != "" && have != d.Currency {
					t.Errorf("%s %d in %s in a shift of %s", d.Type, d.Number, d.Currency, have)
				}
				of[d.ShiftID] = d.Currency
			}
		})
	}
}

// Prices or a device of another currency stop the till from registering.
func TestForeignCurrency(t *testing.T) {
	w := belarus(t)
	w.mustDo(t, OpenShift{})
	w.store.Currency = tax.RUB
	w.catalogChanges(t)
	w.fill(t, bread)
	w.refused(t, Pay{Type: doc.PayCash}, fault.StoreCurrency)
	w.store.Currency = "руб" // a name some cloud made up says nothing
	w.catalogChanges(t)
	w.skko = false
	w.look()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalCurrency)
	if w.warned(fault.FiscalCurrency) != fault.Stop {
		t.Errorf("warnings %+v", w.state.warnings)
	}
	w.skko = true
	w.look()
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

// Whatever breaks at whatever step of a sale or of cash in, the till asks a
// person, who looks at the paper, and ends with what is on the paper.
func TestRegisterInDoubt(t *testing.T) {
	asked := 0
	for name, cmd := range map[string]Event{"sale": Pay{Req: 900, Type: doc.PayCash}, "cash in": CashIn{Req: 900, CashMove: CashMove{Sum: 7_00}}} {
		for b := crashBefore; b < numBreakages; b++ {
			for at := 1; ; at++ {
				w := belarus(t)
				w.mustDo(t, OpenShift{})
				w.fill(t, bread)
				first, hit := w.steps, false
				w.break_ = func(step int) breakage {
					if step-first != at || hit {
						return fine
					}
					hit = true
					return b
				}
				w.events = append(w.events, cmd)
				if err := w.run(); err != nil {
					w.crash()
					if err := w.run(); err != nil {
						t.Fatal(err)
					}
				}
				if !hit {
					break
				}
				t.Run(fmt.Sprint(name, " ", breakageNames[b], " at ", at), func(t *testing.T) {
					w.t = t
					if w.state.phase == Blocked {
						asked++
						w.person(t)
					}
					if w.state.phase != Idle {
						t.Fatalf("phase %s", w.state.phase)
					}
					w.check()
					if sold := len(w.documents(doc.Sell)); sold > 0 == (len(w.state.cart.Lines) > 0) {
						t.Errorf("%d sold, %d lines before the cashier", sold, len(w.state.cart.Lines))
					}
				})
			}
		}
	}
	if asked < 10 {
		t.Errorf("a person was asked %d times", asked)
	}
}

// person looks at the register's paper and says what is on it.
func (w *world) person(t testing.TB) {
	t.Helper()
	v := w.state.View(w.now)
	d := v.Doubt
	if d == nil || d.Code != fault.FiscalUntold || d.Retry || !d.Done || d.Paper == d.Kind.Cash() || d.Paper && d.Register != register {
		t.Fatalf("doubt %+v", d)
	}
	job := w.state.job
	for i, f := range w.fn {
		if f.id != job.id {
			continue
		}
		w.refused(t, Abandon{Reason: "есть на ленте", Done: true}, fault.FiscalNumber)
		w.mustDo(t, Abandon{Reason: "есть на ленте", Done: true, Number: uint32(i + 1)})
		sold := w.documents(doc.Sell)
		if f := sold[len(sold)-1].Fiscal; f == nil || !f.ByHand || !f.SKKO || f.FD != uint32(i+1) || f.FN != register || f.Total != job.operation().Total() {
			t.Errorf("by hand %+v", f)
		}
		return
	}
	happened := false
	for _, f := range w.slips {
		happened = happened || f.id == job.id
	}
	w.mustDo(t, Abandon{Reason: "посмотрела на ленту", Done: happened})
}

// A Russian device is believed more than any person.
func TestDoneIsNotBelievedOfAnFN(t *testing.T) {
	b := bracket{kind: kkt.OpSale, docs: []doc.Document{{}}}
	if _, err := b.seen(Abandon{Done: true, Number: 1, Register: "1"}); err == nil || err.Code != fault.FiscalBlocked {
		t.Error(err)
	}
	if f, err := b.seen(Abandon{}); err != nil || f.Total != money.Amount(0) {
		t.Error(f, err)
	}
}
