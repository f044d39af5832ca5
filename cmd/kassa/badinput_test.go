package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
)

// cli runs a command of this program as a user does and returns its exit
// code, stdout and stderr.
func cli(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	code = execute(context.Background(), args, strings.NewReader(""), &out, &errOut)
	return code, out.String(), errOut.String()
}

func TestBadConfigurationIsRefusedWithACode(t *testing.T) {
	for name, c := range map[string]struct{ text, code string }{
		"not TOML":        {"data = [", "config.bad"},
		"an unknown key":  {"data = \"d\"\nhologram = \"x\"\n", "config.unknown_key"},
		"a bad address":   {"[kkt]\ndriver = \"shtrih-m\"\naddress = \"ftp://x\"\n", "config.bad"},
		"a missing value": {"[kkt]\ndriver = \"shtrih-m\"\n", "config.missing"},
		"far too long":    {"# " + strings.Repeat("x", 100_000), "config.bad"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "till.toml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"run"}, {"status"}, {"doctor"}} {
				if code, _, stderr := cli(t, append(args, "--config", path)...); code != exitRefused || !strings.Contains(stderr, c.code) {
					t.Errorf("kassa %v: exit %d, %q, want %s", args, code, stderr, c.code)
				}
			}
			code, stdout, _ := cli(t, "config", "check", "--json", "--config", path)
			var report struct {
				OK       bool      `json:"ok"`
				Problems []problem `json:"problems"`
			}
			if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != exitProblems || report.OK || len(report.Problems) == 0 || string(report.Problems[0].Code) != c.code {
				t.Errorf("config check: exit %d, %s (%v)", code, stdout, err)
			}
		})
	}
	if code, _, stderr := cli(t, "status", "--config", filepath.Join(t.TempDir(), "none.toml")); code != exitRefused || !strings.Contains(stderr, "config.path") && !strings.Contains(stderr, "[") && stderr == "" {
		t.Errorf("no file: exit %d, %q", code, stderr)
	}
}

func TestExitCodes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "till.toml")
	if err := os.WriteFile(path, []byte("data = \"d\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"version"}, 0},
		{[]string{"config", "check", "--config", path}, 0},
		{[]string{"config", "example"}, 0},
		{[]string{"fly"}, exitUsage},
		{[]string{"scan"}, exitUsage},
		{[]string{"pay", "cash", "five"}, exitUsage},
		{[]string{"status", "--loud"}, exitUsage},
		{[]string{"journal", "export"}, exitUsage},
		{[]string{"status", "--config", path}, exitNotRunning},
		{[]string{"scan", "1", "--config", path}, exitNotRunning},
		{[]string{"journal", "verify", "--config", path}, exitRefused}, // there is no journal
	} {
		if code, _, stderr := cli(t, c.args...); code != c.code {
			t.Errorf("kassa %v: exit %d, want %d: %s", c.args, code, c.code, stderr)
		}
	}
}

