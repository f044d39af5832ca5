package till

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

func (w *world) net() money.Amount { return w.bank.totals().Net() }

func TestCardApproved(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	p := w.documents(doc.Sell)[0].Receipt.Payments[0]
	if s := p.Slip; s == nil || s.RRN == "" || s.PAN != "220070******1234" || s.Sum != 49_90 || w.net() != 49_90 {
		t.Errorf("slip %+v, %s moved", p.Slip, w.net())
	}
	w.check()
}

// What the bank declines is declined: nothing is registered, the cheque is back.
func TestCardDeclined(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.bank.decline = []*fault.Error{fault.New(fault.TerminalFunds)}
	w.refused(t, Pay{Type: doc.PayElectron}, fault.TerminalFunds)
	if w.state.cart.Empty() || w.state.phase != Idle || len(w.fn) != 1 {
		t.Errorf("phase %s, %d documents", w.state.phase, len(w.fn))
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

// Of two cards the second is declined: the first one's money goes back at once.
func TestSecondCardDeclined(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.bank.decline = []*fault.Error{nil, fault.New(fault.TerminalFunds)}
	two := Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 20_00}, {Type: doc.PayElectron}}}
	w.refused(t, two, fault.TerminalFunds)
	if w.net() != 0 || w.state.phase != Idle || w.state.cart.Empty() {
		t.Fatalf("%s moved, phase %s", w.net(), w.state.phase)
	}
	w.mustDo(t, two)
	if w.net() != 49_90 || len(w.documents(doc.Sell)[0].Receipt.Payments) != 2 {
		t.Errorf("%s moved: %+v", w.net(), w.documents(doc.Sell)[0].Receipt.Payments)
	}
	w.check()
}

// Approved and not registered blocks: a person registers it..
func TestCardHeldIsRegistered(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.refuse = fault.New(fault.FiscalPaper)
	w.refused(t, Pay{Type: doc.PayElectron}, fault.TerminalHeld)
	d := w.state.View(w.now).Doubt
	if w.state.phase != Blocked || d == nil || d.Held != 49_90 || !d.Retry || d.Done || d.Code != fault.TerminalHeld {
		t.Fatalf("phase %s, %+v", w.state.phase, d)
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalBlocked)
	w.refused(t, Abandon{Done: true}, fault.FiscalBlocked)
	w.refused(t, Retry{}, fault.TerminalHeld)
	w.refuse = nil
	w.restart() // it is in no doubt after a restart either, and registered by itself
	if w.state.phase != Idle || len(w.documents(doc.Sell)) != 1 || w.net() != 49_90 {
		t.Errorf("phase %s, %d sales, %s moved", w.state.phase, len(w.documents(doc.Sell)), w.net())
	}
	w.check()
}

// ..or gives the money back; the till does not do so by itself.
func TestCardHeldIsGivenBack(t *testing.T) {
	for name, late := range map[string]bool{"at once": false, "after a restart next day": true} {
		t.Run(name, func(t *testing.T) {
			w := openedCards(t)
			w.ring(t, bread, soap)
			w.refuse = fault.New(fault.FiscalPaper)
			w.refused(t, Pay{Type: doc.PayElectron}, fault.TerminalHeld)
			if late {
				w.now = w.now.Add(10 * time.Hour)
				w.restart()
				if w.state.phase != Blocked || w.net() == 0 {
					t.Fatalf("phase %s, %s moved", w.state.phase, w.net())
				}
				w.bank.unable = true // its day is over: refunded
			}
			w.mustDo(t, Abandon{Reason: "нет бумаги"})
			if w.state.phase != Idle || w.net() != 0 || len(w.state.cart.Lines) != 2 {
				t.Errorf("phase %s, %s moved, %d lines", w.state.phase, w.net(), len(w.state.cart.Lines))
			}
			w.refuse = nil
			w.mustDo(t, Pay{Type: doc.PayElectron})
			w.check()
		})
	}
}

