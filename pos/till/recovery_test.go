package till

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// The rows of the package comment's table, one test each.

// once breaks the next effect of a phase.
func (w *world) once(phase Phase, b breakage) {
	fired := false
	w.break_ = func(int) breakage {
		if fired || w.state.phase != phase {
			return fine
		}
		fired = true
		return b
	}
}

// survive gives a command and starts the till again as often as it dies.
func (w *world) survive(t testing.TB, cmd Event) *fault.Error {
	t.Helper()
	refused, err := w.do(cmd)
	for err != nil {
		w.crash()
		err = w.run()
	}
	return refused
}

// twoSystems is a world whose device knows two tax systems, with a shift open.
func twoSystems(t testing.TB) *world {
	w := newWorldWith(t, func(w *world) { w.systems = []tax.System{tax.General, tax.SimplifiedIncome} })
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	return w
}

// fill scans codes into the cheque.
func (w *world) fill(t testing.TB, codes ...string) {
	t.Helper()
	for _, c := range codes {
		w.mustDo(t, Scan{Code: c})
	}
}

// rest checks where the till came to rest, and everything else.
func (w *world) rest(t testing.TB, phase Phase, lines, receipts int) {
	t.Helper()
	w.check()
	if w.state.phase != phase || len(w.state.cart.Lines) != lines || w.count(kkt.OpSale) != receipts {
		t.Errorf("phase %s with %d lines and %d receipts, want %s, %d, %d", w.state.phase, len(w.state.cart.Lines), w.count(kkt.OpSale), phase, lines, receipts)
	}
}

// warned tells how grave a warning is, "" when it is not there.
func (w *world) warned(code fault.Code) fault.Severity {
	for _, x := range w.state.warnings {
		if x.Code == code {
			return x.Severity
		}
	}
	return ""
}

func TestPaperOutBefore(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.status = func(s *kkt.Status) { s.Paper = false }
	w.look()
	for _, cmd := range []Event{Pay{Type: doc.PayCash}, CashIn{CashMove: CashMove{Sum: 100}}, StateReport{}, XReport{}} {
		w.refused(t, cmd, fault.FiscalPaper)
	}
	w.rest(t, Idle, 1, 0)
	w.status = nil
	w.look()
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.rest(t, Idle, 0, 1)
}

func TestPaperOutWhilePreparing(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.refuse = fault.New(fault.FiscalPaper)
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalPaper)
	w.rest(t, Idle, 1, 0)
	w.refuse = nil
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.rest(t, Idle, 0, 1)
}

func TestPaperOutAfter(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayCash})
	d := w.deviceNow()
	d.Unprinted, d.Status.Paper = true, false
	w.step(DeviceChanged{d})
	if w.warned(fault.FiscalUnprinted) != fault.Warn || w.state.receipt == nil {
		t.Errorf("warnings %v, receipt %v", w.state.warnings, w.state.receipt)
	}
	w.rest(t, Idle, 0, 1)
}

// answered plays a payment that is broken at every step of its registration
// in one way: it ends registered once, or taken back whole.
func answered(t *testing.T, b breakage) {
	for _, phase := range []Phase{Marking, Preparing, Committing} {
		w := twoSystems(t)
		w.fill(t, bread)
		w.once(phase, b)
		w.survive(t, Pay{Type: doc.PayCash})
		w.check()
		if w.count(kkt.OpSale) == 0 {
			w.mustDo(t, Pay{Type: doc.PayCash})
		}
		w.rest(t, Idle, 0, 1)
		if w.state.drawer = w.state.shift.Totals.Drawer; w.state.drawer != 4990 {
			t.Errorf("%s in %s: %s in the drawer", breakageNames[b], phase, w.state.drawer)
		}
	}
}

func TestDevicePowerCut(t *testing.T) { answered(t, powerCut) }
func TestBothPowerCut(t *testing.T)   { answered(t, bothBefore); answered(t, bothAfter) }
func TestAnswerLost(t *testing.T)     { answered(t, loseAnswer) }
func TestAnswerDamaged(t *testing.T)  { answered(t, garble) }
func TestRequestLost(t *testing.T)    { answered(t, loseRequest) }

