package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// Money that is not cash is moved by a payment terminal, or a service of
// payments by QR, before the receipt is registered: a receipt says what was
// paid, and a customer who can not pay gets none. What is to be moved stands in
// the bracket's plan (settle.go) and goes one by one:
//
//	intend (this one was asked for) -> Charging -> intend (it was approved, the next one is asked for) ..
//	.. -> intend (all were approved, their slips are in the documents) -> Preparing
//
// No answer leads to Checking: the terminal is asked by the operation's id
// until it knows, and a senior may say what its own journal says. One that is
// declined takes the others back. What was approved and can not be registered
// blocks, and a person decides: register it or give the money back.

// chargeEvery is how often a terminal is asked what became of an operation.
const chargeEvery = time.Second

// charged is one movement of money of a bracket.
type charged struct {
	charge.Operation
	// State is "" until it is asked for, and Unknown from then on until the
	// terminal has answered.
	State charge.State `json:"state,omitempty"`
	Slip  *doc.Slip    `json:"slip,omitempty"`
	// Undoes is the bracket's own movement that this one takes back.
	Undoes uuid.UUID `json:"undoes,omitzero"`
}

// settles tells whether a payment terminal, or a service of payments by QR,
// moves such money.
func (s *State) settles(qr bool) bool {
	if qr {
		return s.Settings.QR
	}
	return s.Settings.Card
}

// asked is the movement whose outcome is not known; -1: none.
func (b *bracket) asked() int {
	return slices.IndexFunc(b.charges, func(c charged) bool { return c.State == charge.Unknown })
}

// askNext marks the next movement as asked for. The marks are durable before
// the terminal hears of it.
func (b *bracket) askNext() {
	i := slices.IndexFunc(b.charges, func(c charged) bool { return c.State == "" })
	if i < 0 || b.asked() >= 0 {
		return
	}
	b.charges = slices.Clone(b.charges)
	b.charges[i].State = charge.Unknown
}

