package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// The till is attached to its store: a wrong password, the right one by touch,
// another device's store only when it is said so.
func TestProvisionPage(t *testing.T) {
	r := start(t, 800, 480)
	r.loginAs("9876")
	r.open("/sync")
	r.click("#provision")
	r.at("/provision")
	r.everySize("provision")
	r.click("#provision-login")
	r.keys("admin@shop" + kb.Tab + "wrong" + kb.Enter)
	r.at("/provision/stores")
	r.shows("#alert", "логин или пароль")
	r.everySize("provision-wrong")
	r.click("#provision-login")
	for _, key := range "admin@shop" {
		r.click("[data-letters] [data-key='" + string(key) + "']")
	}
	r.click("#provision-password")
	r.click("[data-letters] div:last-child button:first-child")
	r.click("[data-letters] [data-key='S']")
	r.click("[data-letters] div:last-child button:first-child")
	for _, key := range "ecret" {
		r.click("[data-letters] [data-key='" + string(key) + "']")
	}
	r.click("[data-letters] div:last-child button:nth-child(2)")
	r.click("[data-letters] [data-key='!']")
	r.click("[data-letters] [data-key='1']")
	r.click("#provision-stores")
	r.until("document.querySelectorAll('[name=store]').length === 3")
	r.at("/provision/stores")
	r.everySize("provision-stores")
	r.must(r.Dark(true))
	r.everySize("provision-stores-dark")
	r.click("[name=store][value=s2]")
	r.click("#provision-attach")
	r.at("/provision/attach")
	r.shows("#alert", "уже привязана")
	r.everySize("provision-taken-dark")
	r.keys("admin@shop" + kb.Tab + "Secret!1" + kb.Enter)
	r.at("/provision/stores")
	r.click("[name=store][value=s2]")
	r.click("[name=take_over]")
	r.click("#provision-attach")
	r.at("/provision/attach")
	r.shows(".desk-main .busy", "Киоск у вокзала")
	r.everySize("provision-done-dark")
	r.quiet()
}
