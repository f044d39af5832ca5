package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
)

// patience bounds every wait of these tests.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kassalab": main})
}

// TestScripts runs the command line as a person does. Beside testscript's own
// commands there are
//
//	ready DIR        wait until the bench on DIR has said that it is
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: ready DIR")
				}
				waitReady(ts, ts.MkAbs(args[0]))
			},
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("KASSALAB_DIR", "")
			return nil
		},
	})
}

// answers tells whether somebody listens at a page's address.
func answers(page string) bool {
	u, err := url.Parse(page)
	if err != nil {
		return false
	}
	c, err := net.DialTimeout("tcp", u.Host, time.Second)
	return err == nil && c.Close() == nil
}

func waitReady(ts *testscript.TestScript, dir string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		running, err := home.Running(dir)
		if err != nil {
			ts.Fatalf("%v", err)
		}
		// What a killed bench left says that it is ready, until the next one that
		// holds the directory takes it away; it does so before its page answers.
		if r, err := home.ReadReady(dir); err != nil || !running || !answers(r.Bench) {
			continue
		}
		if _, err := home.ReadReady(dir); err == nil {
			return
		}
	}
	ts.Fatalf("no bench on %s within %v", dir, patience)
}

func TestExitCodes(t *testing.T) {
	defer goleak.VerifyNone(t)
	t.Setenv("KASSALAB_DIR", "")
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
	}{
		{"version", exitOK},
		{"--help", exitOK},
		{"", exitOK},
		{"toast", exitUsage},
		{"kkt", exitUsage},
		{"kkt toast --dir " + dir, exitUsage},
		{"cloud", exitUsage},
		{"version more", exitUsage},
		{"--no-such-flag", exitUsage},
		{"run --seed x --dir " + dir, exitUsage},
		{"run", exitUsage},
		{"run --kkt-protocol v3 --dir " + dir, exitUsage},
		{"run --kkt-link usb --dir " + dir, exitUsage},
		{"scan 123", exitUsage},
		{"scan --dir " + dir, exitUsage},
		{"kkt state --dir " + dir, exitNotRunning},
		{"--dir " + dir + " scan 123", exitNotRunning},
		{"fault --dir " + filepath.Join(dir, "none"), exitNotRunning},
		{"run --dir " + filepath.Join(file, "below"), exitFailed},
		{"run --listen nonsense --dir " + filepath.Join(dir, "b"), exitFailed},
	} {
		var out, errs bytes.Buffer
		if code := run(strings.Fields(c.args), &out, &errs); code != c.code {
			t.Errorf("kassalab %s: code %d, want %d\n%s", c.args, code, c.code, errs.String())
		}
		if said := errs.Len() > 0; said != (c.code != exitOK) {
			t.Errorf("kassalab %s: code %d, standard error %q", c.args, c.code, errs.String())
		}
	}
}

func TestVersion(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run([]string{"version", "--json"}, &out, &errs); code != exitOK {
		t.Fatal(errs.String())
	}
	var v struct{ Version string }
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || v.Version != version {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// TestConfigIsTheTills asks the till itself whether it understands what the
// bench writes for it.
func TestConfigIsTheTills(t *testing.T) {
	dir := t.TempDir()
	kassa := filepath.Join(dir, "kassa")
	build := exec.Command("go", "build", "-o", kassa, "../kassa")
	if text, err := build.CombinedOutput(); err != nil {
		t.Skipf("the till does not build, which its own tests tell: %v\n%s", err, text)
	}
	where := filepath.Join(dir, strings.Repeat("стенд ", 20)+`%?#"`)
	b, err := bench.Open(bench.Options{Dir: where, Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ready, err := b.Announce()
	if err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	check := exec.Command(kassa, "config", "check", "--config", filepath.Join(where, "bench.toml"))
	if text, err := check.CombinedOutput(); err != nil {
		t.Errorf("kassa config check: %v\n%s", err, text)
	}
	if text, err := os.ReadFile(filepath.Join(where, "bench.toml")); err != nil || ready.Senior == "" || !strings.Contains(string(text), "senior = [") || !strings.Contains(string(text), "is "+ready.Senior) {
		t.Errorf("nobody may approve: %v, PIN %q\n%s", err, ready.Senior, text)
	}
}
