package till

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/restrict"
)

const (
	water    = "0104607015730012215=xk8E\x1d93abcd"
	water2   = "0104607015730012215=xk8F\x1d93efgh"
	waterEAN = "4607015730012"
	unit     = "046070157300125=xk8E"
	smokes   = "00000046198488X?io+qCABm8wAYa"
	twins    = "4600000000138"
)

// marked is a till whose device registers marked goods, with a shop's codes.
func marked(t *testing.T) *world {
	w := newWorldWith(t, func(w *world) {
		w.marking = true
		w.permits = map[string]fault.Code{}
		w.settings.Codes = gs1.Shop{Cards: []string{"777", "770"}, Badges: []string{"K-"}, Labels: []gs1.Label{
			{Prefix: "22", Goods: 5, Value: 5, Of: gs1.LabelWeight}, {Prefix: "23", Goods: 5, Value: 5, Of: gs1.LabelPrice},
			{Prefix: "25", Goods: 5, Value: 5, Of: gs1.LabelPieces}}}
	})
	w.ready(t)
	return w
}

func (w *world) restrictions(t *testing.T, text string) {
	t.Helper()
	r, err := restrict.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w.state.Settings.Restrict = r
}

func (w *world) question(t *testing.T, kind QuestionKind) QuestionView {
	t.Helper()
	q := w.state.View(w.now).Questions
	if len(q) == 0 || q[0].Kind != kind {
		t.Fatalf("questions %+v, want one of kind %s", q, kind)
	}
	return q[0]
}

