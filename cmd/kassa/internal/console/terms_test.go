package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestTerms: a discount, a price, a customer and a coupon by forms, and what
// the pages say of them.
func TestTerms(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)}) // 64.90
	cheque := func() till.ChequeView { v, _ := d.till.View(); return v.Cheque }
	line := cheque().Lines[0].ID.String()
	post := func(name string, fields url.Values) string {
		t.Helper()
		v := cheque()
		for k, val := range map[string]string{"boot": d.c.boot, "cheque": v.ID.String(), "rev": jsonOf(v.Revision), "line": line} {
			fields.Set(k, val)
		}
		return b.post("/do/"+name, fields).header.Get("Kassa-Fault")
	}
	for _, name := range []string{"terms", "discount", "discount?line=" + line, "price?line=" + line, "customer", "coupon", "bonus"} {
		if r := b.get("/dialog/" + name); r.status != http.StatusOK || !strings.Contains(r.body, "<h2>") {
			t.Errorf("dialog %s: %d", name, r.status)
		}
	}
	for _, name := range []string{"discount?line=x", "price"} {
		if r := b.get("/dialog/" + name); r.header.Get("Kassa-Fault") != "cheque.no_line" {
			t.Errorf("dialog %s: %d %q", name, r.status, r.header.Get("Kassa-Fault"))
		}
	}
	for _, c := range []struct {
		do    string
		in    url.Values
		fault string
		total int64
	}{
		{"line-discount", url.Values{"value": {"10"}}, "", 5841},
		{"line-discount", url.Values{"value": {"10,5 %"}}, "", 5809},
		{"line-discount", url.Values{"value": {"x"}}, "payment.amount", 5809},
		{"line-discount", url.Values{"value": {"30"}}, "price.manual", 5809},
		{"line-discount", url.Values{"value": {"4.90"}, "as": {"money"}}, "", 6000},
		{"line-discount", url.Values{"value": {"5"}, "dearer": {"1"}}, "", 6815},
		{"line-discount", url.Values{}, "", 6490},
		{"discount", url.Values{"value": {"10"}}, "", 5841},
		{"discount", url.Values{"value": {"4,90"}, "as": {"money"}}, "", 6000},
		{"discount", url.Values{}, "", 6490},
		{"price", url.Values{"value": {"50"}}, "", 5000},
		{"price", url.Values{"value": {"-1"}}, "payment.amount", 5000},
		{"price", url.Values{}, "", 6490},
		{"coupon", url.Values{"code": {"ЛЕТО"}}, "", 5490},
		{"customer", url.Values{"customer": {"Ол"}}, "customer.many", 5490},
		{"customer", url.Values{"customer": {"77001"}}, "", 5490},
		{"bonus", url.Values{"value": {"60"}}, "bonus.more", 5490},
		{"bonus", url.Values{"value": {"20"}}, "", 3490},
	} {
		if code := post(c.do, c.in); code != c.fault || int64(cheque().Total) != c.total {
			t.Errorf("%s %v: %q, total %s", c.do, c.in, code, cheque().Total)
		}
	}
	page := b.get("/sale").body
	for _, want := range []string{"Ольга Петрова", "ЛЕТО", "По купону ЛЕТО", "Бонусы", "−20,00", "−10,00"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if body := b.get("/customer").body; strings.Contains(body, "Ольга") || !strings.Contains(body, "По купону ЛЕТО") {
		t.Error("the customer's screen shows discounts and no names")
	}
	if code := post("coupon", url.Values{"code": {"ЛЕТО"}, "remove": {"1"}}); code != "" || len(cheque().Coupons) != 0 {
		t.Errorf("coupon taken back: %q", code)
	}
	if code := post("customer", url.Values{}); code != "" || cheque().Customer != nil || cheque().Total != 6490 {
		t.Errorf("nobody: %q %s", code, cheque().Total)
	}
}

// TestPricedBy: the cheque says whose prices it has and what becomes of points.
func TestPricedBy(t *testing.T) {
	d := newDesk(t)
	balance := int64(100)
	for want, r := range map[string]cheque.Recalc{
		"Prices by the cloud · points spent: 2 · points earned: 8 · points before: 100": {Online: true, Spent: 2, Earned: 8, Balance: &balance},
		"Prices by the till itself: The cloud is unreachable":                           {Why: string(fault.CloudDown)},
	} {
		v, _ := d.till.View()
		v.Cheque.Recalc = &r
		s := d.c.screen(d.c.langs["en"], v, time.Now())
		if html, err := s.loc.render("sum", s); err != nil || !strings.Contains(string(html), want) {
			t.Errorf("%s is not in %s, %v", want, html, err)
		}
	}
}
