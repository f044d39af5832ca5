package till

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/lockout"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
)

func (w *world) mustDo(t testing.TB, cmd Event) {
	t.Helper()
	refused, err := w.do(cmd)
	if err != nil || refused != nil {
		t.Fatalf("%T: %v %v", cmd, refused, err)
	}
}

func (w *world) refused(t testing.TB, cmd Event, code fault.Code) {
	t.Helper()
	refused, err := w.do(cmd)
	if err != nil || refused == nil || refused.Code != code {
		t.Fatalf("%T: %v %v, want %s", cmd, refused, err, code)
	}
}

// ready logs in and opens the shift.
func (w *world) ready(t testing.TB) {
	t.Helper()
	w.mustDo(t, Login{PIN: "1111"})
	w.mustDo(t, OpenShift{})
}

func (w *world) sell(t testing.TB, codes ...string) {
	t.Helper()
	if w.state.shift == nil {
		w.ready(t)
	}
	for _, c := range codes {
		w.mustDo(t, Scan{Code: c})
	}
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 1000_00})
}

// TestEveryPairIsDecided: each event in each phase is handled, or a command is
// refused by name. Only completions may be dropped as late.
func TestEveryPairIsDecided(t *testing.T) {
	for ev := range numEvents {
		for ph := range numPhases {
			v := admit[ev][ph]
			if ev <= evAbandon && !v.handle && v.refuse == "" {
				t.Errorf("command %d is dropped in phase %s", ev, ph)
			}
			if v.handle && v.refuse != "" {
				t.Errorf("event %d in phase %s is both handled and refused", ev, ph)
			}
			if v.refuse != "" {
				fault.New(v.refuse) // panics when not in the catalogue
			}
		}
	}
}

// TestCommandsAreAlwaysAnswered gives every command to a till in every phase.
func TestCommandsAreAlwaysAnswered(t *testing.T) {
	commands := []Event{Login{PIN: "1"}, Approve{PIN: "1"}, Logout{}, OpenShift{}, CloseShift{}, XReport{}, Scan{Code: "1"}, SetQty{}, VoidLine{}, VoidCheque{},
		Park{}, Recall{}, Pay{Type: doc.PayCash}, Dismiss{}, Abandon{}, Retry{}, StateReport{}, CashIn{}, CashOut{CashMove: CashMove{Sum: 1}},
		Return{}, Return{Sale: uuid.UUID{1}}, Exchange{}, Exchange{Sale: uuid.UUID{1}}, TakeBack{Reason: "x", Payment: doc.PayCash}, NoSale{Reason: "x"}, Allow{}, Allow{Permission: "service"}, TakeOrder{}, TakeOrder{Lines: []OrderLine{{}}}, SellClaim{}, SellClaim{Kind: doc.ClaimAdvance, Sum: 1, Parts: []Part{{Type: doc.PayCash}}}, Prepay{}, HandOver{}, Repay{}, Correct{}, Correct{Base: uuid.UUID{1}, Reason: "x"}, AcceptFN{}, SetContact{}, SetBuyer{}, SetPromotions{}, SetPrice{}, AdjustLine{}, AdjustCheque{},
		SetCustomer{}, SetCustomer{Text: "k1"}, ClearCustomer{}, AddCoupon{}, RemoveCoupon{}, SpendBonus{Sum: 1}, CountDrawer{}, CallHelp{}, Buy{}, Buy{Goods: []BackLine{{Qty: 1000, Price: 1}}, Payment: doc.PayCash}, BeginStock{}, DescribeStock{}, SetStock{}, RemoveStock{}, PauseStock{}, CancelStock{}, FinishStock{}}
	kinds := map[eventKind]bool{}
	for _, cmd := range commands {
		kinds[cmd.kind()] = true
	}
	for ev := range evRestored {
		if !kinds[ev] {
			t.Errorf("no command of kind %d is tried", ev)
		}
	}
	for ph := range numPhases {
		for _, cmd := range commands {
			w := newWorld(t)
			w.sell(t, "4600000000015")
			w.state.phase = ph
			w.state.job = &bracket{doubt: fault.New(fault.FiscalForeign, "1")}
			_, fx := Step(w.state, w.env(), WithReq(cmd, 77))
			answered, asked := 0, 0
			for _, e := range fx {
				switch e := e.(type) {
				case Reply:
					if e.Req == 77 {
						answered++
					}
				case Authenticate, Lookup, FiscalMark, FiscalReport, LoadSale, FiscalFind, Store, FindCustomer, FindItems:
					asked++
				}
			}
			if answered+asked != 1 {
				t.Errorf("%T in phase %s: %d answers, %d questions", cmd, ph, answered, asked)
			}
		}
	}
}