// TestMarkedUnit: a unit whose code is good is sold with its code, byte for
// byte, and the answer that let it in; the key of the code is shown nowhere.
func TestMarkedUnit(t *testing.T) {
	w := marked(t)
	w.mustDo(t, Scan{Code: water})
	w.mustDo(t, Scan{Code: bread})
	w.mustDo(t, Scan{Code: water2})
	if len(w.state.cart.Lines) != 3 {
		t.Fatalf("%d lines", len(w.state.cart.Lines))
	}
	if b, err := json.Marshal(w.state.View(w.now)); err != nil || strings.Contains(string(b), "93abcd") {
		t.Errorf("a key is shown: %v", err)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	l := w.documents(doc.Sell)[0].Receipt.Lines[0]
	want := doc.Permit{FOIV: "030", Date: "21.11.2023", Number: "1944", Value: "UUID=" + unit}
	if l.Mark != water || l.Permit == nil || *l.Permit != want || l.MarkStatus != 1 || l.Kind != 33 || l.Qty != qty.One || l.Barcode != "04607015730012" {
		t.Errorf("%+v", l)
	}
	w.check()
}

// TestMarkedRefusals: what the permit port says no to is not sold, with the
// reason, and the refusal is journaled.
func TestMarkedRefusals(t *testing.T) {
	for _, no := range []fault.Code{fault.PermitUnknown, fault.PermitForged, fault.PermitUnused, fault.PermitWithdrawn, fault.PermitSold, fault.PermitBlocked,
		fault.PermitExpired, fault.PermitOwner, fault.MarkSold, fault.PermitOff} {
		w := marked(t)
		w.permits[unit] = no
		w.refused(t, Scan{Code: water}, no)
		if d := auditOf(t, w, auditPermit); d.Note != string(no) || d.Unit != unit || d.Item != "Вода" {
			t.Errorf("%s: %+v", no, d)
		}
		if n := w.state.notices[0]; n.Code != no || strings.Contains(n.Raw, "abcd") || !w.state.cart.Empty() {
			t.Errorf("%s: %+v", no, n)
		}
	}
	w := marked(t)
	w.deaf = true
	w.refused(t, Scan{Code: water}, fault.PermitDown)
	w.deaf = false
	w.mustDo(t, Scan{Code: water})
	w.refused(t, Scan{Code: water}, fault.MarkTwice)
	w.refused(t, Scan{Code: "2*" + water2}, fault.MarkOne)
	w.refused(t, SetQty{Line: w.state.cart.Lines[0].ID, Qty: 2000}, fault.QtyBad)
	w.mustDo(t, Park{})
	w.refused(t, Scan{Code: water}, fault.MarkTwice)

	old := newWorldWith(t, func(w *world) { w.ffd = "1.05" })
	old.refused(t, Scan{Code: water}, fault.MarkDevice)
	unplugged := newWorldWith(t, func(w *world) { w.device = false })
	unplugged.mustDo(t, Scan{Code: water}) // the device is looked at when it is paid for
}

// TestChecksWaitForNobody: scanning goes on while the permit port thinks, the
// row says so, and the payment waits for what was scanned before it.
func TestChecksWaitForNobody(t *testing.T) {
	w := marked(t)
	w.slow = true
	w.events = append(w.events, Scan{Code: water}, Scan{Code: bread}, Scan{Code: water2})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	v := w.state.View(w.now)
	if len(v.Cheque.Lines) != 1 || len(v.Checks) != 2 || v.Checks[0].Name != "Вода" || strings.Contains(v.Checks[0].Unit, "abcd") {
		t.Fatalf("%+v", v.Checks)
	}
	w.refused(t, Scan{Code: water}, fault.MarkTwice)
	w.refused(t, Park{}, fault.ScanPending)
	w.events = append(w.events, Pay{Req: 500, Type: doc.PayCash}, Scan{Code: soap})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if _, early := w.replies[500]; early || len(w.asked) != 2 {
		t.Fatalf("paid before the permits came")
	}
	for _, e := range []CheckPermit{w.asked[1], w.asked[0]} { // in another order
		w.events = append(w.events, w.permit(e))
	}
	w.events = append(w.events, w.permit(w.asked[0])) // and one twice
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if err, done := w.replies[500]; !done || err != nil {
		t.Fatalf("%v", err)
	}
	if n := len(w.documents(doc.Sell)[0].Receipt.Lines); n != 3 || len(w.state.cart.Lines) != 1 {
		t.Errorf("%d lines sold, %d in the next cheque", n, len(w.state.cart.Lines))
	}
	w.check()
}

// TestCheckOutlivesItsCheque: a permit that comes when the cheque is gone puts
// nothing into the next one.
func TestCheckOutlivesItsCheque(t *testing.T) {
	w := marked(t)
	w.slow = true
	w.fill(t, bread)
	w.events = append(w.events, Scan{Req: 600, Code: water})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	w.mustDo(t, VoidCheque{})
	if err := w.replies[600]; err == nil || err.Code != fault.ScanDropped {
		t.Errorf("%v", err)
	}
	w.fill(t, soap)
	w.events = append(w.events, w.permit(w.asked[0]))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if len(w.state.cart.Lines) != 1 {
		t.Errorf("%d lines", len(w.state.cart.Lines))
	}
}

// TestMarkingCodeIsAskedFor: the plain EAN of marked goods asks for their codes,
// as many as there are units; a remainder without needs a permission.
func TestMarkingCodeIsAskedFor(t *testing.T) {
	w := marked(t)
	w.refused(t, Scan{Code: "2*" + waterEAN}, fault.QuestionAsked)
	q := w.question(t, AskMark)
	w.refused(t, Pay{Type: doc.PayCash}, fault.QuestionOpen)
	w.mustDo(t, Scan{Code: bread}) // nothing else is blocked
	w.mustDo(t, Scan{Code: water})
	if again := w.question(t, AskMark); again.ID != q.ID || again.Args[1] != "1" {
		t.Errorf("%+v", again)
	}
	w.mustDo(t, Scan{Code: water2})
	if n := len(w.state.View(w.now).Questions); n != 0 {
		t.Fatalf("%d questions", n)
	}
	w.refused(t, Choose{Question: q.ID, Choice: AnswerUnmarked}, fault.LoginSenior)

	w.refused(t, Scan{Code: waterEAN}, fault.QuestionAsked)
	q = w.question(t, AskMark)
	w.refused(t, Choose{Question: q.ID, Choice: AnswerUnmarked}, fault.LoginSenior)
	w.refused(t, Choose{Question: q.ID, Choice: "what"}, fault.BadRequest)
	w.mustDo(t, Approve{PIN: "2222"})
	w.mustDo(t, Choose{Question: q.ID, Choice: AnswerUnmarked})
	w.refused(t, Choose{Question: q.ID, Choice: AnswerNo}, fault.QuestionNone)
	if d := auditOf(t, w, auditUnmarked); d.Item != "Вода" || d.Approver != "Петрова Б." {
		t.Errorf("%+v", d)
	}
	w.mustDo(t, Pay{Type: doc.PayCash})
	lines := w.documents(doc.Sell)[0].Receipt.Lines
	if l := lines[len(lines)-1]; len(lines) != 4 || l.Kind != 32 || l.Mark != "" || l.MarkStatus != 0 {
		t.Errorf("%d lines, %+v", len(lines), l)
	}
	w.check()
}

// TestAgeOnceACheque: the first item of a group asks, the others of the cheque
// do not; a no sells nothing; the next cheque asks again, a restart does not.
func TestAgeOnceACheque(t *testing.T) {
	w := marked(t)
	w.refused(t, Scan{Code: smokes}, fault.QuestionAsked)
	q := w.question(t, AskAge)
	if q.Args[1] != "22.11.2008" {
		t.Errorf("%v", q.Args)
	}
	w.mustDo(t, Choose{Question: q.ID, Choice: AnswerNo})
	if !w.state.cart.Empty() || auditOf(t, w, auditTooYoung).Item != "Сигареты" {
		t.Error("sold to a child")
	}
	w.refused(t, Scan{Code: smokes}, fault.QuestionAsked)
	w.refused(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerAnyway}, fault.LoginSenior)
	w.mustDo(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerYes})
	if d := auditOf(t, w, auditAge); d.Born != "2008-11-22" || d.Note != "tobacco" || d.Cashier != "Иванова А." {
		t.Errorf("%+v", d)
	}
	w.mustDo(t, Scan{Code: strings.Replace(smokes, "X?io", "X?ip", 1)})
	w.restart()
	w.look()
	w.mustDo(t, Scan{Code: strings.Replace(smokes, "X?io", "X?iq", 1)})
	w.refused(t, Scan{Code: "4600000000152"}, fault.QuestionAsked) // another group
	w.mustDo(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerYes})
	w.mustDo(t, Pay{Type: doc.PayCash})
	lines := w.documents(doc.Sell)[0].Receipt.Lines
	if len(lines) != 4 || lines[0].Mark != smokes || lines[0].Kind != 31 || lines[0].Price != 9500 {
		t.Errorf("%+v", lines[0])
	}
	w.refused(t, Scan{Code: "4600000000152"}, fault.QuestionAsked)
	w.check()
}

