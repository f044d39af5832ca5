// Package chrome drives Debian's Chromium for the tests of the screens: tabs
// with cookies of their own, real key presses and clicks, pictures, and a
// record of everything that a page complained about.
//
// Waiting is asking again (Until), because Chromium's own polling needs eval, which
// the console's pages forbid.
package chrome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const (
	patience = 15 * time.Second // for anything a test waits for
	again    = 15 * time.Millisecond
)

// Browser is one running Chromium.
type Browser struct {
	ctx  context.Context
	stop []func()
}

// Start runs Chromium with an empty profile and without anything that would
// talk to the network by itself.
func Start() (*Browser, error) {
	profile, err := os.MkdirTemp("", "kassa-chromium-")
	if err != nil {
		return nil, err
	}
	b := &Browser{stop: []func(){func() { os.RemoveAll(profile) }}}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.UserDataDir(profile), chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "ru"))
	if path := os.Getenv("CHROMIUM"); path != "" {
		options = append(options, chromedp.ExecPath(path))
	}
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(alloc)
	b.ctx = ctx
	b.stop = append(b.stop, stopAlloc, stop)
	if err := chromedp.Do(ctx); err != nil {
		b.Close()
		return nil, fmt.Errorf("chromium does not start: %w", err)
	}
	return b, nil
}

// Close ends Chromium and removes its profile.
func (b *Browser) Close() {
	for i := len(b.stop) - 1; i >= 0; i-- {
		b.stop[i]()
	}
}

// Tab is one page with cookies of its own.
type Tab struct {
	ctx  context.Context
	stop func()

	mu       sync.Mutex
	messages []string
}

// Tab opens an empty tab of a size in pixels.
func (b *Browser) Tab(width, height int64) (*Tab, error) {
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t := &Tab{ctx: ctx, stop: stop}
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, height)); err != nil {
		stop()
		return nil, err
	}
	// The tab has the focus, also when Tab leads past its last button.
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		stop()
		return nil, err
	}
	messages := chromedp.Console(ctx)
	go func() { // ends with the tab's context
		for m, err := range messages {
			if err != nil {
				return
			}
			t.mu.Lock()
			t.messages = append(t.messages, m.String()+" "+m.URL)
			t.mu.Unlock()
		}
	}()
	return t, nil
}

// Close closes the tab.
func (t *Tab) Close() { t.stop() }

// Resize changes the size in pixels.
func (t *Tab) Resize(width, height int64) error {
	return chromedp.Do(t.ctx, chromedp.EmulateViewport(width, height))
}

