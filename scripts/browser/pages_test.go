package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

type look struct {
	width, height int64
	theme, lang   string
}

// looks are the sizes, themes and languages of a run: one of each in the
// normal run, all of them in the long one.
func looks() []look {
	if !long {
		return []look{{1280, 800, "light", "ru"}, {800, 480, "dark", "en"}}
	}
	var all []look
	for _, size := range [][2]int64{{800, 480}, {1024, 600}, {1280, 800}, {800, 1280}} {
		for _, theme := range []string{"light", "dark"} {
			for _, lang := range []string{"ru", "en"} {
				all = append(all, look{size[0], size[1], theme, lang})
			}
		}
	}
	return all
}

// Every page and sheet, in every look: nothing sticks out, nothing to touch is
// small, no key shows through, the page never complains.
func TestPages(t *testing.T) {
	for _, l := range looks() {
		name := fmt.Sprintf("%dx%d-%s-%s", l.width, l.height, l.theme, l.lang)
		t.Run(name, func(t *testing.T) {
			r := start(t, l.width, l.height, "-lang", l.lang)
			r.must(r.Dark(l.theme == "dark"))
			at := func(page string) { t.Helper(); r.sound(name + "/" + page) }

			r.open("/customer")
			r.until("document.querySelector('.c-hello')")
			at("customer-closed")
			r.open("/login")
			r.following()
			at("login")
			r.keys("99")
			at("login-digits")
			r.keys("99" + kb.Enter)
			r.until("document.querySelector('#alert .alert')")
			at("login-wrong")
			r.login()
			at("sale-closed")
			r.openShift()
			at("sale-empty")

			for i := range 40 {
				r.tell("scan " + barcode(30+i))
			}
			for _, n := range []int{4, 1, 13, 25} {
				r.tell("scan " + barcode(n))
			}
			r.tell("scan 0.745*" + barcode(9))
			r.lines(45)
			r.until("document.querySelector('.line.touched').getBoundingClientRect().bottom <= document.querySelector('.ticket-foot').getBoundingClientRect().top + 1")
			at("sale-long")
			r.keys(kb.ArrowUp + kb.ArrowUp)
			r.until("document.querySelector('.line.picked')")
			at("sale-picked")
			r.keys(kb.Escape)
			r.tell("scan 4810000000019")
			r.tell("scan " + barcode(22))
			r.until("document.querySelectorAll('.notice').length === 2")
			at("sale-notices")
			r.click("#dismiss")
			for _, sheet := range []struct{ key, name string }{{kb.F1, "help"}, {kb.F6, "parked-none"}} {
				r.keys(sheet.key)
				r.until("document.querySelector('.sheet:not([hidden])')")
				at(sheet.name)
				r.keys(kb.Escape)
			}
			r.click("#strip-menu")
			at("menu")
			r.keys(kb.Escape)
			r.tell("cloud off")
			r.tell("paper off")
			r.until("document.querySelector('.chip.stop')")
			r.keys(kb.F8)
			at("status")
			r.keys(kb.Escape)
			r.tell("cloud on")
			r.tell("paper on")
			r.until("!document.querySelector('.chip.stop')")

			r.click("#pay")
			r.keys("20000")
			r.until("document.querySelector('#change').textContent !== ''")
			at("pay-cash")
			r.click("#card")
			at("pay-card")
			r.click("#card-no")
			r.tell("hold")
			r.keys(kb.Enter)
			r.until("document.querySelector('.busy')")
			at("paying")
			r.tell("release")
			r.until("document.querySelector('.last-sum')")
			at("change")
			for _, n := range []int{13, 4} {
				r.tell("scan " + barcode(n))
			}
			r.lines(2)
			r.keys(kb.F4)
			r.lines(0)
			r.keys(kb.F6)
			r.until("document.querySelector('.row')")
			at("parked")
			r.keys(kb.Escape)
			r.keys("чай")
			r.until("document.querySelectorAll('#tiles .tile').length === 1")
			at("search")

			r.tell("corrupt")
			r.open("/documents")
			r.until("document.querySelectorAll('.docrow').length === 4")
			at("documents")
			r.open("/documents")
			r.document(".docrows li:nth-child(2) a")
			r.until("document.querySelector('#paper')")
			at("receipt")
			r.open("/customer")
			at("customer-idle")
			r.tell("scan " + barcode(13))
			r.tell("scan " + barcode(4))
			r.lines(2)
			at("customer-lines")
			r.quiet(refused)
		})
	}
}
