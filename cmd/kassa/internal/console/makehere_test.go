package console

import (
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/till"
)

// Goods are made of the code nobody knew and stand in the cheque at once; a
// customer is made and known to it; both end up in an order.
func TestMadeHere(t *testing.T) {
	d := newDesk(t, func(o *Options) {
		at := o.Till.(*consoletest.Till)
		o.Made, o.Books, o.Customers = consoletest.Made(at), consoletest.Books(at), at.Customers
	})
	b := d.signedIn()
	d.do(till.OpenShift{})
	for _, code := range []string{"4600000009001", "3*4600000009018"} {
		d.till.Feed(till.Scan{Code: code})
	}
	post := func(name string, fields url.Values) string {
		t.Helper()
		v, _ := d.till.View()
		for k, val := range map[string]string{"boot": d.c.boot, "cheque": v.Cheque.ID.String(), "rev": jsonOf(v.Cheque.Revision)} {
			fields.Set(k, val)
		}
		return b.post("/do/"+name, fields).header.Get("Kassa-Fault")
	}
	v, _ := d.till.View()
	if len(v.Notices) != 2 {
		t.Fatalf("%+v", v.Notices)
	}
	second := v.Notices[1].ID.String()
	if page := b.get("/sale").body; strings.Count(page, "/dialog/make-item?notice=") != 2 {
		t.Error("unknown codes offer no new item")
	}
	if dialog := b.get("/dialog/make-item?notice=" + second).body; !strings.Contains(dialog, "4600000009018") || strings.Contains(dialog, "22/122") {
		t.Errorf("the dialog: %s", dialog)
	}
	fields := func(price string) url.Values {
		return url.Values{"notice": {second}, "name": {"Тряпка"}, "price": {price}, "unit": {"шт"}, "rate": {"10"}}
	}
	if got := post("make-item", fields("даром")); got != "payment.amount" {
		t.Errorf("no price: %q", got)
	}
	if got := post("make-item", fields("25,50")); got != "login.senior" {
		t.Errorf("a cashier alone: %q", got)
	}
	d.do(till.Approve{PIN: "4321"})
	if got := post("make-item", fields("25,50")); got != "" {
		t.Errorf("by a senior's word: %q", got)
	}
	v, _ = d.till.View()
	if len(v.Cheque.Lines) != 1 || v.Cheque.Total != 76_50 || len(v.Notices) != 1 || v.Notices[0].Raw != "4600000009001" {
		t.Errorf("in the cheque %+v, beside it %+v", v.Cheque.Lines, v.Notices)
	}
	if got := post("make-item", fields("25,50")); got != "request.not_found" {
		t.Errorf("twice: %q", got)
	}

	if got := b.get("/customers?customer=" + url.QueryEscape("Новый")).body; !strings.Contains(got, "/dialog/make-customer?text=") {
		t.Errorf("nobody of that name, and no new one is offered: %s", got)
	}
	if dialog := b.get("/dialog/make-customer?text=89001234567").body; !strings.Contains(dialog, `placeholder="Телефон" value="89001234567"`) {
		t.Errorf("a number is not the telephone's: %s", dialog)
	}
	if got := post("make-order", url.Values{}); got != "customer.none" {
		t.Errorf("nobody's order: %q", got)
	}
	d.do(till.Approve{PIN: "4321"})
	if got := post("make-customer", url.Values{"name": {"Новый Иван"}, "phone": {"89001234567"}}); got != "" {
		t.Errorf("a customer: %q", got)
	}
	if page := b.get("/sale").body; !strings.Contains(page, "Новый Иван") {
		t.Error("the cheque does not know whose it is")
	}
	if dialog := b.get("/dialog/make-order").body; !strings.Contains(dialog, "Новый Иван") {
		t.Errorf("the order: %s", dialog)
	}
	d.do(till.Approve{PIN: "4321"})
	if got := post("make-order", url.Values{"description": {"к пятнице"}}); got != "" {
		t.Errorf("an order: %q", got)
	}
	if v, _ = d.till.View(); len(v.Cheque.Lines) != 0 {
		t.Error("the cheque is still there")
	}
	if orders := b.get("/dialog/orders").body; !strings.Contains(orders, "к пятнице") {
		t.Errorf("the orders: %s", orders)
	}
}

// Without a place to tell of them nothing is made, and nothing offers to.
func TestNothingIsMade(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.till.Feed(till.Scan{Code: "4600000009001"})
	if page := b.get("/sale").body; strings.Contains(page, "make-item") {
		t.Error("a new item is offered")
	}
	for _, name := range []string{"make-item", "make-customer", "make-order"} {
		if got := b.post("/do/"+name, url.Values{"name": {"x"}, "price": {"1"}}).header.Get("Kassa-Fault"); got == "" {
			t.Errorf("%s is done", name)
		}
		if got := b.get("/dialog/" + name).header.Get("Kassa-Fault"); got == "" {
			t.Errorf("%s is asked", name)
		}
	}
}

func TestUnknownBarcodes(t *testing.T) {
	for raw, want := range map[string]string{"4600000009001": "4600000009001", "5*4600000009001": "4600000009001", "ART-17": "ART-17", "0.350*12345": "12345",
		"04600439931256 5Bmp1": "", "•••1234": "", "0104600439931256…": "", "сыр": "", "12": "", "a b": "", "123456789012345": ""} {
		got, ok := unknownBarcode(&till.Notice{Code: "scan.unknown", Raw: raw})
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
