package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	// Nobody knows this till yet, and it has no screen: it prints what another
	// machine needs to set it up.
	text, err := os.ReadFile(r.config())
	if err == nil {
		err = os.WriteFile(r.config(), []byte(strings.Replace(string(text), "127.0.0.1:0", "0.0.0.0:0\"\npublic = true\nlock = \"15m", 1)), 0o600)
	}
	if err = errors.Join(err, os.RemoveAll(filepath.Join(r.dir, "data"))); err != nil {
		t.Fatal(err)
	}
	r.launch("")
	r.await("the till shows what is wrong with the card's file", func() bool {
		out, _, _ := r.kassa("", "status", "--json")
		return strings.Contains(out, string(fault.CardBad)) && strings.Contains(out, "Mars")
	})
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(addresses, func(a net.Addr) bool { n, ok := a.(*net.IPNet); return ok && n.IP.IsGlobalUnicast() }) {
		code := regexp.MustCompile(`(?:Код|Code) [2-9A-Z]{4}-[2-9A-Z]{4}\b`)
		r.await("the code of the first start is printed", func() bool { return code.MatchString(r.dev.Paper()) && strings.Contains(r.dev.Paper(), "https://") })
		r.nowhere(strings.Fields(code.FindString(r.dev.Paper()))[1])
	}
	r.stop()
}
