package console

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
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
