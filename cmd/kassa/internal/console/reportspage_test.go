package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/till"
)

// office is a desk with a month of past shifts behind it, where time can pass.
func office(t *testing.T) (d *desk, pass func(time.Duration)) {
	now := moment
	d = newDesk(t, func(o *Options) {
		o.Now = func() time.Time { return now }
		o.Lines = func(int) []loglines.Line {
			return []loglines.Line{{Time: moment, Text: "all is well"}, {Time: moment, Level: 8, Text: "out of paper"}}
		}
		o.Sales = func(ctx ctxt, by reports.By, p reports.Period) (reports.SalesReport, error) {
			return reports.NewSales(reports.SalesOptions{Records: o.Documents, Head: func() uint64 { return 1 << 20 }, Zone: moment.Location()}).Report(ctx, by, p)
		}
	})
	d.till.History(30)
	return d, func(by time.Duration) { now = now.Add(by) }
}

// A cashier sees the reports with the PIN of somebody who may, for a while; a
// senior just does.
func TestReportsAreForWhoMay(t *testing.T) {
	d, pass := office(t)
	b := d.signedIn()
	closed := func() bool { return strings.Contains(b.get("/reports").body, "reports-open") }
	if !closed() || b.get("/reports/table").status != http.StatusForbidden {
		t.Error("a cashier sees the reports")
	}
	if r := b.post("/do/reports-open", nil); r.header.Get("Kassa-Fault") != "login.senior" {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := b.post("/do/approve", url.Values{"pin": {"4321"}}); r.status != http.StatusNoContent {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if r := b.post("/do/reports-open", nil); r.header.Get("Kassa-Go") != "/reports" || closed() {
		t.Errorf("approved and closed: %d %s", r.status, r.body)
	}
	pass(reportsOpen)
	if !closed() {
		t.Error("they stay open for ever")
	}
	d.do(till.Logout{}, till.Login{PIN: "9876"})
	owner := d.browser()
	if r := owner.post("/login", url.Values{"pin": {"9876"}}); r.status != http.StatusNoContent {
		t.Fatalf("%d", r.status)
	}
	if strings.Contains(owner.get("/reports").body, "reports-open") || owner.get("/reports/table").status != http.StatusOK {
		t.Error("the owner has to ask")
	}
}

func (d *desk) owner() *browser {
	d.t.Helper()
	b := d.browser()
	if r := b.post("/login", url.Values{"pin": {"9876"}}); r.status != http.StatusNoContent {
		d.t.Fatalf("login: %d %s", r.status, r.body)
	}
	return b
}

func TestReportsPage(t *testing.T) {
	d, _ := office(t)
	b := d.owner()
	for path, want := range map[string][]string{
		"/reports?by=day&span=month":                        {"01.03.2026 — 05.03.2026", `class="bars" d="M`, "Вс 1"},
		"/reports?by=goods&span=yesterday":                  {"04.03.2026", "Количество", "Итого"},
		"/reports?by=payment&from=2026-02-10&to=2026-02-20": {"По QR-коду", "Наличные", `value="2026-02-20"`},
		"/reports?by=cashier&shift=117":                     {"Смена №117", "Старцев"},
		"/reports?by=hour&shift=7":                          {`role="alert"`},
		"/reports?by=hour&from=x":                           {`role="alert"`},
		"/reports?by=hour&span=today":                       {"продаж не было"},
	} {
		r := b.get(path)
		body := strings.ReplaceAll(r.body, nbsp, " ")
		for _, text := range want {
			if r.status != http.StatusOK || !strings.Contains(body, text) {
				t.Errorf("%s lacks %q: %d", path, text, r.status)
			}
		}
		if m := leaks.FindString(r.body); m != "" {
			t.Errorf("%s: %q in the page", path, m)
		}
	}
	r := b.get("/reports/table?by=goods&span=yesterday")
	if !strings.HasPrefix(r.body, "\ufeffКод;Товар;Количество;") || r.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(r.header.Get("Content-Disposition"), "sales-goods-2026-03-04.csv") {
		t.Errorf("%v %.80s", r.header, r.body)
	}
}

// A document is found by anything that is on it.
func TestSearch(t *testing.T) {
	d, _ := office(t)
	b := d.owner()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(4)}, till.SetContact{Contact: "+79161234567"}, till.Pay{Type: doc.PayCash, Tendered: 5000_00})
	for what, want := range map[string]string{
		"88,65": "88,65 ₽", "88.65 продажа": "88,65 ₽", "простоквашино 05.03.2026": "88,65 ₽", "z-отчёт 04.03": "Z-отчёт", "возврат": "Возврат", "2026-02-20 старцев": "20.02.2026",
	} {
		r := b.get("/documents?find=" + url.QueryEscape(what))
		if body := strings.ReplaceAll(r.body, nbsp, " "); r.status != http.StatusOK || !strings.Contains(body, "docfind-text") || !strings.Contains(body, want) {
			t.Errorf("%q finds nothing with %q: %d", what, want, r.status)
		}
	}
	for _, what := range []string{"жирафы", "0,01", "01.01.2020", "возврат 01.01.2020"} {
		if r := b.get("/documents?find=" + url.QueryEscape(what)); !strings.Contains(r.body, "не найден") {
			t.Errorf("%q is found", what)
		}
	}
	body := b.get("/documents?find=" + url.QueryEscape("продажа")).body
	if n := strings.Count(body, `href="/documents/`); n != documentsShown || !strings.Contains(body, `id="older" href="/documents?before=`) {
		t.Errorf("%d rows, no way on", n)
	}
	for name, row := range map[string]string{"копия": "/documents/9", "почему": "/dialog/why?seq=9"} {
		if r := b.get(row); r.status != http.StatusOK {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if r := b.get("/dialog/why?seq=1"); r.header.Get("Kassa-Fault") != "not.found" && r.status == http.StatusOK {
		t.Errorf("prices of a shift: %d", r.status)
	}
}

func TestShiftsPage(t *testing.T) {
	d, _ := office(t)
	b := d.owner()
	body := strings.ReplaceAll(b.get("/shifts").body, nbsp, " ")
	for _, want := range []string{"Смена №117", "Смена №88", `href="/reports?by=hour&amp;shift=117"`, "Z-отчёт №", "Выручка", "Возвраты"} {
		if !strings.Contains(body, want) {
			t.Errorf("the list of shifts lacks %q", want)
		}
	}
	if strings.Contains(body, "Продажа<") {
		t.Error("sales among the shifts")
	}
}

// The log is for whoever looks after the till.
func TestLogPage(t *testing.T) {
	d, _ := office(t)
	cashier := d.signedIn()
	if r := cashier.get("/log"); r.status != http.StatusOK || strings.Contains(r.body, "out of paper") {
		t.Errorf("a cashier reads the log: %d", r.status)
	}
	d.do(till.Logout{})
	b := d.owner()
	all, grave := b.get("/log").body, b.get("/log?only=warnings").body
	if !strings.Contains(all, "all is well") || strings.Index(all, "out of paper") > strings.Index(all, "all is well") || strings.Contains(grave, "all is well") || !strings.Contains(grave, "out of paper") {
		t.Error("the log's lines are not there, newest first")
	}
}

// A copy goes to paper in full, and says that it is none of the originals.
func TestDocumentCopy(t *testing.T) {
	var kkt consoletest.KKT
	d := newDesk(t, func(o *Options) { o.KKT = &kkt })
	kkt.Till = d.till
	b := d.signedIn()
	d.do(till.OpenShift{})
	const lines = 50 // more than one order to the printer takes
	for n := range lines {
		d.do(till.Scan{Code: consoletest.Barcode(30 + n)})
	}
	d.do(till.Pay{Type: doc.PayCash, Tendered: 5000_00})
	seq := regexp.MustCompile(`/documents/(\d+)"`).FindStringSubmatch(b.get("/documents").body)[1]
	if r := b.post("/do/document-copy", url.Values{"id": {seq}}); r.status != http.StatusNoContent {
		t.Fatalf("%d %s", r.status, r.body)
	}
	paper := strings.Join(kkt.Paper(), "\n")
	for _, want := range []string{"КОПИЯ", "Продажа № 20483", "Кассир Анна Кузнецова", "Конфета шоколадная № 1\n", "ИТОГ: 1 203,25", "Наличными: 1 203,25", "ФД: 41872", "Не является кассовым чеком"} {
		if !strings.Contains(paper, want) {
			t.Errorf("the copy lacks %q:\n%s", want, paper[max(0, len(paper)-300):])
		}
	}
	if n := strings.Count(paper, " × "); n != lines || strings.Contains(paper, nbsp) {
		t.Errorf("%d lines of goods, or spaces no printer knows", n)
	}
	for _, id := range []string{"", "0", "x", "999"} {
		if r := b.post("/do/document-copy", url.Values{"id": {id}}); r.status != http.StatusUnprocessableEntity {
			t.Errorf("a copy of %q: %d", id, r.status)
		}
	}
}
