package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Discounts, a coupon and a customer, by touch and by keyboard.
func TestDiscountsAndCustomer(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.keys(barcode(1) + kb.Enter) // 64.90
	r.lines(1)
	r.keys("10DI" + kb.Enter)
	r.shows("#total", "58,41 ₽")
	r.shows(".sums", "−6,49")
	r.click(".line-main")
	r.until("document.querySelector('.line [data-dialog*=discount]').checkVisibility()")
	r.everySize("line-open")
	r.click(".line [data-dialog*=discount]")
	r.until("document.querySelector('#dialog').open")
	r.everySize("discount")
	r.click("#dialog [data-key='5']")
	r.click("#dialog [type=submit]")
	r.shows("#total", "61,66 ₽")
	r.keys(kb.F5)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.everySize("terms")
	r.keys("3")
	r.until("document.querySelector('#dialog[open] [name=code]') === document.activeElement")
	r.keys("ЛЕТО" + kb.Enter)
	r.shows("#total", "51,66 ₽")
	r.keys(kb.F5)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.keys("2")
	r.until("document.querySelector('#dialog[open] [name=customer]') === document.activeElement")
	r.everySize("customer")
	r.keys("77001" + kb.Enter)
	r.shows(".known", "Ольга Петрова")
	r.keys("5DT" + kb.Enter)
	r.shows("#total", "49,08 ₽")
	r.everySize("sale-discounts")
	r.click("[role=tab][data-tab=keys]")
	r.sound("keys-800x480")
	r.click("[role=tab][data-tab=goods]")
	r.keys(kb.F5)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.keys("3")
	r.until("document.querySelector('#dialog[open] [data-remove]')")
	r.click("#dialog [data-remove]")
	r.shows("#total", "58,58 ₽")
}
