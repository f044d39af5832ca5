package certs

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Plain HTTP from another machine gets a clear answer and nothing of the till;
// this machine itself, and TLS, are served.
func TestSecured(t *testing.T) {
	d := newDesk(t)
	k := Open(d.o)
	h := k.Secured(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Served", "yes") }))
	ask := func(from, method, path, accept string, over *tls.ConnectionState) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader("pin=1234"))
		r.Host, r.RemoteAddr, r.TLS = `evil.example"><script>`, from, over
		r.Header.Set("Accept", accept)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.ParseIP("192.168.1.20"), Port: 8443})))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for from, served := range map[string]bool{"127.0.0.1:5000": true, "[::1]:5000": true, "192.168.1.20:5000": true, "[::ffff:127.0.0.1]:5000": true,
		"192.168.1.21:5000": false, "[fe80::1%eth0]:5000": false, "nonsense": false, "": false} {
		if got := ask(from, "POST", "/login", "*/*", nil).Header().Get("Served") == "yes"; got != served {
			t.Errorf("plain from %q: served %v", from, got)
		}
	}
	if ask("192.168.1.21:5000", "POST", "/login", "*/*", &tls.ConnectionState{}).Header().Get("Served") != "yes" {
		t.Error("TLS is not served")
	}
	for accept, kind := range map[string]string{"text/html,*/*": "text/html", "application/json": "text/plain"} {
		w := ask("192.168.1.21:5000", "GET", "/", accept, nil)
		if w.Code != http.StatusUpgradeRequired || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Body.String(), "https://192.168.1.20:8443/") ||
			strings.Contains(w.Body.String(), "evil") || w.Header().Get("Upgrade") == "" {
			t.Errorf("%s: %d %v\n%s", accept, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask("192.168.1.21:5000", "HEAD", "/", "", nil); w.Code != http.StatusUpgradeRequired || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d %q", w.Code, w.Body)
	}
	if w := ask("192.168.1.21:5000", "GET", AuthorityPath, "", nil); w.Code != http.StatusOK || w.Body.String() != string(k.Authority()) {
		t.Errorf("the authority: %d", w.Code)
	}
	d.o.Dir += "/ca.pem/below"
	none := Open(d.o)
	w := httptest.NewRecorder()
	none.Secured(h).ServeHTTP(w, httptest.NewRequest("GET", AuthorityPath, nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("no authority: %d", w.Code)
	}
}
