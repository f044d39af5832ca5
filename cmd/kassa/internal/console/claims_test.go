package console

import (
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/till"
)

// TestClaims: a certificate is sold and pays, goods are prepaid and handed
// over, goods go on credit and are paid for.
func TestClaims(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	refusal(t, b.get("/dialog/prepay"), fault.ChequeEmpty)
	refusal(t, b.get("/dialog/sell-claim"), fault.ShiftClosed)
	d.do(till.OpenShift{})
	clean(t, b, "/dialog/claims", "Ничего нет")
	clean(t, b, "/dialog/sell-claim", "Продать сертификат")
	clean(t, b, "/dialog/sell-claim?kind=advance", "Принять аванс")
	refusal(t, b.post("/do/sell-claim", b.tap("kind", "certificate", "number", "ПОДАРОК 17", "sum", "x", "pay", "CASH")), fault.AmountBad)
	done(t, b.post("/do/sell-claim", b.tap("kind", "certificate", "number", "ПОДАРОК 17", "sum", "50", "expires", "2026-12-31", "pay", "CASH")))
	if r := b.get("/claim?number=" + url.QueryEscape("ПОДАРОК 17")); r.body != "5000" {
		t.Errorf("left: %d %s", r.status, r.body)
	}
	refusal(t, b.get("/claim?number=18"), fault.ClaimUnknown)

	d.do(till.Scan{Code: consoletest.Barcode(1)}) // 64.90
	refusal(t, b.post("/do/pay", b.tap("parts", "ADVANCE:5000:%zz CASH:0")), fault.ClaimUnknown)
	done(t, b.post("/do/pay", b.tap("parts", "ADVANCE:5000:"+url.PathEscape("ПОДАРОК 17")+" CASH:10000")))
	if last := d.view().Last; last == nil || last.Change != 85_10 || len(last.Paid) != 2 {
		t.Errorf("paid by certificate: %+v", last)
	}

	d.do(till.Scan{Code: "2*" + consoletest.Barcode(1)})
	clean(t, b, "/dialog/prepay", "129,80 ₽")
	done(t, b.post("/do/prepay", b.tap("sum", "100", "pay", "CASH")))
	prepaid := d.view().Claims[0]
	clean(t, b, "/dialog/claims?find="+url.QueryEscape(prepaid.Number), "Предоплата", "100,00 ₽", "hand-over?claim="+prepaid.ID.String())
	clean(t, b, "/dialog/hand-over?claim="+prepaid.ID.String(), "129,80", "29,80 ₽", `value="2"`)
	line := prepaid.Goods[0].Line.String()
	refusal(t, b.post("/do/hand-over", b.tap("claim", prepaid.ID.String(), "pay", "CASH")), fault.ReturnNothing)
	done(t, b.post("/do/hand-over", b.tap("claim", prepaid.ID.String(), "q-"+line, "2", "pay", "CASH")))
	if n := len(d.view().Claims); n != 0 {
		t.Errorf("%d claims after all was handed over", n)
	}

	d.do(till.Scan{Code: consoletest.Barcode(1)})
	done(t, b.post("/do/pay", b.tap("parts", "CREDIT:6490")))
	debt := d.view().Claims[0]
	clean(t, b, "/dialog/repay?claim="+debt.ID.String(), "64,90 ₽")
	refusal(t, b.get("/claim?number="+debt.ID.String()), fault.ClaimUnknown) // a debt pays for nothing
	done(t, b.post("/do/repay", b.tap("claim", debt.ID.String(), "sum", "60", "pay", "ELECTRON")))
	if left := d.view().Claims[0].Ways[0].Left; left != 4_90 {
		t.Errorf("%s are owed", left)
	}
	refusal(t, b.get("/dialog/repay?claim=no"), fault.ClaimUnknown)
	refusal(t, b.get("/dialog/hand-over?claim=no"), fault.ClaimUnknown)
}

// TestPayByQR: by the customer's telephone all of it is paid, or none.
func TestPayByQR(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	refusal(t, b.post("/do/pay", b.tap("parts", "QR:3000 CASH:5000")), fault.PayMixed)
	done(t, b.post("/do/pay", b.tap("parts", "QR:6490")))
	if last := d.view().Last; last == nil || len(last.Paid) != 1 || !last.Paid[0].QR || last.Paid[0].Type != doc.PayElectron {
		t.Errorf("paid: %+v", last)
	}
}

