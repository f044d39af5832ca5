package console

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// TestEveryRouteIsGuarded: whatever is added to the console's routes, no other
// site can make a browser press it, nothing runs that this server has not sent,
// and nobody gets at it without logging in but for what is open to all.
func TestEveryRouteIsGuarded(t *testing.T) {
	d := newDesk(t)
	b, stranger := d.signedIn(), d.browser()
	open := []string{"/", "/login", "/customer", "/events", "/prefs", "/assets/", "/pictures/"}
	wildcard := regexp.MustCompile(`\{[^}]*\}`)
	posts := 0
	for _, route := range d.c.Routes() {
		method, path, _ := strings.Cut(wildcard.ReplaceAllString(route, "1"), " ")
		if route == "GET /{$}" {
			path = "/"
		}
		if method == http.MethodPost {
			posts++
			if r := b.post(path, url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); r.status != http.StatusForbidden {
				t.Errorf("%s from another site: %d", route, r.status)
			}
		}
		free := false
		for _, o := range open {
			free = free || path == o || len(o) > 1 && strings.HasSuffix(o, "/") && strings.HasPrefix(path, o)
		}
		if free {
			continue
		}
		r := stranger.get(path)
		if method == http.MethodPost {
			r = stranger.post(path, url.Values{})
		}
		if csp := r.header.Get("Content-Security-Policy"); csp != policy || r.header.Get("X-Content-Type-Options") != "nosniff" || r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", route, r.header)
		}
		if in := r.status < http.StatusMultipleChoices || r.status == http.StatusSeeOther && r.header.Get("Location") != "/login"; in {
			t.Errorf("%s lets a stranger in: %d to %q", route, r.status, r.header.Get("Location"))
		}
	}
	if posts < 40 {
		t.Errorf("only %d routes to press", posts)
	}
}
