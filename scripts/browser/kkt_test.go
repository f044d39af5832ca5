package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// loginAs logs in with a PIN.
func (r *rig) loginAs(pin string) {
	r.t.Helper()
	r.open("/")
	r.until("document.activeElement?.id === 'pin'")
	r.keys(pin + kb.Enter)
	r.at("/sale")
}

// The technician's page: facts, warnings, tables, the clock; and a changed FN,
// step by step, confirmed by its number.
func TestKKTPage(t *testing.T) {
	r := start(t, 800, 480)
	r.login() // a cashier looks, and does nothing without a senior's PIN
	r.open("/kkt")
	r.shows("#kkt-facts", "9999078900001234")
	r.click("#kkt-copy")
	r.approve("")
	r.click("#kkt-copy")
	r.until("document.querySelector('#approve[open]')")
	r.keys(kb.Escape)
	r.click("#strip-menu")
	r.click("#logout")
	r.at("/login")
	r.loginAs("4321")
	r.openShift()
	r.open("/shift")
	r.click("#shift-close")
	r.click("#dialog [type=submit]")
	r.shows("#r-shift", "Смена закрыта")
	r.click("a[href='/kkt']")
	r.shows("#kkt-facts", "9999078900001234")
	r.shows("#kkt-facts", "218400")
	r.shows("#kkt-facts", "95 с")
	r.everySize("kkt")
	r.keys("5")
	r.shows("#kkt-tables", "Таймаут чтения")
	r.everySize("kkt-tables")
	r.click("#kkt-copy")
	r.click("#kkt-clock")
	r.shows("#kkt-clock", "Точно")
	r.click("#kkt-clock")

	r.tell("fn 9999078900009999")
	r.shows("#r-kktacts", "стоит ФН 9999078900009999")
	r.everySize("fn-changed")
	r.click("#fn-accept")
	r.until("document.querySelector('#dialog').open")
	r.everySize("fn-accept")
	r.keys("9999078900001234" + kb.Enter) // the old one's number
	r.until("document.querySelector('#dialog .alert')")
	r.click("#dialog [name=fn]")
	for range 16 {
		r.keys(kb.End + kb.Backspace)
	}
	r.keys("9999 0789 0000 9999" + kb.Enter)
	r.until("!document.querySelector('#dialog').open")
	r.until("!document.querySelector('#r-kktacts .notice')")
	r.quiet(refused)
}

// The journal's page: the open period, a check and a copy to a USB stick.
func TestJournalPage(t *testing.T) {
	r := start(t, 800, 480)
	r.loginAs("4321")
	r.open("/journal")
	r.at("/journal")
	r.shows("#r-journal", "18230")
	r.everySize("journal")
	r.keys("1")
	r.shows("#r-chore", "Журнал цел")
	r.shows("#r-chore", "24118")
	r.everySize("journal-whole")
	r.click("#export")
	r.shows("#r-chore", "kassa-0f3c9a12b7de")
	r.sound("journal-copied")
	r.quiet()
}
