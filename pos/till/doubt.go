package till

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
)

// ask asks the device what became of the operation.
func (t *turn) ask() {
	b := *t.job
	b.op = t.nextOp()
	t.job, t.phase = &b, Resolving
	t.freeWaiting(fault.New(fault.FiscalUnsure))
	t.do(FiscalFind{Op: b.op, Mark: b.mark, Operation: b.operation()})
}

func (t *turn) resolved(e Resolved) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	switch {
	case e.Err != nil:
		b.doubt, b.op = e.Err, t.nextOp()
		t.job = &b
		t.do(After{Op: b.op, Delay: resolveEvery})
	case e.Found.Kind == kkt.Registered:
		f := e.Found.Fiscal
		f.Recovered = true
		t.record(f)
	case e.Found.Kind == kkt.Untold:
		b.doubt, b.untold = fault.New(fault.FiscalUntold).Saying(e.Found.Why), true
		if b.mark.FN == "" {
			b.mark.FN = e.Found.Now.FN
		}
		t.job = &b
		t.block(b.doubt)
	case e.Found.Kind == kkt.Foreign:
		b.doubt = fault.New(fault.FiscalForeign, fmt.Sprint(e.Found.Now.FD)).Saying(e.Found.Why)
		t.job = &b
		t.block(b.doubt)
	case b.reason != nil:
		t.refused(b.reason)
	case t.tooLate(&b):
		t.refused(fault.New(fault.FiscalLate))
	case b.attempts >= MaxAttempts || e.Found.Now.FN != b.mark.FN || e.Found.Now.FD != b.mark.FD:
		t.refused(fault.New(fault.FiscalNoAnswer))
	default:
		t.prepare() // the FN is where it was: print it now, same numbers, same ids
	}
}

func (t *turn) timer(e Timer) {
	switch {
	case e.Op != t.job.op:
	case t.phase == Checking:
		t.check()
	default:
		t.ask()
	}
}

// tooLate tells whether a restart took so long that nobody expects the
// document any more.
func (t *turn) tooLate(b *bracket) bool {
	return b.booted && t.env.Now.Sub(b.docs[0].Time) > redoWithin
}

// refused ends an operation that is certainly not registered. A print group
// after the first can not be taken back as if nothing had been: the others of
// its purchase are registered.
func (t *turn) refused(why *fault.Error) {
	b := *t.job
	switch held := b.movedSum(); {
	case b.partial():
		r := b.docs[0].Receipt
		b.doubt = fault.New(fault.FiscalPartly, strconv.Itoa(r.Group-1), strconv.Itoa(r.Groups)).With(why)
	case held > 0:
		b.doubt = fault.New(fault.TerminalHeld, held.String()).With(why)
	default:
		t.void(why)
		return
	}
	b.stuck, b.reason = true, why
	t.job = &b
	t.block(b.doubt)
}

// partial tells whether an earlier receipt of the same purchase is registered.
func (b *bracket) partial() bool {
	return len(b.docs) > 0 && b.docs[0].Receipt != nil && b.docs[0].Receipt.Group > 1
}

// block stops before a person.
func (t *turn) block(why *fault.Error) {
	b := *t.job
	t.reply(b.req, why)
	b.req = 0
	t.job, t.phase = &b, Blocked
	t.freeWaiting(why)
	t.do(Beep{SignalError})
}

// goOn takes up the next print group.
func (t *turn) goOn() {
	if t.tooLate(t.job) {
		t.refused(fault.New(fault.FiscalLate))
		return
	}
	t.prepare()
}

// retry tries the rest of a purchase again, or asks the device once more.
func (t *turn) retry(e Retry) {
	b := *t.job
	switch {
	case t.cashier == nil:
		t.reply(e.Req, fault.New(fault.LoginRequired))
	case len(b.docs) == 0 && b.kind != opLate: // nobody knows what it was
		t.reply(e.Req, fault.New(fault.FiscalBlocked))
	case t.phase == Checking:
		t.reply(e.Req, nil)
		t.check()
	case b.stuck && b.undoing != "" && (len(b.docs) == 0 || b.undone()):
		t.undoAgain(e.Req)
	case b.stuck:
		b.undoing, b.undoingArgs = "", nil
		b.req, b.op = e.Req, t.nextOp()
		b.stuck, b.booted, b.attempts, b.reason = false, false, 0, nil
		t.job, t.phase = &b, Marking
		t.do(FiscalMark{Op: b.op})
	default:
		b.req, b.attempts = e.Req, 0
		t.job = &b
		t.ask()
	}
}

// abandon ends a doubt nobody can resolve: somebody else used the device, or
// it will never come back. A senior has looked at it and takes the blame.
func (t *turn) abandon(e Abandon) {
	b := *t.job
	if t.phase == Checking {
		t.sayCharge(e)
		return
	}
	held := b.movedSum() > 0
	f, err := b.seen(e)
	if held && e.Done && b.stuck && b.undoing != "" { // a person has given it back otherwise
		err = nil
	}
	if err != nil {
		t.reply(e.Req, err)
		return
	}
	reason := plain(e.Reason, MaxReason)
	d := t.auditWho()
	d.Item = reason
	if b.cheque.ID != uuid.Nil {
		d.Cheque = b.cheque.ID.String()
	}
	t.audit(auditAbandon, d, uuid.Nil)
	if t.queued(&b) {
		t.setAside(e, reason)
		return
	}
	b.booted = false
	if held && (!e.Done || b.stuck) {
		t.reply(b.req, fault.New(fault.FiscalAbandoned, reason))
		b.req = e.Req
		t.job = &b
		t.giveBackHeld(e.Done, reason)
		return
	}
	if e.Done {
		t.reply(b.req, nil)
		b.req = e.Req
		t.job = &b
		t.record(f)
		return
	}
	t.reply(b.req, fault.New(fault.FiscalAbandoned, reason))
	b.req = e.Req
	t.job = &b
	t.void(fault.New(fault.FiscalAbandoned, reason))
}