func TestStepLeavesItsArgumentAlone(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	before := fmt.Sprintf("%+v", w.state.View(w.now))
	old := w.state
	for _, c := range []string{"4600000000015", "4600000000022", "nope"} {
		w.mustOrNotice(c)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	if got := fmt.Sprintf("%+v", old.View(w.now)); !sameButPointers(got, before) {
		t.Errorf("an old state changed:\n%s\n%s", before, got)
	}
}

func (w *world) mustOrNotice(code string) {
	w.events = append(w.events, Scan{Code: code})
	if err := w.run(); err != nil {
		w.t.Fatal(err)
	}
}

// sameButPointers compares prints without addresses.
func sameButPointers(a, b string) bool {
	clean := func(s string) string {
		var out []string
		for f := range strings.FieldsSeq(s) {
			if i := strings.Index(f, "0x"); i >= 0 {
				f = f[:i]
			}
			out = append(out, f)
		}
		return strings.Join(out, " ")
	}
	return clean(a) == clean(b)
}

func TestSale(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	for _, c := range []string{"4600000000015", "4600000000022", "3*4600000000022", "0.350*00042"} {
		w.mustDo(t, Scan{Code: c})
	}
	v := w.state.View(w.now)
	// 49.90 + 4 x 85.49 (89.99 - 5 %) + 0.350 x 799.00
	if v.Cheque.Total != 4990+4*8549+27965 || len(v.Cheque.Lines) != 3 {
		t.Fatalf("%d lines, total %s", len(v.Cheque.Lines), v.Cheque.Total)
	}
	w.refused(t, Pay{Type: doc.PayCash, Tendered: 100_00}, fault.PaidLess)
	w.refused(t, Pay{Type: doc.PayElectron, Tendered: 100_00}, fault.AmountBad)
	w.refused(t, Pay{Type: doc.PayCash, Tendered: 900_000_00}, fault.ChangeHuge)
	w.refused(t, Pay{Type: doc.PayCash, Seen: Seen{Revision: 1}}, fault.ChequeStale)
	w.mustDo(t, Pay{Type: doc.PayCash, Tendered: 1000_00})
	v = w.state.View(w.now)
	if v.Last == nil || v.Last.Change != 1000_00-v.Last.Total || v.Last.FD != 2 || w.drawers != 1 {
		t.Fatalf("last %+v, drawer %d", v.Last, w.drawers)
	}
	if !v.Shift.Totals.OpenedAt.Equal(v.Shift.OpenedAt) || v.Shift.Totals.Sales.Cash != v.Last.Total || v.Shift.Totals.Drawer != v.Last.Total {
		t.Errorf("totals %+v", v.Shift.Totals)
	}
	w.mustDo(t, XReport{})
	w.mustDo(t, CloseShift{})
	w.check()
	types := []doc.Type{}
	for _, e := range w.durable {
		if e.Kind == record.Document {
			types = append(types, w.document(e).Type)
		}
	}
	want := []doc.Type{doc.OpenSession, doc.PosOpenSession, doc.Sell, doc.XReport, doc.ZReport, doc.CloseSession}
	if !reflect.DeepEqual(types, want) {
		t.Errorf("documents %v, want %v", types, want)
	}
	if w.state.drawer != v.Last.Total {
		t.Errorf("drawer %s is carried over, want %s", w.state.drawer, v.Last.Total)
	}
}

func TestRefusedItemsBecomeNotices(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	for code, want := range map[string]fault.Code{
		"unknown": fault.CodeUnknown, "4600000000046": fault.RateBad, "4600000000053": fault.ItemNoPrice, "4600000000060": fault.MarkDevice,
		"4600000000077": fault.ItemForbidden, "4600000000084": fault.FiscalTaxSystem, "00042": fault.ItemWeight,
		strings.Repeat("9", 10_000): fault.CodeTooLong, "0.5*4600000000015": fault.QtyBad, "0*4600000000015": fault.QtyBad, "99999999999*4600000000015": fault.QtyBad, " ": fault.CodeBad,
	} {
		w.refused(t, Scan{Code: code}, want)
		n := w.state.notices[len(w.state.notices)-1]
		if n.Code != want || len(n.Raw) > 2*MaxCode {
			t.Errorf("notice %+v for %.20q", n, code)
		}
	}
	if !w.state.cart.Empty() {
		t.Errorf("something got into the cheque")
	}
	w.refused(t, Scan{Length: 10_000}, fault.CodeTooLong)
	w.refused(t, Scan{Code: "4600000000015", Misread: true}, fault.CodeBad)
	for i := range 2 * MaxNotices {
		w.mustOrNotice(fmt.Sprint("x", i))
	}
	if len(w.state.notices) != MaxNotices {
		t.Errorf("%d notices", len(w.state.notices))
	}
}

func TestScansDuringPaymentOpenTheNextCheque(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.events = append(w.events, Pay{Req: 500, Type: doc.PayCash}, Scan{Code: "4600000000039"}, Scan{Code: "4600000000022"})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if err := w.replies[500]; err != nil {
		t.Fatal(err)
	}
	if len(w.state.cart.Lines) != 2 || w.state.receipt == nil {
		t.Errorf("next cheque has %d lines, last %v", len(w.state.cart.Lines), w.state.last)
	}
	w.check()
}

func TestScansBeforePaymentBelongToIt(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.events = append(w.events, Scan{Code: "4600000000015"}, Scan{Code: "4600000000039"}, Pay{Req: 500, Type: doc.PayCash})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if err := w.replies[500]; err != nil || w.fn[len(w.fn)-1].total != 4990+12345 {
		t.Errorf("%v, registered %s", err, w.fn[len(w.fn)-1].total)
	}
}

func TestFailedPaymentReturnsTheChequeAndParksTheNext(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	paid := w.state.cart.ID
	w.break_ = func(int) breakage {
		if w.state.phase == Preparing {
			return loseRequest
		}
		return fine
	}
	w.events = append(w.events, Pay{Req: 500, Type: doc.PayCash}, Scan{Code: "4600000000039"})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if err := w.replies[500]; err == nil || err.Code != fault.FiscalNoAnswer {
		t.Fatalf("reply %v", err)
	}
	if w.state.cart.ID != paid || len(w.state.parked) != 1 || len(w.state.parked[0].Lines) != 1 {
		t.Errorf("cart %v, parked %d", w.state.cart.ID == paid, len(w.state.parked))
	}
	w.break_ = func(int) breakage { return fine }
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayElectron})
	w.check()
	if len(w.fn) != 3 {
		t.Errorf("%d fiscal documents", len(w.fn))
	}
}

