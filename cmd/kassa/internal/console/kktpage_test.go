package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/till"
)

func TestKKTPage(t *testing.T) {
	var device *consoletest.KKT
	d := newDesk(t, func(o *Options) {
		device = &consoletest.KKT{Till: o.Till.(*consoletest.Till)}
		o.KKT = device
	})
	b := d.signedIn() // a cashier
	approved(t, b, "/do/kkt-clock", func() url.Values { return url.Values{} })
	if got := strings.Join(device.Done(), " "); got != "clock" {
		t.Errorf("done to the device with one PIN: %s", got)
	}

	b = d.browser()
	b.post("/login", url.Values{"pin": {"4321"}})
	for _, lang := range []string{"ru", "en"} {
		b.post("/prefs", url.Values{"lang": {lang}, "back": {"/kkt"}})
		for path, want := range map[string]string{"/kkt": "data-from=\"/kkt/facts\"", "/kkt/facts": consoletest.FN, "/kkt/tables": "ofd.example"} {
			r := b.get(path)
			if r.status != http.StatusOK || !strings.Contains(r.body, want) {
				t.Errorf("%s in %s: %d, without %q", path, lang, r.status, want)
			}
			if m := leaks.FindString(r.body); m != "" {
				t.Errorf("%s in %s: %q in the page", path, lang, m)
			}
		}
	}
	for _, what := range []string{"clock", "copy"} {
		if r := b.post("/do/kkt-"+what, url.Values{}); r.status != http.StatusNoContent {
			t.Errorf("%s: %d %s", what, r.status, r.body)
		}
	}
	if got := strings.Join(device.Done(), " "); got != "clock clock copy" {
		t.Errorf("done to the device: %s", got)
	}
	d.till.Device(func(dev *till.Device) { dev.Ready = false })
	if r := b.get("/kkt/facts"); r.status != http.StatusOK || !strings.Contains(r.body, "fiscal.missing") {
		t.Errorf("without a device: %d", r.status)
	}
	if code := b.post("/do/accept-fn", url.Values{"fn": {"9999078900009999"}}).header.Get("Kassa-Fault"); code != "fiscal.missing" {
		t.Errorf("an FN without a device: %q", code)
	}
}
