// Package browser tests the screens in a real Chromium.
package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// long runs every size, theme and language instead of a sample.
var long = os.Getenv("KASSA_LONG") != ""

// barcode is the shop's EAN-13 of the nth item.
func barcode(n int) string {
	s, sum := fmt.Sprintf("4600%08d", n), 0
	for i, c := range []byte(s) {
		sum += int(c-'0') * (1 + 2*(i%2))
	}
	return s + fmt.Sprint((10-sum%10)%10)
}

type rig struct {
	*chrome.Tab
	t    *testing.T
	fake *chrome.Fake
	dir  string
	told map[string]bool // faults that were reported
}

var (
	browser *chrome.Browser
	server  string // the built fake
)

func TestMain(m *testing.M) {
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func setUp(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "kassa-browser-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if server, err = chrome.Build("./cmd/kassa/internal/console/consoletest/serve", dir); err != nil {
		return 0, err
	}
	if browser, err = chrome.Start(); err != nil {
		return 0, err
	}
	defer browser.Close()
	return m.Run(), nil
}

// start opens a tab on a fresh fake till.
func start(t *testing.T, width, height int64, args ...string) *rig {
	t.Helper()
	fake, err := chrome.StartFake(server, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fake.Close(); err != nil {
			t.Errorf("the fake till: %v", err)
		}
	})
	tab, err := browser.Tab(width, height)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	root, err := chrome.Root()
	if err != nil {
		t.Fatal(err)
	}
	return &rig{Tab: tab, t: t, fake: fake, dir: filepath.Join(root, "out", "screens")}
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) open(path string)    { r.t.Helper(); r.must(r.Open(r.fake.URL + path)) }
func (r *rig) until(js string)     { r.t.Helper(); r.must(r.Until(js)) }
func (r *rig) click(css string)    { r.t.Helper(); r.must(r.Click(css)) }
func (r *rig) keys(keys string)    { r.t.Helper(); r.must(r.Keys(keys)) }
func (r *rig) tell(command string) { r.t.Helper(); r.must(r.fake.Tell(command)) }

// at waits for a page.
func (r *rig) at(path string) {
	r.t.Helper()
	r.until(fmt.Sprintf("location.pathname === %q && document.readyState === 'complete' && document.querySelector('#state')?.dataset.boot", path))
}

// shows waits for text in an element.
func (r *rig) shows(css, text string) {
	r.t.Helper()
	r.until(fmt.Sprintf("(document.querySelector(%q)?.innerText ?? '').replaceAll('\\u00a0', ' ').includes(%q)", css, text))
}

// document opens a document of the list. The newest stands beside the list
// before, too.
func (r *rig) document(css string) {
	r.t.Helper()
	r.click(css)
	r.until("location.pathname.startsWith('/documents/') && document.readyState === 'complete' && document.querySelector('#state')?.dataset.boot")
}

// lines waits for the cheque to have n lines.
func (r *rig) lines(n int) {
	r.t.Helper()
	r.until(fmt.Sprintf("document.querySelectorAll('#lines .line').length === %d", n))
}

// following waits until the page's stream has connected.
func (r *rig) following() { r.t.Helper(); r.until("document.querySelector('#state')?.dataset.boot") }

func (r *rig) login() {
	r.t.Helper()
	r.open("/")
	r.until("document.activeElement?.id === 'pin'")
	r.keys("1234" + kb.Enter)
	r.until("location.pathname === '/sale' && document.readyState === 'complete' && document.activeElement?.id === 'line'")
}

func (r *rig) openShift() {
	r.t.Helper()
	r.click("#shift-open")
	r.until("document.querySelector('.hint .icon') && !document.querySelector('#shift-open')")
}

// sound takes the picture and fails when the layout is broken.
func (r *rig) sound(name string) {
	r.t.Helper()
	r.must(r.Shot(filepath.Join(r.dir, name+".png")))
	faults, err := r.Text(chrome.Faults)
	r.must(err)
	if faults != "" {
		r.t.Errorf("%s:\n%s", name, faults)
	}
}

// What Chromium says of a request that the till refused, and of one that
// found no till.
const (
	refused = "status of 422 "
	noTill  = "net::ERR_"
)

// quiet fails when the page complained of anything unexpected.
func (r *rig) quiet(expected ...string) {
	r.t.Helper()
	if c := r.Complaints(expected...); len(c) > 0 {
		r.t.Errorf("the page complained:\n%s", strings.Join(c, "\n"))
	}
}
