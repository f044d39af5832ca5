package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// A register that can not be asked: the dialog asks for what is on its paper,
// the numbers come into the document, and everything is in Br.
func TestRegisterInDoubt(t *testing.T) {
	d := newDesk(t)
	d.till.Belarus()
	b := d.browser()
	done(t, b.post("/login", url.Values{"pin": {"4321"}}))
	d.do(till.OpenShift{})
	code := ""
	for _, it := range consoletest.Items() {
		if it.Rate == tax.VAT10 && len(it.Barcodes) > 0 && len(it.Prices) > 0 && it.Tracking == "" && !it.ByWeight {
			code = it.Barcodes[0]
			break
		}
	}
	d.do(till.Scan{Code: code})
	if r := b.post("/do/pay", b.tap("type", "CASH", "tendered", "10000")); r.status < 400 || d.view().Phase != "blocked" {
		t.Fatalf("pay: %d %s, %s", r.status, r.body, d.view().Phase)
	}
	r := b.get("/dialog/doubt")
	for _, want := range []string{`name="number"`, `name="register"`, `id="doubt-done"`, "Br"} {
		if !strings.Contains(r.body, want) {
			t.Errorf("no %s in %s", want, r.body)
		}
	}
	if strings.Contains(r.body, "₽") || strings.Contains(r.body, `id="doubt-retry"`) {
		t.Errorf("dialog %s", r.body)
	}
	give := url.Values{"why": {"по ленте"}, "done": {"1"}}
	refusal(t, b.post("/do/abandon", give), fault.FiscalNumber)
	give.Set("number", "семь")
	refusal(t, b.post("/do/abandon", give), fault.FiscalNumber)
	give.Set("number", "17")
	refusal(t, b.post("/do/abandon", give), fault.FiscalNumber) // and which register's
	give.Set("register", "110000123")
	if r := b.post("/do/abandon", give); r.status >= http.StatusBadRequest {
		t.Fatalf("%d %s", r.status, r.body)
	}
	last := d.view().Last
	if last == nil || last.FD != 17 || last.FN != "110000123" || d.view().Phase != "idle" {
		t.Fatalf("last %+v", last)
	}
	page := ""
	for seq := 1; seq < 100 && page == ""; seq++ {
		if r := b.get(fmt.Sprintf("/documents/%d", seq)); strings.Contains(r.body, "110000123") {
			page = r.body
		}
	}
	if !strings.Contains(page, "110000123") || !strings.Contains(page, "Номер прочитан с ленты аппарата") {
		t.Errorf("document %s", page)
	}
	if page := b.get("/kkt").body; !strings.Contains(page, "iKassa") || strings.Contains(page, `id="fn-accept"`) || strings.Contains(page, "/kkt/facts") {
		t.Errorf("page of the register %s", page)
	}
}
