package browser

import (
	"os"
	"strings"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// counter is a till with a payment terminal, as a cashier sees it.
type counter struct {
	*rig
	lab   *chrome.Lab
	bench *rig
}

func (c *counter) fault(f string) {
	c.t.Helper()
	c.must(c.lab.Kassalab("fault", strings.Fields(f)...))
}

// card scans something and sends its sum to the terminal.
func (c *counter) card() {
	c.t.Helper()
	c.must(c.lab.Kassalab("scan", c.lab.Ready.Codes[0]))
	c.until("document.querySelectorAll('#lines .line').length > 0")
	c.click("#pay")
	c.click("#card")
	c.click("#card-yes")
}

// free: the till has nothing to do; lines is what is in the cheque.
func (c *counter) free(lines string) {
	c.t.Helper()
	c.until("document.querySelector('#state').dataset.phase === 'idle' && !document.querySelector('.busy') && document.querySelectorAll('#lines .line').length === " + lines)
}

// again starts the till after its end and signs in.
func (c *counter) again() {
	c.t.Helper()
	c.until("!document.querySelector('#lost').hidden")
	c.must(c.lab.StartTill())
	c.until("location.pathname === '/login' && document.activeElement?.id === 'pin' && document.readyState === 'complete'")
	c.following()
	c.keys(c.lab.Ready.PIN + kb.Enter)
	c.until("location.pathname === '/sale' && document.readyState === 'complete'")
}

// meanwhile breaks the KKT while the customer pays, and then he has paid.
func (c *counter) meanwhile(f string) {
	c.t.Helper()
	c.card()
	c.bench.until("!document.querySelector('[data-pay=approve]').disabled")
	c.fault(f)
	c.bench.click("[data-pay='approve']")
}

// The card was charged and the receipt can not be registered: the paper has
// run out, the KKT is not there, the till dies in between. The cashier sees what
// is kept, and what can be done; the money goes back, or the receipt is made.
func (c *counter) paidAndNotRegistered() {
	c.t.Helper()
	held := func(shot, why string) {
		c.t.Helper()
		c.shows(".busy.grave", "Оплачено, но чек не пробит")
		c.click("#doubt")
		c.shows("#dialog", "58,90 ₽")
		c.shows("#dialog .alert small", why)
		c.sound(shot)
	}
	c.free("0")
	c.until("!document.querySelector('dialog[open]')") // the answer was found meanwhile: nothing to decide
	// No paper: paper is put in, the receipt is registered.
	c.bench.click("[data-pay='wait']")
	c.bench.until("document.querySelector('[data-pay=approve_all]')")
	c.meanwhile("kkt paper-out")
	held("terminal-held-paper", "бумаг")
	c.fault("kkt paper-in")
	c.click("#doubt-retry")
	c.free("0")

	// The KKT is gone; the till dies meanwhile. It is there again, and the receipt
	// is registered.
	c.meanwhile("kkt unplug")
	held("terminal-held-unplugged", "не отвечает")
	c.keys(kb.Escape)
	c.must(c.lab.KillTill())
	c.fault("kkt replug")
	c.again()
	c.free("0")

	// No paper anywhere: the money goes back, the goods are in the cheque.
	c.meanwhile("kkt paper-out")
	held("terminal-held-back", "бумаг")
	c.click("#dialog .radios label:last-child")
	c.click("#doubt-abandon")
	c.until("document.querySelector('#approve').open")
	c.keys(c.lab.Ready.Senior + kb.Enter)
	c.free("1")
	c.sound("terminal-given-back")
	c.fault("kkt paper-in")
	c.until("!document.querySelector('.chip.stop')")
	c.click("#pay")
	c.click("#exact")
	c.free("0")
}

// A terminal that is connected to nothing: the cashier types the sum into it
// and tells the till what it said, also after the till has died.
func (c *counter) byHand() {
	c.t.Helper()
	c.must(c.lab.KillTill())
	text, err := os.ReadFile(c.lab.Ready.Config)
	c.must(err)
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		if line == "[terminal]" {
			lines = append(lines[:i+1], append([]string{`driver = "manual"`}, lines[i+4:]...)...)
			break
		}
	}
	c.must(os.WriteFile(c.lab.Ready.Config, []byte(strings.Join(lines, "\n")), 0o600))
	c.again()
	c.free("0")

	c.card()
	c.shows(".busy", "Проведите оплату на терминале")
	c.sound("terminal-by-hand")
	c.click("#charge-no")
	c.free("1")
	c.click("#pay")
	c.click("#card")
	c.click("#card-yes")
	c.until("document.querySelector('#charge-yes')")
	c.must(c.lab.KillTill())
	c.again()
	c.shows(".busy.grave", "Посмотрите чек терминала")
	c.sound("terminal-by-hand-asked-again")
	c.click("#charge-yes")
	c.free("0")
	c.shows(".last", "Чек №")
}
