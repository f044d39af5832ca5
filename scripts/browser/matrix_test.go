package browser

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// onPage are the pages as they are looked at, by the console's routes. Some
// are looked at more than once.
var onPage = map[string][]string{
	"GET /sale": {"/sale"}, "GET /customer": {"/customer"}, "GET /shift": {"/shift"},
	"GET /documents": {"/documents", "/documents?find=хлеб", "/documents?find=12345678"}, "GET /documents/{seq}": {"/documents/9"},
	"GET /shifts": {"/shifts"}, "GET /shifts/{seq}": {"/shifts/36"}, "GET /sync": {"/sync"}, "GET /kkt": {"/kkt"}, "GET /journal": {"/journal"}, "GET /reconcile": {"/reconcile"},
	"GET /reports": {"/reports?by=hour&span=month", "/reports?by=day&span=month", "/reports?by=goods&span=month", "/reports?by=payment&span=week", "/reports?by=cashier&span=month", "/reports?by=hour&from=2001-01-01&to=2001-01-01", "/reports?shift=99999"},
	"GET /design":  {"/design"}, "GET /stock": {"/stock"}, "GET /return/{seq}": {"/return/9"}, "GET /provision": {"/provision"}, "GET /service": {"/service"}, "GET /updates": {"/updates"}, "GET /users": {"/users"}, "GET /settings": {"/settings", "/settings?of=kkt", "/settings?of=gpio"}, "GET /log": {"/log", "/log?only=warnings"},
}

// noPage are routes that answer with no page of their own, and why nothing is
// lost by not looking at them.
var noPage = map[string]string{
	"GET /setup": "a test of its own", "GET /login": "looked at before anybody is logged in",
	"GET /{$}": "leads on", "GET /events": "the stream", "GET /assets/{hash}/{name...}": "files", "GET /pictures/{id}": "files", "GET /support.zip": "a file", "GET /tiles": "on /sale", "GET /claim": "in a dialog", "GET /customers": "in a dialog",
	"GET /dialog/{name}": "each has a line of its own", "GET /kkt/facts": "on /kkt", "GET /kkt/tables": "on /kkt", "GET /stock/found": "on /stock", "GET /stock/recent": "on /stock", "GET /reports/table": "a file",
}

// asking are what dialogs are opened with, where that takes more than the name.
var asking = map[string]string{"why": "?seq=9", "cash-out": "?category=1", "contact": "?way=email", "user": "?id=anna", "user-pin": "?id=anna", "user-badge": "?id=boris"}

// routes asks the console what it serves.
func routes(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command(server, "-routes").Output()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(string(out), "\n"), func(s string) bool { return !strings.HasPrefix(s, "GET ") })
}

// prefer sets language and theme as the menu does.
func (r *rig) prefer(lang, theme string) {
	r.t.Helper()
	r.must(r.Dark(theme == "dark"))
	r.until(fmt.Sprintf("window.preferred ??= fetch('/prefs', {method: 'POST', redirect: 'manual', body: new URLSearchParams({lang: %q, theme: %q, back: '/'})}).then(() => window.done = true), window.done", lang, theme))
}

// stranger is a tab where nobody is logged in, on the login page.
func (r *rig) stranger(l look) *rig {
	r.t.Helper()
	tab, err := browser.Tab(l.width, l.height)
	r.must(err)
	r.t.Cleanup(tab.Close)
	out := &rig{Tab: tab, t: r.t, fake: r.fake, dir: r.dir}
	out.open("/login")
	out.prefer(l.lang, l.theme)
	out.open("/login")
	out.following()
	return out
}

// audited looks at what is on the screen: the layout, contrast, keyboard.
func (r *rig) audited(name string) {
	r.t.Helper()
	if long || !strings.Contains(name, "/dialog-") { // a picture takes longer than all the rest
		r.must(r.Shot(filepath.Join(r.dir, name+".png")))
	}
	faults, err := r.Text("[" + chrome.Faults + ", " + chrome.Audit + "].filter(Boolean).join('\\n')")
	r.must(err)
	for fault := range strings.Lines(faults) {
		if r.told == nil {
			r.told = map[string]bool{}
		}
		if !r.told[fault] { // the same on many pages is one mistake
			r.told[fault] = true
			r.t.Errorf("%s: %s", name, strings.TrimSpace(fault))
		}
	}
}

// tabbable lists what Tab has to reach: of the radio buttons of one name, one.
const tabbable = `[...document.querySelectorAll("button, a[href], input:not([type=hidden]), select")].filter((e) => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({ visibilityProperty: true }))`

