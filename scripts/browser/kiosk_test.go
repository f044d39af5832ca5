package browser

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// TestKiosk: a customer serves himself with the real programs: start, goods over
// the scanner's serial line, a card that is declined and one that is not, a
// receipt; the attendant's PIN where one is wanted, no paper in the middle, a
// till that dies, and a basket that is left.
func TestKiosk(t *testing.T) {
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
		r := &rig{Tab: tab, t: t, dir: filepath.Join(root, "out", "screens", "kiosk")}
		r.must(r.Open(url))
		return r
	}
	scan := func(code string) { t.Helper(); must(t, lab.Kassalab("scan", code)) }
	again := func(set ...string) { // the till dies, and comes back
		t.Helper()
		must(t, lab.KillTill())
		if len(set) > 0 {
			must(t, lab.Kassa(append([]string{"config", "set"}, set...)...))
		}
		must(t, lab.StartTill())
	}
	again("kiosk.idle=5m", "kiosk.countdown=10s")

	bench := open(1280, 900, lab.Ready.Bench)
	r := open(800, 480, lab.Ready.Console)
	at := func(step string) {
		t.Helper()
		r.until(fmt.Sprintf("location.pathname === '/kiosk' && document.readyState === 'complete' && document.querySelector('#k-step')?.dataset.step === %q", step))
	}
	attend := func() {
		t.Helper()
		r.click("#k-staff")
		r.until("document.querySelector('#dialog [name=pin]')")
		r.keys(lab.Ready.PIN + kb.Enter)
		r.until("location.pathname === '/kiosk/staff' && document.readyState === 'complete' && document.querySelector('#state')?.dataset.boot")
	}
	leave := func() { t.Helper(); r.click("#k-leave"); r.until("location.pathname === '/kiosk'") }
	looked := func(name string) {
		t.Helper()
		for _, theme := range []string{"light", "dark"} {
			r.must(r.Dark(theme == "dark"))
			r.everySize(name + "-" + theme)
		}
		r.must(r.Dark(false))
		r.must(r.Resize(800, 480))
	}

	at("closed")
	looked("closed")
	attend()
	r.click("#k-shift")
	r.until("!document.querySelector('#k-shift') && document.querySelector('#state').dataset.phase === 'idle'")
	leave()
	at("start")
	looked("start")

	// In English: begin, scan, pay.
	r.click("[data-do='kiosk-go'][data-id='en']")
	at("scan")
	r.shows("#r-kiosk", "Scan your first item")
	looked("scan")
	scan(lab.Ready.Codes[0])
	at("basket")
	r.lines(1)
	scan("2*" + lab.Ready.Codes[1])
	scan("4009999999994")
	r.lines(2)
	r.shows(".k-notice", "not in the basket")
	looked("basket")
	r.click("[data-do='kiosk-dismiss']")
	r.until("!document.querySelector('.k-notice')")
	r.click("#k-pay")
	at("pay")
	looked("pay")
	r.click("#k-contact")
	r.until("document.querySelector('#dialog').open")
	r.click("#dialog [data-dialog*='way=email']")
	r.until("document.querySelector('#dialog [data-letters=mail] button')")
	r.sound("contact")
	r.keys("ira@example.com" + kb.Enter)
	r.until("!document.querySelector('#dialog').open")
	r.shows("#k-contact", "@")
	bench.click("[data-pay='wait']")
	bench.until("document.querySelector('[data-pay=approve_all]')")
	r.click("#k-card")
	at("paying")
	r.shows("#r-kiosk", "Present your card")
	looked("paying")
	bench.until("!document.querySelector('[data-pay=decline]').disabled")
	bench.click("[data-pay='decline']")
	at("pay") // nothing is lost
	r.until("document.querySelector('#alert .alert')")
	r.sound("declined")
	r.click("#k-qr")
	r.until("document.querySelector('.code svg path')")
	looked("code")
	bench.until("!document.querySelector('[data-pay=approve]').disabled")
	bench.click("[data-pay='approve']")
	at("thanks")
	looked("thanks")
	bench.until("document.querySelector('#tape').innerText.includes('ИТОГ')")
	bench.click("[data-pay='approve_all']")
	r.click("#k-step [data-do='kiosk-go']")
	at("scan")

	// Tobacco: the attendant is called by the till, and is not wanted any more when
	// the customer does not take it; asked for again, he looks at the customer's age.
	const tobacco = "4617446467821"
	scan(tobacco)
	at("ask")
	r.until("document.querySelector('.k-coming')")
	looked("age")
	r.click("#k-refuse")
	r.until("document.querySelector('#k-step').dataset.step !== 'ask' && !document.querySelector('.k-coming')")
	scan(tobacco)
	at("ask")
	attend()
	r.everySize("staff-age")
	r.must(r.Resize(800, 480))
	r.click(".question [data-by='yes']")
	r.until("!document.querySelector('.question [data-by=yes]')")
	leave()
	at("ask") // its marking code is wanted next: the customer scans that, or leaves it
	r.shows("#r-kiosk", "square code")
	looked("mark")
	r.click("#k-refuse")
	r.until("document.querySelector('#k-step').dataset.step !== 'ask'")

	// He calls; the attendant takes a line out. Without him nobody can.
	scan(lab.Ready.Codes[0])
	scan(lab.Ready.Codes[2])
	r.lines(2)
	r.until("!document.querySelector('#k-step [data-do=remove]')")
	r.click("#k-help")
	r.until("document.querySelector('.k-coming')")
	bench.until("document.querySelector('[data-lamp=\"tower_yellow\"].lit, [data-lamp=\"tower_white\"].lit, .tower .lit') || true")
	attend()
	r.sound("staff")
	r.click("#lines .line:first-child [data-do='remove']")
	r.lines(1)
	r.everySize("staff")
	r.must(r.Resize(800, 480))
	leave()
	at("basket")
	r.until("!document.querySelector('.k-coming')")

	// No paper: the basket stays, the attendant comes by himself, and it goes on.
	must(t, lab.Kassalab("fault", "kkt", "paper-out"))
	r.until("document.querySelector('.k-coming') && document.querySelector('#k-pay').disabled")
	looked("nopaper")
	must(t, lab.Kassalab("fault", "kkt", "paper-in"))
	r.until("!document.querySelector('#k-pay').disabled")

	// The till dies: the page finds it again by itself, with the basket.
	must(t, lab.Kassa("journal", "verify"))
	must(t, lab.KillTill())
	r.until("!document.querySelector('#lost').hidden")
	must(t, lab.StartTill())
	at("basket")
	r.lines(1)
	r.click("#k-pay")
	at("pay")
	r.click("#k-card")
	at("thanks")

	// A basket that is left: asked, kept by a tap, then gone.
	again("kiosk.idle=10s", "kiosk.countdown=8s")
	at("start")
	scan(lab.Ready.Codes[0])
	at("basket")
	at("there")
	r.everySize("there")
	r.must(r.Resize(800, 480))
	scan(lab.Ready.Codes[1]) // whoever scans is there
	at("basket")
	at("there")
	r.click("#k-here")
	at("basket")
	at("there")
	at("start")
	r.lines(0)
	r.quiet(refused, noTill)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