func TestTillPowerCut(t *testing.T) {
	answered(t, crashBefore)
	answered(t, crashAfter)
	w := twoSystems(t) // back only the next morning
	w.fill(t, bread)
	w.once(Preparing, crashBefore)
	if _, err := w.do(Pay{Type: doc.PayCash}); err == nil {
		t.Fatal("no crash")
	}
	w.now = w.now.Add(10 * time.Hour)
	w.restart()
	w.rest(t, Idle, 1, 0)
}

func TestCablePulled(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.break_ = func(int) breakage {
		if w.state.phase == Committing {
			w.device = false // the command has gone out, the answer never comes
			return loseAnswer
		}
		return fine
	}
	w.events = append(w.events, Pay{Req: 500, Type: doc.PayCash})
	for range 40 {
		w.next()
	}
	if w.state.phase != Resolving || w.warned(fault.FiscalUnsure) != fault.Stop {
		t.Fatalf("phase %s, warnings %v", w.state.phase, w.state.warnings)
	}
	w.events = append(w.events, Scan{Code: soap})
	for w.state.cart.Empty() {
		w.next()
	}
	w.events = append(w.events, Park{Req: 501, Name: "ждёт"}, Pay{Req: 502, Type: doc.PayCash}, CashIn{Req: 503, CashMove: CashMove{Sum: 1}})
	for range 20 {
		w.next()
	}
	if err := w.replies[501]; err != nil || len(w.state.parked) != 1 {
		t.Errorf("parking while in doubt: %v", err)
	}
	for req := Req(502); req <= 503; req++ {
		if err := w.replies[req]; err == nil || err.Code != fault.FiscalUnsure {
			t.Errorf("request %d in doubt: %v", req, err)
		}
	}
	w.break_, w.device = func(int) breakage { return fine }, true
	if err := w.run(); err != nil || w.replies[500] != nil {
		t.Errorf("%v, %v", err, w.replies[500])
	}
	w.rest(t, Idle, 0, 1)
}

// next lets one event happen.
func (w *world) next() {
	if len(w.events) == 0 {
		return
	}
	ev := w.events[0]
	w.events = w.events[1:]
	w.step(ev)
}

func TestUsedByAnotherBefore(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.break_ = func(int) breakage {
		if w.state.phase == Intending && len(w.fn) == 1 { // after the mark, before Prepare
			w.fn = append(w.fn, fnDoc{kkt.OpSale, w.newID(), 100})
		}
		return fine
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalMoved)
	if w.state.phase != Idle || len(w.state.cart.Lines) != 1 {
		t.Errorf("phase %s, %d lines", w.state.phase, len(w.state.cart.Lines))
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	if len(w.fn) != 3 {
		t.Errorf("%d documents", len(w.fn))
	}
}

func TestUsedByAnotherMeanwhile(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.intrude()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalForeign)
	w.break_ = func(int) breakage { return fine }
	if w.state.phase != Blocked || w.warned(fault.FiscalForeign) != fault.Stop {
		t.Fatalf("phase %s, %v", w.state.phase, w.state.warnings)
	}
	if d := w.state.View(w.now).Doubt; d == nil || d.Kind != kkt.OpSale || d.Sum != 4990 || d.Code != fault.FiscalForeign || !d.Retry || d.Done || d.Asking {
		t.Errorf("the view tells %+v", d)
	}
	w.refused(t, Retry{}, fault.FiscalForeign) // asked again, and again it says so
	w.mustDo(t, Abandon{Reason: "чужой чек"})
	if d := w.state.View(w.now).Doubt; d != nil {
		t.Errorf("still in doubt: %+v", d)
	}
	if w.state.phase != Idle || len(w.state.cart.Lines) != 1 {
		t.Errorf("phase %s, %d lines", w.state.phase, len(w.state.cart.Lines))
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
}

func TestDeviceOpensShiftByItself(t *testing.T) {
	w := twoSystems(t)
	w.auto, w.shift = true, false // its shift has ended, and the next receipt would begin another
	w.fill(t, bread)
	w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftDevice)
	w.rest(t, Idle, 1, 0)

	w = twoSystems(t) // it does so between our question and our receipt
	w.auto = true
	w.fill(t, bread)
	w.break_ = func(int) breakage {
		if w.state.phase == Committing {
			w.shift = false
			return loseAnswer
		}
		return fine
	}
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalForeign)
	if w.state.phase != Blocked {
		t.Errorf("phase %s", w.state.phase)
	}
}

