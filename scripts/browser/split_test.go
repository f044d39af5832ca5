package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A cheque paid in part by card and the rest in cash, and one by two cards.
func TestPaidInSeveralWays(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.tell("scan 3*" + barcode(1))
	r.lines(1)
	r.click("#pay")
	for _, key := range "100" {
		r.click("#sheet-pay [data-key='" + string(key) + "']")
	}
	r.click("#card")
	r.shows("#card-sum", "100,00")
	r.click("#card-yes")
	r.shows("#left", "Осталось 94,70")
	r.everySize("split")
	r.click("[data-part='0']") // taken back
	r.until("document.querySelector('#left').textContent === ''")
	r.keys("100")
	r.click("#card")
	r.click("#card-yes")
	r.keys("200")
	r.shows("#change", "Сдача 105,30")
	r.keys(kb.Enter)
	r.shows(".last-sum", "105,30 ₽")

	r.tell("scan " + barcode(1))
	r.lines(1)
	r.click("#pay")
	r.keys("50")
	r.click("#card")
	r.click("#card-yes")
	r.shows("#left", "14,90")
	r.click("#card")
	r.shows("#card-sum", "14,90")
	r.click("#card-yes")
	r.shows(".last", "Оплачено картой")
	r.open("/documents")
	r.document(".docrows li:nth-child(2) a")
	r.shows("#paper", "Безналичными\n=100,00")
	r.shows("#paper", "Наличными\n=94,70")
	r.quiet()
}
