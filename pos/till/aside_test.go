package till

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// queue is a cloud that has receipts registered by somebody, or lets them wait.
type queue struct {
	serves bool
	in     []uuid.UUID
}

func (q *queue) fiscal(id uuid.UUID) doc.Fiscal {
	n := uint32(slices.Index(q.in, id)) + 1
	return doc.Fiscal{FN: "9999078900000777", FD: n, Sign: 1000 + n, Time: time.Date(2026, 11, 22, 10, 5, 0, 0, time.UTC), Cloud: true}
}

// queued is the device of a till that has none.
func (w *world) queued(e Effect) {
	b := w.fail(fmt.Sprintf("%T", e))
	q, waits := w.queue, fault.New(fault.FiscalCloudQueued)
	var ev Event
	switch e := e.(type) {
	case FiscalMark:
		ev = Marked{Op: e.Op, Mark: kkt.Mark{Cloud: true, ShiftOpen: true}}
	case FiscalPrepare:
		ev = Prepared{Op: e.Op}
	case FiscalCommit:
		c := Committed{Op: e.Op, Err: waits}
		switch {
		case e.Operation.Kind.Cash():
			c.Err = nil
		default:
			if !slices.Contains(q.in, e.Operation.ID) {
				q.in = append(q.in, e.Operation.ID)
			}
			if q.serves {
				c = Committed{Op: e.Op, Fiscal: q.fiscal(e.Operation.ID)}
			}
		}
		ev = c
	case FiscalFind:
		r := Resolved{Op: e.Op, Err: waits, Found: kkt.Found{Now: e.Mark}}
		switch {
		case !slices.Contains(q.in, e.Operation.ID):
			r.Err, r.Found.Kind = nil, kkt.NotRegistered
		case q.serves:
			r.Err, r.Found.Kind, r.Found.Fiscal = nil, kkt.Registered, q.fiscal(e.Operation.ID)
		}
		ev = r
	}
	w.after(b)
	w.events = append(w.events, ev)
}

// minion is a till without a device whose queue nobody serves, with a senior
// and an open shift.
func minion(t testing.TB, arrange func(*world)) *world {
	w := newWorldWith(t, func(w *world) {
		w.queue = &queue{}
		if arrange != nil {
			arrange(w)
		}
	})
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	return w
}

// leave pays a cheque that nobody registers and gives it up.
func (w *world) leave(t testing.TB) AsideView {
	t.Helper()
	w.events = append(w.events, WithReq(Pay{Type: doc.PayCash, Tendered: 500_00}, 900))
	if err := w.run(); err != nil || w.state.phase != Resolving {
		t.Fatalf("%v, %s", err, w.state.phase)
	}
	if d := w.state.View(w.now).Doubt; d == nil || !d.Queued {
		t.Errorf("%+v", d)
	}
	w.refused(t, Abandon{Reason: "ушёл", Done: true}, fault.FiscalBlocked)
	w.mustDo(t, Abandon{Reason: "ушёл"})
	if err := w.replies[900]; err == nil || err.Code != fault.AsideWaits {
		t.Errorf("the payment was answered %v", err)
	}
	delete(w.replies, 900)
	v := w.state.View(w.now)
	if v.Phase != "idle" || v.Doubt != nil || len(v.Cheque.Lines) != 0 || len(v.Aside) == 0 {
		t.Fatalf("%s, %d lines, aside %+v", v.Phase, len(v.Cheque.Lines), v.Aside)
	}
	return v.Aside[len(v.Aside)-1]
}

func (w *world) noticed(code fault.Code) *Notice {
	all := w.state.View(w.now).Notices
	if i := slices.IndexFunc(all, func(n Notice) bool { return n.Code == code }); i >= 0 {
		return &all[i]
	}
	return nil
}