// A rest of a purchase that is given up gives back its share of the card's money.
func TestCardShareIsGivenBack(t *testing.T) {
	w := newWorldWith(t, func(w *world) { cardDay().arrange(w); w.systems = []tax.System{tax.General, tax.SimplifiedIncome} })
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.ring(t, bread, tea)
	w.break_ = func(int) breakage {
		if len(w.documents(doc.Sell)) == 1 {
			w.refuse = fault.New(fault.FiscalPaper)
		}
		return fine
	}
	w.refused(t, Pay{Type: doc.PayElectron}, fault.FiscalPartly)
	if d := w.state.View(w.now).Doubt; d.Held != 7_77 {
		t.Fatalf("%+v", d)
	}
	w.break_, w.refuse = func(int) breakage { return fine }, nil
	w.mustDo(t, Abandon{Reason: "ушёл"})
	if w.net() != 49_90 || len(w.state.cart.Lines) != 1 {
		t.Errorf("%s moved, %d lines", w.net(), len(w.state.cart.Lines))
	}
	w.check()
}

// Money that can neither be registered nor go back stays before a person.
func TestGivingBackFails(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.refuse = fault.New(fault.FiscalPaper)
	w.refused(t, Pay{Type: doc.PayElectron}, fault.TerminalHeld)
	w.bank.unable = true
	w.bank.decline = []*fault.Error{nil, fault.New(fault.TerminalHost)} // cancelling is refused anyway, then the refund
	w.refused(t, Abandon{Reason: "нет бумаги"}, fault.TerminalStuck)
	if d := w.state.View(w.now).Doubt; w.state.phase != Blocked || d.Held != 49_90 || !d.Done {
		t.Fatalf("phase %s: %+v", w.state.phase, d)
	}
	w.mustDo(t, Abandon{Reason: "вернули на терминале", Done: true})
	if w.state.phase != Idle || w.state.cart.Empty() {
		t.Errorf("phase %s", w.state.phase)
	}
	if d := auditOf(t, w, auditAbandon); d.Item != "вернули на терминале" {
		t.Errorf("%+v", d)
	}
}

// Another sum than ours is given back, whatever the terminal says.
func TestCardOtherSum(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.bank.other = 100
	w.refused(t, Pay{Type: doc.PayElectron}, fault.TerminalSum)
	if w.net() != 0 || w.state.cart.Empty() || len(w.fn) != 1 {
		t.Errorf("%s moved", w.net())
	}
	w.check()
}

// Nobody knows: the cheque is blocked, the caller does not wait, and nothing is
// sent a second time. The terminal knows in the end, or a person says what it
// says, also after a restart.
func TestCardUnknown(t *testing.T) {
	for _, c := range []struct {
		name    string
		end     func(w *world, t *testing.T)
		sold    int
		restart bool
	}{
		{"the terminal had it", func(w *world, t *testing.T) { w.bank.mute = false }, 1, false},
		{"a person says it was paid", func(w *world, t *testing.T) { w.mustDo(t, Abandon{Done: true, Reason: "чек терминала"}) }, 1, true},
		{"a person says it was not", func(w *world, t *testing.T) { w.mustDo(t, Abandon{Reason: "отказ на экране"}) }, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := openedCards(t)
			w.ring(t, bread)
			w.bank.mute = true
			questions := 0
			w.break_ = func(int) breakage {
				if w.state.phase == Charging {
					return loseAnswer
				}
				return fine
			}
			w.req++
			req := w.req
			w.events = append(w.events, Pay{Req: req, Type: doc.PayElectron})
			for range 40 { // it asks for ever
				if len(w.events) == 0 {
					break
				}
				ev := w.events[0]
				w.events = w.events[1:]
				if _, ok := ev.(Timer); ok {
					questions++
				}
				w.step(ev)
			}
			if w.state.phase != Checking || questions < 3 || w.replies[req] == nil || w.replies[req].Code != fault.TerminalUnsure {
				t.Fatalf("phase %s, %d questions, reply %v", w.state.phase, questions, w.replies[req])
			}
			d := w.state.View(w.now).Doubt
			if d == nil || d.Charge == nil || d.Charge.Sum != 49_90 || !d.Done || d.Code != fault.TerminalUnsure {
				t.Fatalf("%+v", d)
			}
			w.events = nil
			if c.restart {
				w.crash()
				for range 10 {
					ev := w.events[0]
					w.events = w.events[1:]
					w.step(ev)
				}
				if w.state.phase != Checking {
					t.Fatalf("phase %s after a restart", w.state.phase)
				}
			} else {
				w.events = append(w.events, Timer{Op: w.state.job.op})
			}
			if c.restart {
				w.events = nil // the question is on its way
			}
			c.end(w, t)
			if err := w.run(); err != nil {
				t.Fatal(err)
			}
			if w.state.phase != Idle || len(w.documents(doc.Sell)) != c.sold || w.state.cart.Empty() != (c.sold > 0) {
				t.Fatalf("phase %s, %d sales", w.state.phase, len(w.documents(doc.Sell)))
			}
			if c.sold > 0 && c.restart && !w.documents(doc.Sell)[0].Receipt.Payments[0].Slip.ByHand {
				t.Error("nobody sees that a person said so")
			}
			if len(w.bank.order) != 1 {
				t.Errorf("%d operations", len(w.bank.order))
			}
		})
	}
}

