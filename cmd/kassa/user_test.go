package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/fault"
)

// TestUsersOfATill: a till without a catalogue gets its first owner, who adds
// others; a cut loses none of them; who is blocked is not let in; and no PIN
// is in any file.
func TestUsersOfATill(t *testing.T) {
	r := newRig(t, "")
	if err := os.RemoveAll(filepath.Join(r.dir, "data")); err != nil {
		t.Fatal(err)
	}
	r.start("")
	type people struct {
		Users []users.Person `json:"users"`
	}
	list := func() (all people) {
		t.Helper()
		if err := json.Unmarshal([]byte(r.run("user", "list", "--json")), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	does := func(want fault.Code, pin string, args ...string) {
		t.Helper()
		if _, errOut, code := r.kassa(pin+"\n", args...); (code == 0) != (want == "") || !strings.Contains(errOut, string(want)) {
			t.Errorf("kassa %v: %d %s, want %s", args, code, errOut, want)
		}
	}
	if n := len(list().Users); n != 0 {
		t.Fatalf("%d users", n)
	}
	does(fault.LoginOwner, "482615", "user", "add", "Кто-то", "--role", "cashier")
	does(fault.UserPINWeak, "111111", "user", "add", "Ирина Ш.", "--role", "owner")
	does("", "482615", "user", "add", "Ирина Ш.", "--role", "owner", "--position", "Директор")
	does(fault.LoginRequired, "593726", "user", "add", "Второй", "--role", "owner")
	does("", "482615", "login")
	does(fault.UserPINTaken, "482615", "user", "add", "Олег", "--role", "cashier")
	does("", "593726", "user", "add", "Олег", "--role", "cashier")
	r.kill()
	r.start("")
	does("", "593726", "login")
	does(fault.LoginSenior, "1", "user", "add", "Друг", "--role", "cashier", "--no-pin")
	does("", "482615", "login")
	all := list().Users
	if len(all) != 2 || all[0].Name != "Ирина Ш." || all[1].Name != "Олег" || !all[1].PIN {
		t.Fatalf("%+v", all)
	}
	owner, oleg := all[0].ID, all[1].ID
	does(fault.UserSelf, "", "user", "block", owner)
	does(fault.UserSelf, "", "user", "change", owner, "--role", "cashier")
	does("", "", "user", "change", oleg, "--role", "senior", "--name", "Олег К.")
	does("", "714863", "user", "pin", oleg)
	does(fault.LoginRefused, "593726", "login")
	does("", "", "user", "block", oleg)
	does(fault.LoginRefused, "714863", "login")
	does("", "", "user", "unblock", oleg)
	if out := r.run("user", "list"); !strings.Contains(out, "senior  Олег К.  till: PIN") {
		t.Error(out)
	}
	does("", "", "user", "remove", oleg)
	if n := len(list().Users); n != 1 {
		t.Errorf("%d users", n)
	}
	r.stop()
	for _, pin := range []string{"482615", "593726", "714863"} {
		r.nowhere(pin)
	}
}
