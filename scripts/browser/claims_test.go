package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A certificate is sold and pays a part, which outlives a reload; QR pays a
// cheque; an order comes into the cheque; prices are explained, a customer is
// chosen among several.
func TestCertificateOrderAndWhy(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	choose := func(key string) func(nth string) {
		return func(nth string) {
			t.Helper()
			r.keys(key)
			r.until("document.querySelector('#dialog[open] [data-choice]')")
			r.keys(nth)
		}
	}
	more, terms := choose(kb.F11), choose(kb.F5)
	more("5")
	r.until("document.querySelector('#dialog[open] [name=number]') === document.activeElement")
	r.keys("17")
	r.click("#dialog [name=sum]")
	r.keys("50")
	r.everySize("certificate")
	r.keys(kb.Enter)
	r.shows(".last", "50,00 ₽")
	more("7")
	r.shows("#dialog", "Сертификат 17")
	r.everySize("claims")
	r.keys(kb.Escape)

	r.keys(barcode(1) + kb.Enter) // 64.90
	r.lines(1)
	r.click("#pay")
	r.click("#ways")
	r.until("document.activeElement?.id === 'claim'")
	r.everySize("pay-ways")
	r.keys("17" + kb.Enter)
	r.shows("#left", "14,90")
	r.everySize("pay-parts")
	r.open("/sale")
	r.lines(1)
	r.click("#pay")
	r.shows("#parts", "Аванс 17 50,00")
	r.keys(kb.Enter)
	r.shows(".last", "Без сдачи")

	r.keys(barcode(4) + kb.Enter)
	r.lines(1)
	r.click("#pay")
	r.keys(kb.F11)
	r.click("[data-way=QR]")
	r.shows("#card-ask", "по QR")
	r.sound("pay-qr")
	r.click("#card-yes")
	r.shows(".last", "88,65 ₽")

	more("8")
	r.shows("#dialog", "Ольга Петрова")
	r.everySize("orders")
	r.click("#dialog [data-id=o1]")
	r.shows("#total", "215,00 ₽")
	r.keys(barcode(4) + kb.Enter)
	r.lines(3)
	terms("3")
	r.until("document.querySelector('#dialog[open] [name=code]') === document.activeElement")
	r.keys("зима" + kb.Enter)
	r.shows("#dialog", "не принимает купон")
	r.everySize("coupon-unknown")
	r.keys(kb.Escape)
	r.until("!document.querySelector('#dialog[open]')")
	terms("2")
	r.until("document.querySelector('#dialog[open] [name=customer]') === document.activeElement")
	r.keys("Ол")
	r.until("document.querySelectorAll('#found [data-customer]').length === 2")
	r.everySize("customer-choice")
	r.click("#found [data-customer=c2]")
	r.shows(".known", "Олег Петров")
	more("9")
	r.shows("#dialog", "10,00 ₽ с чека")
	r.everySize("promotions")
	r.keys(kb.Escape)
	r.click(".line:nth-child(3) .line-main")
	r.click(".line:nth-child(3) [data-dialog*=explain]")
	r.shows("#dialog", "нет купона")
	r.everySize("explain")
	r.quiet(refused)
}
