package till

import (
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// ChargeView is money that is being moved, or of which nobody knows.
type ChargeView struct {
	ID     uuid.UUID    `json:"id"` // of the operation
	Kind   charge.Kind  `json:"kind"`
	Via    doc.SlipKind `json:"via"`
	Sum    money.Amount `json:"sum"`
	Stage  charge.Stage `json:"stage,omitempty"`  // what is waited for
	QR     string       `json:"qr,omitempty"`     // text of the code to be scanned
	Called bool         `json:"called,omitempty"` // it was called off, and is not over yet
	Nth    int          `json:"nth"`              // of so many movements
	Of     int          `json:"of"`
}

// viewCharge is the movement under way; nil: none.
func viewCharge(b *bracket, phase Phase) *ChargeView {
	i := b.asked()
	if i < 0 || (phase != Charging && phase != Checking) {
		return nil
	}
	c := &b.charges[i]
	v := &ChargeView{ID: c.ID, Kind: c.Kind, Via: c.Via, Sum: c.Sum, Called: b.called, Nth: i + 1, Of: len(b.charges)}
	if phase == Charging {
		v.Stage, v.QR = b.shown.Stage, b.shown.QR
	} else if b.shown.Stage == charge.StagePerson {
		v.Stage = b.shown.Stage
	}
	return v
}

// viewHeldMoney is what a person has to decide about money.
func viewHeldMoney(b *bracket, phase Phase, v *DoubtView) {
	if phase == Checking {
		v.Charge = viewCharge(b, phase)
		v.Asking, v.Retry, v.Done, v.Sum = true, true, true, v.Charge.Sum
		return
	}
	if held := b.movedSum(); held > 0 && phase == Blocked {
		v.Held, v.Retry, v.Done = held, true, b.undoing != ""
	}
}

// unsure says that nobody knows what became of a movement, in the words of the
// driver where it has any.
func (b *bracket) unsure() *fault.Error {
	why := fault.New(fault.TerminalUnsure)
	if b.doubt != nil && b.doubt.Code != fault.FiscalUnsure {
		why = why.Saying(b.doubt.Detail)
	}
	return why
}

// unask takes back that a movement is asked for: the mark was not written.
func (t *turn) unask() {
	b := *t.job
	i := b.asked()
	if i < 0 {
		return
	}
	b.charges = slices.Clone(b.charges)
	b.charges[i].State = ""
	t.job = &b
}

// undone tells whether something has gone back already.
func (b *bracket) undone() bool {
	return slices.ContainsFunc(b.charges, func(c charged) bool { return c.Undoes != uuid.Nil && c.State == charge.Approved })
}

// undoAgain goes on giving back what was moved.
func (t *turn) undoAgain(req Req) {
	b := *t.job
	b.req, b.stuck = req, false
	t.job = &b
	t.undo()
}

// giveBackHeld ends what is blocked with money moved: it goes back, or a person
// says that it has gone back otherwise.
func (t *turn) giveBackHeld(done bool, reason string) {
	if why := fault.New(fault.FiscalAbandoned, reason); done {
		t.void(why)
	} else {
		t.takeBack(why)
	}
}

// countsFirst asks the terminal for its sums before a shift is closed.
func (t *turn) countsFirst(b *bracket) bool {
	if b.kind != kkt.OpCloseShift || t.shift == nil || (!t.Settings.Card && !t.Settings.QR) {
		return false
	}
	t.job, t.phase = b, Counting
	t.do(ChargeCount{Op: b.op, ID: t.shift.ID})
	return true
}

// chargeCounted goes on closing the shift. A terminal that does not answer is
// no reason not to.
func (t *turn) chargeCounted(e ChargeCounted) {
	b := *t.job
	if e.Op != b.op {
		return
	}
	switch {
	case e.Err != nil:
		b.acquired = &doc.Acquiring{Problem: string(e.Err.Code)}
	case !e.Nothing:
		b.acquired = &doc.Acquiring{Paid: e.Totals.Paid, Refunded: e.Totals.Refunded, Difference: e.Totals.Net() - t.shift.Totals.Acquired}
	}
	b.op = t.nextOp()
	t.job, t.phase = &b, Marking
	t.do(FiscalMark{Op: b.op})
}

// differs tells that the terminal's sums of the last shift are not the shift's;
// nil: they are.
func (s *State) differs() *fault.Error {
	switch a := s.acquired; {
	case a == nil:
		return nil
	case a.Problem != "":
		return fault.New(fault.TerminalUncounted)
	case a.Difference != 0:
		return fault.New(fault.TerminalDiffers, a.Difference.String())
	}
	return nil
}