func TestShiftOpenedByAnother(t *testing.T) {
	w := newWorld(t)
	w.mustDo(t, Login{PIN: "1111"})
	w.shift = true
	w.look()
	w.refused(t, OpenShift{}, fault.ShiftForeign)
	w.mustDo(t, CloseShift{})
	if z := w.documents(doc.ZReport, doc.CloseSession); len(z) != 1 || z[0].Fiscal == nil {
		t.Errorf("closed with %+v", z)
	}
	w.mustDo(t, OpenShift{})
}

func TestShiftClosedByAnother(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.shift = false
	w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftDevice)
	w.mustDo(t, Park{})
	w.mustDo(t, CloseShift{})
	if w.state.shift != nil {
		t.Error("our shift is still open")
	}
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayCash})
}

const newFN = "9999078902000002"

func TestFNReplaced(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	w.mustDo(t, CloseShift{})
	w.refused(t, AcceptFN{FN: testFN}, fault.FiscalFNKnown)
	w.replaceFN(newFN)
	w.look()
	w.refused(t, OpenShift{}, fault.FiscalChanged)
	if w.warned(fault.FiscalChanged) != fault.Stop {
		t.Errorf("warnings %v", w.state.warnings)
	}
	w.restart()
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, OpenShift{}, fault.FiscalChanged)
	w.refused(t, AcceptFN{FN: newFN}, fault.LoginSenior)
	w.mustDo(t, Login{PIN: "2222"})
	w.refused(t, AcceptFN{FN: "9999078902000003"}, fault.FiscalChanged)
	if refused := w.survive(t, AcceptFN{FN: newFN}); refused != nil {
		t.Fatal(refused)
	}
	if w.warned(fault.FiscalChanged) != "" {
		t.Errorf("a confirmed FN alarms: %v", w.state.warnings)
	}
	audit := auditOf(t, w, auditFN)
	if audit.OldFN != testFN || audit.NewFN != newFN || audit.LastFD != 3 || audit.Note == "" || audit.Cashier == "" {
		t.Errorf("audit %+v", audit)
	}
	w.restart()
	w.mustDo(t, Login{PIN: "2222"})
	w.mustDo(t, OpenShift{})
	w.fill(t, bread)
	w.mustDo(t, Pay{Type: doc.PayElectron})
	w.check()
	if len(w.fn) != 2 {
		t.Errorf("%d documents in the new FN", len(w.fn))
	}
}

func TestFNReplacedWithShiftOpen(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.replaceFN(newFN)
	w.shift = true // somebody even opened a shift on it
	w.look()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalChanged)
	w.refused(t, AcceptFN{FN: newFN}, fault.ShiftFirst)
	w.mustDo(t, Park{})
	w.mustDo(t, CloseShift{})
	if w.state.shift != nil || len(w.fn) != 0 {
		t.Errorf("shift %v, %d documents in the new FN", w.state.shift, len(w.fn))
	}
	w.mustDo(t, AcceptFN{FN: newFN})
	w.mustDo(t, CloseShift{}) // the foreign one
	w.mustDo(t, OpenShift{})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayCash})
	if len(w.fn) != 3 {
		t.Errorf("%d documents", len(w.fn))
	}
}

