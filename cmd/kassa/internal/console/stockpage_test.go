package console

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/stock"
	"github.com/kassa-pos/kassa/pos/till"
)

func (d *desk) sheet(t *testing.T) *stock.Sheet {
	t.Helper()
	v, _ := d.till.View()
	return v.Sheet()
}

// What a person does on the page reaches the sheet, and what can not be done
// says why and changes nothing.
func TestStockPage(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	refused := func(want, name string, fields url.Values) {
		t.Helper()
		if got := b.post("/do/"+name, fields).header.Get("Kassa-Fault"); got != want {
			t.Errorf("%s %v: %q, want %q", name, fields, got, want)
		}
	}
	done := func(name string, fields url.Values) { t.Helper(); refused("", name, fields) }
	for _, name := range []string{"stock-qty", "stock-price", "stock-remove"} {
		refused("stock.none", name, url.Values{"line": {uuid.NewString()}})
	}
	for _, name := range []string{"stock-about", "stock-more", "stock-finish", "stock-line", "stock-find", "stock-count", "stock-cancel"} {
		if got := b.get("/dialog/" + name).header.Get("Kassa-Fault"); got != "stock.none" {
			t.Errorf("%s without a sheet: %q", name, got)
		}
	}
	refused("login.senior", "stock-begin", url.Values{"type": {"ACCEPT"}})
	d.do(till.Approve{PIN: "4321"})
	refused("request.not_found", "stock-begin", url.Values{"type": {"REVALUATION"}, "base": {"17"}})
	refused("request.bad", "stock-begin", url.Values{"type": {"SELL"}})
	done("stock-begin", url.Values{"type": {"ACCEPT"}, "supplier": {"Ромашка"}})
	if got := b.get("/dialog/stock-begin?type=INVENTORY").header.Get("Kassa-Fault"); got != "stock.open" {
		t.Errorf("a second one: %q", got)
	}
	if got := b.get("/dialog/stock-finish").header.Get("Kassa-Fault"); got != "stock.empty" {
		t.Errorf("an empty one is finished: %q", got)
	}
	done("stock-scan", url.Values{"code": {consoletest.Barcode(1)}, "times": {"3"}})
	refused("quantity.bad", "stock-scan", url.Values{"code": {consoletest.Barcode(1)}, "times": {"-3"}})
	refused("quantity.bad", "stock-scan", url.Values{"code": {consoletest.Barcode(1)}, "times": {"x"}})
	line := d.sheet(t).Lines[0].ID.String()
	done("stock-qty", url.Values{"line": {line}, "qty": {"12"}})
	done("stock-qty", url.Values{"line": {line}, "by": {"-2"}})
	done("stock-price", url.Values{"line": {line}, "price": {"41,50"}})
	refused("quantity.bad", "stock-qty", url.Values{"line": {line}, "qty": {"1.5"}})
	refused("quantity.bad", "stock-qty", url.Values{"line": {line}, "qty": {"many"}})
	refused("payment.amount", "stock-price", url.Values{"line": {line}, "price": {"-1"}})
	refused("cheque.no_line", "stock-price", url.Values{"line": {uuid.NewString()}, "price": {"1"}})
	if l := d.sheet(t).Lines[0]; l.Qty != 10*qty.One || l.Cost != 41_50 {
		t.Errorf("%s at %s", l.Qty, l.Cost)
	}
	done("stock-scan", url.Values{"code": {consoletest.Barcode(2)}})
	done("stock-qty", url.Values{"line": {d.sheet(t).Lines[1].ID.String()}, "by": {"-1"}}) // none accepted is no line
	done("stock-describe", url.Values{"supplier": {"Василёк"}, "comment": {"по накладной"}})
	if sh := d.sheet(t); len(sh.Lines) != 1 || sh.Supplier != "Василёк" {
		t.Errorf("%d lines of %q", len(sh.Lines), sh.Supplier)
	}
	page := strings.ReplaceAll(b.get("/stock").body, nbsp, " ")
	for _, want := range []string{"Приёмка", "1 позиция", "закупка 41,50", `data-stock="open"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if found := b.get("/stock/found?find=" + url.QueryEscape("молоко")).body; !strings.Contains(found, "stock-count") || strings.Contains(found, "stock-line") {
		t.Errorf("milk is not on the sheet: %s", found)
	}
	if found := b.get("/stock/found?find=" + url.QueryEscape("БОРОД")).body; !strings.Contains(found, "stock-line") || strings.Contains(found, "stock-count") {
		t.Errorf("bread is on the sheet: %s", found)
	}
	done("stock-pause", nil)
	if page := b.get("/stock").body; !strings.Contains(page, `data-stock="paused"`) || !strings.Contains(page, `id="stock-resume"`) {
		t.Error("the page does not tell of the pause")
	}
	done("stock-resume", nil)

	finish := b.get("/dialog/stock-finish").body
	if !strings.Contains(strings.ReplaceAll(finish, nbsp, " "), "415,00") {
		t.Errorf("what it comes to: %s", finish)
	}
	revision := strconv.FormatInt(d.sheet(t).Revision, 10)
	d.till.Feed(till.Scan{Code: consoletest.Barcode(1)})
	once := uuid.NewString()
	refused("stock.stale", "stock-finish", url.Values{"once": {once}, "revision": {revision}})
	d.do(till.Approve{PIN: "4321"})
	fields := url.Values{"once": {once}, "revision": {strconv.FormatInt(d.sheet(t).Revision, 10)}}
	done("stock-finish", fields)
	done("stock-finish", fields) // its answer got lost
	if recent := b.get("/stock/recent").body; strings.Count(recent, "docrow\"") != 1 || !strings.Contains(recent, "Василёк") {
		t.Errorf("what was made lately: %s", recent)
	}
	if d.sheet(t) != nil {
		t.Error("the sheet is still there")
	}
}

// Of a long sheet the latest lines are listed, and the one that was counted
// last wherever it stands; one scan draws one line.
func TestLongStockSheet(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.Approve{PIN: "4321"}, till.BeginStock{Type: doc.Inventory})
	n := 0
	for _, it := range consoletest.Items() {
		if it.ByWeight || it.Marked() || len(it.Barcodes) == 0 || n == shownSheet+7 {
			continue
		}
		n++
		d.do(till.Scan{Code: it.Barcodes[0]})
	}
	if n <= shownSheet {
		t.Fatalf("the shop has %d kinds of goods", n)
	}
	list := func() (*frame, int) {
		t.Helper()
		f, err := d.c.frame("stock", d.c.langs["ru"])
		if err != nil {
			t.Fatal(err)
		}
		return f, strings.Count(b.get("/stock").body, `<li class="line`)
	}
	before, shown := list()
	if shown != shownSheet || !strings.Contains(string(before.regions["stockcover"]), strconv.Itoa(n-shownSheet)) {
		t.Errorf("%d of %d lines are listed", shown, n)
	}
	first := d.sheet(t).Lines[0]
	d.do(till.Scan{Code: first.Code})
	after, shown := list()
	if shown != shownSheet+1 || after.order[0] != first.ID.String() || !strings.Contains(string(after.lines[first.ID.String()]), "touched") {
		t.Errorf("the line that was counted is not listed first of %d", shown)
	}
	if p := after.since(before); len(p.Lines) != 2 { // it, and the one that was touched before
		t.Errorf("a scan draws %d lines", len(p.Lines))
	}
	gone := int64(money.Max)
	if got := b.post("/do/stock-qty", url.Values{"line": {first.ID.String()}, "qty": {strconv.FormatInt(gone, 10)}}).header.Get("Kassa-Fault"); got != "quantity.bad" {
		t.Errorf("beyond every limit: %q", got)
	}
}