// While the customer is at the terminal the next cheque is scanned, nothing else
// is paid, and the payment may be called off.
func TestCardCalledOff(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.bank.waits = true
	req := w.begin(t, Pay{Type: doc.PayElectron})
	if w.state.phase != Charging {
		t.Fatalf("phase %s", w.state.phase)
	}
	op := w.state.job.op
	w.step(ChargeShown{Op: op, Progress: charge.Progress{Stage: charge.StagePIN}})
	w.step(ChargeShown{Op: op - 1, Progress: charge.Progress{Stage: charge.StageQR, QR: "late"}})
	v := w.state.View(w.now).Payment
	if v == nil || v.Charge == nil || v.Charge.Stage != charge.StagePIN || v.Charge.Sum != 49_90 || v.Charge.QR != "" {
		t.Fatalf("%+v", v)
	}
	w.mustDo(t, Scan{Code: soap})
	w.refused(t, OpenShift{}, fault.ChequePaying)
	w.mustDo(t, CancelCharge{})
	if w.bank.aborted != 1 || !w.state.View(w.now).Payment.Charge.Called {
		t.Errorf("called off %d times", w.bank.aborted)
	}
	w.events = append(w.events, Charged{Op: op, State: charge.Declined, Err: fault.New(fault.TerminalCancelled)})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if w.state.phase != Idle || w.replies[req] == nil || w.replies[req].Code != fault.TerminalCancelled || len(w.state.parked) != 1 || len(w.state.cart.Lines) != 1 {
		t.Errorf("phase %s, %v, %d parked", w.state.phase, w.replies[req], len(w.state.parked))
	}
	w.refused(t, CancelCharge{}, fault.TerminalNone)
}

// A slip that is not this payment's is no answer.
func TestCardSlipOfAnother(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.bank.waits = true
	w.begin(t, Pay{Type: doc.PayElectron})
	id := w.state.job.charges[0].ID
	for name, s := range map[string]doc.Slip{
		"another operation": {Kind: doc.SlipCard, Operation: w.newID(), Sum: 49_90},
		"by QR":             {Kind: doc.SlipQR, Operation: id, Sum: 49_90},
		"of nothing":        {Kind: doc.SlipCard, Operation: id},
		"a whole number":    {Kind: doc.SlipCard, Operation: id, Sum: 49_90, PAN: "2200701234561234"},
	} {
		state, _ := Step(w.state, w.env(), Charged{Op: w.state.job.op, State: charge.Approved, Slip: s})
		if state.phase != Checking {
			t.Errorf("%s: phase %s", name, state.phase)
		}
	}
}