// seen is what a person who says that the operation did happen has read off the
// device's paper; an error where no person may say so, or has not read it.
func (b *bracket) seen(e Abandon) (f doc.Fiscal, err *fault.Error) {
	switch {
	case !e.Done, b.kind.Cash() && len(b.docs) > 0:
		return f, nil
	case !b.untold || len(b.docs) == 0:
		return f, fault.New(fault.FiscalBlocked) // the FN knows better than any person
	}
	f = doc.Fiscal{FN: plain(e.Register, maxRegister), FD: e.Number, Receipt: int64(e.Number), Time: b.docs[0].Time,
		Total: b.operation().Total(), SKKO: true, Recovered: true, ByHand: true}
	if f.FN == "" {
		f.FN = b.mark.FN
	}
	if f.FN == "" || f.FD == 0 {
		return f, fault.New(fault.FiscalNumber)
	}
	return f, nil
}

// maxRegister is the longest number of a register, in runes.
const maxRegister = 40

// void makes it durable that the operation came to nothing, with all that was
// to follow it.
func (t *turn) void(reason *fault.Error) {
	b := *t.job
	b.reason, b.op = reason, t.nextOp()
	t.job, t.phase = &b, Voiding
	data := voidData{Operation: b.kind, Code: reason.Code, Detail: reason.Detail}
	e := record.Entry{Kind: record.Void, ID: b.id, Type: string(b.kind), Ends: []uuid.UUID{b.id}, Numbers: b.allNumbers(), Schema: 1, Data: encode(data)}
	if len(b.docs) > 0 {
		e.Shift = b.docs[0].ShiftID
	}
	t.keep(b.op, e)
}

// back ends a step that has left no trace: nothing stored, nothing sent.
func (t *turn) back(err *fault.Error) {
	if t.job.partial() || t.job.movedSum() > 0 {
		t.refused(err)
		return
	}
	t.giveUp(err)
}

// giveUp ends a bracket that came to nothing.
func (t *turn) giveUp(err *fault.Error) {
	b := *t.job
	t.job, t.phase = nil, Idle
	t.returnCheque(b.cheque, b.rules)
	if b.sheet.Open() {
		t.sheet = b.sheet
	}
	if b.booted || b.watch || b.late || b.untilled { // nobody waits for a reply
		t.notice(err, "")
	}
	if b.remote() {
		t.reply(b.req, err)
		t.lookNext() // a payment that waited
		return
	}
	t.do(Beep{SignalError})
	t.reply(b.req, err)
}

// returnCheque puts an unpaid cheque back before the cashier. What was
// scanned meanwhile is parked, never lost and never mixed in.
func (t *turn) returnCheque(c cheque.Cheque, rules *pricing.Rules) {
	if c.Empty() {
		return
	}
	if !t.cart.Empty() {
		t.parkCart("")
	}
	// Codes still being looked up are the next customer's; they must not melt
	// into this cheque.
	for _, sc := range t.scans {
		t.refuseScan(sc, fault.New(fault.ScanAgain, printable(sc.Code)))
	}
	t.scans, t.lookup = nil, 0
	t.dropCart()
	t.cart, t.pinned = c, rules
	t.reprice()
}

// halt stops the till: a write failed, so its outcome is unknown and nothing
// is acknowledged before recovery has read the disk.
func (t *turn) halt(err *fault.Error) {
	t.phase = Halted
	t.do(Beep{SignalError})
	t.reply(t.job.req, err)
	t.reply(t.login.req, err)
	t.reply(t.asking.req, err)
	t.reply(t.renewing.req, err)
	t.reply(t.recalc.req, err)
	for _, sc := range t.scans {
		t.reply(sc.Req, err)
	}
	if t.deferred != nil {
		t.reply(t.deferred.Req, err)
	}
	t.scans, t.deferred, t.login = nil, nil, login{}
	t.asking, t.renewing, t.recalc = asking{}, renewing{}, recalculating{}
}

// shiftFault is why a device's shift does not fit ours.
func (t *turn) shiftFault(m kkt.Mark) *fault.Error {
	switch {
	case !m.ShiftOpen:
		return fault.New(fault.ShiftDevice)
	case t.shift != nil && t.shift.FN != "" && m.FN != t.shift.FN:
		return fault.New(fault.FiscalChanged, m.FN, t.shift.FN)
	}
	return nil
}

// remember keeps a document's id, see Once.
func (t *turn) remember(id uuid.UUID) {
	t.made = append(slices.Clone(t.made[max(0, len(t.made)+1-maxMade):]), id)
}
