package main

import (
	"os"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/lockout"
)

// TestRolesOfTheConfiguration: a cashier the file names may what his role may,
// and what the file takes from cashiers needs somebody else's PIN.
func TestRolesOfTheConfiguration(t *testing.T) {
	r := newRig(t, "")
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	more := string(text) + "[roles]\ntechnician = [\"o\"]\n[permissions.cashier]\nvoid_line = false\n"
	if err := os.WriteFile(r.config(), []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.run("scan", "4600000000015")
	r.refused(fault.LoginSenior, "cheque", "remove", "1")
	if _, errOut, code := r.kassa(ownerPIN+"\n", "approve"); code != 0 { // a technician now, who may
		t.Fatal(errOut)
	}
	r.run("cheque", "remove", "1")
	r.refused(fault.LoginSenior, "promotions", "clear")
	if out := r.run("status", "--json"); !strings.Contains(out, `"discount"`) || strings.Contains(out, `"void_line"`) {
		t.Errorf("%s", out)
	}

	// Wrong PINs stay counted through a power cut: nobody goes on guessing.
	wrong := func(want fault.Code) {
		t.Helper()
		if _, errOut, code := r.kassa("0000\n", "login"); code == 0 || !strings.Contains(errOut, string(want)) {
			t.Errorf("%d %s, want %s", code, errOut, want)
		}
	}
	for range lockout.Tries - 1 {
		wrong(fault.LoginRefused)
	}
	r.run("journal", "verify") // an audit record may take 50 ms to the disk; verify waits for it
	r.kill()
	r.start("")
	wrong(fault.LoginRefused)
	wrong(fault.LoginLocked)
	r.run("journal", "verify")
	r.kill()
	r.start("")
	if _, errOut, code := r.kassa(ownerPIN+"\n", "login"); code == 0 || !strings.Contains(errOut, string(fault.LoginLocked)) {
		t.Errorf("the right PIN unlocks: %s", errOut)
	}
	r.stop()
}