// TestAmbiguousCodesAreQuestions: nothing is guessed.
func TestAmbiguousCodesAreQuestions(t *testing.T) {
	w := marked(t)
	w.refused(t, Scan{Code: "3*" + twins}, fault.QuestionAsked)
	q := w.question(t, AskItem)
	if len(q.Choices) != 3 || q.Choices[0].Price != 1500 || q.Choices[0].Hint != "K" || q.Choices[2].ID != AnswerNo {
		t.Fatalf("%+v", q.Choices)
	}
	w.mustDo(t, Choose{Question: q.ID, Choice: "same2"})
	if l := w.state.cart.Lines[0]; l.Item.ID != "same2" || l.Qty != 3000 {
		t.Errorf("%+v", l)
	}
	w.refused(t, Scan{Code: "777123"}, fault.QuestionAsked) // a card, and a cake's barcode
	q = w.question(t, AskItem)
	w.refused(t, Choose{Question: q.ID, Choice: AnswerCode}, fault.CustomerUnknown)
	w.refused(t, Scan{Code: "777123"}, fault.QuestionAsked)
	w.mustDo(t, Choose{Question: w.question(t, AskItem).ID, Choice: "cake"})
	if len(w.state.cart.Lines) != 2 {
		t.Errorf("%d lines", len(w.state.cart.Lines))
	}
	w.refused(t, Scan{Code: twins}, fault.QuestionAsked)
	w.mustDo(t, VoidCheque{}) // its question goes with it
	if q := w.state.View(w.now).Questions; len(q) != 0 {
		t.Errorf("%+v", q)
	}
}

