package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The owner changes a setting by touch: a wrong value is told at its field, the
// right one is saved, and the restart it wants waits for the cheque.
func TestSettings(t *testing.T) {
	r := start(t, 1024, 600)
	r.loginAs("9876")
	r.open("/settings?of=shift")
	r.click("[name='shift/close']")
	r.keys(kb.End + "9")
	r.click("#settings-save")
	r.shows("[id='wrong-shift/close']", "h30m9")
	r.everySize("settings-wrong")
	r.click("[name='shift/close']")
	for range len("23h30m9") {
		r.click("[data-letters] [data-key=erase]")
	}
	for _, key := range "22h" {
		r.click("[data-letters] [data-key='" + string(key) + "']")
	}
	r.click("#settings-save")
	r.until("document.querySelector('#restart:not(:disabled)')")
	r.until("document.querySelector(\"[name='shift/close']\").value === '22h'")
	r.everySize("settings-saved")
	r.open("/users")
	r.click("#user-add")
	r.until("document.querySelector('#dialog[open] [name=name]')")
	r.keys("Ирина" + kb.Tab + kb.Tab + "4826" + kb.Enter)
	r.until("!document.querySelector('#dialog[open]')")
	r.shows("#r-people", "Ирина")
	r.quiet()
}
