package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// accountOf runs gotest over a module of one package with this test file.
func accountOf(t *testing.T, body string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(append([]string{"-C", module(t, body)}, args...), &out)
	return out.String(), err
}

func module(t *testing.T, body string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"go.mod":       "module example\n\ngo 1.26\n",
		"some_test.go": "package some\n\nimport \"testing\"\n\n" + body,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAccount(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		args []string
		fail bool
		want []string
	}{
		"all pass": {
			body: `func TestA(t *testing.T) { t.Run("b", func(t *testing.T) {}) }`,
			want: []string{"ok  \texample", "2 passed, 0 failed, 0 skipped"},
		},
		"one fails": {
			body: `func TestA(t *testing.T) {}; func TestB(t *testing.T) { t.Error("broken wheel") }`,
			fail: true,
			want: []string{"broken wheel", "FAIL\texample", "1 passed, 1 failed, 0 skipped"},
		},
		"one panics": {
			body: `func TestB(t *testing.T) { panic("lost wheel") }`,
			fail: true,
			want: []string{"lost wheel", "FAIL\texample"},
		},
		"one is skipped": {
			body: `func TestA(t *testing.T) {}; func TestB(t *testing.T) { t.Skip("only with KASSA_LONG=1") }`,
			want: []string{"skipped: example TestB: some_test.go:5: only with KASSA_LONG=1", "1 passed, 0 failed, 1 skipped"},
		},
		"does not build": {
			body: `func TestA(t *testing.T) { nonsense() }`,
			fail: true,
			want: []string{"undefined: nonsense", "0 passed, 1 failed"},
		},
		"none ran": {
			body: `func TestA(t *testing.T) {}`,
			args: []string{"-run", "TestB"},
			fail: true,
			want: []string{"0 passed, 0 failed, 0 skipped"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := accountOf(t, c.body, c.args...)
			if (err != nil) != c.fail {
				t.Errorf("error %v, want one: %v", err, c.fail)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in:\n%s", want, out)
				}
			}
		})
	}
}

// In CI a test that fails by accident is heard again; one that fails always,
// one that dies and a crowd of them are not excused.
func TestSecondHearing(t *testing.T) {
	const once = `func TestA(t *testing.T) {
	if _, err := os.Stat("failed"); err != nil {
		_ = os.WriteFile("failed", nil, 0o600)
		t.Run("b", func(t *testing.T) { %s })
	}
}
`
	for name, c := range map[string]struct {
		body string
		dev  bool // not CI
		fail bool
		want string
	}{
		"once":          {body: fmt.Sprintf(once, `t.Error("slow wheel")`), want: "FLAKY, MEND IT: example TestA: failed once, passed 3 times by itself"},
		"not in CI":     {body: fmt.Sprintf(once, `t.Error("slow wheel")`), dev: true, fail: true, want: "slow wheel"},
		"always":        {body: once + `func TestB(t *testing.T) { t.Error("broken wheel") }`, fail: true, want: "1 failed"},
		"died":          {body: fmt.Sprintf(once, `panic("lost wheel")`), fail: true, want: "lost wheel"},
		"raced":         {body: fmt.Sprintf(once, `t.Error("WARNING: DATA RACE")`), fail: true, want: "DATA RACE"},
		"lost a sale":   {body: fmt.Sprintf(once, `t.Error("1 disk states, 0 kills, 1 lost, 0 duplicated")`), fail: true, want: "1 lost"},
		"too many fell": {body: fmt.Sprintf(once, `t.Error("slow wheel")`) + "func TestB(t *testing.T) { t.Error(1) }; func TestC(t *testing.T) { t.Error(1) }", fail: true, want: "4 failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", strconv.FormatBool(!c.dev))
			body := strings.Replace(c.body, "%s", `t.Log("well")`, 1)
			out, err := accountOf(t, "import \"os\"\n\n"+body)
			if (err != nil) != c.fail {
				t.Errorf("error %v, want one: %v\n%s", err, c.fail, out)
			}
			if !strings.Contains(out, c.want) {
				t.Errorf("no %q in:\n%s", c.want, out)
			}
		})
	}
}

func TestUnexcusedSkips(t *testing.T) {
	for _, c := range []struct {
		rules  rules
		reason string
		want   bool
	}{
		{rules{root: true}, "needs root", true},
		{rules{}, "needs root", false},
		{rules{ci: true}, "Chromium is not installed", true},
		{rules{root: true}, "Chromium is not installed", false},
		{rules{ci: true}, "strace is not installed", true},
		{rules{root: true, ci: true}, "only with KASSA_LONG=1", false},
	} {
		if got := c.rules.unexcused(c.reason); got != c.want {
			t.Errorf("%+v, %q: got %v", c.rules, c.reason, got)
		}
	}
}

func TestPowerAccount(t *testing.T) {
	const sound = `func TestPowerA(t *testing.T) { t.Log("12 disk states, 3 kills, 0 lost, 0 duplicated") }
func TestRootPowerB(t *testing.T) { t.Cleanup(func() { t.Log("4 disk states, 0 kills, 0 lost, 0 duplicated") }) }
`
	for name, c := range map[string]struct {
		body string
		last string
		fail bool
	}{
		"summed":          {body: sound, last: "16 disk states, 3 kills, 0 lost, 0 duplicated"},
		"lost":            {body: sound + `func TestC(t *testing.T) { t.Log("1 disk states, 1 kills, 2 lost, 1 duplicated") }`, last: "17 disk states, 4 kills, 2 lost, 1 duplicated", fail: true},
		"failed":          {body: sound + `func TestC(t *testing.T) { t.Error("1 disk states, 1 kills, 2 lost, 0 duplicated") }`, last: "17 disk states, 4 kills, 2 lost, 0 duplicated", fail: true},
		"died":            {body: sound + `func TestC(t *testing.T) { t.Log("1 disk states, 0 kills, 0 lost, 0 duplicated"); panic("lost wheel") }`, last: "17 disk states, 3 kills, 0 lost, 0 duplicated", fail: true},
		"silent":          {body: sound + `func TestPowerC(t *testing.T) {}`, last: "16 disk states, 3 kills, 0 lost, 0 duplicated", fail: true},
		"looked at none":  {body: sound + `func TestPowerC(t *testing.T) { t.Log("0 disk states, 0 kills, 0 lost, 0 duplicated") }`, last: "16 disk states, 3 kills, 0 lost, 0 duplicated", fail: true},
		"skipped is told": {body: sound + `func TestPowerC(t *testing.T) { t.Skip("only with KASSA_LONG=1") }`, last: "16 disk states, 3 kills, 0 lost, 0 duplicated"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := run([]string{"-power", "-C", module(t, c.body)}, &out)
			if (err != nil) != c.fail {
				t.Errorf("error %v, want one: %v", err, c.fail)
			}
			if !strings.HasSuffix(out.String(), "\n"+c.last+"\n") {
				t.Errorf("the last line is not %q:\n%s", c.last, out.String())
			}
		})
	}
}
