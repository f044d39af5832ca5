package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/till"
)

// sold is a desk with one sale of two lines, and the sale's place in the list.
func sold(t *testing.T) (b *browser, sale doc.Document, path string) {
	t.Helper()
	d := newDesk(t)
	b = d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: "3*" + consoletest.Barcode(1)}, till.Scan{Code: consoletest.Barcode(2)}, till.Pay{Type: doc.PayCash})
	sale, _, err := d.till.Sale(t.Context(), d.view().Receipt.DocumentID)
	if err != nil {
		t.Fatal(err)
	}
	at := b.get("/documents?find=" + itoa(sale.Number)).header.Get("Location")
	if !strings.HasPrefix(at, "/documents/") {
		t.Fatalf("the sale is not found: %q", at)
	}
	return b, sale, strings.Replace(at, "/documents/", "/return/", 1)
}

func TestReturn(t *testing.T) {
	b, sale, path := sold(t)
	bread, loaf := "q-"+sale.Receipt.Lines[0].ID.String(), "q-"+sale.Receipt.Lines[1].ID.String()
	page := strings.ReplaceAll(b.get(path).body, nbsp, " ")
	for _, want := range []string{bread, loaf, `data-left="3"`, "3 шт · 194,70", `name="once"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	sum := func(fields url.Values) string {
		t.Helper()
		return strings.ReplaceAll(b.post(path+"/sum", fields).body, nbsp, " ")
	}
	for name, c := range map[string]struct {
		fields url.Values
		want   string
	}{
		"nothing":     {url.Values{bread: {"0"}}, "0,00 ₽"},
		"some":        {url.Values{bread: {"2"}}, "129,80 ₽"},
		"all":         {url.Values{bread: {"3"}, loaf: {"1"}}, "244,60 ₽"},
		"too many":    {url.Values{bread: {"4"}}, "не больше 3"},
		"no number":   {url.Values{bread: {"-1"}}, "Неверное количество"},
		"half a loaf": {url.Values{loaf: {"0,5"}}, "Неверное количество"},
		"no line":     {url.Values{"q-" + uuid.NewString(): {"1"}}, "disabled"},
		"not paid so": {url.Values{bread: {"1"}, "by": {"ELECTRON"}}, "disabled"},
	} {
		if got := sum(c.fields); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
	post := func(fields url.Values) string {
		t.Helper()
		fields.Set("sale", sale.ID.String())
		return b.post("/do/return", fields).header.Get("Kassa-Fault")
	}
	if code := post(url.Values{bread: {""}}); code != "return.nothing" {
		t.Errorf("nothing chosen: %q", code)
	}
	once := uuid.NewString()
	for range 2 { // the answer got lost, and it is sent again
		if code := post(url.Values{bread: {"1"}, "once": {once}}); code != "" {
			t.Errorf("one comes back: %q", code)
		}
	}
	_, back, err := b.till.Sale(t.Context(), sale.ID)
	if err != nil || len(back) != 1 || back[0].Receipt.Total != 64_90 || back[0].ID.String() != once {
		t.Errorf("%v, made %+v", err, back)
	}
	if code := post(url.Values{bread: {"3"}}); code != "return.more" {
		t.Errorf("more than is left: %q", code)
	}
	if body := b.get(path).body; !strings.Contains(body, `data-left="2"`) {
		t.Error("the page does not know what came back already")
	}
	// What is printed on a receipt finds it; other documents can not come back.
	qr := "t=20260305T1407&s=244.60&fn=" + consoletest.FN + "&i=" + itoa(int64(sale.Fiscal.FD)) + "&fp=" + itoa(int64(sale.Fiscal.Sign)) + "&n=1"
	for _, what := range []string{qr, sale.Name, itoa(int64(sale.Fiscal.FD))} {
		if r := b.get("/documents?find=" + url.QueryEscape(what)); r.status != http.StatusSeeOther || r.header.Get("Location") != strings.Replace(path, "/return/", "/documents/", 1) {
			t.Errorf("find %q: %d %q", what, r.status, r.header.Get("Location"))
		}
	}
	if r := b.get("/documents?find=" + url.QueryEscape(strings.Replace(qr, consoletest.FN, "9999078900009999", 1))); r.status != http.StatusOK || !strings.Contains(r.body, "не найден") {
		t.Errorf("another till's receipt: %d", r.status)
	}
	for _, bad := range []string{"/return/1", "/return/0", "/return/x", "/return/99999"} {
		if r := b.get(bad); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", bad, r.status)
		}
	}
}

func TestCorrectionForms(t *testing.T) {
	b, sale, path := sold(t)
	if body := b.get(strings.Replace(path, "/return/", "/documents/", 1)).body; !strings.Contains(body, "/dialog/undo?sale="+sale.ID.String()) {
		t.Error("a sale can not be undone from its document")
	}
	post := func(fields url.Values) string {
		t.Helper()
		return b.post("/do/correct", fields).header.Get("Kassa-Fault")
	}
	for name, c := range map[string]struct {
		fields url.Values
		want   string
	}{
		"no reason":    {url.Values{"sale": {sale.ID.String()}}, "reason.none"},
		"no sale":      {url.Values{"sale": {"7"}, "reason": {"x"}}, "request.bad"},
		"no day":       {url.Values{"date": {"05.03.2026"}, "reason": {"x"}}, "request.bad"},
		"by a cashier": {url.Values{"sale": {sale.ID.String()}, "reason": {"не тот товар"}}, "login.senior"},
	} {
		if got := post(c.fields); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if r := b.post("/do/approve", url.Values{"pin": {"4321"}}); r.status != http.StatusNoContent {
		t.Fatalf("approve: %d %s", r.status, r.body)
	}
	if got := post(url.Values{"sale": {sale.ID.String()}, "reason": {"не тот товар"}}); got != "" {
		t.Errorf("approved and refused: %q", got)
	}
	if _, back, err := b.till.Sale(t.Context(), sale.ID); err != nil || len(back) != 1 || back[0].Type != doc.Correction {
		t.Errorf("%v, made %+v", err, back)
	}
	if got := b.get("/dialog/missed").header.Get("Kassa-Fault"); got != "cheque.empty" {
		t.Errorf("a correction of nothing: %q", got)
	}
	b.do(till.Scan{Code: consoletest.Barcode(1)})
	if r := b.get("/dialog/missed"); r.status != http.StatusOK || !strings.Contains(r.body, `value="2026-03-05"`) {
		t.Errorf("a correction of the open cheque: %d", r.status)
	}
}
