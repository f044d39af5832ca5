package till

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// bank is a terminal and a service of payments by QR that keep to the port's
// contract: an operation happens at most once, and one that was said never to
// have happened never does.
type bank struct {
	ops     map[uuid.UUID]*bankOp
	order   []uuid.UUID
	decline []*fault.Error // what the next operations are declined with; nil: approved
	other   money.Amount   // the next one moves so much more
	waits   bool           // the customer does nothing: no answer comes
	mute    bool           // it does not know what became of anything
	unable  bool           // nothing it did can be undone
	aborted int
}

type bankOp struct {
	charge.Operation
	slip   *doc.Slip // approved
	undone bool
	err    *fault.Error
}

func (w *world) bankOf() *bank {
	if w.bank == nil {
		w.bank = &bank{ops: map[uuid.UUID]*bankOp{}}
	}
	return w.bank
}

// charges is the port.
func (w *world) charges(e Effect) {
	k := w.bankOf()
	if _, ok := e.(ChargeAbort); ok {
		k.aborted++
		return
	}
	b := w.fail(strings.TrimPrefix(fmt.Sprintf("%T", e), "till."))
	lost := b == loseRequest || b == powerCut
	deaf := lost || b == loseAnswer || b == garble
	var ev Event
	switch e := e.(type) {
	case Charge:
		if e.Operation.ID == uuid.Nil || e.Operation.Sum <= 0 || e.Operation.Currency == "" {
			w.t.Fatalf("charge %+v", e.Operation)
		}
		if !lost {
			k.do(w, e.Operation)
		}
		if k.waits {
			w.after(b)
			return
		}
		ev = k.answer(e.Op, e.Operation.ID, deaf)
	case ChargeFind:
		if !lost && k.ops[e.Operation.ID] == nil {
			k.ops[e.Operation.ID] = &bankOp{Operation: e.Operation, err: fault.New(fault.TerminalNoSuch)}
		}
		ev = k.answer(e.Op, e.Operation.ID, deaf || k.mute)
	case ChargeCount:
		c := ChargeCounted{Op: e.Op, Totals: k.totals()}
		if deaf {
			c = ChargeCounted{Op: e.Op, Err: fault.New(fault.TerminalMissing)}
		}
		ev = c
	}
	w.after(b)
	w.events = append(w.events, ev)
}

func (k *bank) answer(op Op, id uuid.UUID, deaf bool) Charged {
	o := k.ops[id]
	switch {
	case deaf || o == nil:
		return Charged{Op: op, State: charge.Unknown, Err: fault.New(fault.Timeout)}
	case o.slip != nil:
		return Charged{Op: op, State: charge.Approved, Slip: *o.slip}
	case o.err != nil:
		return Charged{Op: op, State: charge.Declined, Err: o.err}
	}
	return Charged{Op: op, State: charge.Unknown, Err: fault.New(fault.Timeout)}
}

// do carries an operation out, once.
func (k *bank) do(w *world, op charge.Operation) {
	if k.ops[op.ID] != nil {
		w.t.Fatalf("operation %s is sent a second time", op.ID)
	}
	o := &bankOp{Operation: op}
	k.ops[op.ID], k.order = o, append(k.order, op.ID)
	if k.waits {
		return
	}
	if len(k.decline) > 0 {
		o.err, k.decline = k.decline[0], k.decline[1:]
	}
	if op.Kind == charge.Cancel && k.unable {
		o.err = fault.New(fault.TerminalDayOver)
	}
	if o.err == nil {
		k.approve(w, o)
	}
}

func (k *bank) approve(w *world, o *bankOp) {
	if o.Of != nil {
		of := k.ops[o.Of.Operation]
		switch {
		case of == nil || of.slip == nil || of.undone:
			w.t.Fatalf("%s of what was never made: %+v", o.Kind, o.Of)
		case o.Kind == charge.Cancel && of.slip.Sum != o.Sum:
			w.t.Fatalf("cancel %s of %s", o.Sum, of.slip.Sum)
		case o.Kind == charge.Cancel:
			of.undone, o.undone = true, true
		}
	}
	o.slip = &doc.Slip{Kind: o.Via, Operation: o.ID, Of: o.Operation.Of.Origin(), Sum: o.Sum + k.other, Terminal: "T1", RRN: "612345678901", AuthCode: "A1", Time: w.now}
	k.other = 0
	if o.Via == doc.SlipCard {
		o.slip.PAN, o.slip.System = "220070******1234", "МИР"
	} else {
		o.slip.QRID = "AD1"
	}
}

