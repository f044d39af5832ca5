package browser

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/kassa-pos/kassa/scripts/browser/chrome"
)

// A new till, the real program: whoever sits at it becomes its owner, says what
// it is asked, and comes to the sale; the restart on the way is the page's only
// interruption.
func TestFirstStart(t *testing.T) {
	kassa, err := chrome.Build("./cmd/kassa", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // the same after the restart
	if err != nil {
		t.Fatal(err)
	}
	address, dir := l.Addr().String(), t.TempDir()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "till.toml")
	if err := os.WriteFile(config, []byte("# of a new card\n[console]\nlisten = \""+address+"\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	till := exec.Command(kassa, "run", "--config", config)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() // the program's, which has ended
	till.Stdout, till.Stderr = log, log
	if err := till.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := till.Process.Kill(); err != nil {
			t.Error(err)
		}
		till.Wait() // says "killed"
		if b, err := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%v\n%s", err, b)
		}
	}()
	tab, err := browser.Tab(800, 480)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tab.Close)
	root, err := chrome.Root()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Tab: tab, t: t, dir: filepath.Join(root, "out", "screens")}
	r.answers(address)
	r.must(r.Open("http://" + address + "/"))
	asks := func(step string) {
		t.Helper()
		r.until("location.pathname === '/setup' && document.readyState === 'complete' && document.querySelector(\"[name=step][value=" + step + "]\")")
		r.everySize("setup-" + step)
		r.must(r.Resize(800, 480))
	}
	asks("owner")
	r.click("[name=name]")
	r.keys("Ирина Шорина" + kb.Tab + "482615" + kb.Tab + "482616" + kb.Enter)
	r.shows("#alert", "не совпали")
	r.click("[name=pin]")
	r.keys("482615" + kb.Tab + "482615" + kb.Enter)
	asks("place")
	r.click("#setup-next")
	asks("kkt")
	r.click("#setup-address")
	r.keys("tcp://127.0.0.1:1")
	r.click("#setup-test")
	r.shows("#alert", "не отвечает")
	r.everySize("setup-kkt-silent")
	r.click("#setup-skip")
	asks("scanner")
	r.click("#setup-skip")
	asks("cloud")
	r.click("#setup-skip")
	asks("again")
	r.click("#setup-next")
	// The page finds the till again by itself, and that nobody is logged in there.
	r.until("location.pathname === '/login' && document.readyState === 'complete' && document.activeElement?.id === 'pin'")
	r.keys("482615" + kb.Enter)
	asks("who")
	r.click("#setup-next")
	asks("scan")
	r.click("#setup-next")
	asks("last")
	r.click("#setup-next")
	r.at("/sale")
	r.quiet(refused, noTill)
}

// answers waits until somebody listens at an address.
func (r *rig) answers(address string) {
	r.t.Helper()
	ctx, stop := context.WithTimeout(r.t.Context(), time.Minute)
	defer stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("tcp", address)
		if err == nil {
			r.must(c.Close())
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatal(err)
		}
	}
}
