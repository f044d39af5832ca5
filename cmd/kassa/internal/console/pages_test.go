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
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// situations are the states a till is seen in; each starts where the one
// before ended.
func situations(d *desk) []struct {
	name string
	make func()
} {
	return []struct {
		name string
		make func()
	}{
		{"closed", func() { d.do(till.Login{PIN: consoletest.PIN}) }},
		{"empty", func() { d.do(till.OpenShift{}) }},
		{"long", func() {
			for n := range 60 {
				d.do(till.Scan{Code: consoletest.Barcode(30 + n)})
			}
			d.do(till.Scan{Code: consoletest.Barcode(4)}, till.Scan{Code: consoletest.Weighed(745, 9)}, till.Scan{Code: consoletest.Barcode(13)})
		}},
		{"notices", func() { d.till.Feed(till.Scan{Code: "unknown"}); d.till.Feed(till.Scan{Code: consoletest.Barcode(22)}) }},
		{"no paper", func() { d.till.Device(func(dev *till.Device) { dev.Status.Paper = false }) }},
		{"no printer", func() {
			d.till.Device(func(dev *till.Device) { dev.Ready, dev.Err = false, fault.New(fault.FiscalGarbage) })
		}},
		{"unsent", func() {
			d.till.Device(func(dev *till.Device) {
				dev.Ready, dev.Err, dev.Status.Paper, dev.Status.Unsent, dev.Status.UnsentSince = true, nil, true, 21, moment.Add(-100*time.Hour)
			})
		}},
		{"paid", func() { d.do(till.Pay{Type: doc.PayCash, Tendered: 5000_00}) }},
		{"parked", func() { d.do(till.Scan{Code: consoletest.Barcode(1)}, till.Park{Name: "Ключи забыл"}) }},
		{"card", func() {
			d.do(till.Scan{Code: consoletest.Barcode(1)}, till.Pay{Type: doc.PayElectron})
		}},
		{"closed again", func() { d.do(till.XReport{}, till.CloseShift{}) }},
	}
}

// leaks are what must never reach a page: text that was not filled in.
var leaks = regexp.MustCompile(`<no value>|%!|\{\d\}|ZgotmplZ|&lt;nil&gt;|0001-01-01|01\.01\.0001|Jan 0001`)

func TestEveryPageRendersInEverySituation(t *testing.T) {
	d := newDesk(t, func(o *Options) {
		o.Bench = true
		o.Lines = func(int) []loglines.Line { return nil }
		o.Sales = func(_ ctxt, by reports.By, _ reports.Period) (reports.SalesReport, error) {
			return reports.SalesReport{By: by}, nil
		}
		o.Extra = func() Extra {
			return Extra{CloudOnline: false, Queued: 11, Oldest: moment.Add(-3 * time.Hour), Parked: 2, CatalogAge: 50 * time.Hour,
				Devices:  []Device{{"Сканер", DeviceReady, ""}, {"Весы", DeviceDown, "нет порта"}, {"Ящик", "napping", ""}},
				Warnings: []fault.Warning{{Code: fault.CloudDown, Severity: fault.Warn, Since: moment.Add(-30 * time.Hour)}, {Code: fault.CloudUnsent, Severity: fault.Info, Args: []string{"11"}}}}
		}
	})
	for _, lang := range []string{"ru", "en"} {
		b := d.browser()
		if r := b.get("/login", "Cookie", "kassa_lang="+lang); r.status != http.StatusOK || !strings.Contains(r.body, `lang="`+lang+`"`) {
			t.Errorf("login in %s: %d", lang, r.status)
		}
	}
	b := d.signedIn()
	for _, s := range situations(d) {
		s.make()
		for _, lang := range []string{"ru", "en"} {
			if r := b.post("/prefs", url.Values{"lang": {lang}, "back": {"/sale"}}); r.status != http.StatusSeeOther || r.header.Get("Location") != "/sale" {
				t.Fatalf("prefs: %d %v", r.status, r.header)
			}
			paths := []string{"/sale", "/customer", "/shift", "/stock", "/documents", "/documents/4", "/documents?find=9", "/shifts", "/reports", "/log", "/design", "/tiles?folder=milk", "/tiles?q=чай", "/tiles?q=жщ"}
			for name := range dialogs {
				paths = append(paths, "/dialog/"+name)
			}
			for _, path := range paths {
				r := b.get(path)
				if strings.HasPrefix(path, "/dialog/") && r.status == http.StatusUnprocessableEntity && r.header.Get("Kassa-Fault") != "" {
					continue // can not be opened now, and says so
				}
				if r.status == http.StatusNoContent && r.header.Get("Kassa-Go") != "" {
					continue // a page of its own
				}
				if path == "/documents/4" && r.status == http.StatusNotFound {
					continue // no document there yet
				}
				if r.status != http.StatusOK {
					t.Fatalf("%s %s in %s: %d %s", s.name, path, lang, r.status, r.body)
				}
				if m := leaks.FindString(r.body); m != "" {
					t.Errorf("%s %s in %s: %q in the page", s.name, path, lang, m)
				}
			}
		}
	}
}