func TestFNReplacedInDoubt(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.break_ = func(int) breakage {
		if w.state.phase == Committing {
			w.replaceFN(newFN)
			return loseRequest
		}
		return fine
	}
	w.events = append(w.events, Pay{Req: 500, Type: doc.PayCash})
	for range 40 {
		w.next()
	}
	if w.state.phase != Resolving || w.state.job.doubt.Code != fault.FiscalOther {
		t.Fatalf("phase %s, %v", w.state.phase, w.state.job.doubt)
	}
	w.events = append(w.events, AcceptFN{Req: 501, FN: newFN}, Abandon{Req: 502, Reason: "накопитель заменён"})
	for range 10 {
		w.next()
	}
	if w.replies[501].Code != fault.FiscalUnsure || w.replies[502] != nil || w.state.phase != Idle || len(w.state.cart.Lines) != 1 {
		t.Errorf("%v, %v, phase %s", w.replies[501], w.replies[502], w.state.phase)
	}
}

// expire makes the device say that its shift is too old.
func (w *world) expire() {
	w.status = func(s *kkt.Status) {
		if w.shift {
			s.Shift = kkt.ShiftExpired
		}
	}
	w.look()
}

func TestShiftOver24Hours(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, milk)
	w.now = w.now.Add(24*time.Hour + time.Minute)
	w.expire()
	w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftExpired)
	w.refused(t, CashIn{CashMove: CashMove{Sum: 100}}, fault.ShiftExpired)
	if w.warned(fault.ShiftExpired) != fault.Stop {
		t.Errorf("warnings %v", w.state.warnings)
	}
	w.mustDo(t, Park{})
	w.mustDo(t, CloseShift{})
	w.mustDo(t, OpenShift{})
	w.status = nil
	w.look()
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.rest(t, Idle, 0, 1)
}

func TestShiftExpiresBetweenGroups(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, tea)
	w.break_ = func(int) breakage {
		if len(w.fn) == 2 && w.refuse == nil { // the first group is in
			w.refuse = fault.New(fault.ShiftExpired)
		}
		return fine
	}
	w.refused(t, Pay{Type: doc.PayCash, Tendered: 100_00}, fault.FiscalPartly)
	w.rest(t, Blocked, 0, 1)
	w.refused(t, CloseShift{}, fault.FiscalBlocked)
	w.refused(t, Retry{}, fault.FiscalPartly)
	w.mustDo(t, Abandon{Reason: "смена кончилась"})
	w.rest(t, Idle, 1, 1) // the tea is back
	w.refuse = nil
	w.break_ = func(int) breakage { return fine }
	w.mustDo(t, Park{})
	w.mustDo(t, CloseShift{})
	w.check()
}

func TestOFDSilentFor30Days(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	for _, c := range []struct {
		days     int
		severity fault.Severity
		code     fault.Code
	}{{2, "", fault.FiscalUnsent}, {3, fault.Info, fault.FiscalUnsent}, {10, fault.Warn, fault.FiscalUnsent}, {20, fault.Alarm, fault.FiscalUnsentBad},
		{28, fault.Alarm, fault.FiscalUnsentBad}, {30, fault.Stop, fault.FiscalOFD}} {
		w.status = func(s *kkt.Status) {
			s.Unsent, s.UnsentSince = 7, w.now.Add(-time.Duration(c.days)*24*time.Hour)
		}
		w.look()
		if got := w.warned(c.code); got != c.severity {
			t.Errorf("%d days: %q %v, want %q", c.days, got, w.state.warnings, c.severity)
		}
	}
	w.refuse = fault.New(fault.FiscalOFD) // what the device's 14h becomes
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalOFD)
	w.rest(t, Idle, 1, 0)
	w.refuse, w.status = nil, nil // all sent
	w.look()
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.rest(t, Idle, 0, 1)
}

func TestCashInDoubt(t *testing.T) {
	for _, phase := range []Phase{Marking, Intending, Preparing, Committing, Recording} {
		for b := crashBefore; b < numBreakages; b++ {
			w := twoSystems(t)
			w.once(phase, b)
			w.survive(t, CashIn{Once: onceID(1), CashMove: CashMove{Sum: 700_00, Person: "Сидоров"}})
			if len(w.slips) == 0 {
				w.mustDo(t, CashIn{Once: onceID(1), CashMove: CashMove{Sum: 700_00, Person: "Сидоров"}})
			}
			w.mustDo(t, CashOut{CashMove: CashMove{Sum: 200_00}})
			w.check()
			if len(w.slips) != 2 || w.cash != 500_00 {
				t.Errorf("%s in %s: %d slips, %s in the drawer", breakageNames[b], phase, len(w.slips), w.cash)
			}
		}
	}
}