func TestWithoutDeviceTheChequeIsFilledAndParked(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.device = false
	w.step(DeviceChanged{w.deviceNow()})
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalMissing)
	w.mustDo(t, Park{Name: "Анна"})
	w.refused(t, Park{}, fault.ChequeEmpty)
	w.drop = false
	w.restart()
	if len(w.state.parked) != 1 || w.state.parked[0].Name != "Анна" {
		t.Fatalf("parked after restart: %+v", w.state.parked)
	}
	w.device = true
	w.step(DeviceChanged{w.deviceNow()})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

func TestChequeSurvivesACrash(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	for _, c := range []string{"4600000000015", "4600000000022", "4600000000015"} {
		w.mustDo(t, Scan{Code: c})
	}
	w.mustDo(t, SetQty{Line: w.state.cart.Lines[1].ID, Qty: 7 * qty.One})
	w.mustDo(t, Scan{Code: "4600000000039"})
	w.mustDo(t, VoidLine{Line: w.state.cart.Lines[2].ID, Seen: Seen{Revision: w.state.cart.Revision}})
	before := w.state.View(w.now).Cheque
	w.restart()
	after := w.state.View(w.now).Cheque
	before.Touched = after.Touched
	if !reflect.DeepEqual(before, after) {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	if w.state.cashier == nil || w.state.shift == nil {
		t.Errorf("cashier %v shift %v", w.state.cashier, w.state.shift)
	}
	w.mustDo(t, VoidCheque{})
	w.restart()
	if !w.state.cart.Empty() {
		t.Errorf("a voided cheque came back")
	}
}

func TestLoginIsLockedAfterWrongPINs(t *testing.T) {
	w := newWorld(t)
	for range lockout.Tries {
		w.refused(t, Login{PIN: "0000"}, fault.LoginRefused)
	}
	w.refused(t, Login{PIN: "1111"}, fault.LoginLocked)
	w.now = w.now.Add(lockout.First)
	w.mustDo(t, Login{PIN: "1111"})
}

// A restart, and a clock that wakes up in the past, open no lock.
func TestLockSurvivesRestart(t *testing.T) {
	var refused []time.Time
	w := newWorld(t)
	for n := range lockout.Tries {
		refused = append(refused, w.now.Add(time.Duration(n)*time.Second))
	}
	for _, now := range []time.Time{w.now.Add(10 * time.Second), time.Unix(0, 0)} {
		s := New(Settings{})
		s, _ = Step(s, Env{Now: now, NewID: uuid.New}, Restored{Refused: refused})
		_, effects := Step(s, Env{Now: now, NewID: uuid.New}, Login{PIN: "1111", Req: 1})
		if len(effects) != 1 || fault.Of(effects[0].(Reply).Err).Code != fault.LoginLocked {
			t.Errorf("at %v: %+v", now, effects)
		}
	}
}

func TestShiftRules(t *testing.T) {
	w := newWorld(t)
	w.refused(t, OpenShift{}, fault.LoginRequired)
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, CloseShift{}, fault.ShiftClosed)
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftClosed)
	w.mustDo(t, OpenShift{})
	w.refused(t, OpenShift{}, fault.ShiftOpen)
	w.refused(t, CloseShift{}, fault.ChequeNotEmpty)
	w.now = w.now.Add(25 * time.Hour) // our clock alone refuses nothing
	old := w.deviceNow()
	old.Status.Shift = kkt.ShiftExpired
	w.step(DeviceChanged{old})
	w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftExpired)
	w.mustDo(t, Park{})
	w.mustDo(t, CloseShift{})
	w.check()

	// A shift somebody opened on the device without us.
	w.shift = true
	w.step(DeviceChanged{w.deviceNow()})
	w.refused(t, OpenShift{}, fault.ShiftForeign)
	w.mustDo(t, CloseShift{})
	if w.shift {
		t.Error("the foreign shift is still open")
	}

	// A shift somebody closed on the device under us.
	w.mustDo(t, OpenShift{})
	w.shift = false
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.refused(t, Pay{Type: doc.PayCash}, fault.ShiftDevice)
	w.mustDo(t, VoidCheque{})
	w.mustDo(t, CloseShift{})
	if w.state.shift != nil {
		t.Error("our shift is still open")
	}
}

