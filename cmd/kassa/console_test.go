package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// cashierPages is a browser at the till's console, with the owner logged in.
func (r *rig) cashierPages(t *testing.T) (get func(path string) (*http.Response, string)) {
	t.Helper()
	get, _ = r.ownerPages(t)
	return get
}

// ownerPages is a browser that presses buttons too.
func (r *rig) ownerPages(t *testing.T) (get func(path string) (*http.Response, string), post func(path string, form map[string]string) int) {
	t.Helper()
	var status struct {
		Console string `json:"console"`
	}
	if err := r.call("GET", "/api/v1/status", nil, &status); err != nil {
		t.Fatal(err)
	}
	at := strings.TrimSuffix(status.Console, "/")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(c.CloseIdleConnections)
	res, err := c.PostForm(at+"/login", url.Values{"pin": {ownerPIN}})
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusNoContent {
		t.Fatalf("login: %d, %v", res.StatusCode, err)
	}
	get = func(path string) (*http.Response, string) {
		t.Helper()
		res, err := c.Get(at + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	post = func(path string, form map[string]string) int {
		t.Helper()
		values := url.Values{}
		for k, v := range form {
			values.Set(k, v)
		}
		res, err := c.PostForm(at+path, values)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		return res.StatusCode
	}
	return get, post
}

// consoleFinds: at the console of the running till a scanned receipt of an
// archived period leads to its return; the dialogs that look elsewhere answer.
func (r *rig) consoleFinds(t *testing.T, qr, sale string) {
	t.Helper()
	get := r.cashierPages(t)
	r.run("scan", qr)
	_, page := get("/sale")
	link := regexp.MustCompile(`data-scanned="(/dialog/scanned[^"]+)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("the sale's page does not tell of the receipt")
	}
	res, _ := get(link[1])
	to := res.Header.Get("Kassa-Go")
	if to != "/return/"+sale {
		t.Fatalf("the receipt leads to %q", to)
	}
	if res, page = get(to); res.StatusCode != http.StatusOK || !strings.Contains(page, `id="return"`) || !strings.Contains(page, `name="q-`) {
		t.Errorf("its return: %d", res.StatusCode)
	}
	if res, _ = get("/dialog/orders"); res.Header.Get("Kassa-Fault") != string(fault.CloudNone) {
		t.Errorf("orders without a cloud: %d %s", res.StatusCode, res.Header.Get("Kassa-Fault"))
	}
	if res, page = get("/journal"); res.StatusCode != http.StatusOK || !strings.Contains(page, "/documents?before=") {
		t.Errorf("the closed period is not listed: %d", res.StatusCode)
	}
	for _, path := range []string{"/customers?customer=ab", "/dialog/claims", "/dialog/promotions", "/dialog/more"} {
		if res, _ := get(path); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
