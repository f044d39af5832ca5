package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

// TestCard: a rollout team's file, from its template to the till that shows what
// is wrong with it.
func TestCard(t *testing.T) {
	plainOnly(t)
	r := newRig(t, "")
	dirs := map[string]string{}
	for _, name := range []string{"fat", "data", "data/config", "data/identity", "data/iwd", "data/ssh", "run"} {
		dirs[name] = filepath.Join(r.dir, "card", name)
		if err := os.MkdirAll(dirs[name], 0o700); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dirs["fat"], "kassa.toml")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(file, r.run("card", "template"))
	if out := r.run("card", "check", file); out != "ok\n" {
		t.Error(out)
	}
	write(file, "timezone = \"Mars\"\n")
	if out, _, code := r.kassa("", "card", "check", file); code != exitProblems || !strings.Contains(out, "строка 1") || !strings.Contains(out, string(fault.ConfigBad)) {
		t.Errorf("%d %s", code, out)
	}
	write(filepath.Join(dirs["data/config"], "kassa.toml"), "language = \"ru\"\n")
	r.run("card", "apply", "--fat", dirs["fat"], "--data", dirs["data"], "--run", dirs["run"])
	r.configure("[update]\nrun = \"" + dirs["run"] + "\"\n")
	r.launch("")
	r.await("the till shows what is wrong with the card's file", func() bool {
		out, _, _ := r.kassa("", "status", "--json")
		return strings.Contains(out, string(fault.CardBad)) && strings.Contains(out, "Mars")
	})
	r.stop()
}
