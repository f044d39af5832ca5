package console

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

func TestSessions(t *testing.T) {
	d := newDesk(t)
	a, b := d.browser(), d.browser()
	for _, path := range []string{"/", "/sale", "/documents", "/documents/1"} {
		if r := a.get(path); r.status != http.StatusSeeOther || r.header.Get("Location") != "/login" {
			t.Errorf("%s without a session: %d to %q", path, r.status, r.header.Get("Location"))
		}
	}
	refusal(t, a.post("/do/scan", url.Values{"code": {"1"}}), fault.LoginRequired)
	refusal(t, a.get("/tiles", "HX-Request", "true"), fault.LoginRequired)
	refusal(t, a.post("/login", url.Values{"pin": {"0000"}}), fault.LoginRefused)
	refusal(t, a.post("/login", nil), fault.LoginRefused)

	r := a.post("/login", url.Values{"pin": {consoletest.PIN}})
	done(t, r)
	cookie := r.header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if r := a.get("/login"); r.header.Get("Location") != "/sale" {
		t.Errorf("signed in, the login page answers %d", r.status)
	}
	// A cashier at the till is not a session in another browser.
	if r := b.get("/sale"); r.status != http.StatusSeeOther {
		t.Errorf("another browser got in: %d", r.status)
	}
	done(t, b.post("/login", url.Values{"pin": {consoletest.PIN}}))
	if r := a.get("/sale"); r.status != http.StatusOK {
		t.Errorf("the same cashier's first browser is out: %d", r.status)
	}
	// Another cashier takes the till: the first one's browsers are out.
	done(t, b.post("/login", url.Values{"pin": {"4321"}}))
	if r := a.get("/sale"); r.status != http.StatusSeeOther {
		t.Errorf("the cashier before is still in: %d", r.status)
	}
	if r := b.get("/sale"); r.status != http.StatusOK {
		t.Errorf("the cashier who took over is out: %d", r.status)
	}
	// Logged out from anywhere, everybody is out, and the old cookie stays dead.
	d.do(till.Logout{})
	if r := b.get("/sale"); r.status != http.StatusSeeOther {
		t.Errorf("after logout: %d", r.status)
	}
	d.do(till.Login{PIN: "4321"})
	if r := b.get("/sale"); r.status != http.StatusSeeOther {
		t.Errorf("an old session came back to life: %d", r.status)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	var s sessions
	first := s.add("anna")
	for range MaxSessions {
		s.add("anna")
	}
	if _, ok := s.cashier(first); ok || len(s.list) != MaxSessions {
		t.Errorf("%d sessions, the oldest alive: %v", len(s.list), ok)
	}
	if _, ok := s.cashier(""); ok {
		t.Error("an empty token is a session")
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn()
	d.do(till.OpenShift{}, till.Scan{Code: consoletest.Barcode(1)})
	for _, h := range [][]string{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		for _, path := range []string{"/do/pay", "/login", "/prefs"} {
			if r := b.post(path, b.tap("type", "CASH", "pin", consoletest.PIN), h...); r.status != http.StatusForbidden {
				t.Errorf("%v %s: %d", h, path, r.status)
			}
		}
	}
	if d.view().Last != nil {
		t.Error("another site paid")
	}
	if r := b.post("/do/pay", b.tap("type", "CASH"), "Sec-Fetch-Site", "", "Origin", b.srv.URL); r.status != http.StatusNoContent {
		t.Errorf("our own origin: %d %s", r.status, r.body)
	}
	for _, path := range []string{"/do/pay", "/do/void", "/do/logout"} {
		if r := b.get(path); r.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, r.status)
		}
	}
}

func TestForeignHostNamesAreRefused(t *testing.T) {
	d := newDesk(t, func(o *Options) { o.Hosts = []string{"till-7.shop.example"} })
	for host, want := range map[string]int{"evil.example": 421, "127.0.0.1.evil.example:80": 421, "localhost:8080": 200, "[::1]:8080": 200, "192.168.1.7": 200, "TILL-7.shop.example": 200} {
		b := d.browser()
		req, err := http.NewRequest(http.MethodGet, d.srv.URL+"/login", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		if r := b.send(req); r.status != want {
			t.Errorf("%s: %d, want %d", host, r.status, want)
		}
	}
}

func TestRedirectsStayHere(t *testing.T) {
	d := newDesk(t)
	b := d.browser()
	for back, want := range map[string]string{"/sale": "/sale", "//evil.example/x": "/", "https://evil.example": "/", `/\evil.example`: "/", "": "/", "javascript:alert(1)": "/", "/documents?x=1": "/documents"} {
		if r := b.post("/prefs", url.Values{"theme": {"dark"}, "back": {back}}); r.header.Get("Location") != want {
			t.Errorf("back to %q: %q, want %q", back, r.header.Get("Location"), want)
		}
	}
	if r := b.get("/login"); !strings.Contains(r.body, `data-theme="dark"`) {
		t.Error("the theme was not kept")
	}
}

func TestThePINIsNowhere(t *testing.T) {
	var log bytes.Buffer
	d := newDesk(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	b := d.browser()
	const wrong = "73519"
	r := b.post("/login", url.Values{"pin": {wrong}})
	b.post("/login?pin="+wrong, url.Values{}, "Sec-Fetch-Site", "cross-site")
	if strings.Contains(r.body, wrong) || strings.Contains(log.String(), wrong) {
		t.Error("a PIN came back")
	}
	// In the address it is no PIN at all.
	if r := b.post("/login?pin="+consoletest.PIN, url.Values{}); r.status == http.StatusNoContent {
		t.Error("a PIN in the address was taken")
	}
	done(t, b.post("/login", url.Values{"pin": {consoletest.PIN}}))
	if strings.Contains(log.String(), consoletest.PIN) {
		t.Error("the PIN is in the log")
	}
}
