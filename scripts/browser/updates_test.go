package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A newer release is installed while its progress is looked at, waits for the
// end of the shift, and the machine restarts into it.
func TestUpdates(t *testing.T) {
	r := start(t, 1024, 600)
	r.open("/")
	r.until("document.activeElement?.id === 'pin'")
	r.keys("9876" + kb.Enter)
	r.at("/sale")
	r.open("/updates")
	r.at("/updates")
	r.shows("#r-updateacts", "1.5.0")
	r.sound("updates-offer")
	r.click("#update-install")
	r.until("document.querySelector('progress')?.value === 40")
	r.shows("#r-updateacts", "Загружаю 1.5.0")
	r.tell("update installing")
	r.until("document.querySelector('progress')?.value === 70 && !document.querySelector('#update-cancel')")
	r.sound("updates-installing")
	r.tell("update installed")
	r.click("#update-later")
	r.shows("#r-updateacts", "как только закроют смену")
	r.sound("updates-waits")
	r.click("#update-cancel")
	r.until("document.querySelector('#update-later')")
	r.click("#update-restart")
	r.click("#update-restart") // sure
	r.shows("#r-updateacts", "Перезапускаю")
	r.quiet()
}