// TestAsideIsRegistered: a receipt that was given up in the cloud's queue stays
// known over restarts; when it is registered it is booked once and told, and
// what is sold meanwhile is sold.
func TestAsideIsRegistered(t *testing.T) {
	w := minion(t, nil)
	w.fill(t, bread, milk)
	a := w.leave(t)
	if w.warned(fault.AsideSome) == "" || a.Number == 0 || a.Why != "ушёл" || a.Type != doc.Sell {
		t.Errorf("%+v", a)
	}
	w.queue.serves = true
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 500_00})
	w.restart()
	if v := w.state.View(w.now); v.Phase != "idle" || len(v.Aside) != 1 || v.Aside[0].ID != a.ID || len(v.Cheque.Lines) != 0 || v.Shift.Totals.Sales.Count != 1 {
		t.Fatalf("%s %+v", v.Phase, v.Aside)
	}
	last := w.state.View(w.now).Last
	f := w.queue.fiscal(a.ID)
	for range 2 { // the answer to the first was lost
		w.mustDo(t, Settle{ID: a.ID, Fiscal: &f})
	}
	v := w.state.View(w.now)
	if len(v.Aside) != 0 || w.warned(fault.AsideSome) != "" || v.Shift.Totals.Sales.Count != 2 || v.Last != last || v.Shift.Totals.Sales.Total != a.Sum+w.documents(doc.Sell)[0].Receipt.Total {
		t.Errorf("%+v", v.Shift.Totals.Sales)
	}
	n := w.noticed(fault.AsideMade)
	if n == nil || n.Receipt == nil || n.Receipt.Sum != a.Sum || n.Receipt.FD != f.FD {
		t.Fatalf("%+v", n)
	}
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 500_00})
	if w.noticed(fault.AsideMade) == nil {
		t.Error("the next customer took the advice away")
	}
	w.mustDo(t, Dismiss{})
	w.mustDo(t, Return{Once: onceID(1), Sale: a.ID})
	w.check()
	if len(w.documents(doc.Sell)) != 3 || len(w.documents(doc.Payback)) != 1 {
		t.Errorf("%d sales", len(w.documents(doc.Sell)))
	}
}

// TestAsideAfterItsShift: what is registered after its shift has closed counts
// in the one that is open then; without one it waits.
func TestAsideAfterItsShift(t *testing.T) {
	w := minion(t, nil)
	w.fill(t, bread)
	a := w.leave(t)
	w.mustDo(t, CloseShift{})
	f := w.queue.fiscal(a.ID)
	w.refusedAs(t, Settle{ID: a.ID, Fiscal: &f}, fault.ShiftClosed)
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Settle{ID: a.ID, Fiscal: &f})
	d := w.documents(doc.Sell)
	if v := w.state.View(w.now); len(d) != 1 || d[0].ShiftID != v.Shift.ID || d[0].ShiftNumber != v.Shift.Number || d[0].Number != a.Number || v.Shift.Totals.Sales.Count != 1 {
		t.Errorf("%+v", d)
	}
	w.check()
}

// TestAsideThatIsNowhere: what the cloud has never had is void, and its number
// accounted for.
func TestAsideThatIsNowhere(t *testing.T) {
	w := minion(t, nil)
	w.fill(t, bread)
	a := w.leave(t)
	w.refusedAs(t, Settle{ID: a.ID}, fault.AsideGone)
	w.mustDo(t, Settle{ID: a.ID})
	if v := w.state.View(w.now); len(v.Aside) != 0 || len(v.Cheque.Lines) != 0 || w.noticed(fault.AsideGone) == nil || len(w.documents(doc.Sell)) != 0 {
		t.Errorf("%+v", v.Aside)
	}
	w.check()
}

// TestAsideOfReturn: a return that waits is asked for under its id, and is not
// made twice.
func TestAsideOfReturn(t *testing.T) {
	w := minion(t, nil)
	w.queue.serves = true
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 500_00})
	w.queue.serves = false
	back := Return{Once: onceID(1), Sale: w.documents(doc.Sell)[0].ID}
	w.events = append(w.events, WithReq(back, 900))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	w.mustDo(t, Abandon{Reason: "ушёл"})
	w.refusedAs(t, back, fault.AsideSome)
	f := w.queue.fiscal(back.ID)
	w.mustDo(t, Settle{ID: back.ID, Fiscal: &f})
	w.mustDo(t, back)
	if n := w.noticed(fault.AsideBack); n == nil || n.Receipt != nil || len(w.documents(doc.Payback)) != 1 {
		t.Errorf("%+v, %d returns", n, len(w.documents(doc.Payback)))
	}
	w.check()
}

