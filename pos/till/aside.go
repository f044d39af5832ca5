package till

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/record"
)

// A till without a device puts its receipts into a cloud's queue, and nothing
// takes them out again: whoever gives one up, because the customer has left or
// nobody registers it, can not make it not be. So it is set aside. The till goes
// on, the receipt keeps its intent, its number and its bytes, and is asked
// about (by whoever runs the till) until the cloud says what became of it:
//
//	set aside --registered--> its document is made, in the shift that is open then, and people are told
//	          --never had---> its number is void
//
// Its cheque does not come back: sold once more it might be registered twice.
// What its purchase had still to register is void at once.

// MaxAside is how many receipts may be set aside.
const MaxAside = 20

// aside is a receipt that was set aside.
type aside struct {
	job bracket
	at  time.Time
	why string
}

// asideData says in an intent that its receipt was set aside.
type asideData struct {
	At  time.Time `json:"at"`
	Why string    `json:"why"`
}

// AsideView is a receipt that waits in a cloud's queue without anybody waiting
// for it.
type AsideView struct {
	ID     uuid.UUID    `json:"id"` // of its document
	Type   doc.Type     `json:"type"`
	Number int64        `json:"number"`
	Name   string       `json:"name"`
	Sum    money.Amount `json:"sum"`
	Made   time.Time    `json:"made"`
	Since  time.Time    `json:"since"` // when it was set aside
	Why    string       `json:"why"`
}

func (a *aside) view() AsideView {
	d := &a.job.docs[0]
	return AsideView{ID: d.ID, Type: d.Type, Number: d.Number, Name: d.Name, Sum: a.job.operation().Total(), Made: d.Time, Since: a.at, Why: a.why}
}

// queued tells whether a bracket's receipt may be in a cloud's queue. A register
// that can not be asked is no queue: a person reads its paper.
func (s *State) queued(b *bracket) bool {
	return b.mark.Cloud && !b.untold && !s.device.Identity.SKKO && b.kind.Receipt() && len(b.docs) == 1 && !b.stuck
}

// asideOf finds a receipt that was set aside; -1: none.
func (s *State) asideOf(id uuid.UUID) int {
	return slices.IndexFunc(s.aside, func(a aside) bool { return a.job.id == id })
}

// setAside makes durable that nobody waits for a receipt any more.
func (t *turn) setAside(e Abandon, why string) {
	b := *t.job
	if len(t.aside) >= MaxAside {
		t.reply(e.Req, fault.New(fault.AsideFull, strconv.Itoa(MaxAside)))
		return
	}
	t.reply(b.req, fault.New(fault.AsideWaits, b.docs[0].Name, b.operation().Total().String()))
	b.req, b.op = e.Req, t.nextOp()
	rest := slices.Clone(b.later)
	t.goes(tabletOf(&b.cheque), t.env.Now)
	gone := b.cheque.ID
	b.later, b.done, b.next, b.cheque, b.rules = nil, nil, nil, cheque.Cheque{}, nil
	b.aside = &asideData{At: t.env.Now, Why: why}
	intent := b.intent()
	if gone != uuid.Nil {
		intent.Ends = []uuid.UUID{gone}
	}
	entries := []record.Entry{intent}
	if len(rest) > 0 {
		data := voidData{Operation: b.kind, Code: fault.FiscalAbandoned, Detail: why}
		v := record.Entry{Kind: record.Void, ID: rest[0].ID, Type: string(b.kind), Shift: rest[0].ShiftID, Schema: 1, Data: encode(data)}
		for i := range rest {
			v.Numbers = append(v.Numbers, rest[i].Number)
		}
		entries = append(entries, v)
	}
	t.job, t.phase = &b, Voiding
	t.keep(b.op, entries...)
}

// isAside goes on without a receipt that was set aside, durably.
func (t *turn) isAside() {
	b := *t.job
	t.job, t.phase = nil, Idle
	t.aside = append(slices.Clip(t.aside), aside{job: b.resting(), at: b.aside.At, why: b.aside.Why})
	t.reply(b.req, nil)
}

// resting is what a bracket keeps while nothing is done about it.
func (b *bracket) resting() bracket {
	return bracket{id: b.id, minted: true, kind: b.kind, mark: b.mark, docs: b.docs, people: b.people, charges: b.charges}
}

// settleAside takes what became of a receipt that was set aside into the books.
func (t *turn) settleAside(e Settle) {
	i := t.asideOf(e.ID)
	switch {
	case i < 0:
		t.reply(e.Req, nil) // settled before
		return
	case t.recalc.op != 0 || t.deferred != nil:
		t.reply(e.Req, fault.New(fault.Busy))
		return
	case e.Fiscal != nil && t.shift == nil:
		t.reply(e.Req, fault.New(fault.ShiftClosed))
		return
	}
	b := t.aside[i].job
	b.req, b.late = e.Req, true
	t.job, t.aside = &b, slices.Delete(slices.Clone(t.aside), i, i+1)
	d := b.docs[0]
	if e.Fiscal == nil {
		t.refused(fault.New(fault.AsideGone, d.Name, b.operation().Total().String()))
		return
	}
	// Its shift may be closed, with totals that do not change any more.
	d.ShiftID, d.ShiftNumber = t.shift.ID, t.shift.Number
	b.docs = []doc.Document{d}
	f := *e.Fiscal
	f.Recovered = true
	t.record(f)
}

// tellLate says that a receipt nobody waited for is registered, and what is to
// be done about its money.
func (t *turn) tellLate(b *bracket) {
	d := &b.docs[0]
	code, n := fault.AsideMade, Notice{}
	if d.Type != doc.Sell {
		code = fault.AsideBack
	} else {
		n.Receipt = receiptCode(d) // leads to its return
	}
	t.tell(fault.New(code, d.Name, d.Receipt.Total.String()), n)
	t.do(Beep{SignalError})
}

// asideWarning tells of receipts that wait in the queue; nil: there are none.
func (s *State) asideWarning() *fault.Error {
	if len(s.aside) == 0 {
		return nil
	}
	a := s.aside[0].view()
	return fault.New(fault.AsideSome, strconv.Itoa(len(s.aside)), a.Name, a.Made.Format("02.01 15:04"))
}

// restoreAside takes up a receipt that was set aside before the start.
func (t *turn) restoreAside(b *bracket, d *asideData) {
	if t.job != nil && t.job.id == b.id {
		t.job = nil
	}
	if !b.kind.Receipt() {
		return
	}
	t.aside = append(t.aside, aside{job: b.resting(), at: d.At, why: d.Why})
}

// forgetNotices clears the rows of a cheque that is over. What is to be done
// about money stays until somebody dismisses it.
func (t *turn) forgetNotices() {
	t.notices = slices.DeleteFunc(slices.Clone(t.notices), func(n Notice) bool { return n.Code != fault.AsideMade && n.Code != fault.AsideBack })
}
