package browser

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// The first sale with the real programs: PIN, shift, a barcode over the
// scanner's serial line, cash, paper; then a power cut in the middle of a
// cheque and a printer without paper.
func TestFirstSale(t *testing.T) {
	lab, err := chrome.StartLab(t.TempDir(), t.TempDir())
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
	open := func(width, height int64, url string) *rig {
		t.Helper()
		tab, err := browser.Tab(width, height)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(tab.Close)
		root, err := chrome.Root()
		if err != nil {
			t.Fatal(err)
		}
		r := &rig{Tab: tab, t: t, dir: filepath.Join(root, "out", "screens", "lab")}
		r.must(r.Open(url))
		return r
	}
	scan := func(code string) {
		t.Helper()
		err := lab.Kassalab("scan", code)
		if err != nil {
			t.Fatal(err)
		}
	}

	customer := open(800, 480, lab.Ready.Console+"customer")
	bench := open(1280, 900, lab.Ready.Bench)
	r := open(1280, 800, lab.Ready.Console)
	login := func() {
		t.Helper()
		r.until("location.pathname === '/login' && document.activeElement?.id === 'pin'")
		r.keys(lab.Ready.PIN + kb.Enter)
		r.until("location.pathname === '/sale' && document.readyState === 'complete'")
	}
	login()
	r.click("#shift-open")
	r.until("!document.querySelector('#shift-open') && document.querySelector('#state').dataset.phase === 'idle'")
	r.sound("sale-empty")

	scan(lab.Ready.Codes[0])
	r.lines(1)
	customer.lines(1)
	name, err := r.Text("document.querySelector('.line-name').textContent")
	r.must(err)
	customer.shows(".line-name", name)
	r.shows(".strip", "Смена 1")
	scan("2*" + lab.Ready.Codes[1])
	scan("no such thing")
	r.lines(2)
	r.shows(".notice", "no such thing")
	r.sound("sale-lines")
	r.click("#dismiss")
	r.until("!document.querySelector('.notice')")

	r.must(lab.Kassalab("fault", "ofd", "down")) // documents wait in the FN until it is up again
	r.click("#pay")
	r.click("[data-note='500000']")
	r.until("document.querySelector('#change').textContent !== ''")
	change, err := r.Text("document.querySelector('#change').textContent.replace(/^\\D+/, '')")
	r.must(err)
	r.sound("pay")
	r.click("#take")
	r.until("document.querySelector('.last-sum')")
	r.until(fmt.Sprintf("document.querySelector('.last-sum').textContent.startsWith(%q)", change))
	customer.until(fmt.Sprintf("document.querySelector('#c-change')?.textContent.startsWith(%q)", change))
	r.sound("change")
	bench.until(fmt.Sprintf("document.querySelector('#tape').innerText.includes(%q)", "ФД"))
	r.click("a[href='/documents']")
	r.until("document.querySelectorAll('.docrow').length === 3")
	r.document(".docrow")
	r.shows("#paper", "ИТОГ")
	r.sound("receipt")
	r.click("a[href='/sale']")

	// A power cut in the middle of a cheque.
	scan(lab.Ready.Codes[0])
	scan(lab.Ready.Codes[2])
	r.lines(2)
	r.must(lab.Kassa("journal", "verify")) // a cart event may take 50 ms to the disk; verify waits for it
	r.must(lab.KillTill())
	r.until("!document.querySelector('#lost').hidden")
	r.must(lab.StartTill())
	login()
	r.lines(2)
	customer.lines(2)
	r.until("/ОФД (< )?\\d мин/.test(document.querySelector('.strip').innerText.replaceAll('\\u00a0', ' '))") // printer, till and screen agree on the time zone
	r.must(lab.Kassalab("fault", "ofd", "up"))

	// No paper: refused with the reason, then paid.
	r.must(lab.Kassalab("fault", "kkt", "paper-out"))
	r.shows(".strip", "Нет бумаги")
	r.keys(kb.Enter)
	r.until("document.activeElement?.id === 'cash'")
	r.keys(kb.Enter)
	r.shows("#alert-pay", "бумаг")
	r.must(lab.Kassalab("fault", "kkt", "paper-in"))
	r.until("!document.querySelector('.chip.stop')")
	r.keys(kb.Enter)
	r.shows(".last", "Без сдачи")
	r.keys(kb.F7)
	r.at("/shift")
	r.shows("#r-shift", "2 чека")
	r.click("#shift-close")
	r.click("#dialog [type=submit]")
	r.shows("#r-shift", "Смена закрыта")
	r.quiet(refused, noTill)
}
