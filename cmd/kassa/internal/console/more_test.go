package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/till"
)

// approved posts a command that Анна may not give, with Борис's PIN.
func approved(t *testing.T, b *browser, path string, form func() url.Values) {
	t.Helper()
	refusal(t, b.post(path, form()), fault.LoginSenior)
	done(t, b.post("/do/approve", url.Values{"pin": {"4321"}}))
	done(t, b.post(path, form()))
	refusal(t, b.post(path, form()), fault.LoginSenior) // once
}

// clean fails when a page or a dialog is not complete in both languages.
func clean(t *testing.T, b *browser, path string, wants ...string) {
	t.Helper()
	for _, lang := range []string{"en", "ru"} {
		b.post("/prefs", url.Values{"lang": {lang}, "back": {"/sale"}})
		r := b.get(path)
		if r.status != http.StatusOK {
			t.Fatalf("%s in %s: %d %s", path, lang, r.status, r.body)
		}
		if m := leaks.FindString(r.body); m != "" {
			t.Errorf("%s in %s: %q in the page", path, lang, m)
		}
		for _, want := range wants {
			if lang == "ru" && !strings.Contains(strings.ReplaceAll(r.body, "\u00a0", " "), want) {
				t.Errorf("%s without %q:\n%s", path, want, r.body)
			}
		}
	}
}

// sold sells items for cash and gives the sale.
func (d *desk) sold(codes ...string) till.LastView {
	d.t.Helper()
	for _, c := range codes {
		d.do(till.Scan{Code: c})
	}
	d.do(till.Pay{Type: doc.PayCash})
	return *d.view().Last
}

// TestDrawerAndTakeBack: what a cashier may not do alone is done with a
// senior's PIN, each time anew.
func TestDrawerAndTakeBack(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{})
	d.sold(consoletest.Barcode(1), consoletest.Barcode(2)) // 114.80 in the drawer
	clean(t, b, "/dialog/more")
	clean(t, b, "/dialog/no-sale")
	approved(t, b, "/do/no-sale", func() url.Values { return url.Values{"reason": {"размен"}} })

	refusal(t, b.get("/dialog/take-back"), fault.ReturnScan)
	refusal(t, b.get("/dialog/park"), fault.ChequeEmpty)
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	clean(t, b, "/dialog/park?name=Куртка", `value="Куртка"`)
	clean(t, b, "/dialog/take-back", "64,90 ₽")
	form := b.tap("reason", "не подошло", "payment", "CASH")
	refusal(t, b.post("/do/take-back", form), fault.LoginSenior)
	done(t, b.post("/do/approve", url.Values{"pin": {"4321"}}))
	done(t, b.post("/do/take-back", form))
	if last := d.view().Last; last == nil || last.Type != doc.Payback || last.Total != 6490 {
		t.Errorf("taken back: %+v", last)
	}
}

