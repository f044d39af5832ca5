package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A receipt by e-mail and by telephone, the buyer an organisation: by touch,
// from the payment.
func TestReceiptWhere(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.tell("scan " + barcode(1))
	r.lines(1)
	r.click("#pay")
	r.sound("pay-small")
	r.click("#contact")
	r.until("document.querySelector('#dialog[open] [name=contact]') === document.activeElement")
	r.sound("contact-phone")
	for _, key := range "9001234567" {
		r.click("#dialog [data-key='" + string(key) + "']")
	}
	r.click("#dialog [type=submit]")
	r.until("!document.querySelector('#dialog').open")
	r.shows("#contact", "+7")
	r.click("#contact")
	r.until("document.querySelector('#dialog[open] [name=contact]')?.value === '+79001234567'")
	r.click("[data-dialog='/dialog/contact?way=email']")
	r.until("document.querySelector('#dialog .letters')")
	r.sound("contact-email")
	r.click("#dialog [type=submit]") // nothing typed: paper again
	r.shows("#contact", "на бумаге")
	r.click("#contact")
	r.click("[data-dialog='/dialog/contact?way=email']")
	for _, key := range []string{"a", "n", "n", "a"} {
		r.click("#dialog [data-key='" + key + "']")
	}
	r.click("#dialog [type=submit]")
	r.shows("#dialog .alerts", "телефон")
	r.sound("contact-wrong")
	r.click("#dialog [data-key='@mail.ru']")
	r.click("#dialog .check")
	r.keys(kb.Enter)
	r.until("!document.querySelector('#dialog').open")
	r.shows("#contact", "***@mail.ru")
	r.click("#buyer")
	r.until("document.querySelector('#dialog[open] [name=name]') === document.activeElement")
	r.sound("buyer")
	r.keys("ООО «Ромашка»" + kb.Tab + "7707083893" + kb.Enter)
	r.shows("#buyer", "Ромашка")
	r.sound("pay-buyer")
	r.click("#exact")
	r.shows(".last", "Без сдачи")
	r.open("/documents")
	r.document(".docrow")
	r.shows("#paper", "***@mail.ru")
	r.quiet(refused)
}
