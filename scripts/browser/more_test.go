package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// approve types a senior's PIN for what the page is asked to do.
func (r *rig) approve(shot string) {
	r.t.Helper()
	r.until("document.querySelector('#approve[open] [name=pin]') === document.activeElement")
	if shot != "" {
		r.sound("approve")
	}
	r.keys("4321" + kb.Enter)
	r.until("!document.querySelector('#approve[open]')")
}

// printed is the QR code of the fake's fiscal document.
func printed(fd uint32, roubles string) string {
	return fmt.Sprintf("t=20260305T1407&s=%s&fn=9999078900001234&i=%d&fp=%d&n=1", roubles, fd, uint32(uint64(fd)*2_654_435_761))
}

// A receipt is scanned and opens its return; goods are scanned beside it and
// exchanged. Then goods come back without a receipt, and the drawer opens
// without a sale, each with a senior's PIN.
func TestExchangeAndTakeBack(t *testing.T) {
	r := start(t, 800, 480)
	r.login()
	r.openShift()
	r.sell(2, "2*"+barcode(1), barcode(2)) // FD 41872
	r.tell("scan " + printed(41872, "179.70"))
	r.until("location.pathname.startsWith('/return/') && document.readyState === 'complete' && document.activeElement?.name?.startsWith('q-')")
	r.tell("scan " + barcode(19)) // 129.90
	r.click(".rline:nth-child(1) [data-step='1']")
	r.shows("#swap-due", "65,00 ₽")
	r.everySize("exchange")
	r.click("#refund [value=ELECTRON] + span")
	r.click("#swap-do")
	r.at("/sale")
	r.shows(".last", "65,00 ₽")
	r.sound("exchange-done")

	r.keys(barcode(2) + kb.Enter)
	r.lines(1)
	r.keys(kb.F11)
	r.until("document.querySelector('#dialog[open] [data-choice]')")
	r.everySize("more")
	r.keys("2")
	r.until("document.querySelector('#dialog[open] [name=reason]') === document.activeElement")
	r.everySize("take-back")
	r.keys("не подошло" + kb.Enter)
	r.approve("take-back")
	r.shows(".last", "49,90 ₽")
	r.keys("NS" + kb.Enter)
	r.until("document.querySelector('#dialog[open] [name=reason]') === document.activeElement")
	r.sound("no-sale")
	r.keys("размен" + kb.Enter)
	r.approve("")
	r.until("!document.querySelector('#dialog[open]')")

	r.tell("scan " + barcode(1))
	r.lines(1)
	r.tell("scan " + "t=20260301T1200&s=500.00&fn=9999078900007777&i=12&fp=34&n=1") // another till's
	r.until("document.querySelector('#dialog[open] [name=receipt]')")
	r.everySize("take-back-other")
	r.keys(kb.Escape)
	r.quiet(refused)
}