// A payment nobody knows of is asked of a person where the terminal says that
// it asks one; what else is shown of it then is stale.
func TestSomebodyCanTell(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	_, fx := w.upTo(t, Charging, Pay{Type: doc.PayElectron})
	for _, e := range fx {
		if c, ok := e.(Charge); ok {
			w.step(Charged{Op: c.Op, State: charge.Unknown, Err: fault.New(fault.TerminalUnsure)})
		}
	}
	if w.state.phase != Checking {
		t.Fatalf("phase %s", w.state.phase)
	}
	op := w.state.job.op
	stage := func() charge.Stage { return w.state.View(w.now).Doubt.Charge.Stage }
	w.step(ChargeShown{Op: op, Progress: charge.Progress{Stage: charge.StagePIN}})
	w.step(ChargeShown{Op: op + 1, Progress: charge.Progress{Stage: charge.StagePerson}})
	if stage() != "" {
		t.Errorf("waits for %s", stage())
	}
	w.step(ChargeShown{Op: op, Progress: charge.Progress{Stage: charge.StagePerson}})
	if stage() != charge.StagePerson {
		t.Errorf("nobody is asked: %q", stage())
	}
}

// A code that was given up and is paid all the same goes back, and is told of.
func TestLateCode(t *testing.T) {
	for name, restart := range map[string]bool{"soon": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			w := openedCards(t)
			w.ring(t, bread)
			w.bank.decline = []*fault.Error{fault.New(fault.TerminalExpired)}
			w.refused(t, Pay{Type: doc.PayElectron, QR: true}, fault.TerminalExpired)
			w.mustDo(t, Pay{Type: doc.PayCash})
			w.passes(t, 2*time.Minute)
			o := w.bank.ops[w.bank.order[0]]
			o.err = nil
			w.bank.approve(w, o)
			if restart {
				w.restart()
			}
			w.passes(t, 2*time.Minute)
			told := false
			for _, n := range w.state.notices {
				told = told || n.Code == fault.TerminalLate
			}
			if w.net() != 0 || w.state.phase != Idle || !told || len(w.state.late.codes) != 0 {
				t.Errorf("%s kept, phase %s, notices %+v", w.net(), w.state.phase, w.state.notices)
			}
			w.check()
			w.restart()
			if len(w.state.late.codes) != 0 || w.state.job != nil {
				t.Error("it comes back")
			}
		})
	}
}

// A code is not asked about for ever.
func TestLateCodeIsForgotten(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.bank.decline = []*fault.Error{fault.New(fault.TerminalExpired)}
	w.refused(t, Pay{Type: doc.PayElectron, QR: true}, fault.TerminalExpired)
	w.passes(t, lateFor)
	if len(w.state.late.codes) != 0 {
		t.Fatalf("%+v", w.state.late)
	}
	w.mustDo(t, VoidCheque{}) // makes what was posted durable with the next store
	w.mustDo(t, CashIn{CashMove: CashMove{Sum: 100}})
	w.restart()
	if len(w.state.late.codes) != 0 {
		t.Error("it comes back")
	}
}

// A refund goes to the card it came from, a part at a time; without a terminal
// a person gives it back, and the slip says so.
func TestCardRefund(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread, soap)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 100_00}, {Type: doc.PayElectron}}})
	sale := w.documents(doc.Sell)[0]
	w.mustDo(t, Return{Sale: sale.ID, Lines: []ReturnLine{{Line: sale.Receipt.Lines[0].ID}}})
	back := w.documents(doc.Payback)[0]
	for i, p := range back.Receipt.Payments {
		if p.Slip == nil || p.Slip.Of != sale.Receipt.Payments[i].Slip.Operation || p.Slip.Sum != p.Sum || p.Slip.RRN == "" {
			t.Errorf("payment %d: %+v", i, p.Slip)
		}
	}
	w.bank.decline = []*fault.Error{fault.New(fault.TerminalHost)}
	w.refused(t, Return{Sale: sale.ID}, fault.TerminalHost)
	w.state.Settings.Card = false
	w.mustDo(t, Return{Sale: sale.ID})
	last := w.documents(doc.Payback)[1].Receipt.Payments[0]
	if last.Slip == nil || !last.Slip.ByHand || last.Slip.Of != sale.Receipt.Payments[0].Slip.Operation {
		t.Errorf("%+v", last.Slip)
	}
	w.refused(t, Return{Sale: sale.ID}, fault.ReturnOf)
}

