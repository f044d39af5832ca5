package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// sell sells items for cash, exactly paid.
func (r *rig) sell(lines int, codes ...string) {
	r.t.Helper()
	for _, code := range codes {
		r.tell("scan " + code)
	}
	r.lines(lines)
	r.click("#pay")
	r.click("#exact")
	r.shows(".last", "Без сдачи")
}

// Goods come back by touch: from the list of documents, some pieces of a line,
// then everything that is left.
func TestReturnByTouch(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.sell(3, "3*"+barcode(1), barcode(2), "0.745*"+barcode(9))
	r.click("[data-tab=keys]")
	r.click("a[href='/documents']")
	r.at("/documents")
	r.document(".docrow")
	r.until("document.querySelector('#paper')")
	r.everySize("document-sale")
	r.click("#to-return")
	r.until("location.pathname.startsWith('/return/') && document.readyState === 'complete' && document.activeElement?.name?.startsWith('q-')")
	r.everySize("return-nothing")
	r.until("document.querySelector('#refund-do').disabled")
	r.click(".rline:nth-child(1) [data-step='1']")
	r.shows("#refund-sum", "64,90 ₽")
	r.click(".rline:nth-child(1) [data-step='1']")
	r.shows("#refund-sum", "129,80 ₽")
	r.click(".rline:nth-child(2) .rname")
	r.shows("#refund-sum", "179,70 ₽")
	r.click(".rline:nth-child(2) .rname") // and not after all
	r.shows("#refund-sum", "129,80 ₽")
	r.click(".rline:nth-child(3) [data-left]")
	for _, key := range []string{"9", "erase", "0", ",", "2"} {
		r.click("#return-pad [data-key='" + key + "']")
	}
	r.shows("#refund-sum", "156,78 ₽")
	r.everySize("return")
	r.click("#refund-do")
	r.at("/sale")
	r.shows(".last", "Возврат №")
	r.shows(".last", "156,78 ₽")
	r.sound("return-done")

	r.open("/documents")
	r.document(".docrows li:nth-child(2) a") // the sale
	r.click("#to-return")
	r.shows(".rline:nth-child(1)", "1 шт")
	r.click("[data-everything]")
	r.shows("#refund-sum", "188,32 ₽")
	r.click("#refund-do")
	r.at("/sale")
	r.shows(".last", "188,32 ₽")
	r.open("/documents")
	r.document(".docrows li:nth-child(3) a")
	r.click("#to-return")
	r.shows(".rline", "возвращено")
	r.until("!document.querySelector('[data-everything]')")
	r.sound("return-gone")
	r.quiet()
}

// The same by keyboard, of a card payment, the receipt found by what is
// printed on it.
func TestReturnByKeyboard(t *testing.T) {
	r := start(t, 1280, 800)
	r.login()
	r.openShift()
	r.keys("2*" + barcode(1) + kb.Enter)
	r.lines(1)
	r.keys(barcode(2) + kb.Enter)
	r.lines(2)
	r.keys(kb.F10)
	r.until("document.activeElement?.id === 'card-yes'")
	r.keys(kb.Enter)
	r.shows(".last", "Оплачено картой")
	r.keys(kb.F3)
	r.at("/documents")
	r.keys("1")
	r.until("document.querySelector('#dialog[open] [name=find]') === document.activeElement")
	r.everySize("find")
	r.keys("99" + kb.Enter)
	r.shows("#alert", "99")
	r.at("/documents")
	r.keys("1")
	r.until("document.querySelector('#dialog[open] [name=find]') === document.activeElement")
	r.keys("41872" + kb.Enter) // the FD
	r.until("location.pathname.startsWith('/documents/') && document.querySelector('#to-return') && document.readyState === 'complete' && document.querySelector('#state')?.dataset.boot")
	r.keys("2")
	r.until("location.pathname.startsWith('/return/') && document.readyState === 'complete' && document.activeElement?.name?.startsWith('q-')")
	r.keys("+")
	r.shows("#refund-sum", "64,90 ₽")
	r.keys(kb.ArrowDown + "*")
	r.shows("#refund-sum", "114,80 ₽")
	r.shows("#refund-do", "Терминал одобрил")
	r.everySize("return-card")
	r.keys("3") // more than was sold
	r.shows("#refund", "можно вернуть")
	r.until("document.querySelector('#refund-do').disabled")
	r.sound("return-more")
	r.keys(kb.Backspace)
	r.shows("#refund-sum", "114,80 ₽")
	r.keys(kb.Enter)
	r.at("/sale")
	r.shows(".last", "Возвращено безналично")
	r.shows(".last", fmt.Sprintf("%s ₽", "114,80"))
	r.quiet(refused)
}
