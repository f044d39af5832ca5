package console

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestReceiptCode: where nothing is printed the customer's screen has the code
// of the receipt, and the cashier's a button for it, until the next scan; beside
// a printer neither has.
func TestReceiptCode(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{})
	last := d.sold(consoletest.Barcode(1))
	if !strings.Contains(last.QR, "&fn="+consoletest.FN+"&") {
		t.Errorf("%q", last.QR)
	}
	if strings.Contains(b.get("/customer").body, "<figure") || strings.Contains(b.get("/sale").body, "/dialog/code") {
		t.Error("a code beside a printer")
	}
	refusal(t, b.get("/dialog/code"), fault.NotFound)
	d.till.Device(func(dev *till.Device) { dev.Identity.Cloud = true })
	label := strings.ReplaceAll(last.QR, "&", "&amp;")
	clean(t, b, "/customer", `<figure class="code"`, label, "сфотографируйте")
	clean(t, b, "/dialog/code", `<figure class="code"`, label, "Чек покупателя")
	clean(t, b, "/sale", "/dialog/code")
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	if strings.Contains(b.get("/customer").body, "<figure") {
		t.Error("the code stays")
	}
}

// TestNoticeOfALateReceipt: a receipt that was registered after it was given up
// offers its return, and leads nobody there who has not asked.
func TestNoticeOfALateReceipt(t *testing.T) {
	ru, _ := localesForTest(t)
	s := &screen{loc: ru}
	s.V.Notices = []till.Notice{{Code: fault.AsideMade, Args: []string{"K-3", "49.90"}, Receipt: &gs1.Receipt{FN: consoletest.FN, FD: 1, Operation: 1}},
		{Code: fault.ScanReceipt, Args: []string{"49.90", "01.03.2026"}, Receipt: &gs1.Receipt{FN: consoletest.FN, FD: 1, Operation: 1}}}
	for i, n := range s.Notices() { // newest first
		if !n.Receipt || n.Scanned != (i == 0) {
			t.Errorf("%+v", n)
		}
	}
}