// A refund that the terminal made and the device did not: registered, or undone.
func TestCardRefundHeld(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	sale := w.documents(doc.Sell)[0]
	w.refuse = fault.New(fault.FiscalPaper)
	w.refused(t, Return{Sale: sale.ID}, fault.TerminalHeld)
	w.mustDo(t, Abandon{Reason: "передумал"})
	if w.net() != 49_90 || w.state.phase != Idle {
		t.Fatalf("%s moved, phase %s", w.net(), w.state.phase)
	}
	w.refused(t, Return{Sale: sale.ID}, fault.TerminalHeld)
	w.bank.unable = true
	w.refused(t, Abandon{Reason: "передумал"}, fault.TerminalStuck)
	w.refuse = nil
	w.mustDo(t, Retry{})
	if w.net() != 0 || len(w.documents(doc.Payback)) != 1 {
		t.Errorf("%s moved", w.net())
	}
	w.check()
}

// Goods without a receipt, and money of an advance, go back onto a card.
func TestCardBackOtherwise(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.mustDo(t, TakeBack{Reason: "брак", Payment: doc.PayElectron})
	if w.net() != -49_90 {
		t.Errorf("%s moved", w.net())
	}
	w.mustDo(t, SellClaim{Kind: doc.ClaimCertificate, Number: "7", Sum: 300_00, Parts: []Part{{Type: doc.PayElectron}}})
	card := w.documents(doc.Sell)[0]
	w.ring(t, bread)
	w.mustDo(t, Pay{Parts: []Part{{Type: doc.PayAdvance, Claim: "7"}}})
	w.mustDo(t, Return{Sale: w.documents(doc.Sell)[1].ID, Payment: AsMoney})
	w.refused(t, Return{Sale: w.documents(doc.Sell)[1].ID, Payment: AsMoney}, fault.ReturnOf)
	w.mustDo(t, Return{Sale: card.ID})
	last := w.documents(doc.Payback)[2].Receipt.Payments[0]
	if last.Slip == nil || last.Slip.Of != card.Receipt.Payments[0].Slip.Operation || last.Sum != 250_10 {
		t.Errorf("%s back: %+v", last.Sum, last.Slip)
	}
	w.check()
}

// The shift's end compares itself with the terminal's, and goes on without it.
func TestTerminalIsCounted(t *testing.T) {
	w := openedCards(t)
	w.ring(t, bread)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	w.bank.do(w, charge.Operation{ID: w.newID(), Kind: charge.Pay, Via: doc.SlipCard, Sum: 5_00, Currency: "RUB"}) // somebody else's
	w.mustDo(t, CloseShift{})
	z := w.documents(doc.CloseSession)[0].Shift
	if z.Acquired != 49_90 || z.Acquiring == nil || z.Acquiring.Difference != 5_00 || z.Acquiring.Paid.Count != 2 {
		t.Errorf("%s: %+v", z.Acquired, z.Acquiring)
	}
	warned := func(code fault.Code) bool {
		for _, x := range w.state.warnings {
			if x.Code == code {
				return true
			}
		}
		return false
	}
	w.restart()
	if !warned(fault.TerminalDiffers) {
		t.Errorf("%+v", w.state.warnings)
	}
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	if warned(fault.TerminalDiffers) {
		t.Error("the warning stays")
	}
	w.break_ = func(int) breakage {
		if w.state.phase == Counting {
			return loseRequest
		}
		return fine
	}
	w.mustDo(t, CloseShift{})
	if z := w.documents(doc.CloseSession)[1].Shift; z.Acquiring == nil || z.Acquiring.Problem == "" || !warned(fault.TerminalUncounted) {
		t.Errorf("%+v", z.Acquiring)
	}
}

// Without a terminal everything is as it was: nothing is asked, no slip is made.
func TestCardWithoutTerminal(t *testing.T) {
	w := newWorld(t)
	w.sell(t, bread)
	w.ring(t, soap)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	p := w.documents(doc.Sell)[1].Receipt.Payments[0]
	if p.Slip != nil || w.bank != nil || w.count(kkt.OpSale) != 2 {
		t.Errorf("%+v", p.Slip)
	}
}
