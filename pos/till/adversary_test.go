package till

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/record"
)

func TestScansAfterPayBelongToTheNextCheque(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.events = append(w.events, Scan{Code: "4600000000015"}, Pay{Req: 500, Type: doc.PayElectron}, Scan{Code: "4600000000039"})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if w.replies[500] != nil || w.fn[len(w.fn)-1].total != 4990 || len(w.state.cart.Lines) != 1 {
		t.Errorf("%v: registered %s, next cheque %d lines", w.replies[500], w.fn[len(w.fn)-1].total, len(w.state.cart.Lines))
	}
	if last := w.state.View(w.now).Receipt; last == nil || last.Total != 4990 {
		t.Errorf("the receipt is not told: %+v", last)
	}
}

func TestCodesInFlightDoNotMeltIntoAReturnedCheque(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	s, fx := Step(w.state, w.env(), Pay{Req: 500, Type: doc.PayCash})
	mark := fx[len(fx)-1].(FiscalMark)
	s, _ = Step(s, w.env(), Scan{Req: 501, Code: "4600000000039"})
	s, fx = Step(s, w.env(), Marked{Op: mark.Op, Err: fault.New(fault.FiscalNoAnswer)})
	if len(s.cart.Lines) != 1 || len(s.scans) != 0 || len(s.notices) != 1 || s.notices[0].Code != fault.ScanAgain {
		t.Errorf("%d lines, %d scans, notices %+v", len(s.cart.Lines), len(s.scans), s.notices)
	}
	replies := 0
	for _, e := range fx {
		if r, ok := e.(Reply); ok && r.Err != nil {
			replies++
		}
	}
	if replies != 2 {
		t.Errorf("%d replies, want the payment's and the scan's", replies)
	}
}

func TestRepeatedPayPaysOnce(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	seen := Seen{Cheque: w.state.cart.ID, Revision: w.state.cart.Revision}
	w.mustDo(t, Pay{Type: doc.PayCash, Seen: seen})
	w.mustDo(t, Scan{Code: "4600000000039"})
	w.mustDo(t, Pay{Type: doc.PayCash, Seen: seen}) // the answer was lost, the client repeats
	if n := len(w.fn); n != 2 {
		t.Errorf("%d fiscal documents, want the opening and one receipt", n)
	}
	w.refused(t, VoidCheque{Seen: seen}, fault.ChequeStale)
	w.refused(t, Pay{Type: doc.PayCash, Seen: Seen{Cheque: w.newID()}}, fault.ChequeStale)
}

func TestOnlyTheLastLoginOfAnOpenShiftComesBack(t *testing.T) {
	w := newWorld(t)
	for range 5 {
		w.mustDo(t, Login{PIN: "1111"})
		w.restart()
		if w.state.cashier != nil {
			t.Fatal("a login without a shift came back")
		}
	}
	w.ready(t)
	w.restart()
	if w.state.cashier == nil {
		t.Error("the cashier of the open shift is gone")
	}
	w.mustDo(t, Logout{})
	w.restart()
	if w.state.cashier != nil {
		t.Error("a cashier who logged out came back")
	}
	logins := 0
	for _, r := range w.restored().Live {
		if r.Type == auditLogin {
			logins++
		}
	}
	if logins != 0 {
		t.Errorf("%d logins stay live for ever", logins)
	}
}

func TestOnePINDoesNotHelpToGuessAnother(t *testing.T) {
	w := newWorld(t)
	locked := 0
	for range 40 {
		refused, err := w.do(Login{PIN: "0000"})
		if err != nil {
			t.Fatal(err)
		}
		if refused.Code == fault.LoginLocked {
			locked++
		}
		if _, err := w.do(Login{PIN: "1111"}); err != nil {
			t.Fatal(err)
		}
	}
	if locked < 30 {
		t.Errorf("locked %d times of 40", locked)
	}
	w.now = w.now.Add(lockout.Most + lockout.Forgot)
	w.mustDo(t, Login{PIN: "1111"})
}

