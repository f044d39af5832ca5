package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// Goods are bought from a person: scanned, their prices said, cash out of the
// drawer with a senior's PIN; then the purchase is undone.
func TestBuyFromAPerson(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.sell(1, barcode(13)) // money comes into the drawer
	r.tell("scan 3*" + barcode(1))
	r.tell("scan " + barcode(2))
	r.lines(2)
	r.keys(kb.F11)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.everySize("more-all")
	r.keys("a")
	r.until("document.activeElement?.name?.startsWith('p-')")
	r.everySize("buy")
	for _, key := range "20" {
		r.click("#dialog .pad [data-key='" + string(key) + "']")
	}
	r.shows("#dialog [data-sum]", "60,00")
	r.keys(kb.Enter)
	r.shows("#dialog .alerts", "Батон")
	r.click("#dialog .rows li:nth-child(2) input")
	r.keys("12,50")
	r.shows("#dialog [data-sum]", "72,50")
	r.click("#dialog [name=person]")
	r.until("document.querySelector('#dialog .letters').checkVisibility()")
	r.everySize("buy-person")
	r.keys("Сидоров" + kb.Enter)
	r.approve("")
	r.shows(".last", "Отдайте за товар")
	r.shows(".last-sum", "72,50 ₽")
	r.everySize("buy-done")
	r.open("/documents")
	r.document(".docrow")
	r.shows("#paper", "Покупка")
	r.click("#to-return")
	r.until("document.querySelector('#return')")
	r.click("[data-everything]")
	r.shows("#refund", "72,50")
	r.everySize("buy-return")
	r.click("#refund [type=submit]")
	r.at("/sale")
	r.open("/documents")
	r.shows(".docrow", "Возврат покупки")
	r.quiet(refused)
}
