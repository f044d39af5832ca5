package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// sizes are the sizes the office pages are looked at in: two in the
// normal run, all in the long one.
func sizes() [][2]int64 {
	if !long {
		return [][2]int64{{800, 480}, {1280, 800}}
	}
	return [][2]int64{{800, 480}, {1024, 600}, {1280, 800}, {800, 1280}}
}

// everySize looks at the page in every size and comes back to the first.
func (r *rig) everySize(name string) {
	r.t.Helper()
	all := sizes()
	for i := len(all) - 1; i >= 0; i-- {
		r.must(r.Resize(all[i][0], all[i][1]))
		r.sound(fmt.Sprintf("%s-%dx%d", name, all[i][0], all[i][1]))
	}
}

// A day's cash: the shift opened with change in the drawer, cash in and out,
// encashment, the drawer counted, reports, the shift closed; by touch.
func TestCashOfTheDay(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.open("/shift")
	r.following()
	r.everySize("shift-closed")
	r.click("#shift-open")
	r.until("document.querySelector('#dialog').open")
	r.everySize("shift-open")
	for _, key := range "1500" {
		r.click(fmt.Sprintf("#dialog [data-key='%c']", key))
	}
	r.click("#dialog [type=submit]")
	r.shows("#drawer-sum", "1 500,00 ₽")

	r.click("[data-dialog='/dialog/cash-in']")
	r.until("document.querySelector('#dialog').open")
	r.click("#dialog [data-key='7']")
	r.click("#dialog [data-key='0']")
	r.click("#dialog [name=reason]")
	r.until("document.querySelector('#dialog .letters').checkVisibility()")
	r.everySize("cash-in-words")
	for _, key := range "сдача" {
		r.click(fmt.Sprintf("#dialog .letters [data-key='%c']", key))
	}
	r.click("#dialog [type=submit]")
	r.shows("#drawer-sum", "1 570,00 ₽")

	r.click("[data-dialog='/dialog/cash-out']")
	r.until("document.querySelector('#dialog').open")
	r.everySize("cash-out")
	r.keys("99999" + kb.Enter)
	r.shows("#dialog .alerts", "меньше денег")
	r.sound("cash-out-refused")
	for range 5 {
		r.click("#dialog .pad [data-key=erase]")
	}
	r.click("#dialog .radios label:nth-child(4)")
	r.click("#dialog [name=sum]")
	r.keys("70,50" + kb.Enter)
	r.shows("#drawer-sum", "1 499,50 ₽")

	r.click("[data-dialog='/dialog/cash-out?category=1']")
	r.until("document.querySelector('#dialog').open")
	r.keys("499.5" + kb.Enter)
	r.shows("#drawer-sum", "1 000,00 ₽")

	r.click("[data-dialog='/dialog/drawer']")
	r.until("document.querySelector('#dialog').open")
	r.click("#dialog [name=n50000]")
	r.click("#dialog [data-key='1']")
	r.click("#dialog [name=n5000]")
	r.click("#dialog [data-key='9']")
	r.shows("#dialog [data-sum]", "950,00")
	r.shows("#dialog [data-off]", "−50,00")
	r.everySize("drawer")
	r.click("#dialog [type=submit]")
	r.until("!document.querySelector('#dialog').open")

	r.tell("scan " + barcode(1))
	r.keys(kb.Escape)
	r.at("/sale")
	r.lines(1)
	r.keys(kb.F7)
	r.at("/shift")
	r.click("#shift-close")
	r.shows("#dialog", "Сначала оплатите")
	r.until("document.querySelector('#dialog [type=submit]').disabled")
	r.keys(kb.Escape)
	r.until("!document.querySelector('#dialog').open")
	r.open("/sale")
	r.lines(1)
	r.click("#pay")
	r.click("#exact")
	r.shows(".last", "Без сдачи")
	r.keys(kb.F7)
	r.at("/shift")
	r.everySize("shift")
	r.click("#x-report")
	r.keys("7")
	r.until("document.querySelector('#dialog').open")
	r.everySize("shift-close")
	r.keys(kb.Enter)
	r.shows("#r-shift", "Смена закрыта")
	r.open("/documents")
	r.until("[...document.querySelectorAll('.doc-type')].map(e => e.innerText).join().includes('Изъятие')")
	r.quiet(refused)
}
