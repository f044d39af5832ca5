package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The page of the exchange: a cashier's short form, a week's chart, what the
// cloud would not take and one of it sent again, an exchange asked for, and
// what it says when nobody answers.
func TestSyncPage(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.open("/sync")
	r.shows("#r-sync", "МойСклад")
	r.until("!document.querySelector('.plot') && !document.querySelector('#sync-retry-all')")
	r.everySize("sync-cashier")
	r.click("#strip-menu")
	r.click("#logout")
	r.at("/login")
	r.loginAs("4321")
	r.open("/shift")
	r.click("a[href='/sync']")
	r.at("/sync")
	r.until("document.querySelector('.plot .bars').getBoundingClientRect().height > 50")
	r.shows("#r-syncacts", "K1-00041")
	r.everySize("sync")
	r.keys("1")
	r.shows("#r-syncacts", "Обмен прошёл")
	r.click("[data-dialog*='sync-done']")
	r.until("document.querySelector('#dialog [name=reason]') === document.activeElement")
	r.everySize("sync-done")
	r.keys("внесли в облаке сами" + kb.Enter)
	r.until("!document.querySelector('#dialog').open")
	r.until("!document.querySelector('#r-syncacts').innerText.includes('K1-00041')")
	r.click("#sync-file")
	r.shows("#r-syncacts", "kassa-parked")
	r.click("[data-do=sync-retry]")
	r.until("!document.querySelector('#r-syncacts').innerText.includes('K1-00042')")
	r.open("/reconcile")
	r.shows("#r-compared", "Выберите, что сверить")
	r.click("#compare-month")
	r.shows("#r-compared", "Есть расхождения")
	r.everySize("reconcile")
	r.open("/sync")
	r.tell("cloud off")
	r.shows("#r-sync", "нет связи")
	r.everySize("sync-off")
	r.quiet()
}