// TestShopLabels: weight, price and number of pieces come from the label.
func TestShopLabels(t *testing.T) {
	w := marked(t)
	w.fill(t, "2200042012506", "2300077123007", "2300042123452", "2500077000036")
	type row struct {
		id    string
		qty   qty.Milli
		total int64
	}
	var got []row
	for _, l := range w.state.View(w.now).Cheque.Lines {
		got = append(got, row{l.ItemID, l.Qty, int64(l.Total)})
	}
	want := []row{{"cheese", 1250, 99875}, {"cake", 1000, 12300}, {"cheese", 155, 12345}, {"cake", 3000, 90000}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	w.refused(t, Scan{Code: "2300042123453"}, fault.CodeBad)     // a wrong check digit
	w.refused(t, Scan{Code: "0.5*2200042012506"}, fault.QtyBad)  // half of it, or half a kilogram?
	w.refused(t, Scan{Code: "0.5*2300042123452"}, fault.QtyBad)  // the same by its price
	w.refused(t, Scan{Code: "2300099123009"}, fault.CodeUnknown) // nobody has 00099
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

// TestSeveralLabels: of pieces that are alike one is scanned; n labels cost n
// times one, and a bare code with a number is a weight.
func TestSeveralLabels(t *testing.T) {
	for code, want := range map[string]struct {
		qty   qty.Milli
		total int64
	}{
		"3*2200042012506": {3750, 3 * 99875},
		"3*2300042123452": {464, 3 * 12345},
		"7*2300077123007": {7000, 7 * 12300},
		"0.35*00042":      {350, 27965},
		"3*00042":         {3000, 3 * 79900},
	} {
		w := marked(t)
		w.fill(t, code)
		l := w.state.View(w.now).Cheque.Lines[0]
		if l.Qty != want.qty || int64(l.Total) != want.total {
			t.Errorf("%s: %s for %s, want %s for %d", code, l.Qty, l.Total, want.qty, want.total)
		}
		w.mustDo(t, Pay{Type: doc.PayCash})
		w.check()
	}
}

// TestCountedLabels: what is counted by the labels of pieces is their weight,
// also where a label says only what its piece costs.
func TestCountedLabels(t *testing.T) {
	for code, want := range map[string]qty.Milli{
		"2200042012506": 1250, "2*2200042012506": 2500, "2300042123452": 155, "3*2300042123452": 464, "1.2*00042": 1200,
	} {
		w := marked(t)
		w.mustDo(t, Logout{})
		w.mustDo(t, Login{PIN: "2222"})
		w.mustDo(t, BeginStock{Type: doc.Inventory})
		w.mustDo(t, Scan{Code: code})
		if got := w.state.sheet.Lines[0].Qty; got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
		w.refused(t, Scan{Code: "0.5*2300042123452"}, fault.QtyBad)
	}
}

// TestCodesThatAreNoGoods: a receipt's QR code, a card, a badge, a stamp.
func TestCodesThatAreNoGoods(t *testing.T) {
	w := marked(t)
	w.mustDo(t, Scan{Code: "t=20261122T1005&s=123.45&fn=9999078902000001&i=7&fp=123456&n=1"})
	n := w.state.notices[0]
	if n.Code != fault.ScanReceipt || n.Receipt == nil || n.Receipt.FD != 7 || n.Receipt.Sum != 12345 {
		t.Errorf("%+v", n)
	}
	w.mustDo(t, Scan{Code: "77001"})
	if w.state.cart.Customer == nil {
		t.Error("no customer")
	}
	w.step(Scan{Code: "7770001"})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if n := w.state.notices; n[len(n)-1].Code != fault.CustomerUnknown || n[len(n)-1].Raw != "•••0001" {
		t.Errorf("%+v", n)
	}
	w.refused(t, Scan{Code: "22N00001" + strings.Repeat("CRZCTEH5U3", 6)}, fault.ScanAlcohol)
	w.mustDo(t, Scan{Code: "K-2222"}) // somebody is logged in: it approves
	if a := w.state.View(w.now).Approval; a == nil || a.By != "Петрова Б." {
		t.Errorf("%+v", a)
	}
	w.refused(t, Scan{Code: "K-9"}, fault.LoginRefused)
	w.mustDo(t, Logout{})
	w.mustDo(t, Scan{Code: "K-2222"})
	if c := w.state.View(w.now).Cashier; c == nil || c.ID != "c2" {
		t.Errorf("%+v", c)
	}
	for _, e := range append(slices.Clone(w.durable), w.posted...) {
		if strings.Contains(string(e.Data), "K-2222") || strings.Contains(string(e.Data), "7770001") {
			t.Errorf("%s: %s", e.Kind, e.Data)
		}
	}
}

// TestNoMarkedGoodsWithoutCode: whichever way marked goods came into a cheque,
// they are not paid for without their code.
func TestNoMarkedGoodsWithoutCode(t *testing.T) {
	w := marked(t)
	w.fill(t, bread)
	lines := slices.Clone(w.state.cart.Lines)
	lines[0].Item.Tracking = "SOMETHING_NEW"
	w.state.cart.Lines = lines
	w.refused(t, Pay{Type: doc.PayCash}, fault.ItemMarked)
	lines[0].Unmarked = true
	w.mustDo(t, Pay{Type: doc.PayCash})
	w.check()
}

// TestKilledWhileAsking: what waits for the permit port or for a person is in no
// cheque, so that losing it loses nothing: after a restart the cheque is as it was,
// an answer that comes late puts nothing into it, and the unit can be scanned again.
func TestKilledWhileAsking(t *testing.T) {
	w := marked(t)
	w.fill(t, bread)
	w.slow = true
	w.events = append(w.events, Scan{Code: water})
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	w.refused(t, Scan{Code: waterEAN}, fault.QuestionAsked)
	w.refused(t, Scan{Code: twins}, fault.QuestionAsked)
	if v := w.state.View(w.now); len(v.Checks) != 1 || len(v.Questions) != 2 {
		t.Fatalf("%+v", v)
	}
	for _, e := range append(slices.Clone(w.durable), w.posted...) {
		if e.Kind == record.Cart && strings.Contains(string(e.Data), "xk8E") {
			t.Errorf("a unit nobody has allowed is journaled with the cheque: %s", e.Data)
		}
	}
	w.restart()
	w.look()
	w.events = append(w.events, w.permit(w.asked[0]))
	if err := w.run(); err != nil {
		t.Fatal(err)
	}
	if v := w.state.View(w.now); len(v.Cheque.Lines) != 1 || len(v.Checks)+len(v.Questions) != 0 {
		t.Fatalf("%+v", v.Cheque.Lines)
	}
	w.slow = false
	w.mustDo(t, Scan{Code: water})
	w.mustDo(t, Pay{Type: doc.PayCash})
	if l := w.documents(doc.Sell)[0].Receipt.Lines; len(l) != 2 || l[1].Permit == nil {
		t.Errorf("%+v", l)
	}
	w.check()
}

// TestMarkingMode: what the store wants of the device's check goes to the device
// with each line; the permit port is asked whatever the store wants.
func TestMarkingMode(t *testing.T) {
	for mode, want := range map[string][2]bool{"": {}, catalog.MarksNoErrors: {}, catalog.MarksAny: {true, false}, catalog.MarksCorrect: {false, true}} {
		w := marked(t)
		w.state.store.Marking = mode
		w.permits[unit] = fault.PermitSold
		w.refused(t, Scan{Code: water}, fault.PermitSold)
		w.mustDo(t, Scan{Code: water2})
		w.mustDo(t, Pay{Type: doc.PayCash})
		if l := w.documents(doc.Sell)[0].Receipt.Lines[0]; l.MarkAnyway != want[0] || l.MarkProven != want[1] {
			t.Errorf("%s: %+v", mode, l)
		}
	}
}

// TestHandedOverLawfully: goods that were prepaid are handed over at the hours and
// to the buyers they are sold to; so it is with a correction's.
func TestHandedOverLawfully(t *testing.T) {
	w := marked(t)
	w.mustDo(t, Login{PIN: "2222"})
	const drink = "4600000000152"
	w.refused(t, Scan{Code: drink}, fault.QuestionAsked)
	w.mustDo(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerYes})
	w.mustDo(t, Prepay{Parts: []Part{{Type: doc.PayCash}}})
	sale := w.documents(doc.Sell)[0]
	w.refused(t, HandOver{Claim: sale.Name}, fault.AgeMissing) // nobody looked at who takes it
	w.restrictions(t, `{"version":1,"groups":[{"id":"energy","name":{"ru":"э","en":"e"},"covers":{"flag":true,"words":["энерг"]},"hours":[{"from":"2020-01-01","begin":"09:00","end":"11:00"}]}]}`)
	w.refused(t, HandOver{Claim: sale.Name}, fault.ItemHours)
	w.state.Settings.Restrict = nil
	w.refused(t, Scan{Code: drink}, fault.QuestionAsked)
	w.mustDo(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerYes})
	w.mustDo(t, HandOver{Claim: sale.Name})

	w.refused(t, Scan{Code: drink}, fault.QuestionAsked)
	w.mustDo(t, Choose{Question: w.question(t, AskAge).ID, Choice: AnswerYes})
	fix := Correct{Date: w.now.Add(-time.Hour), Reason: "не пробили", Payment: doc.PayCash}
	w.restrictions(t, `{"version":1,"groups":[{"id":"drinks","name":{"ru":"н","en":"d"},"covers":{"words":["энерг"]},"age":[{"from":"2020-01-01","years":21}]}]}`)
	w.refused(t, fix, fault.AgeMissing)
	w.restrictions(t, `{"version":1,"groups":[{"id":"drinks","name":{"ru":"н","en":"d"},"covers":{"words":["энерг"]},"hours":[{"from":"2020-01-01","begin":"09:00","end":"11:00"}]}]}`)
	w.refused(t, fix, fault.ItemHours)
	w.state.Settings.Restrict = nil
	w.mustDo(t, fix)
	w.check()
}

// TestHoursAndLeastPrices: looked at when scanned and again when paid for.
func TestHoursAndLeastPrices(t *testing.T) {
	w := marked(t)
	night := `{"version":1,"groups":[{"id":"bread","name":{"ru":"хлеб","en":"bread"},"covers":{"words":["хлеб"]},
		"hours":[{"from":"2020-01-01","begin":"23:00","end":"08:00"}],"least":[{"from":"2026-01-01","sum":4000},{"from":"2026-11-23","sum":5000}]}]}`
	w.restrictions(t, night)
	w.fill(t, bread)
	w.now = time.Date(2026, 11, 22, 23, 0, 0, 0, w.now.Location())
	w.refused(t, Scan{Code: bread}, fault.ItemHours)
	w.refused(t, Pay{Type: doc.PayCash}, fault.ItemHours)
	w.now = time.Date(2026, 11, 23, 8, 0, 0, 0, w.now.Location())
	w.refused(t, Pay{Type: doc.PayCash}, fault.ItemLeast)
	w.restrictions(t, strings.Replace(night, "5000", "4990", 1))
	w.mustDo(t, Pay{Type: doc.PayCash})
}
