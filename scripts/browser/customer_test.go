package browser

import (
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// poster draws a picture such as shops have on their screens.
func poster(t *testing.T, path string, width, height int, from, to color.RGBA) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	mix := func(a, b uint8, k int) uint8 { return uint8((int(a)*(width-k) + int(b)*k) / width) }
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{mix(from.R, to.R, x), mix(from.G, to.G, x), mix(from.B, to.B, (x+y)%width), 255})
		}
	}
	f, err := os.Create(path)
	if err == nil {
		err = jpeg.Encode(f, m, nil)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// second opens the customer's screen of the same till.
func (r *rig) second(width, height int64, path string) *rig {
	r.t.Helper()
	tab, err := browser.Tab(width, height)
	r.must(err)
	r.t.Cleanup(tab.Close)
	c := &rig{Tab: tab, t: r.t, fake: r.fake, dir: r.dir}
	c.open(path)
	return c
}

// The customer's screen from one customer to the next: pictures that take
// turns, lines with their discount, change, pictures again after a reload.
func TestCustomerScreen(t *testing.T) {
	dir := t.TempDir()
	poster(t, filepath.Join(dir, "1.jpg"), 640, 360, color.RGBA{200, 60, 40, 255}, color.RGBA{250, 200, 80, 255})
	poster(t, filepath.Join(dir, "2.jpg"), 300, 400, color.RGBA{20, 90, 160, 255}, color.RGBA{120, 220, 200, 255})
	if err := os.WriteFile(filepath.Join(dir, "3.jpg"), []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, 1280, 800, "-pictures", dir)
	c := r.second(1024, 600, "/customer")
	c.until("document.querySelector('.c-slides img.on')?.complete && document.querySelector('.c-slides img.on').naturalWidth === 640")
	c.until("document.querySelector('.c-slides img.on').naturalWidth === 300")
	c.until("document.querySelector('.c-slides img.on').naturalWidth === 640")
	c.shows(".c-hello", "Берёзка")
	c.sound("customer-pictures")
	english := r.second(800, 480, "/customer?lang=en")
	english.shows(".c-note", "closed")
	r.login()
	r.openShift()
	c.shows(".c-note", "Добро пожаловать")
	english.shows(".c-note", "Welcome") // the stream speaks the page's language
	english.sound("customer-pictures-800-en")

	r.tell("scan 3*" + barcode(1))
	r.tell("scan " + barcode(4))
	c.lines(2)
	c.until("!document.querySelector('.c-slides')")
	c.sound("customer-lines")
	sum, err := c.Text("document.querySelector('#c-due').textContent")
	r.must(err)
	c.must(c.Open(r.fake.URL + "/customer")) // a reload loses nothing
	c.lines(2)
	c.until(fmt.Sprintf("document.querySelector('#c-due').textContent === %q", sum))
	r.keys(kb.Enter)
	r.until("document.activeElement?.id === 'cash'")
	r.click("[data-note='500000']")
	r.click("#take")
	c.until("document.querySelector('#c-change')")
	c.sound("customer-change")
	c.quiet()
	english.quiet()
	r.quiet(refused)
}

// From the scan at the till to the line in the next frame of the console and
// of the customer's screen, both in one run.
func TestScanToPixels(t *testing.T) {
	const scans = 60
	const limit = time.Second // a loaded machine; the figures themselves are in the log
	r := start(t, 1280, 800)
	r.login()
	r.openShift()
	c := r.second(1024, 600, "/customer")
	c.shows(".c-note", "Добро пожаловать")
	screens := map[string]*rig{"console": r, "customer": c}
	for _, s := range screens {
		r.must(s.WatchLines())
	}
	took := map[string][]time.Duration{}
	for n := range scans {
		began := time.Now()
		r.tell("scan " + barcode(30+n))
		for name, s := range screens {
			shown, err := s.Frame(n)
			r.must(err)
			took[name] = append(took[name], shown.Sub(began))
		}
	}
	for name, all := range took {
		slices.Sort(all)
		t.Logf("scan to pixels of the %s: p50 %v, p99 %v", name, all[scans/2], all[scans*99/100])
		if all[scans*99/100] > limit {
			t.Errorf("p99 of the %s is over %v", name, limit)
		}
	}
}