func TestCashInDoubtAndDeviceMute(t *testing.T) {
	for _, done := range []bool{true, false} {
		w := twoSystems(t)
		w.mute = true
		w.once(Committing, map[bool]breakage{true: loseAnswer, false: loseRequest}[done])
		w.refused(t, CashIn{CashMove: CashMove{Sum: 700_00}}, fault.FiscalForeign)
		if w.state.phase != Blocked {
			t.Fatalf("phase %s", w.state.phase)
		}
		if d := w.state.View(w.now).Doubt; d == nil || d.Kind != kkt.OpCashIn || d.Sum != 700_00 || !d.Done {
			t.Errorf("the view tells %+v", d)
		}
		w.mustDo(t, Abandon{Reason: "видно по ленте", Done: done})
		w.rest(t, Idle, 0, 0)
	}
	w := twoSystems(t) // of a receipt nobody may say so: the FN knows
	w.fill(t, bread)
	w.intrude()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalForeign)
	w.refused(t, Abandon{Reason: "видно по ленте", Done: true}, fault.FiscalBlocked)
}

func TestCashMovedByAnother(t *testing.T) {
	w := twoSystems(t)
	w.break_ = func(int) breakage {
		if w.state.phase == Committing {
			w.cash += 5_00
			return loseRequest
		}
		return fine
	}
	w.refused(t, CashIn{CashMove: CashMove{Sum: 700_00}}, fault.FiscalForeign)
	if w.state.phase != Blocked {
		t.Errorf("phase %s", w.state.phase)
	}
}

func TestDeviceTotalDiffers(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	w.refuse = fault.New(fault.FiscalDiffers)
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalDiffers)
	w.rest(t, Idle, 1, 0)
}

func TestFNFatal(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread)
	s, fx := w.upTo(t, Committing, Pay{Req: 900, Type: doc.PayCash})
	commit := fx[len(fx)-1].(FiscalCommit)
	w.state, fx = Step(s, w.env(), Committed{Op: commit.Op, Err: fault.New(fault.FiscalFN, "03h"), Refused: true})
	find, asked := fx[len(fx)-1].(FiscalFind)
	if !asked {
		t.Fatalf("a refusal is believed: %v", fx)
	}
	w.perform(find)
	if err := w.run(); err != nil || w.replies[900].Code != fault.FiscalFN {
		t.Errorf("%v, %v", err, w.replies[900])
	}
	w.rest(t, Idle, 1, 0)
}

// upTo gives a command and stops when the till has come to a phase.
func (w *world) upTo(t testing.TB, phase Phase, cmd Event) (State, []Effect) {
	t.Helper()
	var fx []Effect
	w.events = append(w.events, cmd)
	for range 50 {
		ev := w.events[0]
		w.events = w.events[1:]
		w.state, fx = Step(w.state, w.env(), ev)
		if w.state.phase == phase {
			return w.state, fx
		}
		for _, e := range fx {
			w.perform(e)
		}
	}
	t.Fatalf("%s was not reached", phase)
	return State{}, nil
}

