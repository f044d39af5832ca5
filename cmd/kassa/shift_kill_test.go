package main

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

const (
	milk  = "4600000000015"
	bread = "4600000000022"
)

// workday is a rig on which a scripted shift is worked until the till dies.
type workday struct {
	*rig
	sold   []uuid.UUID // documents the cashier was told of
	aside  uuid.UUID   // a cheque that was set aside
	parked uuid.UUID   // the same once a payment has waited for the disk
	dead   bool
}

// ask makes one call of the script, unless the till has died before.
func (w *workday) ask(path string, in, out any) {
	w.t.Helper()
	if w.dead {
		return
	}
	err := w.call("POST", "/api/v1/"+path, in, out)
	if refused(err, fault.FiscalPaper) { // the roll is back, and the till has not looked yet
		w.await("the new roll is noticed", func() bool {
			err = w.call("POST", "/api/v1/"+path, in, out)
			return !refused(err, fault.FiscalPaper)
		})
	}
	if err == nil {
		return
	}
	if w.dies() {
		w.dead = true
		return
	}
	w.t.Fatalf("%s: %v\n%s", path, err, w.log())
}

func refused(err error, code fault.Code) bool {
	var r *client.Refusal
	return errors.As(err, &r) && r.Code == code
}

// dies tells whether the process has ended, or does so in a moment: the answer
// may break off before.
func (w *workday) dies() bool {
	w.t.Helper()
	if s, err := w.status(); err == nil && s.Phase != "" {
		return false
	}
	w.await("the till is gone", w.gone)
	return true
}

func (w *workday) view() (v till.View) {
	w.t.Helper()
	if w.dead {
		return v
	}
	if err := w.call("GET", "/api/v1/status", nil, &v); err != nil {
		w.dead = w.dies()
	}
	return v
}

func (w *workday) scan(codes ...string) { w.ask("scan", map[string]any{"codes": codes}, nil) }

// pay pays the open cheque and remembers the document the cashier is told of.
func (w *workday) pay(typ, amount string) {
	w.t.Helper()
	w.remember("pay", map[string]string{"type": typ, "amount": amount})
}

func (w *workday) remember(path string, in any) {
	w.t.Helper()
	var answer struct {
		Receipt *till.LastView `json:"receipt"`
	}
	if w.ask(path, in, &answer); w.dead {
		return
	}
	if answer.Receipt == nil {
		w.t.Fatalf("%s, and no receipt is shown", path)
	}
	w.sold, w.parked = append(w.sold, answer.Receipt.DocumentID), w.aside
}

// park sets the open cheque aside, recall takes it back. Like a scan they are
// on the disk some 50 ms later, or with the next payment.
func (w *workday) park() {
	w.ask("cheque/park", map[string]string{"name": "Анна"}, nil)
	if v := w.view(); !w.dead {
		w.aside = v.Parked[0].ID
	}
}

func (w *workday) recall() {
	w.ask("cheque/recall", map[string]any{"id": w.aside}, nil)
	w.aside, w.parked = uuid.Nil, uuid.Nil
}

// withoutPaper tries to sell while there is none: refused, and nothing is
// registered.
func (w *workday) withoutPaper() {
	w.t.Helper()
	if w.dead {
		return
	}
	receipts := w.receipts()
	w.fault("paper-out")
	err := w.call("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"}, nil)
	switch {
	case err == nil || w.receipts() != receipts:
		w.t.Errorf("sold without paper: %v", err)
	case !refused(err, fault.FiscalPaper):
		if w.dead = w.dies(); !w.dead {
			w.t.Errorf("without paper: %v", err)
		}
	}
	w.fault("paper-in")
}

func (w *workday) fault(name string) {
	w.t.Helper()
	if err := w.dev.Fault(name); err != nil {
		w.t.Fatal(err)
	}
}

// work is what a shop does in a day, as short as that can be.
func (w *workday) work() {
	w.t.Helper()
	w.ask("login", map[string]string{"pin": "1111"}, nil)
	w.ask("shift/open", nil, nil)
	w.ask("cash/in", map[string]string{"amount": "1000"}, nil)
	w.scan(milk, bread)
	w.pay("cash", "500")
	w.scan("2*" + bread)
	w.pay("card", "")
	w.scan(milk)
	w.park()
	w.scan(bread)
	w.withoutPaper()
	w.pay("cash", "200")
	w.recall()
	w.pay("card", "")
	if len(w.sold) > 0 {
		w.remember("return", map[string]string{"document": w.sold[0].String()})
	}
	w.scan(milk, milk)
	w.ask("cheque/void", nil, nil)
	w.ask("shift/x", nil, nil)
	w.ask("cash/out", map[string]string{"amount": "300"}, nil)
	w.ask("shift/close", nil, nil)
}

// finish is what the cashier does after the restart: sells what is open and
// parked, and closes the shift.
func (w *workday) finish() {
	w.t.Helper()
	w.dead = false
	w.await("the till has sorted itself out", func() bool {
		s, err := w.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready && s.KKT.Code == ""
	})
	v := w.view()
	there := false
	for _, p := range v.Parked {
		there = there || p.ID == w.parked
	}
	if w.parked != uuid.Nil && !there && v.Cheque.ID != w.parked {
		w.t.Errorf("the parked cheque %s is gone: %+v", w.parked, v.Parked)
	}
	if v.Cashier == nil {
		w.ask("login", map[string]string{"pin": "1111"}, nil)
	}
	if v.Shift == nil && len(v.Cheque.Lines)+len(v.Parked) > 0 {
		w.ask("shift/open", nil, nil)
	}
	if len(v.Cheque.Lines) > 0 {
		w.pay("card", "")
	}
	for _, p := range v.Parked {
		w.ask("cheque/recall", map[string]any{"id": p.ID}, nil)
		w.pay("card", "")
	}
	if w.view().Shift != nil {
		w.ask("shift/close", nil, nil)
	}
	w.stop()
}

// check compares FN and journal, and both with what the cashier was told.
func (w *workday) check() (seen tapetest.Account) {
	w.t.Helper()
	times := map[uuid.UUID]int{}
	for _, d := range w.documents() {
		times[d.ID]++
		if times[d.ID] > 1 {
			seen.Duplicated++
		}
	}
	for _, id := range w.sold {
		if times[id] == 0 {
			seen.Lost++
		}
	}
	w.agree()
	if seen.Lost+seen.Duplicated > 0 {
		w.t.Errorf("%v", seen)
	}
	if w.t.Failed() {
		w.t.Log(w.log())
	}
	return seen
}

// killShift kills a till at every strideth change its journal makes to the
// disk in a shift, beginning with the first-th. A kill after a change leaves
// the same disk as one before the next.
func killShift(t *testing.T, first, stride int) {
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	base := newRig(t, "").dir
	for at := first; ; at += stride {
		w := &workday{rig: newRig(t, base)}
		w.start(fmt.Sprintf("before:%d", at))
		w.arm()
		w.work()
		died := w.dead
		if died {
			seen.Kills++
		}
		w.kill()
		w.start("")
		w.finish()
		seen.Add(w.check())
		if t.Failed() {
			t.Fatalf("killed before change %d of the journal", at)
		}
		if !died {
			return
		}
	}
}

// TestKilledInShift is a sample of TestPowerShift.
func TestKilledInShift(t *testing.T) { killShift(t, 17, 31) }

// TestPowerShift kills the till at every change its journal makes to the disk
// in a whole shift: opening, cash and card sales, a cheque parked and taken
// back, a void, a payment that fails, a return, reports, closing.
func TestPowerShift(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	killShift(t, 1, 1)
}
