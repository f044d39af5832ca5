package till

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
)

// A code that was not paid in time may be paid all the same: the customer's
// bank was slow, the service said one thing and did another. Its cheque is on
// the screen again or was paid otherwise, so that money belongs to nobody here.
// The till goes on asking about every code it gave up, for lateFor, and gives
// back what comes, by the operation's id. It is told of, never kept silently.

const (
	lateFor   = 24 * time.Hour
	lateEvery = time.Minute // not more often than the till's tick
	maxLate   = 50          // codes asked about; the oldest goes
	// chargeLate marks a payment that came after its time in a bracket of its own.
	chargeLate charge.Kind = "late"
	// opLate is that bracket: it makes no document.
	opLate kkt.OperationKind = "late_payment"
	// lateType names the record of a code that was given up.
	lateType = "late_code"
)

// lateCode is a code that was given up.
type lateCode struct {
	charge.Operation
	Since time.Time `json:"since"`
}

// lateCodes are the codes that may still be paid.
type lateCodes struct {
	codes []lateCode
	op    Op // the question about the first one
	asked time.Time
}

// watchLate remembers a code that was given up.
func (t *turn) watchLate(c charged) {
	l := lateCode{Operation: c.Operation, Since: t.env.Now}
	e := record.Entry{Kind: record.Intent, ID: c.ID, Type: lateType, Group: c.ID, Schema: 1, Data: encode(l)}
	if len(t.late.codes) >= maxLate {
		e.Ends = []uuid.UUID{t.late.codes[0].ID}
		t.late.codes = t.late.codes[1:]
	}
	t.late.codes = append(slices.Clip(t.late.codes), l)
	t.do(Post{[]record.Entry{e}})
}

// askLate asks about the code that has not been asked about for longest.
func (t *turn) askLate() {
	l := &t.late
	if len(l.codes) == 0 || t.phase != Idle || t.env.Now.Sub(l.asked) < lateEvery {
		return
	}
	if t.env.Now.Sub(l.codes[0].Since) >= lateFor {
		t.forgetLate(l.codes[0].ID)
		return
	}
	l.op, l.asked = t.nextOp(), t.env.Now
	t.do(ChargeFind{Op: l.op, Operation: l.codes[0].Operation})
}

// forgetLate stops asking about a code.
func (t *turn) forgetLate(id uuid.UUID) {
	t.late.codes = slices.DeleteFunc(slices.Clone(t.late.codes), func(c lateCode) bool { return c.ID == id })
	t.do(Post{[]record.Entry{{Kind: record.Outcome, ID: id, Type: lateType, Ends: []uuid.UUID{id}, Schema: 1, Data: encode(struct{}{})}}})
}

// lateFound takes the answer about a code that was given up.
func (t *turn) lateFound(e Charged) {
	l := &t.late
	l.op = 0
	if len(l.codes) == 0 {
		return
	}
	c := l.codes[0]
	l.codes = append(slices.Clone(l.codes[1:]), c)
	one := charged{Operation: c.Operation, State: charge.Approved, Slip: &e.Slip}
	if e.State != charge.Approved || !validSlip(&one, &e.Slip) || t.phase != Idle || t.recalc.op != 0 || t.deferred != nil {
		return // asked again later
	}
	l.codes = l.codes[:len(l.codes)-1]
	one.Kind = chargeLate
	t.job = &bracket{id: c.ID, kind: opLate, minted: true, booted: true, charges: []charged{one}}
	t.takeBack(fault.New(fault.TerminalLate, e.Slip.Sum.String(), c.Since.Format("02.01 15:04")))
}

// restoreLate reads a code that was given up before the start.
func (t *turn) restoreLate(r *record.Record) error {
	var l lateCode
	if err := json.Unmarshal(r.Data, &l); err != nil {
		return err
	}
	if l.ID == uuid.Nil || l.Via != doc.SlipQR || len(t.late.codes) >= maxLate {
		return nil
	}
	t.late.codes = append(t.late.codes, l)
	return nil
}
