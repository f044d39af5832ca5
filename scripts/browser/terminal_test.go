package browser

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// A till with a payment terminal, by touch: approved, declined, called off, by
// code, and its answer lost.
func TestPaymentTerminal(t *testing.T) {
	lab, err := chrome.StartLab(t.TempDir(), t.TempDir(), "--terminal")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
		if log := lab.Log(); t.Failed() {
			t.Logf("the programs said:\n%s", log[max(0, len(log)-4000):])
		}
	}()
	root, err := chrome.Root()
	if err != nil {
		t.Fatal(err)
	}
	open := func(width, height int64, url string) *rig {
		t.Helper()
		tab, err := browser.Tab(width, height)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tab.Close)
		r := &rig{Tab: tab, t: t, dir: filepath.Join(root, "out", "screens", "terminal")}
		r.must(r.Open(url))
		return r
	}
	customer := open(800, 480, lab.Ready.Console+"customer")
	bench := open(1280, 900, lab.Ready.Bench)
	r := open(1280, 800, lab.Ready.Console)
	r.until("location.pathname === '/login' && document.activeElement?.id === 'pin'")
	r.keys(lab.Ready.PIN + kb.Enter)
	r.until("location.pathname === '/sale' && document.readyState === 'complete'")
	r.click("#shift-open")
	r.until("!document.querySelector('#shift-open') && document.querySelector('#state').dataset.phase === 'idle'")
	fill := func() {
		t.Helper()
		r.must(lab.Kassalab("scan", lab.Ready.Codes[0]))
		r.until("document.querySelectorAll('#lines .line').length > 0")
	}
	card := func() {
		t.Helper()
		r.click("#pay")
		r.click("#card")
		r.shows("#card-ask", "терминал")
		r.click("#card-yes")
	}
	sold := func() {
		t.Helper()
		r.until("document.querySelector('.last') && document.querySelector('#state').dataset.phase === 'idle' && document.querySelectorAll('#lines .line').length === 0")
	}

	// The customer takes his time, then pays.
	bench.click("[data-pay='wait']")
	bench.until("document.querySelector('[data-pay=approve_all]')")
	fill()
	card()
	r.shows(".busy", "ждёт карту")
	customer.shows("#r-customer", "карту")
	r.sound("terminal-waits")
	bench.until("!document.querySelector('[data-pay=approve]').disabled")
	bench.click("[data-pay='approve']")
	sold()

	// Declined: the cheque is back. Called off: the same.
	fill()
	card()
	bench.until("!document.querySelector('[data-pay=decline]').disabled")
	bench.click("[data-pay='decline']")
	r.until("document.querySelectorAll('#lines .line').length === 1 && document.querySelector('#state').dataset.phase === 'idle'")
	card()
	r.click("#charge-off")
	r.until("document.querySelectorAll('#lines .line').length === 1 && document.querySelector('#state').dataset.phase === 'idle'")

	// By code: the cashier and the customer see it.
	r.click("#pay")
	r.click("#ways")
	r.click("[data-way='QR']")
	r.click("#card-yes")
	r.until("document.querySelector('.paycode svg path')")
	customer.until("document.querySelector('#r-customer .code svg path')")
	r.sound("terminal-code")
	customer.sound("terminal-code-customer")
	bench.until("!document.querySelector('[data-pay=approve]').disabled")
	bench.click("[data-pay='approve']")
	sold()

	// The answer is lost: asked again by its id, and sold once.
	fill()
	bench.click("[data-pay='approve_all']")
	r.must(lab.Kassalab("fault", "terminal", "lose_answer"))
	card()
	sold()

	// It can not be understood: nobody knows, and the till says so until it can.
	r.must(lab.Kassalab("fault", "terminal", "garbage"))
	fill()
	card()
	r.shows(".busy.grave", "Неизвестно")
	r.click("#doubt")
	r.shows("#dialog", "Прошла ли оплата")
	r.sound("terminal-doubt")
	r.must(lab.Kassalab("fault", "terminal", "mend"))
	sold()

	bench.shows("#terminal", "одобрено")

	c := &counter{rig: r, lab: lab, bench: bench}
	c.paidAndNotRegistered()
	c.byHand()
	r.quiet(refused, noTill)
}