// Dark makes the system's theme dark or light.
func (t *Tab) Dark(dark bool) error {
	value := "light"
	if dark {
		value = "dark"
	}
	_, err := chromedp.Call(t.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
	return err
}

// Open goes to an address and waits for the page to load.
func (t *Tab) Open(url string) error {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Do(ctx, chromedp.Navigate(url))
}

// Text evaluates an expression to a string.
func (t *Tab) Text(js string) (string, error) {
	return chromedp.Run(t.ctx, chromedp.Evaluate[string]("String("+js+")"))
}

// Until waits for an expression to become true.
func (t *Tab) Until(js string) error {
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		ok, err := chromedp.Run(t.ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		if err == nil && ok {
			return nil
		}
		if time.Now().After(deadline) {
			body, _ := t.Text("document.body?.innerText.slice(0, 1500)")
			return fmt.Errorf("not in %v: %s (last error %v); the page says:\n%s", patience, js, err, body)
		}
		select {
		case <-tick.C:
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

// Click clicks the middle of the first element a CSS selector finds, once it
// is there, visible and enabled, and stands still: a page that has just drawn
// itself anew may do so again.
func (t *Tab) Click(css string) error {
	where := fmt.Sprintf("(e => e && !e.disabled && e.checkVisibility() ? (e.scrollIntoView({block: 'nearest'}), r => [r.x + r.width / 2, r.y + r.height / 2].join(' '))(e.getBoundingClientRect()) : '')(document.querySelector(%q))", css)
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(again)
	defer tick.Stop()
	for before := ""; ; {
		at, err := t.Text(where)
		if err != nil {
			return err
		}
		if at != "" && at == before {
			var x, y float64
			if _, err := fmt.Sscan(at, &x, &y); err != nil {
				return fmt.Errorf("%s is at %q: %w", css, at, err)
			}
			return chromedp.Do(t.ctx, chromedp.MouseClickXY(x, y))
		}
		if before = at; time.Now().After(deadline) {
			return fmt.Errorf("not in %v: %s to click on, it is at %q", patience, css, at)
		}
		select {
		case <-tick.C:
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

// Keys presses keys, wherever the focus is. Names of special keys are in
// chromedp's package kb.
func (t *Tab) Keys(keys string) error { return chromedp.Do(t.ctx, chromedp.KeyEvent(keys)) }

// shotTries is how often a picture is asked for: a page that is left while
// Chromium waits for its next frame is never answered for.
const shotTries = 3

// Shot stores a picture of what is visible.
func (t *Tab) Shot(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	var png []byte
	var err error
	for range shotTries {
		if png, err = t.picture(); !errors.Is(err, context.DeadlineExceeded) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("picture %s: %w", filepath.Base(path), err)
	}
	return os.WriteFile(path, png, 0o644)
}

func (t *Tab) picture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

// Complaints are the page's errors and warnings so far, but for those that
// contain one of the expected texts: Chromium reports a refused request as an
// error too.
func (t *Tab) Complaints(expected ...string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []string
	for _, m := range t.messages {
		wanted := func(text string) bool { return strings.Contains(m, text) }
		harmless := strings.HasPrefix(m, "log:") || strings.HasPrefix(m, "info:") || strings.HasPrefix(m, "debug:")
		if !harmless && !slices.ContainsFunc(expected, wanted) {
			out = append(out, m)
		}
	}
	return out
}

// Faults is a script that lists what is wrong with a page's layout: text or
// boxes wider than the window, things to touch that are too small, words cut
// off inside a button.
const Faults = `(() => {
  const out = [], root = document.documentElement;
  if (root.scrollWidth > innerWidth) out.push("page is " + root.scrollWidth + " wide, window " + innerWidth);
  if (root.scrollHeight > innerHeight + 1) out.push("page is " + root.scrollHeight + " high, window " + innerHeight);
  const name = (e) => e.tagName + (e.id ? "#" + e.id : "") + "." + e.className + " " + (e.innerText ?? "").slice(0, 30);
  for (const e of document.querySelectorAll("body *")) {
    if (!e.checkVisibility() || e.closest("svg, .sr")) continue;
    const b = e.getBoundingClientRect();
    if (!b.width || getComputedStyle(e).opacity === "0") continue;
    if (b.right > innerWidth + 1 || b.left < -1) out.push("sticks out: " + name(e));
    if (e.matches("button, a, select") && (b.width < 47.5 || b.height < 47.5)) out.push("small target " + Math.round(b.width) + "x" + Math.round(b.height) + ": " + name(e));
    if (e.matches("button, .button, .chip, .num") && e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).display !== "inline") out.push("cut off: " + name(e));
  }
  for (const e of document.querySelectorAll("button, a")) {
    const b = e.getBoundingClientRect(), x = b.x + b.width / 2, y = b.y + b.height / 2;
    if (!e.checkVisibility({ visibilityProperty: true }) || !b.width) continue;
    let scrolledAway = false, clipped = false;
    for (let p = e.parentElement; p; p = p.parentElement) {
      const c = p.getBoundingClientRect(), o = getComputedStyle(p).overflowY;
      if (o === "visible" || (y >= c.top && y <= c.bottom)) continue;
      if (o === "auto" || o === "scroll") scrolledAway = true; else clipped = true;
    }
    if (scrolledAway) continue;
    const top = document.elementFromPoint(x, y), sheet = (n) => n?.closest("dialog, .sheet");
    if (clipped || (top && !e.contains(top) && !top.contains(e) && sheet(top) === sheet(e))) out.push("covered: " + name(e));
  }
  // Nothing to press or to read ends behind the edge of a box that can not be
  // pushed sideways.
  for (const e of document.querySelectorAll("button, a, input, select, label, .num, dd, td, th, h1, h2, p")) {
    const b = e.getBoundingClientRect();
    if (!b.width || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || e.closest(".sr, svg") || getComputedStyle(e).clipPath !== "none") continue;
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) {
      const o = getComputedStyle(p);
      if (o.overflowX === "visible" || o.clipPath !== "none") continue;
      const c = p.getBoundingClientRect();
      if (p.matches(".wide, .rail, .choices")) break;
      if (b.right > c.right + 1 || b.left < c.left - 1) { out.push("cut off at the side: " + name(e)); break; }
    }
  }
  for (const m of document.body.innerHTML.matchAll(/<no value>|%!|\b(strip|sale|pay|last|shift|parked|warn|menu|help|docs|paper|customer)\.[a-z]+\b/g)) out.push("raw key: " + m[0]);
  return [...new Set(out)].slice(0, 20).join("\n");
})()`