func (k *bank) totals() (t charge.Totals) {
	for _, id := range k.order {
		switch o := k.ops[id]; {
		case o.slip == nil || o.undone:
		case o.Kind == charge.Pay:
			t.Paid.Count, t.Paid.Sum = t.Paid.Count+1, t.Paid.Sum+o.slip.Sum
		default:
			t.Refunded.Count, t.Refunded.Sum = t.Refunded.Count+1, t.Refunded.Sum+o.slip.Sum
		}
	}
	return t
}

// checkBank compares what the bank has moved with what the documents say.
func (w *world) checkBank() {
	w.t.Helper()
	if w.bank == nil {
		return
	}
	told := map[uuid.UUID]money.Amount{}
	var net money.Amount
	for _, d := range w.documents(doc.Sell, doc.Payback) {
		sign := money.Amount(1)
		if d.Type == doc.Payback {
			sign = -1
		}
		for _, p := range d.Receipt.Payments {
			if p.Slip == nil || p.Slip.ByHand {
				continue
			}
			net += sign * p.Sum
			told[p.Slip.Operation] += p.Sum
			if o := w.bank.ops[p.Slip.Operation]; o == nil || o.slip == nil || o.undone || p.Slip.RRN == "" {
				w.t.Errorf("%s says that %s was moved by %s: %+v", d.Name, p.Sum, p.Slip.Operation, o)
			}
		}
	}
	if got := w.bank.totals().Net(); got != net && w.state.phase == Idle && w.state.late.op == 0 {
		w.t.Errorf("the bank moved %s, the documents say %s", got, net)
	}
	for _, id := range w.bank.order {
		if o := w.bank.ops[id]; o.slip != nil && !o.undone && told[id] == 0 && w.state.phase == Idle && o.Kind == charge.Pay && !w.bank.refunded(id) {
			w.t.Errorf("%s was taken from a customer and no document has it", o.slip.Sum)
		}
	}
}

func (k *bank) refunded(id uuid.UUID) bool {
	for _, o := range k.ops {
		if o.slip != nil && o.slip.Of == id && o.Kind == charge.Refund {
			return true
		}
	}
	return false
}

// cardWorld is a till with a terminal.
func cardWorld(t testing.TB) *world {
	w := newWorldWith(t, func(w *world) { w.settings.Card, w.settings.QR = true, true })
	w.bankOf()
	return w
}

// cardDay is paid by card in every way.
func cardDay() *walk {
	sale := func(w *world, n int) doc.Document { return w.documents(doc.Sell)[n] }
	exchange := sellGoal(5, nil, soap)
	fill := exchange.next
	exchange.next = func(w *world) Event {
		if ev := fill(w); ev != nil {
			return ev
		}
		return Exchange{Once: onceID(2), Sale: sale(w, 0).ID, Lines: []ReturnLine{{Line: sale(w, 0).Receipt.Lines[1].ID}}, Parts: []Part{{Type: doc.PayElectron}}}
	}
	return &walk{senior: true, arrange: func(w *world) { w.settings.Card, w.settings.QR = true, true; w.bankOf() }, goals: []goal{
		opening,
		sellGoal(1, Pay{Type: doc.PayElectron}, bread, milk),
		sellGoal(3, Pay{Parts: []Part{{Type: doc.PayElectron, Sum: 40_00}, {Type: doc.PayElectron, Sum: 30_00}, {Type: doc.PayCash, Sum: 500_00}}}, bread, tea, soap), // two cards, cash, two print groups
		sellGoal(4, Pay{Type: doc.PayElectron, QR: true}, soap),
		{func(w *world) bool { return len(w.documents(doc.Payback)) >= 1 }, func(w *world) Event { return Return{Once: onceID(1), Sale: sale(w, 3).ID} }},
		{func(w *world) bool { return len(w.documents(doc.Payback)) >= 2 }, func(w *world) Event {
			return Return{Once: onceID(3), Sale: sale(w, 1).ID, Lines: []ReturnLine{{Line: sale(w, 1).Receipt.Lines[0].ID}}}
		}},
		exchange,
		closing,
	}}
}

// ring fills a cheque.
func (w *world) ring(t *testing.T, codes ...string) {
	t.Helper()
	for _, c := range codes {
		w.mustDo(t, Scan{Code: c})
	}
}

// opened is a till with a terminal, its shift open and a senior at it.
func openedCards(t *testing.T) *world {
	w := cardWorld(t)
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	return w
}

// begin gives a command whose answer does not come yet.
func (w *world) begin(t *testing.T, cmd Event) Req {
	t.Helper()
	w.req++
	w.events = append(w.events, WithReq(cmd, w.req))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	return w.req
}

// passes lets time and events pass.
func (w *world) passes(t *testing.T, d time.Duration) {
	t.Helper()
	w.now = w.now.Add(d)
	w.step(Tick{})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
}
