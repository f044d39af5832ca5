package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// An unknown code becomes goods, by touch with a senior's PIN, and is in the
// cheque; a new customer is known to it; both make an order. Then the same
// by keys.
func TestMadeAtTheTill(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.tell("scan 2*" + barcode(900))
	r.shows(".notice", barcode(900))
	r.everySize("make-notice")
	r.click(".notice [data-dialog*='make-item']")
	r.until("document.activeElement?.name === 'name'")
	for _, key := range "тряпка" {
		r.click("#dialog .letters [data-key='" + string(key) + "']")
	}
	r.click("#dialog [name=price]")
	for _, key := range "25" {
		r.click("#dialog .letters [data-key='" + string(key) + "']")
	}
	r.everySize("make-item")
	r.click("#dialog [type=submit]")
	r.approve("")
	r.shows("#total", "50,00 ₽")
	r.until("!document.querySelector('.notice')")

	r.keys(kb.F5)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.keys("2")
	r.until("document.activeElement?.name === 'customer'")
	r.keys("Иван Новый")
	r.shows("#new-customer", "Иван Новый")
	r.everySize("make-customer-offer")
	r.click("#new-customer")
	r.until("document.activeElement?.name === 'name' && document.activeElement.value === 'Иван Новый'")
	r.click("#dialog [name=phone]")
	r.keys("89001234567")
	r.everySize("make-customer")
	r.keys(kb.Enter)
	r.approve("")
	r.shows(".known", "Иван Новый")

	r.keys(kb.F11)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.everySize("more")
	r.keys("8")
	r.until("document.querySelector('#dialog [data-dialog*=make-order]')")
	r.everySize("make-orders")
	r.click("#dialog [data-dialog*=make-order]")
	r.until("document.activeElement?.name === 'description'")
	r.keys("к пятнице")
	r.everySize("make-order")
	r.keys(kb.Enter)
	r.approve("")
	r.shows("#dialog", "к пятнице")
	r.everySize("make-order-done")
	r.keys(kb.Escape)
	r.until("!document.querySelector('#dialog').open")
	r.lines(0)
	r.keys(barcode(900) + kb.Enter)
	r.lines(1)
	r.shows("#total", "25,00 ₽")
	r.quiet(refused)
}