// TestAsideOfPart: of a purchase of two receipts the first waits; the second is
// void with it, and only the first can come back.
func TestAsideOfPart(t *testing.T) {
	w := minion(t, func(w *world) { w.systems = []tax.System{tax.General, tax.SimplifiedIncome} })
	w.fill(t, bread, tea)
	a := w.leave(t)
	w.restart()
	f := w.queue.fiscal(a.ID)
	w.mustDo(t, Settle{ID: a.ID, Fiscal: &f})
	if d := w.documents(doc.Sell); len(d) != 1 || d[0].Receipt.Groups != 2 || len(w.queue.in) != 1 {
		t.Errorf("%d sales, %d queued", len(d), len(w.queue.in))
	}
	w.check()
}

// TestAsideIsBounded: no more than so many may be given up.
func TestAsideIsBounded(t *testing.T) {
	w := minion(t, nil)
	for range MaxAside {
		w.fill(t, bread)
		w.leave(t)
	}
	w.fill(t, bread)
	w.events = append(w.events, WithReq(Pay{Type: doc.PayCash, Tendered: 500_00}, 900))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	w.refusedAs(t, Abandon{Reason: "ушёл"}, fault.AsideFull)
	w.queue.serves = true
	w.restart()
	if v := w.state.View(w.now); v.Phase != "idle" || len(v.Aside) != MaxAside || len(w.documents(doc.Sell)) != 1 {
		t.Errorf("%s, %d aside", v.Phase, len(v.Aside))
	}
}

// TestAsideCrashes: the till dies at every step of giving a receipt up and of
// settling it, with or without what was only posted. Its document is made once
// or its number is void.
func TestAsideCrashes(t *testing.T) {
	for _, registered := range []bool{true, false} {
		for _, drop := range []bool{false, true} {
			for step, dead := 1, true; dead; step++ {
				dead = false
				for _, by := range []breakage{crashBefore, crashAfter} {
					dead = asideDies(t, registered, drop, step, by) || dead
				}
				if step > 40 {
					t.Fatal("it never comes through")
				}
			}
		}
	}
}

func asideDies(t *testing.T, registered, drop bool, step int, by breakage) (died bool) {
	t.Helper()
	w := minion(t, nil)
	w.drop = drop
	w.fill(t, bread)
	w.events = append(w.events, WithReq(Pay{Type: doc.PayCash, Tendered: 500_00}, 900))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	id, from := w.queue.in[0], w.steps
	w.break_ = func(n int) breakage {
		if n == from+step {
			died = true
			return by
		}
		return fine
	}
	login := func() {
		if w.state.cashier == nil {
			w.mustDo(t, Login{PIN: "2222"})
		}
	}
	for range 3 {
		if w.state.phase == Resolving {
			login()
			w.survive(t, Abandon{Reason: "ушёл"})
		}
	}
	if w.state.phase != Idle || len(w.state.aside) != 1 {
		t.Fatalf("step %d: %s, %d aside", step, w.state.phase, len(w.state.aside))
	}
	e := Settle{ID: id}
	if f := w.queue.fiscal(id); registered {
		e.Fiscal = &f
	}
	for range 2 {
		w.survive(t, e)
	}
	made, voids := len(w.documents(doc.Sell)), 0
	for _, e := range w.durable {
		if e.Kind == record.Void {
			voids++
		}
	}
	want := 0
	if registered {
		want = 1
	}
	if made != want || voids != 1-want || len(w.state.aside) != 0 || w.state.phase != Idle {
		t.Errorf("step %d %s: %d sales, %d voids, %d aside", step, breakageNames[by], made, voids, len(w.state.aside))
	}
	w.check()
	return died
}
