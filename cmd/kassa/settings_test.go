package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestSettingsOfATill: a change is checked, written and put to use by a restart
// that waits for the cheque; a file broken by hand does not stop the shop.
func TestSettingsOfATill(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	does := func(want string, code int, args ...string) {
		t.Helper()
		out, errOut, got := r.kassa("", args...)
		if got != code || !strings.Contains(out+errOut, want) {
			t.Errorf("kassa %v: %d %s%s, want %d %s", args, got, out, errOut, code, want)
		}
	}
	text := func() string {
		t.Helper()
		b, err := os.ReadFile(r.config())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	before := text()
	does(string(fault.LoginRequired), exitRefused, "config", "set", "prefix=K7-")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	does(string(fault.LoginSenior), exitRefused, "config", "set", "prefix=K7-")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	does(string(fault.ConfigBad), exitProblems, "config", "set", "prefix=K7-", "shift.close=25h")
	does(string(fault.ConfigUnknown), exitProblems, "config", "set", "bench=false")
	does("changed prefix", 0, "config", "set", "--dry-run", "prefix=K7-")
	if text() != before {
		t.Fatalf("%s", text())
	}
	does("kassa restart", 0, "config", "set", "prefix=K7-")
	if want := strings.Replace(before, "[console]", "prefix = \"K7-\"\n[console]", 1); text() != want {
		t.Errorf("%s", text())
	}
	does(`prefix = "K7-"  (file)`, 0, "config", "list")
	var s api.SettingsState
	if err := r.call("GET", "/api/v1/settings", nil, &s); err != nil || !s.Restart || s.Old {
		t.Fatalf("%+v %v", s, err)
	}
	if err := r.call("POST", "/api/v1/settings", map[string]any{"digest": strings.Repeat("0", 64), "set": map[string]string{"prefix": "K8-"}}, nil); err == nil || !strings.Contains(err.Error(), string(fault.ConfigChanged)) {
		t.Error(err)
	}
	r.run("shift", "open")
	r.run("scan", "4600000000015")
	does(string(fault.RestartSale), exitRefused, "restart")
	r.run("pay", "cash", "50")
	r.await("the receipt is there", func() bool { return r.receipts() == 1 })
	boot := r.boot()
	does("starting again", 0, "restart")
	r.await("the till is another", func() bool { b := r.boot(); return b != "" && b != boot })
	r.await("it sells again", func() bool { s, err := r.status(); return err == nil && s.Phase == "idle" && s.KKT.Ready })
	r.run("scan", "4600000000015")
	r.run("pay", "cash", "50")
	r.await("the receipt is there", func() bool { return r.receipts() == 2 })
	r.run("logout")
	r.kill()

	// A hand breaks the file; the power was cut. The shop opens all the same.
	if err := os.WriteFile(r.config(), []byte(strings.Replace(text(), "bench = true", "bench = perhaps", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start("")
	st, err := r.status()
	if err != nil || st.Shift == nil {
		t.Fatalf("%+v %v", st, err)
	}
	if raw := r.run("status", "--json"); !strings.Contains(raw, string(fault.ConfigOld)) {
		t.Errorf("%s", raw)
	}
	does(string(fault.ConfigBad), exitProblems, "config", "check")
	r.kill()
	// An address that is somebody else's is found out only by starting.
	if err := os.WriteFile(r.config(), []byte(strings.Replace(text(), "bench = perhaps", "bench = true", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	does("changed console.listen", 0, "config", "set", "console.listen="+r.listen)
	r.start("")
	if raw := r.run("status", "--json"); !strings.Contains(raw, string(fault.ConfigOld)) {
		t.Errorf("%s", raw)
	}
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	does("changed console.listen", 0, "config", "set", "console.listen=127.0.0.1:0")
	boot = r.boot()
	does("starting again", 0, "restart")
	r.await("the till is another", func() bool { b := r.boot(); return b != "" && b != boot })
	if raw := r.run("status", "--json"); strings.Contains(raw, string(fault.ConfigOld)) {
		t.Errorf("%s", raw)
	}
	r.stop()
	r.agree()
}

// boot tells one start of the till from another; "" while there is none.
func (r *rig) boot() string {
	var s struct {
		Boot string `json:"boot"`
	}
	raw := json.RawMessage{}
	if r.call("GET", "/api/v1/status", nil, &raw) != nil || json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s.Boot
}