// TestVeryLongDataDirectory: longer than a unix socket's address may be.
func TestVeryLongDataDirectory(t *testing.T) {
	dir := t.TempDir()
	for range 8 {
		dir = filepath.Join(dir, strings.Repeat("очень-длинный-каталог-", 3))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r := newRigIn(t, dir, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
	r.must("POST", "/api/v1/pay", map[string]string{"type": "card"})
	r.stop()
	r.agree()
}

// TestGarbageFromTheDevice: the till says so, sells nothing, hangs nowhere and
// goes on when the device comes to its senses.
func TestGarbageFromTheDevice(t *testing.T) {
	plainOnly(t)
	r := newRigIn(t, t.TempDir(), prepared(t))
	r.start("")
	if err := r.dev.Fault("garbage"); err != nil {
		t.Fatal(err)
	}
	r.await("the till notices", func() bool { s, err := r.status(); return err == nil && !s.KKT.Ready })
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
	if err := r.call("POST", "/api/v1/pay", map[string]string{"type": "card"}, nil); err == nil {
		t.Error("paid on a device that answers garbage")
	}
	if err := r.dev.Fault("garbage", "off"); err != nil {
		t.Fatal(err)
	}
	r.await("the till notices", func() bool { s, err := r.status(); return err == nil && s.KKT.Ready })
	r.must("POST", "/api/v1/pay", map[string]string{"type": "card"})
	r.stop()
	r.agree()
}

// TestHTMLFromTheCloud: a hotspot's page is no catalogue and no receipt of
// anything; the till sells on.
func TestHTMLFromTheCloud(t *testing.T) {
	hotspot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if _, err := w.Write([]byte("<html><body>Welcome to our free Wi-Fi</body></html>")); err != nil {
			t.Error(err)
		}
	}))
	defer hotspot.Close()
	r := newRigIn(t, t.TempDir(), prepared(t))
	secret := filepath.Join(r.dir, "cloud.toml")
	if err := os.WriteFile(secret, []byte("login = \"a\"\npassword = \"b\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, []byte("[cloud.moysklad]\nurl = \""+hotspot.URL+"\"\nstore = \"Лавка\"\ncredentials = \"cloud.toml\"\n")...)
	if err := os.WriteFile(r.config(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.must("POST", "/api/v1/pay", map[string]string{"type": "card"})
	err = r.call("POST", "/api/v1/sync", nil, nil)
	var refusal *client.Refusal
	if !errors.As(err, &refusal) || refusal.Code != "cloud.garbage" {
		t.Errorf("sync with a hotspot: %v", err)
	}
	s, err := r.status()
	if err != nil || len(s.Warnings) == 0 {
		t.Errorf("no warning: %+v %v", s.Warnings, err)
	}
	r.stop()
	r.agree()
}

// TestStartsWithNothing: no cloud, no devices, no catalogue. The till starts
// and says what is missing.
func TestStartsWithNothing(t *testing.T) {
	r := newRig(t, "")
	if err := os.RemoveAll(filepath.Join(r.dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.config(), []byte("data = \"data\"\nlanguage = \"en\"\n[console]\nlisten = \"127.0.0.1:0\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.launch("")
	missing := map[string]bool{}
	r.await("the till says what is missing", func() bool {
		s, err := r.status()
		for _, w := range s.Warnings {
			missing[w.Code] = true
		}
		return err == nil && missing["fiscal.missing"] && missing["catalog.missing"]
	})
	for path, code := range map[string]string{"/api/v1/shift/open": "login.required", "/api/v1/sync": "cloud.none"} {
		var refusal *client.Refusal
		if err := r.call("POST", path, nil, nil); !errors.As(err, &refusal) || string(refusal.Code) != code {
			t.Errorf("%s: %v, want %s", path, err, code)
		}
	}
	r.stop()
}

// TestNearlyFullDisk: new sales are refused with the reason, the shift can be
// closed, and the till goes on by itself when there is room.
func TestNearlyFullDisk(t *testing.T) {
	plainOnly(t)
	r := newRigIn(t, t.TempDir(), prepared(t))
	room := func(bytes string) {
		t.Helper()
		next := r.config() + ".next"
		if err := errors.Join(os.WriteFile(next, []byte(bytes), 0o600), os.Rename(next, r.config()+freeSuffix)); err != nil {
			t.Fatal(err)
		}
	}
	room("1000000000")
	r.start("")
	room("100000000")
	warned := func() bool {
		s, err := r.status()
		for _, w := range s.Warnings {
			if w.Code == "journal.space" {
				return true
			}
		}
		return err != nil
	}
	r.await("the till warns", warned)
	var refusal *client.Refusal
	if err := r.call("POST", "/api/v1/pay", map[string]string{"type": "card"}, nil); !errors.As(err, &refusal) || refusal.Code != "journal.space" {
		t.Errorf("paid on a nearly full disk: %v", err)
	}
	room("1000000000")
	r.await("the warning goes", func() bool { return !warned() })
	r.must("POST", "/api/v1/pay", map[string]string{"type": "card"})
	room("100000000")
	r.await("the till warns again", warned)
	r.must("POST", "/api/v1/shift/close", nil)
	r.stop()
	r.agree()
}
