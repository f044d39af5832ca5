package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A receipt of which nobody knows what became: the till stops, says so in
// plain words, and a senior decides with a PIN for this one thing.
func TestStoppedBeforeASenior(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.tell("scan " + barcode(1))
	r.lines(1)
	r.tell("foreign on")
	r.click("#pay")
	r.click("#exact")
	r.shows(".busy.grave", "нужен старший")
	r.everySize("stopped")
	r.keys(kb.Escape)
	r.click("#doubt")
	r.shows("#dialog", "Продажа № 20483")
	r.shows("#dialog", "64,90 ₽")
	r.everySize("doubt")
	r.click("#doubt-retry") // asked again, it says the same
	r.shows("#dialog .alerts", "ФД")
	r.click("#doubt-abandon")
	r.shows("#dialog .alerts", "причину")
	r.click("#dialog .radios label:first-child")
	r.click("#doubt-abandon")
	r.until("document.querySelector('#approve').open")
	r.everySize("approve")
	r.keys("1111" + kb.Enter)
	r.shows("#approve .alerts", "Неверный PIN")
	r.keys(kb.Escape) // changed his mind: nothing happened
	r.until("!document.querySelector('#approve').open && document.querySelector('#dialog').open")
	r.shows("#dialog .alerts", "Нужен старший") // it moves the button
	r.click("#doubt-abandon")
	r.until("document.querySelector('#approve').open")
	for _, key := range "4321" {
		r.click("#approve [data-key='" + string(key) + "']")
	}
	r.click("#approve [type=submit]")
	r.until("!document.querySelector('dialog[open]')")
	r.until("!document.querySelector('.busy')")
	r.lines(1) // the goods are back
	r.tell("foreign off")
	r.click("#pay")
	r.click("#exact")
	r.shows(".last", "Чек №")
	r.quiet(refused)
}
