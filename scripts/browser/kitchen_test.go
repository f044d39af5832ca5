package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A cafe's sale: what the kitchen does not know yet is on a button, a line says
// how the customer wants it; by touch and by the line of words.
func TestKitchen(t *testing.T) {
	r := start(t, 800, 480)
	r.tell("kitchen")
	r.login()
	r.openShift()
	r.keys(barcode(1) + kb.Enter)
	r.lines(1)
	r.shows("#kitchen", "1")
	r.click(".line-main")
	r.until("document.querySelector('.line [data-dialog*=note]').checkVisibility()")
	r.everySize("kitchen-line")
	r.click(".line [data-dialog*=note]")
	r.until("document.querySelector('#dialog[open] [name=note]') === document.activeElement")
	r.everySize("kitchen-note")
	r.keys("без корицы" + kb.Enter)
	r.shows(".line-note", "без корицы")
	r.everySize("kitchen")
	r.click("#kitchen")
	r.until("!document.querySelector('#kitchen')")
	r.keys(barcode(2) + kb.Enter)
	r.lines(2)
	r.shows("#kitchen", "1")
	r.keys("KT" + kb.Enter)
	r.until("!document.querySelector('#kitchen')")
}