func TestLaterGroupRefused(t *testing.T) {
	for _, giveUp := range []bool{false, true} {
		w := twoSystems(t)
		w.fill(t, bread, tea, soap)
		w.mustDo(t, SetContact{Contact: "+79991234567"})
		w.break_ = func(int) breakage {
			if len(w.fn) == 2 && w.state.phase == Preparing {
				w.refuse = fault.New(fault.FiscalLid)
			}
			return fine
		}
		w.refused(t, Pay{Type: doc.PayCash, Tendered: 500_00}, fault.FiscalPartly)
		w.break_ = func(int) breakage { return fine }
		if w.warned(fault.FiscalPartly) != fault.Stop || w.warned(fault.FiscalLid) != fault.Stop {
			t.Errorf("the reason is not told: %v", w.state.warnings)
		}
		w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalBlocked)
		w.restart()
		if w.state.phase == Blocked { // tried at once after the restart, and refused again
			w.rest(t, Blocked, 0, 1)
		}
		w.refuse = nil
		if !giveUp {
			w.mustDo(t, Retry{})
			w.rest(t, Idle, 0, 2)
			if l := w.state.receipt; l.Total != 4990+777+12345 || l.Change != 500_00-l.Total || len(l.Parts) != 2 {
				t.Errorf("last receipt %+v", l)
			}
			continue
		}
		w.mustDo(t, Abandon{Reason: "покупатель ушёл"})
		w.rest(t, Idle, 1, 1)
		if p := w.state.cart.People; p == nil || p.Contact == "" || w.state.cart.Lines[0].Item.ID != "tea" {
			t.Errorf("what came back: %+v", w.state.cart)
		}
		w.restart()
		w.rest(t, Idle, 1, 1)
		w.mustDo(t, VoidCheque{})
		w.mustDo(t, Return{Sale: w.documents(doc.Sell)[0].ID})
		w.rest(t, Idle, 0, 1)
	}
}

func TestCrashBetweenGroups(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, tea)
	w.break_ = func(int) breakage {
		if len(w.fn) == 2 && w.state.phase == Preparing {
			w.break_ = func(int) breakage { return fine }
			return crashBefore
		}
		return fine
	}
	w.survive(t, Pay{Type: doc.PayCash, Tendered: 100_00})
	w.rest(t, Idle, 0, 2)
	if l := w.state.receipt; l == nil || l.Total != 4990+777 || l.Change != 100_00-l.Total {
		t.Errorf("last receipt %+v", l)
	}
	docs := w.documents(doc.Sell)
	if len(docs) != 2 || docs[0].Receipt.Group != 1 || docs[1].Receipt.Group != 2 || docs[1].Receipt.Groups != 2 ||
		docs[0].Receipt.TaxSystem == docs[1].Receipt.TaxSystem || docs[0].Receipt.Payments[0].Change != 0 {
		t.Errorf("%+v", docs)
	}
}

// TestLateGroup: a till that comes back the next morning prints the rest of a
// purchase only when it is told to.
func TestLateGroup(t *testing.T) {
	for _, registered := range []bool{false, true} {
		w := twoSystems(t)
		w.fill(t, bread, tea, soap)
		w.break_ = func(int) breakage {
			if len(w.fn) == 2 && w.state.phase == Preparing && !registered {
				return crashBefore // the second group is next
			}
			if len(w.fn) == 1 && w.state.phase == Committing && registered {
				return crashAfter // the first is in the FN, and nobody knows
			}
			return fine
		}
		if _, err := w.do(Pay{Type: doc.PayCash}); err == nil {
			t.Fatal("no crash")
		}
		w.break_ = func(int) breakage { return fine }
		w.now = w.now.Add(10 * time.Hour)
		w.restart()
		w.rest(t, Blocked, 0, 1)
		w.mustDo(t, Retry{})
		w.rest(t, Idle, 0, 2)
	}
}

func TestUsedBetweenGroups(t *testing.T) {
	w := twoSystems(t)
	w.fill(t, bread, tea)
	stranger := uuid.Nil
	w.break_ = func(int) breakage {
		if len(w.fn) == 2 && w.state.phase == Preparing {
			stranger = w.newID()
			w.fn = append(w.fn, fnDoc{kkt.OpSale, stranger, 100})
		}
		return fine
	}
	w.refused(t, Pay{Type: doc.PayElectron}, fault.FiscalPartly)
	w.break_ = func(int) breakage { return fine }
	w.mustDo(t, Retry{})
	if w.state.phase != Idle || len(w.fn) != 4 || w.fn[3].total != 777 {
		t.Errorf("phase %s, %+v", w.state.phase, w.fn)
	}
	var paid money.Amount
	for _, d := range w.documents(doc.Sell) {
		paid += d.Receipt.Total
	}
	if paid != 4990+777 {
		t.Errorf("paid %s", paid)
	}
}
