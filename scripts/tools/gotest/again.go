package main

import (
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// In CI a failed test gets a second hearing: the machine there is slow and
// shared, and a test that has waited for it in vain says nothing about the
// change. The hearing is strict, so that it excuses the machine and not the
// code: few tests, each by itself, each several times, none that raced, died
// or found something lost. What is excused is named as flaky, to be mended.
const (
	mostAgain  = 2 // failed tests; more is no accident
	timesAgain = 3 // all of them must pass
)

// heard tells the failed tests that may be heard again, nil when any of what
// failed may not.
func (r *report) heard() []testName {
	if !r.rules.ci || r.power || r.beyond || len(r.fell) == 0 || len(r.fell) > mostAgain {
		return nil
	}
	return slices.SortedFunc(maps.Keys(r.fell), byName)
}

// fall notes a failed test by its outermost name.
func (r *report) fall(name testName, text string) {
	name.test, _, _ = strings.Cut(name.test, "/")
	r.fell[name] = true
	for _, grave := range []string{"DATA RACE", "panic:", "fatal error:", "test timed out"} {
		r.beyond = r.beyond || strings.Contains(text, grave)
	}
	r.beyond = r.beyond || !sound(text)
}

// sound is whether a test's account of power cuts, if it gave one, is clean.
func sound(text string) bool {
	var a account
	a.read(text)
	return a.lost+a.duplicated == 0
}

// again runs failed tests by themselves and takes back the failures of those
// that pass.
func (r *report) again(dir, args []string) {
	for _, name := range r.heard() {
		goArgs := append([]string{"test"}, dir...)
		goArgs = append(goArgs, flags(args)...)
		goArgs = append(goArgs, fmt.Sprintf("-count=%d", timesAgain), "-run=^"+name.test+"$", name.pkg)
		r.print("again: " + name.pkg + " " + name.test + "\n")
		out, err := exec.Command("go", goArgs...).CombinedOutput()
		if err != nil {
			r.print(string(out))
			r.flaky = nil
			return // and the failures stand
		}
		r.flaky = append(r.flaky, name)
	}
	if len(r.flaky) > 0 {
		r.failed = 0
		r.passed += len(r.flaky)
	}
}

// flags are go test's arguments without the packages and the choice of tests.
func flags(args []string) (flags []string) {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "-run":
			i++
		case strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "-run="):
			flags = append(flags, arg)
		}
	}
	return flags
}