func TestSaleScreenShowsTheCheque(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(4)}, till.Scan{Code: consoletest.Weighed(745, 9)})
	body := strings.ReplaceAll(b.get("/sale").body, nbsp, " ")
	for _, want := range []string{"Молоко «Простоквашино»", "88,65", "<s>98,50</s>", "0,745 кг × 134,90", "100,50", "189,15 ₽", "2 позиции", "Свежая неделя: молочное", "−9,85",
		"Анна Кузнецова", "Смена 118", "Без сдачи", "190 ₽", `data-payable="true"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the sale screen lacks %q", want)
		}
	}
	d.do(till.Pay{Type: doc.PayCash, Tendered: 200_00})
	for _, page := range []string{"/sale", "/customer"} {
		if body := strings.ReplaceAll(b.get(page).body, nbsp, " "); !strings.Contains(body, "10,85 ₽") {
			t.Errorf("%s does not show the change", page)
		}
	}
	// The receipt, as on paper.
	rows := regexp.MustCompile(`/documents/(\d+)"`).FindAllStringSubmatch(b.get("/documents").body, -1)
	if len(rows) != 3 {
		t.Fatalf("%d documents in the list, want 3", len(rows))
	}
	paper := b.get("/documents/" + rows[0][1]).body
	for _, want := range []string{"ИТОГ", "=189,15", consoletest.FN, "41872", "Кассир Анна Кузнецова", "ФП"} {
		if !strings.Contains(paper, want) {
			t.Errorf("the receipt lacks %q", want)
		}
	}
}

func TestHostileNamesStayText(t *testing.T) {
	evil := `"><script>alert(1)</script><img src=x onerror=alert(2)>' {{.}}`
	d := newDesk(t, func(o *Options) {
		item := catalog.Item{ID: evil, Name: evil, Code: evil, Unit: evil, Prices: []catalog.Price{{Type: "x", Value: 100}}}
		o.List = func(ctx ctxt, _, _ string, _ int) ([]catalog.Item, error) { return []catalog.Item{item}, nil }
		o.Find = func(ctx ctxt, _ string, _ int) ([]catalog.Item, error) { return []catalog.Item{item}, nil }
		o.Folders = func(ctxt) ([]catalog.Folder, error) { return []catalog.Folder{{ID: evil, Name: evil}}, nil }
		o.Extra = func() Extra { return Extra{Devices: []Device{{evil, evil, evil}}} }
	})
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)}, till.Park{Name: evil})
	d.till.Feed(till.Scan{Code: evil})
	f := b.follow("sale")
	for where, text := range map[string]string{"page": b.get("/sale").body, "tiles": b.get("/tiles?q=script").body, "stream": f.next().data} {
		for _, bad := range []string{"<script>alert", "<img src=x", `onerror=alert(2)>'`} {
			if strings.Contains(text, bad) && !strings.Contains(text, "&lt;img") {
				t.Errorf("%s: %q got through", where, bad)
			}
		}
		if strings.Contains(text, "<script>alert") || strings.Contains(text, "<img") {
			t.Errorf("%s: markup from a name", where)
		}
	}
}

func TestPagesLoadNothingFromOutside(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	own := regexp.MustCompile(`(?:src|href|action)="([^"]*)"`)
	for _, path := range []string{"/sale", "/customer", "/shift", "/documents"} {
		r := b.get(path)
		if csp := r.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for _, m := range own.FindAllStringSubmatch(r.body, -1) {
			if !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], "//") {
				t.Errorf("%s leads outside: %q", path, m[1])
			}
			if strings.HasPrefix(m[1], "/assets/") && b.get(m[1]).status != http.StatusOK {
				t.Errorf("%s: no %s", path, m[1])
			}
		}
		for _, bad := range []string{" style=", " onclick=", "<style", "<script>"} {
			if strings.Contains(r.body, bad) {
				t.Errorf("%s has inline %q", path, bad)
			}
		}
	}
}

// The first load of the sale screen, as it travels.
func TestSaleScreenIsSmall(t *testing.T) {
	const limit = 150 << 10
	d := newDesk(t)
	b := d.signedIn()
	total := len(b.get("/sale").body) // not compressed
	for _, a := range d.c.assets {
		total += len(a.gzipped)
	}
	if total > limit {
		t.Errorf("first load is %d bytes, limit %d", total, limit)
	}
	t.Logf("first load: %d bytes", total)
}