// TestOrders: an order becomes the cheque, at its prices.
func TestOrders(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	clean(t, b, "/dialog/orders", "№ 00042", "Ольга Петрова", "215,00 ₽", "оплачено 100,00 ₽")
	refusal(t, b.post("/do/take-order", url.Values{"id": {"o9"}}), fault.NotFound)
	done(t, b.post("/do/take-order", url.Values{"id": {"o1"}}))
	if c := d.view().Cheque; len(c.Lines) != 2 || c.Total != 215_00 {
		t.Errorf("the cheque: %d lines, %s", len(c.Lines), c.Total)
	}
	refusal(t, b.post("/do/take-order", url.Values{"id": {"o2"}}), fault.ChequeNotEmpty)
	if !strings.Contains(b.get("/dialog/orders").body, `data-id="o2" disabled`) {
		t.Error("an order can be taken into a cheque with lines")
	}
	gone := newDesk(t, func(o *Options) { o.Books = nil })
	refusal(t, gone.signedIn().get("/dialog/orders"), fault.CloudNone)
}

// TestChoosingCustomerAndCoupon: several customers are shown to choose from,
// and a coupon that is for nothing is refused.
func TestChoosingCustomerAndCoupon(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.Scan{Code: consoletest.Barcode(1)})
	refusal(t, b.post("/do/customer", b.tap("customer", "Ол")), fault.CustomerMany)
	clean(t, b, "/customers?customer="+url.QueryEscape("Ол"), "Ольга Петрова", "Олег Петров", "77002", `data-customer="c2"`)
	if r := b.get("/customers?customer=" + url.QueryEscape("О")); strings.Contains(r.body, "<button") {
		t.Errorf("by one letter: %s", r.body)
	}
	done(t, b.post("/do/customer", b.tap("customer", "c2")))
	if c := d.view().Cheque.Customer; c == nil || c.Name != "Олег Петров" {
		t.Errorf("chosen: %+v", c)
	}
	done(t, b.post("/do/coupon", b.tap("code", "ЛЕТО")))
	if strings.Contains(b.get("/sale").body, "не подходит ни к одной акции") {
		t.Error("a good coupon is called unknown")
	}
	refusal(t, b.post("/do/coupon", b.tap("code", "ЗИМА")), fault.CouponUnknown)
}

// TestExplain: the base price, what worked, what did not and why, and the VAT.
func TestExplain(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	refusal(t, b.get("/dialog/explain"), fault.ChequeEmpty)
	d.do(till.Scan{Code: consoletest.Barcode(4)}, till.Scan{Code: consoletest.Barcode(1)})
	clean(t, b, "/dialog/explain", "98,50", "Свежая неделя: молочное", "−9,85", "По купону ЛЕТО", "нет купона", "НДС 10 %", "Бородинский")
	line := d.view().Cheque.Lines[1].ID.String()
	if r := b.get("/dialog/explain?line=" + line); strings.Contains(r.body, "Свежая неделя") || !strings.Contains(r.body, "Бородинский") {
		t.Errorf("of one line: %s", r.body)
	}
}

// TestPromotionsDialog: the rules in words; a file that is good is taken with
// a senior's PIN, one with a fault is not.
func TestPromotionsDialog(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	clean(t, b, "/dialog/promotions", "По купону ЛЕТО", "10,00 ₽ с чека", "по купону ЛЕТО")
	refusal(t, b.post("/do/promotions", url.Values{"file": {"{"}}), fault.BadRequest)
	approved(t, b, "/do/promotions", func() url.Values { return url.Values{"file": {string(pricing.Example)}} })
	clean(t, b, "/dialog/promotions", "из файла")
	approved(t, b, "/do/promotions", func() url.Values { return url.Values{"empty": {"1"}} })
	if r := b.get("/dialog/promotions"); strings.Contains(r.body, "из файла") {
		t.Error("own promotions are there after they were removed")
	}
	big := url.Values{"file": {strings.Repeat(" ", maxForm)}}
	refusal(t, b.post("/do/promotions", big), fault.TooLarge)
}
