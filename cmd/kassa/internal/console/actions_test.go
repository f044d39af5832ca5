package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// refusal fails unless the answer is that fault, told in words.
func refusal(t *testing.T, r answer, code fault.Code) {
	t.Helper()
	if r.header.Get("Kassa-Fault") != string(code) || r.status < 400 || !strings.Contains(r.body, `data-code="`+string(code)+`"`) {
		t.Errorf("got %d %s %q, want %s", r.status, r.header.Get("Kassa-Fault"), r.body, code)
	}
}

func done(t *testing.T, r answer) {
	t.Helper()
	if r.status != http.StatusNoContent {
		t.Fatalf("got %d %s", r.status, r.body)
	}
}

func TestSaleByTaps(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	done(t, b.post("/do/shift-open", b.tap()))
	done(t, b.post("/do/scan", url.Values{"code": {" 3*" + consoletest.Barcode(1) + " "}}))
	line := d.view().Cheque.Lines[0].ID.String()
	r := b.post("/do/qty", b.tap("line", line, "by", "1"))
	done(t, r)
	if q := d.view().Cheque.Lines[0].Qty; q != 4000 || r.header.Get("Kassa-Revision") != itoa(d.view().Cheque.Revision) {
		t.Errorf("quantity %v, revision %q", q, r.header.Get("Kassa-Revision"))
	}
	done(t, b.post("/do/qty", b.tap("line", line, "qty", "2")))
	done(t, b.post("/do/qty", b.tap("line", line, "by", "-1")))
	done(t, b.post("/do/qty", b.tap("line", line, "by", "-1")))
	if n := len(d.view().Cheque.Lines); n != 0 {
		t.Errorf("%d lines after the last unit was taken off", n)
	}
	done(t, b.post("/do/scan", url.Values{"code": {consoletest.Barcode(1)}}))
	done(t, b.post("/do/park", b.tap("name", "Синяя куртка")))
	parked := d.view().Parked[0]
	if parked.Name != "Синяя куртка" {
		t.Errorf("parked as %q", parked.Name)
	}
	done(t, b.post("/do/recall", url.Values{"id": {parked.ID.String()}}))
	done(t, b.post("/do/pay", b.tap("type", "CASH", "tendered", "100.00")))
	if last := d.view().Last; last == nil || last.Change != 3510 {
		t.Errorf("last receipt %+v", last)
	}
	done(t, b.post("/do/scan", url.Values{"code": {consoletest.Barcode(1)}}))
	done(t, b.post("/do/pay", b.tap("type", "ELECTRON")))
	refusal(t, b.post("/do/scan", url.Values{"code": {"what is it"}}), fault.CodeUnknown)
	done(t, b.post("/do/dismiss", b.tap()))
	done(t, b.post("/do/x-report", b.tap()))
	done(t, b.post("/do/shift-close", b.tap()))
	done(t, b.post("/do/logout", b.tap()))
	if r := b.get("/sale"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/login" {
		t.Errorf("after logout: %d", r.status)
	}
}

func TestStaleTapsAreRefused(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	line := d.view().Cheque.Lines[0].ID.String()
	seen := b.tap("line", line, "by", "1", "type", "CASH", "qty", "2")
	d.do(till.Scan{Code: consoletest.Barcode(2)}) // somebody else scanned
	for _, name := range []string{"qty", "remove", "pay", "void", "park"} {
		refusal(t, b.post("/do/"+name, seen), fault.ChequeStale)
	}
	for _, wrong := range [][]string{{"boot", "another run"}, {"cheque", uuid.NewString()}, {"rev", "0"}, {"rev", "-1"}, {"rev", "x"}, {"rev", ""}} {
		form := b.tap("line", line, "by", "1", "type", "CASH")
		form.Set(wrong[0], wrong[1])
		refusal(t, b.post("/do/pay", form), fault.ChequeStale)
		refusal(t, b.post("/do/qty", form), fault.ChequeStale)
	}
	refusal(t, b.post("/do/remove", b.tap("line", uuid.NewString())), fault.ChequeNoLine)
	refusal(t, b.post("/do/remove", b.tap("line", "")), fault.ChequeNoLine)
	v := d.view()
	if len(v.Cheque.Lines) != 2 || v.Last != nil || len(v.Parked) != 0 {
		t.Errorf("a refused tap did something: %+v", v.Cheque)
	}
	// A parked cheque and the next one may have the same revision: the cheque's id tells them apart.
	seen = b.tap("type", "CASH")
	d.do(till.Park{}, till.Scan{Code: consoletest.Barcode(3)}, till.Scan{Code: consoletest.Barcode(4)})
	if rev := d.view().Cheque.Revision; itoa(rev) != seen.Get("rev") {
		t.Fatalf("the test wants equal revisions, got %d and %s", rev, seen.Get("rev"))
	}
	refusal(t, b.post("/do/pay", seen), fault.ChequeStale)
}

func TestBadInputIsRefusedInWords(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	refusal(t, b.post("/do/pay", b.tap("type", "CASH")), fault.ShiftClosed)
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	line := d.view().Cheque.Lines[0].ID.String()
	for _, bad := range []string{"-5", "0", "1e9", "12,345", "99999999999", "ёж", "1 000"} {
		refusal(t, b.post("/do/pay", b.tap("type", "CASH", "tendered", bad)), fault.AmountBad)
	}
	refusal(t, b.post("/do/pay", b.tap("type", "CASH", "tendered", "1")), fault.PaidLess)
	refusal(t, b.post("/do/pay", b.tap("type", "CASH", "tendered", "46000001")), fault.ChangeHuge)
	refusal(t, b.post("/do/pay", b.tap("type", "BARTER")), fault.BadRequest)
	for _, bad := range []string{"", "0", "-1", "1.0001", "ёж", strings.Repeat("9", 100)} {
		refusal(t, b.post("/do/qty", b.tap("line", line, "qty", bad)), fault.QtyBad)
	}
	refusal(t, b.post("/do/qty", b.tap("line", line, "by", "99999999999999999999")), fault.QtyBad)
	refusal(t, b.post("/do/recall", url.Values{"id": {"x"}}), fault.ParkedNone)
	refusal(t, b.post("/do/scan", url.Values{"code": {strings.Repeat("1", 300)}}), fault.CodeTooLong)
	refusal(t, b.post("/do/scan", url.Values{"code": {"   "}}), fault.CodeBad)
	if r := b.post("/do/scan", url.Values{"code": {strings.Repeat("1", MaxBody)}}); r.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form: %d", r.status)
	}
	if r := b.post("/do/scan", nil, "Content-Type", "application/x-www-form-urlencoded; =;"); r.status != http.StatusBadRequest {
		t.Errorf("a form of a bad type: %d", r.status)
	}
	for path, want := range map[string]int{"/documents/x": 400, "/documents/0": 400, "/documents/18446744073709551615": 400, "/documents/999999": 404,
		"/documents?before=-1": 400, "/events?page=none": 404, "/nothing": 404, "/assets/0/console.css": 404} {
		if r := b.get(path); r.status != want {
			t.Errorf("%s: %d, want %d", path, r.status, want)
		}
	}
	if n := len(d.view().Cheque.Lines); n != 1 {
		t.Errorf("%d lines", n)
	}
}