func TestFormats(t *testing.T) {
	ru, en := localesForTest(t)
	for _, c := range []struct {
		a      money.Amount
		ru, en string
	}{
		{0, "0,00 ₽", "₽0.00"}, {5, "0,05 ₽", "₽0.05"}, {100000, "1 000,00 ₽", "₽1,000.00"}, {123450, "1 234,50 ₽", "₽1,234.50"},
		{-123456789, "−1 234 567,89 ₽", "−₽1,234,567.89"}, {money.Max, "99 999 999,99 ₽", "₽99,999,999.99"},
	} {
		if got := strings.ReplaceAll(ru.money(c.a, "RUB"), nbsp, " "); got != c.ru {
			t.Errorf("ru %d: %q, want %q", c.a, got, c.ru)
		}
		if got := en.money(c.a, "RUB"); got != c.en {
			t.Errorf("en %d: %q, want %q", c.a, got, c.en)
		}
	}
	if got := en.money(150, "BYN"); got != "Br"+nbsp+"1.50" {
		t.Errorf("BYN: %q", got)
	}
	if got := ru.qty(1_234_500) + "|" + ru.qty(350) + "|" + en.qty(2000); got != "1"+nbsp+"234,5|0,35|2" {
		t.Errorf("quantities: %q", got)
	}
	for d, want := range map[time.Duration]string{0: "< 1 мин", 59 * time.Minute: "59 мин", 23 * time.Hour: "23 ч", 21 * 24 * time.Hour: "21 день", 72 * time.Hour: "3 дня", 5 * 24 * time.Hour: "5 дней"} {
		if got := ru.age(d); got != want {
			t.Errorf("age %v: %q, want %q", d, got, want)
		}
	}
}

func TestRoundups(t *testing.T) {
	for due, want := range map[money.Amount][]money.Amount{
		0: nil, 123_45: {130_00, 150_00, 200_00, 500_00}, 100_00: {500_00, 1000_00, 2000_00, 5000_00}, 4999_00: {5000_00, 6000_00}, 1_00: {10_00, 50_00, 100_00, 500_00},
		money.Max: nil,
	} {
		got := roundups(due)
		if jsonOf(got) != jsonOf(want) {
			t.Errorf("%v: %v, want %v", due, got, want)
		}
	}
}

func TestShelf(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	start := b.get("/tiles").body
	if !strings.Contains(start, "Батон нарезной") || strings.Contains(start, "Кефир") || !strings.Contains(start, "folder=milk") {
		t.Error("the start shows favourites and top folders")
	}
	if !regexp.MustCompile(`Молочные продукты</span><small class="num">\d+</small>`).MatchString(start) || strings.Contains(b.get("/tiles?folder=bread").body, "data-gone") {
		t.Error("a folder's tile tells how much is in it")
	}
	milk := b.get("/tiles?folder=milk").body
	if !strings.Contains(milk, `<small class="stock num">`) || !strings.Contains(milk, "data-gone") {
		t.Error("a tile tells the stock, and that there should be none")
	}
	if !strings.Contains(milk, "Кефир") || !strings.Contains(milk, "folder=cheese") || strings.Contains(milk, "Батон") {
		t.Error("a folder shows its subfolders and items")
	}
	if n := strings.Count(b.get("/tiles?folder=sweet").body, "data-code="); n != shelfItems {
		t.Errorf("%d tiles on a page, want %d", n, shelfItems)
	}
	m := regexp.MustCompile(`hx-get="/tiles\?folder=sweet&amp;after=(\w+)"`).FindStringSubmatch(b.get("/tiles?folder=sweet").body)
	if m == nil {
		t.Fatal("no next page")
	}
	if n := strings.Count(b.get("/tiles?folder=sweet&after="+m[1]).body, "data-code="); n != 3 {
		t.Errorf("%d tiles on the second page, want 3", n)
	}
	if r := b.get("/tiles?q=" + url.QueryEscape("5*кефир")); strings.Count(r.body, "data-code=") != 1 {
		t.Error("a search with a quantity in front")
	}
	if r := b.get("/tiles?q=46000000"); r.status != http.StatusNoContent {
		t.Errorf("a code being typed: %d", r.status)
	}
	if r := b.get("/tiles?q=" + strings.Repeat("q", 5000)); r.status != http.StatusOK {
		t.Errorf("a long search: %d", r.status)
	}
	if r := b.get("/tiles?folder=nowhere"); r.status != http.StatusOK || !strings.Contains(r.body, "В папке нет товаров") {
		t.Errorf("an unknown folder: %d", r.status)
	}
}

// Who has not logged in reads whether one can sell here, and nothing about the
// device, the queue or the till.
func TestLoginTellsNothing(t *testing.T) {
	d := newDesk(t, func(o *Options) {
		o.Extra = func() Extra {
			return Extra{CloudOnline: true, Devices: []Device{{"Сканер", DeviceDown, "нет порта /dev/ttyUSB0"}},
				Warnings: []fault.Warning{{Code: fault.CloudDown, Severity: fault.Warn, Detail: "dial api"}, {Code: fault.FiscalForeign, Severity: fault.Stop, Args: []string{"41870"}}}}
		}
	})
	d.till.Device(func(dev *till.Device) { dev.Status.Paper = false })
	b := d.browser()
	page := b.get("/login").body
	f := b.follow("login")
	for where, text := range map[string]string{"page": page, "stream": f.next().data} {
		for _, secret := range []string{consoletest.FN, "0000000000012345", "ШТРИХ", "41870", "ttyUSB0", "dial api", "Сканер"} {
			if strings.Contains(text, secret) {
				t.Errorf("the login %s tells %q", where, secret)
			}
		}
	}
	if !strings.Contains(page, fault.Text(fault.FiscalPaper, "ru")) {
		t.Error("a cashier does not see that there is no paper")
	}
}