func TestForeignDocumentBlocks(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.intrude()
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalForeign)
	w.break_ = func(int) breakage { return fine }
	if w.state.phase != Blocked || w.state.warnings[0].Code != fault.FiscalForeign {
		t.Fatalf("phase %s, warnings %v", w.state.phase, w.state.warnings)
	}
	w.mustDo(t, Scan{Code: "4600000000039"})
	w.refused(t, Pay{Type: doc.PayCash}, fault.FiscalBlocked)
	w.restart()
	if w.state.phase != Blocked {
		t.Errorf("after a restart: phase %s", w.state.phase)
	}
}

func TestFailedWriteHalts(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	s, fx := Step(w.state, w.env(), Pay{Req: 900, Type: doc.PayCash})
	mark := fx[len(fx)-1].(FiscalMark)
	s, fx = Step(s, w.env(), Marked{Op: mark.Op, Mark: w.mark()})
	store := fx[len(fx)-1].(Store)
	s, fx = Step(s, w.env(), Stored{Op: store.Op, Err: fault.New(fault.JournalWrite)})
	if s.phase != Halted {
		t.Fatalf("phase %s", s.phase)
	}
	var told bool
	for _, e := range fx {
		if r, ok := e.(Reply); ok && r.Req == 900 && r.Err.Code == fault.JournalWrite {
			told = true
		}
	}
	if !told {
		t.Error("the cashier was not told")
	}
	_, fx = Step(s, w.env(), Scan{Req: 901, Code: "1"})
	if r, ok := fx[0].(Reply); !ok || r.Err == nil || r.Err.Code != fault.JournalWrite {
		t.Errorf("a halted till answered %+v", fx)
	}
}

func TestTestFNIsRefusedOutsideTheBench(t *testing.T) {
	w := newWorld(t)
	w.state.Settings.Bench = false
	w.mustDo(t, Login{PIN: "1111"})
	w.refused(t, OpenShift{}, fault.FiscalTestFN)
}

func TestNearlyFullDiskRefusesSalesAndLetsTheShiftClose(t *testing.T) {
	w := newWorld(t)
	w.ready(t)
	w.mustDo(t, Scan{Code: "4600000000015"})
	w.step(SpaceChanged{Low: true})
	w.refused(t, Pay{Type: doc.PayCash}, fault.JournalSpace)
	w.mustDo(t, Park{})
	w.mustDo(t, XReport{})
	w.mustDo(t, CloseShift{})
	w.mustDo(t, OpenShift{})
	w.step(SpaceChanged{})
	w.mustDo(t, Recall{ID: w.state.parked[0].ID})
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}