// walked presses Tab until it must have been everywhere.
func (r *rig) walked(name string) {
	r.t.Helper()
	n, err := r.Text("(window.reached = new Set(), document.activeElement?.blur(), document.addEventListener('focusin', (e) => reached.add(e.target)), " + tabbable + ".length)")
	r.must(err)
	count, err := strconv.Atoi(n)
	r.must(err)
	for range count/walk + 2 {
		r.keys(strings.Repeat(kb.Tab, walk))
	}
	missed, err := r.Text(tabbable + `.filter((e) => !reached.has(e) && !(e.type === "radio" && [...reached].some((o) => o.name === e.name && o.type === "radio"))).map((e) => e.outerHTML.slice(0, 80)).join("\n")`)
	r.must(err)
	if missed != "" {
		r.t.Errorf("%s: Tab does not reach\n%s", name, missed)
	}
}

// walks are the pages the short run presses Tab through.
var walks = []string{"/sale", "/documents", "/shift"}

// walk is how many presses go out at once.
const walk = 20

// named makes a page's address a file's name.
func named(path string) string {
	return strings.Trim(strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-").Replace(path), "-")
}

// Every page and every dialog there is, by the console's own table of routes:
// in one look as a sample, in every size, language and theme in the long run.
// Nothing sticks out or is cut off, every text is readable, the keyboard
// reaches everything, nothing comes from outside, the page never complains.
func TestMatrix(t *testing.T) {
	var pages, ask []string
	for _, pattern := range routes(t) {
		name, dialog := strings.CutPrefix(pattern, "GET /dialog/")
		switch {
		case len(onPage[pattern]) > 0:
			pages = append(pages, onPage[pattern]...)
		case noPage[pattern] != "":
		case dialog:
			ask = append(ask, name)
		default:
			t.Errorf("%s is looked at by no test: name it in onPage, or say in noPage why not", pattern)
		}
	}
	if len(pages) < len(onPage) || len(ask) < 30 {
		t.Fatalf("%d pages, %d dialogs", len(pages), len(ask))
	}
	r := start(t, 1280, 800)
	r.tell("history")
	r.open("/login")
	r.until("document.activeElement?.id === 'pin'")
	r.keys("9876" + kb.Enter)
	r.until("location.pathname === '/sale' && document.readyState === 'complete' && document.activeElement?.id === 'line'")
	r.openShift()
	for _, code := range []string{"3*" + barcode(1), barcode(4), "0.745*" + barcode(9), barcode(13), barcode(25)} {
		r.tell("scan " + code)
	}
	r.lines(5)
	r.open("/reconcile")
	r.click("#compare-last")
	r.until("document.querySelector('.versus')")
	all := []look{{1024, 600, "dark", "ru"}}
	if long {
		all = looks()
	}
	for i, l := range all {
		dir := fmt.Sprintf("matrix/%dx%d-%s-%s", l.width, l.height, l.theme, l.lang)
		out := r.stranger(l)
		out.audited(dir + "/login")
		out.quiet()
		out.Close()
		r.open("/sale")
		r.following()
		r.prefer(l.lang, l.theme)
		r.must(r.Resize(l.width, l.height))
		for _, path := range pages {
			r.open(path)
			r.until("document.readyState === 'complete' && !document.querySelector('[hx-trigger=load] .spin')")
			r.audited(dir + "/" + named(path))
			if i == 0 && (long || slices.Contains(walks, path)) {
				r.walked(path)
			}
		}
		r.open("/sale")
		r.following()
		for _, name := range ask {
			r.dialog(name, dir)
		}
	}
	r.quiet(refused, "status of 404")
}

// dialog looks at a dialog, if it can be opened now.
func (r *rig) dialog(name, dir string) {
	r.t.Helper()
	r.until(fmt.Sprintf("kassa.ask('/dialog/%s%s'), true", name, asking[name]))
	r.until("location.pathname !== '/sale' || document.querySelector('#dialog[open] h2, #alert .alert')")
	if away, err := r.Text("location.pathname !== '/sale'"); err != nil || away == "true" {
		r.must(err)
		r.open("/sale")
		r.following()
		return
	}
	if open, err := r.Text("!!document.querySelector('#dialog[open]')"); err != nil || open != "true" {
		r.must(err)
		r.keys(kb.Escape)
		r.until("!document.querySelector('#alert .alert')")
		return
	}
	r.audited(filepath.Join(dir, "dialog-"+name))
	r.until("document.querySelector('#dialog').close(), document.querySelector('#dialog').replaceChildren(), true")
}
