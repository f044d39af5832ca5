package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"image"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
)

// visitor is a browser of another machine's kind: it speaks TLS and trusts the
// authorities it has taken in.
type visitor struct {
	*http.Client
	t  *testing.T
	at string
}

func newVisitor(t *testing.T, at, authority string) *visitor {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(authority)) {
		t.Fatal("no certificate to take in")
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{&http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t, at}
	t.Cleanup(v.CloseIdleConnections)
	return v
}

func (v *visitor) get(path string) (*http.Response, string) {
	v.t.Helper()
	res, err := v.Get(v.at + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return res, string(body)
}

// A till that lets other machines in speaks TLS to them, with a certificate
// that its own authority vouches for over restarts; this machine's browser
// goes on without. The customer's screen shows the pictures of its folder.
func TestConsoleForOthers(t *testing.T) {
	r := newRig(t, "")
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	open := strings.Replace(string(text), `listen = "127.0.0.1:0"`, "listen = \"0.0.0.0:0\"\npublic = true\nnames = [\"till.shop.lan\"]\n[customer]\npictures = \"pictures\"", 1)
	if err := os.WriteFile(r.config(), []byte(open), 0o600); err != nil {
		t.Fatal(err)
	}
	pictures := filepath.Join(r.dir, "pictures")
	var picture bytes.Buffer
	err = png.Encode(&picture, image.NewGray(image.Rect(0, 0, 4, 4)))
	if err == nil {
		err = os.Mkdir(pictures, 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(pictures, "a.png"), picture.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.start("")

	how := r.tlsState()
	if !how.On || how.Plain || how.Own || len(how.Fingerprint) != 95 || how.Problem != "" {
		t.Fatalf("%+v", how)
	}
	var status struct {
		Console string `json:"console"`
	}
	if err := r.call("GET", "/api/v1/status", nil, &status); err != nil {
		t.Fatal(err)
	}
	here, err := url.Parse(status.Console)
	if err != nil || here.Scheme != "http" || here.Hostname() != "127.0.0.1" {
		t.Fatalf("this machine's browser is sent to %s", status.Console)
	}
	at := "https://" + net.JoinHostPort("127.0.0.1", here.Port())
	v := newVisitor(t, at, how.PEM)
	res, err := v.PostForm(at+"/login", url.Values{"pin": {ownerPIN}})
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	cookies := res.Cookies()
	if res.StatusCode != http.StatusNoContent || len(cookies) != 1 || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || !strings.HasPrefix(cookies[0].Name, "__Host-") {
		t.Errorf("login: %d %v", res.StatusCode, cookies)
	}
	if res, page := v.get("/sale"); res.StatusCode != http.StatusOK || !strings.Contains(page, "page-sale") {
		t.Errorf("signed in: %d", res.StatusCode)
	}
	if res, pem := v.get("/ca.crt"); res.StatusCode != http.StatusOK || pem != how.PEM {
		t.Errorf("the authority's certificate: %d", res.StatusCode)
	}
	r.customerPictures(t, v, picture.String())

	// The API's token goes over TLS too, and nobody renews from there.
	token, err := os.ReadFile(filepath.Join(r.dir, "data", "api.token"))
	if err != nil {
		t.Fatal(err)
	}
	for method, path := range map[string]string{"GET": "/api/v1/tls", "POST": "/api/v1/tls/renew"} {
		req, err := http.NewRequestWithContext(t.Context(), method, at+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		res, err := v.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || (res.StatusCode == http.StatusOK) != (method == "GET") {
			t.Errorf("%s %s: %d %v", method, path, res.StatusCode, err)
		}
	}

	// The command line.
	if out := r.run("tls"); !strings.Contains(out, how.Fingerprint) || !strings.Contains(out, "till.shop.lan") {
		t.Errorf("kassa tls:\n%s", out)
	}
	file := filepath.Join(r.dir, "ca.crt")
	r.run("tls", "ca", file)
	if pem, err := os.ReadFile(file); err != nil || string(pem) != how.PEM {
		t.Errorf("kassa tls ca: %v", err)
	}
	r.run("tls", "renew")
	if now := r.tlsState(); now.Serial == how.Serial || now.Fingerprint != how.Fingerprint {
		t.Error("kassa tls renew makes another certificate by the same authority")
	}
	r.kill()
	r.start("")
	if now := r.tlsState(); now.Fingerprint != how.Fingerprint {
		t.Error("another authority after a power cut")
	}
	r.run("tls", "renew", "--authority")
	if now := r.tlsState(); now.Fingerprint == how.Fingerprint {
		t.Error("the authority is the old one")
	}
	err = filepath.WalkDir(filepath.Join(r.dir, "data", "secrets"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	r.stop()
}

func (r *rig) tlsState() (s api.TLS) {
	r.t.Helper()
	if err := r.call("GET", "/api/v1/tls", nil, &s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) customerPictures(t *testing.T, v *visitor, want string) {
	t.Helper()
	var page string
	r.await("the picture is on the customer's screen", func() bool {
		_, page = v.get("/customer?lang=ru")
		return strings.Contains(page, `data-pictures="/pictures/`)
	})
	_, rest, _ := strings.Cut(page, `data-pictures="`)
	path, _, _ := strings.Cut(rest, `"`)
	if res, body := v.get(path); res.StatusCode != http.StatusOK || body != want {
		t.Errorf("%s: %d", path, res.StatusCode)
	}
}