func TestAClockInThePastSellsAtTheFloor(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.state.floor = w.now
	w.now = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	w.mustDo(t, Scan{Code: "4600000000039"}) // 22 %
	w.mustDo(t, Pay{Type: doc.PayCash})
	last := w.document(w.durable[len(w.durable)-1])
	if !last.ClockBad {
		t.Error("the document does not say that the clock was wrong")
	}
	warned := false
	for _, x := range w.state.warnings {
		warned = warned || x.Code == fault.ClockBehind
	}
	if !warned {
		t.Errorf("warnings %v", w.state.warnings)
	}
}

func TestAbandonNeedsASeniorAndAccountsForTheNumbers(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.intrude()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalForeign)
	w.break_ = func(int) breakage { return fine }
	w.refused(t, Abandon{Reason: "x"}, fault.LoginSenior)
	w.state.cashier.Role = "senior"
	w.mustDo(t, Abandon{Reason: "чужой документ"})
	if w.state.phase != Idle || len(w.state.cart.Lines) != 1 {
		t.Fatalf("phase %s, %d lines", w.state.phase, len(w.state.cart.Lines))
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.refused(t, Abandon{}, fault.NothingDoubtful)
}

func TestUnreadableIntentBlocks(t *testing.T) {
	for _, data := range []string{`{"operation":"barter","documents":[]}`, `{"operation":`, `[]`} {
		w := newWorld(t)
		w.ready(t)
		w.durable = append(w.durable, record.Entry{Kind: record.Intent, ID: w.newID(), Group: w.newID(), Numbers: []int64{3}, Schema: 1, Data: []byte(data)})
		w.restart()
		w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalBlocked)
		w.state.cashier.Role = "senior"
		w.mustDo(t, Abandon{Reason: "видел"})
		w.mustDo(t, Scan{Code: "4600000000015"})
		w.mustDo(t, Pay{Type: doc.PayCash})
		w.check()
	}
}

// TestLateReceiptIsNotPrintedUnasked: a sale that was not registered when the
// power went is printed when the till is back at once, and returned to the
// screen when it is back the next day.
func TestLateReceiptIsNotPrintedUnasked(t *testing.T) {
	for _, c := range []struct {
		away    time.Duration
		printed bool
	}{{time.Minute, true}, {10 * time.Hour, false}} {
		w := newWorld(t)
		w.ready(t)
		w.mustDo(t, Scan{Code: "4600000000015"})
		w.break_ = func(int) breakage {
			if w.state.phase == Preparing {
				return crashBefore
			}
			return fine
		}
		if _, err := w.do(Pay{Type: doc.PayCash}); err == nil {
			t.Fatal("no crash")
		}
		w.break_ = func(int) breakage { return fine }
		w.now = w.now.Add(c.away)
		w.restart()
		if printed := len(w.fn) == 2; printed != c.printed || (len(w.state.cart.Lines) == 1) == c.printed || len(w.state.notices) != 1 {
			t.Errorf("away %s: printed %v, %d lines, notices %+v", c.away, printed, len(w.state.cart.Lines), w.state.notices)
		}
		w.check()
	}
}

func TestWhatCouldNotBePostedGoesWithTheNextStore(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	lost := w.posted
	w.posted = nil
	w.step(PostFailed{Entries: lost, Err: fault.New(fault.Busy)})
	w.mustDo(t, Pay{Type: doc.PayCash})
	found := 0
	for _, e := range w.durable {
		for _, l := range lost {
			if e.ID == l.ID && e.Kind == l.Kind {
				found++
			}
		}
	}
	if found != len(lost) || w.state.postErr != nil {
		t.Errorf("%d of %d entries, warning %v", found, len(lost), w.state.postErr)
	}
}

func TestNothingWrittenGivesUpInsteadOfHalting(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	s, fx := Step(w.state, w.env(), Pay{Req: 900, Type: doc.PayCash})
	s, fx = Step(s, w.env(), Marked{Op: fx[len(fx)-1].(FiscalMark).Op, Mark: w.mark()})
	s, _ = Step(s, w.env(), Stored{Op: fx[len(fx)-1].(Store).Op, Err: fault.New(fault.TooLarge, "journal"), Nothing: true})
	if s.phase != Idle || len(s.cart.Lines) != 1 {
		t.Errorf("phase %s, %d lines", s.phase, len(s.cart.Lines))
	}
}
