package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A wrong receipt is undone and what should have been is registered, with a
// senior's PIN each time.
func TestCorrections(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.sell(1, barcode(1))
	r.open("/documents")
	r.document(".docrow")
	r.click("#to-undo")
	r.until("document.querySelector('#dialog [name=reason]') === document.activeElement")
	r.everySize("undo")
	r.keys(kb.Enter)
	r.shows("#dialog .alerts", "причину")
	r.keys("не тот товар" + kb.Enter)
	r.until("document.querySelector('#approve').open")
	r.keys("4321" + kb.Enter)
	r.at("/sale")
	r.shows(".last", "Чек №20484")

	r.tell("scan " + barcode(2))
	r.lines(1)
	r.open("/shift")
	r.following()
	r.click("#missed")
	r.shows("#dialog", "49,90 ₽")
	r.everySize("missed")
	r.click("#dialog [name=reason]")
	r.keys("пробит не тот товар")
	r.click("#dialog [type=submit]")
	r.until("document.querySelector('#approve').open")
	r.keys("4321" + kb.Enter)
	r.at("/sale")
	r.shows(".last", "Чек №20485")
	r.open("/documents")
	r.until("[...document.querySelectorAll('.doc-type')].filter(e => e.innerText === 'Чек коррекции').length === 2")
	r.quiet(refused)
}
