package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// event is one line of go test -json; go doc test2json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Output     string
}

type testName struct{ pkg, test string } // test is "" for the package itself

// rules say which reasons to skip a test are not accepted here.
type rules struct{ root, ci bool }

// unexcused tells whether a test skipped with this output should have run.
func (r rules) unexcused(reason string) bool {
	reason = strings.ToLower(reason)
	switch {
	case r.root && strings.Contains(reason, "root"):
		return true
	case r.ci && (strings.Contains(reason, "chromium") || strings.Contains(reason, "browser") || strings.Contains(reason, "strace")):
		return true
	}
	return false
}

// report collects events and prints what a person wants to read of them.
type report struct {
	out     io.Writer
	outErr  error
	rules   rules
	output  map[testName]*strings.Builder // of what has not ended yet
	passed  int
	failed  int
	skipped map[testName]string // reason
	power   bool                // the account is what is asked for
	account account
	silent  []testName        // of power, and told nothing
	fell    map[testName]bool // failed, by their outermost names
	beyond  bool              // something failed that no second hearing may excuse
	flaky   []testName        // failed, and passed by themselves
}

func newReport(out io.Writer, r rules) *report {
	return &report{out: out, rules: r, output: map[testName]*strings.Builder{}, skipped: map[testName]string{}, fell: map[testName]bool{}}
}

func (r *report) print(text string) {
	if _, err := io.WriteString(r.out, text); err != nil && r.outErr == nil {
		r.outErr = err
	}
}

func (r *report) add(e event) {
	name := testName{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.hold(name, e.Output)
	case "build-output":
		r.print(e.Output)
	case "build-fail":
		r.failed++
		r.beyond = true
	case "pass", "fail", "skip":
		text := ""
		if held := r.output[name]; held != nil {
			text = held.String()
			delete(r.output, name)
		}
		if e.Test == "" {
			r.endPackage(e.Action, e.Package, text)
		} else {
			r.endTest(e.Action, name, text)
		}
	}
}

func (r *report) hold(name testName, text string) {
	held := r.output[name]
	if held == nil {
		held = &strings.Builder{}
		r.output[name] = held
	}
	held.WriteString(text)
}

func (r *report) endTest(action string, name testName, text string) {
	told := r.account.read(text)
	switch action {
	case "pass":
		r.passed++
		if ofPower(name) && !told {
			r.silent = append(r.silent, name)
		}
	case "skip":
		r.skipped[name] = reason(text)
	case "fail":
		r.failed++
		r.fall(name, text)
		r.print(text)
	}
}

// endPackage prints the package's own line; all it said when it failed. A
// package that dies leaves its running tests without an end: theirs follows.
func (r *report) endPackage(action, pkg, text string) {
	if action == "fail" {
		for _, name := range slices.SortedFunc(maps.Keys(r.output), byName) {
			if name.pkg == pkg {
				r.failed++
				r.beyond = true
				r.account.read(r.output[name].String())
				r.print(r.output[name].String())
				delete(r.output, name)
			}
		}
		r.print(text)
		r.beyond = r.beyond || !r.fellIn(pkg) || strings.Contains(text, "DATA RACE") || strings.Contains(text, "panic:")
		return
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "ok") {
			r.print(line)
		}
	}
}

// fellIn tells whether a test explains why the package failed.
func (r *report) fellIn(pkg string) bool {
	for name := range r.fell {
		if name.pkg == pkg {
			return true
		}
	}
	return false
}

func byName(a, b testName) int {
	return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.test, b.test))
}

// reason is what a skipped test said, on one line.
func reason(text string) string {
	var said []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

// close prints the account; an error says why the run is no success.
func (r *report) close() error {
	unexcused := 0
	for _, name := range slices.SortedFunc(maps.Keys(r.skipped), byName) {
		word := "skipped"
		if r.rules.unexcused(r.skipped[name]) {
			word = "SKIPPED, MUST RUN HERE"
			unexcused++
		}
		r.print(fmt.Sprintf("%s: %s %s: %s\n", word, name.pkg, name.test, r.skipped[name]))
	}
	for _, name := range r.flaky {
		r.print(fmt.Sprintf("FLAKY, MEND IT: %s %s: failed once, passed %d times by itself\n", name.pkg, name.test, timesAgain))
	}
	r.print(fmt.Sprintf("%d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skipped)))
	if r.power {
		for _, name := range r.silent {
			r.print(fmt.Sprintf("NO ACCOUNT: %s %s\n", name.pkg, name.test))
		}
		r.print(r.account.String() + "\n")
	}
	switch {
	case r.outErr != nil:
		return r.outErr
	case r.failed > 0:
		return fmt.Errorf("%d failed", r.failed)
	case unexcused > 0:
		return fmt.Errorf("%d skipped that must run here", unexcused)
	case r.power && r.account.lost+r.account.duplicated > 0:
		return fmt.Errorf("%d lost, %d duplicated", r.account.lost, r.account.duplicated)
	case r.power && len(r.silent) > 0:
		return fmt.Errorf("%d tests of power gave no account", len(r.silent))
	case r.passed == 0:
		return errors.New("no test ran")
	}
	return nil
}