// TestScannedReceipt: the QR code of a receipt leads to its return; of another
// till's to taking back, at most what that receipt was for.
func TestScannedReceipt(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{})
	sale := d.sold(consoletest.Barcode(1), consoletest.Barcode(2))
	qr := gs1.Receipt{Time: moment, Sum: sale.Total, FN: sale.FN, FD: sale.FD, Sign: sale.Sign, Operation: 1}
	if again, err := gs1.ParseReceipt(qr.String()); err != nil || again.FD != qr.FD || again.Sign != qr.Sign || again.Sum != qr.Sum || !again.Time.Equal(time.Date(2026, 3, 5, 14, 7, 0, 0, time.UTC)) {
		t.Fatalf("%s is read as %+v: %v", qr, again, err)
	}
	scanned := func(qr gs1.Receipt) answer {
		d.do(till.Scan{Code: qr.String()})
		all := d.view().Notices
		n := all[len(all)-1]
		if page := b.get("/sale").body; !strings.Contains(page, `data-scanned="/dialog/scanned?notice=`+n.ID.String()) {
			t.Error("the page does not tell of the receipt")
		}
		return b.get("/dialog/scanned?notice=" + n.ID.String())
	}
	to := scanned(qr).header.Get("Kassa-Go")
	if to != "/return/"+sale.DocumentID.String() {
		t.Fatalf("it leads to %q", to)
	}
	clean(t, b, to, "Хлеб", "64,90")
	d.do(till.Dismiss{})
	wrong := qr
	wrong.Sign++
	if code := scanned(wrong).header.Get("Kassa-Fault"); code != string(fault.ReturnSign) {
		t.Errorf("a wrong sign: %q", code)
	}
	d.do(till.Dismiss{})
	other := gs1.Receipt{Time: moment, Sum: 100_00, FN: "9999078900009999", FD: 17, Sign: 99, Operation: 1}
	if code := scanned(other).header.Get("Kassa-Fault"); code != string(fault.ReturnScan) {
		t.Errorf("without goods: %q", code)
	}
	d.do(till.Dismiss{}, till.Scan{Code: consoletest.Barcode(1)})
	if r := scanned(other); r.status != http.StatusOK || !strings.Contains(r.body, other.FN) || !strings.Contains(r.body, `name="receipt" value="t=20260305`) {
		t.Errorf("another till's: %d %s", r.status, r.body)
	}
	done(t, b.post("/do/approve", url.Values{"pin": {"4321"}}))
	done(t, b.post("/do/take-back", b.tap("reason", "брак", "payment", "CASH", "receipt", other.String())))
	d.do(till.Scan{Code: consoletest.Barcode(1)}) // 35.10 are left of that receipt
	done(t, b.post("/do/approve", url.Values{"pin": {"4321"}}))
	refusal(t, b.post("/do/take-back", b.tap("reason", "брак", "payment", "CASH", "receipt", other.String())), fault.ReturnMore)
	refusal(t, b.post("/do/take-back", b.tap("reason", "брак", "payment", "CASH", "receipt", "x")), fault.BadRequest)
	if code := b.get("/dialog/scanned?notice=x").header.Get("Kassa-Fault"); code != string(fault.NotFound) {
		t.Errorf("no notice: %q", code)
	}
}

// TestExchangeByTaps: what comes back pays for the goods in the cheque, the
// rest is paid or given back.
func TestExchangeByTaps(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{})
	sale := d.sold(consoletest.Barcode(1)) // 64.90
	line := func() string {
		s, _, err := d.till.Sale(t.Context(), sale.DocumentID)
		if err != nil {
			t.Fatal(err)
		}
		return s.Receipt.Lines[0].ID.String()
	}()
	page := "/return/" + sale.DocumentID.String()
	form := func() url.Values { return b.tap("sale", sale.DocumentID.String(), "q-"+line, "1", "pay", "CASH") }
	if r := b.post(page+"/sum", form()); strings.Contains(r.body, "swap-do") {
		t.Error("an exchange for nothing")
	}
	d.do(till.Scan{Code: consoletest.Barcode(4)}) // 88.65
	r := b.post(page+"/sum", form())
	if text := strings.ReplaceAll(r.body, "\u00a0", " "); !strings.Contains(text, "23,75 ₽") || !strings.Contains(text, "Доплата") || !strings.Contains(text, `value="CASH" checked`) {
		t.Errorf("the difference: %s", r.body)
	}
	stale := form()
	stale.Set("rev", "77")
	refusal(t, b.post("/do/exchange", stale), fault.ChequeStale)
	done(t, b.post("/do/exchange", form()))
	v := d.view()
	if v.Last == nil || v.Last.Total != 23_75 || len(v.Last.Parts) != 2 || len(v.Cheque.Lines) != 0 {
		t.Errorf("exchanged: %+v", v.Last)
	}
	refusal(t, b.post("/do/exchange", form()), fault.ChequeEmpty)
}
