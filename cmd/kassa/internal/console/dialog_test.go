package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/till"
)

func TestDialogs(t *testing.T) {
	d := newDesk(t)
	if r := d.browser().get("/dialog/contact", "HX-Request", "true"); r.status != http.StatusUnauthorized {
		t.Errorf("without a login: %d", r.status)
	}
	b := d.signedIn()
	d.do(till.OpenShift{})
	if r := b.get("/dialog/nonsense"); r.status != http.StatusNotFound {
		t.Errorf("one that does not exist: %d", r.status)
	}
	if r := b.get("/dialog/contact"); r.status != http.StatusUnprocessableEntity || r.header.Get("Kassa-Fault") != "cheque.empty" {
		t.Errorf("with nothing to send: %d %q", r.status, r.header.Get("Kassa-Fault"))
	}
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	for query, want := range map[string]string{"": `maxlength="64" value=""`, "?way=email": `data-letters="mail"`, "?way=phone": `data-key="&#43;"`, "?way=%3Cb%3E": `data-key="&#43;"`} {
		if r := b.get("/dialog/contact" + query); r.status != http.StatusOK || !strings.Contains(r.body, want) {
			t.Errorf("contact%s lacks %q: %d", query, want, r.status)
		}
	}
}

func TestWhoGetsTheReceipt(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	post := func(name string, fields url.Values) string {
		t.Helper()
		v, _ := d.till.View()
		for k, val := range map[string]string{"boot": d.c.boot, "cheque": v.Cheque.ID.String(), "rev": jsonOf(v.Cheque.Revision)} {
			fields.Set(k, val)
		}
		return b.post("/do/"+name, fields).header.Get("Kassa-Fault")
	}
	cheque := func() till.ChequeView { v, _ := d.till.View(); return v.Cheque }
	if code := post("contact", url.Values{"contact": {"anna@"}}); code != "cheque.contact" {
		t.Errorf("half an address: %q", code)
	}
	if code := post("contact", url.Values{"contact": {" 8 (900) 123-45-67 "}, "electronic": {"1"}}); code != "" || cheque().People.Contact != "+79001234567" || !cheque().Electronic {
		t.Errorf("a number: %q %+v", code, cheque().People)
	}
	if code := post("buyer", url.Values{"name": {"ООО «Ромашка»"}, "inn": {"7707083894"}}); code == "" {
		t.Error("a wrong INN is taken")
	}
	if code := post("buyer", url.Values{"name": {"ООО «Ромашка»"}, "inn": {"7707083893"}}); code != "" || cheque().People.Buyer.INN != "7707083893" {
		t.Errorf("an organisation: %q", code)
	}
	if body := b.get("/sale").body; !strings.Contains(body, "Ромашка") || !strings.Contains(body, "&#43;7***67") || strings.Contains(body, "9001234567") {
		t.Error("the payment shows the buyer and the contact masked")
	}
	if body := b.get("/customer").body; strings.Contains(body, "&#43;7***") || strings.Contains(body, "Ромашка") {
		t.Error("the customer's screen shows who buys")
	}
	if code := post("contact", url.Values{"electronic": {"1"}}); code != "" || cheque().People.Contact != "" || cheque().Electronic {
		t.Errorf("paper again: %q", code)
	}
	if code := post("buyer", url.Values{}); code != "" || cheque().People != nil && cheque().People.Buyer != nil {
		t.Errorf("nobody again: %q", code)
	}
	if code := b.post("/do/contact", url.Values{"contact": {"a@b.ru"}}).header.Get("Kassa-Fault"); code != "cheque.stale" {
		t.Errorf("for a cheque nobody saw: %q", code)
	}
}