// moved are the movements that were made and not taken back.
func (b *bracket) moved() (all []charged) {
	for _, c := range b.charges {
		undone := slices.ContainsFunc(b.charges, func(u charged) bool { return u.Undoes == c.ID && u.State == charge.Approved })
		if c.State == charge.Approved && c.Undoes == uuid.Nil && !undone && b.open(&c) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// open is what of a movement no registered receipt tells of.
func (b *bracket) open(c *charged) money.Amount {
	registered := c.Sum
	for _, docs := range [][]doc.Document{b.docs, b.later} {
		for i := range docs {
			if r := docs[i].Receipt; r != nil {
				for _, p := range r.Payments {
					if p.Slip != nil && p.Slip.Operation == c.ID {
						registered -= p.Sum
					}
				}
			}
		}
	}
	if !c.ofDocuments() {
		registered = 0
	}
	return c.Slip.Sum - max(registered, 0)
}

// ofDocuments: a payment that came after its time is no document's.
func (c *charged) ofDocuments() bool { return c.Kind != chargeLate }

// charge hands the movement that was made durable to the terminal.
func (t *turn) charge() {
	b := *t.job
	b.op, b.shown, b.called = t.nextOp(), charge.Progress{}, false
	t.job, t.phase = &b, Charging
	t.do(Charge{Op: b.op, Operation: b.charges[b.asked()].Operation})
}

// check asks the terminal what became of a movement.
func (t *turn) check() {
	b := *t.job
	b.op = t.nextOp()
	t.job, t.phase = &b, Checking
	t.do(ChargeFind{Op: b.op, Operation: b.charges[b.asked()].Operation})
}

// waitsFor keeps what the terminal waits for.
func (t *turn) waitsFor(e ChargeShown) {
	asked := t.phase == Checking && e.Progress.Stage == charge.StagePerson // nobody knows, and somebody can tell
	if t.job == nil || (t.phase != Charging && !asked) || e.Op != t.job.op || len(e.Progress.QR) > charge.MaxQR {
		return
	}
	b := *t.job
	b.shown = e.Progress
	t.job = &b
}

// callOff calls off what waits for the customer. What comes of it is told as
// any other outcome.
func (t *turn) callOff(e CancelCharge) {
	b := *t.job
	b.called = true
	t.job = &b
	t.do(ChargeAbort{})
	t.reply(e.Req, nil)
}

// chargeDone takes the terminal's answer.
func (t *turn) chargeDone(e Charged) {
	if t.late.op != 0 && e.Op == t.late.op {
		t.lateFound(e)
		return
	}
	b := t.job
	if b == nil || (t.phase != Charging && t.phase != Checking) || e.Op != b.op {
		return
	}
	i := b.asked()
	switch {
	case e.State == charge.Approved && validSlip(&b.charges[i], &e.Slip):
		t.approvedCharge(i, e.Slip)
	case e.State == charge.Declined:
		t.declinedCharge(i, orInternal(e.Err))
	default:
		t.unsure(orInternal(e.Err))
	}
}

func orInternal(err *fault.Error) *fault.Error {
	if err == nil {
		return fault.New(fault.TerminalUnsure)
	}
	return err
}

// validSlip tells whether a slip is one of this movement.
func validSlip(c *charged, s *doc.Slip) bool {
	p := doc.Payment{ID: s.Operation, Type: doc.PayElectron, QR: s.Kind == doc.SlipQR, Sum: s.Sum, Slip: s}
	return p.Validate() == nil && s.Operation == c.ID && s.Kind == c.Via
}

// unsure asks again, and lets nobody wait for the answer.
func (t *turn) unsure(why *fault.Error) {
	b := *t.job
	t.reply(b.req, fault.New(fault.TerminalUnsure).With(why))
	b.req, b.untilled = 0, true
	b.doubt, b.op = why, t.nextOp()
	if t.phase != Checking {
		t.do(Beep{SignalError})
	}
	t.job, t.phase = &b, Checking
	t.freeWaiting(fault.New(fault.TerminalUnsure))
	t.do(After{Op: b.op, Delay: chargeEvery})
}

// approvedCharge keeps the slip and goes on.
func (t *turn) approvedCharge(i int, s doc.Slip) {
	b := *t.job
	b.charges = slices.Clone(b.charges)
	c := &b.charges[i]
	c.State, c.Slip = charge.Approved, &s
	if c.Undoes == uuid.Nil {
		b.docs, b.later = withSlip(b.docs, &s), withSlip(b.later, &s)
		b.payments = slipped(b.payments, &s)
	}
	t.job = &b
	switch {
	case b.undoing != "":
		t.undo()
	case s.Sum != c.Sum:
		t.takeBack(fault.New(fault.TerminalSum, s.Sum.String(), c.Sum.String()))
	case t.tooLate(&b):
		t.refused(fault.New(fault.FiscalLate))
	default:
		t.intend()
	}
}

// declinedCharge: nothing was moved. What was moved before it goes back.
func (t *turn) declinedCharge(i int, why *fault.Error) {
	b := *t.job
	b.charges = slices.Clone(b.charges)
	c := &b.charges[i]
	c.State = charge.Declined
	t.job = &b
	if c.Kind == charge.Pay && c.Via == doc.SlipQR {
		t.watchLate(*c)
	}
	switch {
	case b.undoing == "":
		t.takeBack(why)
	case c.Kind == charge.Cancel && b.kindOf(c.Undoes) != charge.Refund:
		// Its day is over, or it can not be undone for another reason: it is given
		// back as any payment. What went back itself can only be undone.
		b.charges = append(b.charges, charged{Operation: charge.Operation{ID: t.env.NewID(), Kind: charge.Refund, Via: c.Via, Sum: c.Sum, Currency: c.Currency, Of: c.Of}, Undoes: c.Undoes})
		t.intend()
	default:
		t.stuckUndoing(why)
	}
}

// stuckUndoing stops before a person: the money is neither registered nor back.
func (t *turn) stuckUndoing(why *fault.Error) {
	b := *t.job
	b.stuck, b.reason = true, why
	b.doubt = fault.New(fault.TerminalStuck, b.movedSum().String()).With(why)
	t.job = &b
	t.block(b.doubt)
}

func (b *bracket) movedSum() (sum money.Amount) {
	for _, c := range b.moved() {
		sum += b.open(&c)
	}
	return sum
}

// takeBack gives up the bracket: what was moved for it goes back first.
func (t *turn) takeBack(why *fault.Error) {
	b := *t.job
	b.charges = slices.DeleteFunc(slices.Clone(b.charges), func(c charged) bool { return c.State == "" })
	b.undoing, b.undoingArgs = why.Code, why.Args
	b.stuck, b.reason = false, why
	t.job = &b
	t.undo()
}

// undo takes the next movement back, or ends when nothing is left.
func (t *turn) undo() {
	b := *t.job
	if moved := b.moved(); len(moved) > 0 {
		c := moved[0]
		kind, sum := charge.Cancel, b.open(&c)
		if c.Kind == charge.Refund && sum != c.Slip.Sum { // registered in part
			t.stuckUndoing(fault.New(b.undoing, b.undoingArgs...))
			return
		}
		if sum != c.Slip.Sum || c.Kind == chargeLate {
			kind = charge.Refund
		}
		back := charge.Operation{ID: t.env.NewID(), Kind: kind, Via: c.Via, Sum: sum, Currency: c.Currency, Of: c.Slip}
		b.charges = append(slices.Clone(b.charges), charged{Operation: back, Undoes: c.ID})
		t.job = &b
		t.intend()
		return
	}
	why := fault.New(b.undoing, b.undoingArgs...)
	if b.partial() && b.undoing != fault.FiscalAbandoned {
		t.refused(why)
		return
	}
	t.void(why)
}

// kindOf is the kind of one of the bracket's movements.
func (b *bracket) kindOf(id uuid.UUID) charge.Kind {
	i := slices.IndexFunc(b.charges, func(c charged) bool { return c.ID == id })
	if i < 0 {
		return ""
	}
	return b.charges[i].Kind
}

// restoreCharges goes on with the money of a bracket after a restart; false:
// there is nothing to do about it.
func (t *turn) restoreCharges() bool {
	b := t.job
	switch {
	case b.asked() >= 0:
		t.check()
	case b.undoing != "":
		t.undo()
	default:
		return false
	}
	return true
}

// sayCharge takes a person's word about a movement nobody can be asked about.
func (t *turn) sayCharge(e Abandon) {
	b := *t.job
	reason := plain(e.Reason, MaxReason)
	i := b.asked()
	c := &b.charges[i]
	d := t.auditWho()
	d.Item, d.Sum = reason, int64(c.Sum)
	if b.cheque.ID != uuid.Nil {
		d.Cheque = b.cheque.ID.String()
	}
	t.audit(auditAbandon, d, uuid.Nil)
	b.req = e.Req
	t.job = &b
	if e.Done {
		t.approvedCharge(i, doc.Slip{Kind: c.Via, Operation: c.ID, Of: c.Of.Origin(), Sum: c.Sum, Time: t.env.Now, ByHand: true})
		return
	}
	t.declinedCharge(i, fault.New(fault.FiscalAbandoned, reason))
}

// withSlip puts a slip into the payments it belongs to.
func withSlip(docs []doc.Document, s *doc.Slip) []doc.Document {
	docs = slices.Clone(docs)
	for i := range docs {
		if docs[i].Receipt == nil {
			continue
		}
		r := *docs[i].Receipt
		r.Payments = slipped(r.Payments, s)
		docs[i].Receipt = &r
	}
	return docs
}

func slipped(payments []doc.Payment, s *doc.Slip) []doc.Payment {
	payments = slices.Clone(payments)
	for i := range payments {
		if was := payments[i].Slip; was != nil && was.Operation == s.Operation {
			payments[i].Slip = s
		}
	}
	return payments
}
