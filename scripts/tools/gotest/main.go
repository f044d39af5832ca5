// Command gotest runs go test and gives a readable account of it: a line a
// package, failed tests in full, skipped tests with their reasons, and a
// closing line "N passed, N failed, N skipped".
//
//	gotest [-power] [-C DIR] [GO TEST ARGUMENTS]
//
// With -power the last line is instead what the tests of power cuts and kills
// have seen together, "N disk states, M kills, L lost, D duplicated".
//
// It exits 1 when a test or a build failed, when no test ran at all, and when
// a test was skipped for the want of something that is there or must be: root
// where the tests run as root, a browser or strace where CI=true. With -power
// also when anything was lost or duplicated, and when a test named TestPower...
// or TestRootPower... told nothing.
//
// Where CI=true one or two failed tests are run again by themselves, and are
// told as flaky when they then pass every time; again.go says what is never
// excused.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	power := len(args) > 0 && args[0] == "-power"
	if power {
		args = args[1:]
	}
	var dir []string
	if len(args) >= 2 && args[0] == "-C" { // must stay the first flag
		dir, args = args[:2], args[2:]
	}
	cmd := exec.Command("go", slices.Concat([]string{"test"}, dir, []string{"-json"}, args)...)
	cmd.Stderr = os.Stderr
	stream, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	report := newReport(out, rules{root: os.Geteuid() == 0, ci: os.Getenv("CI") == "true"})
	report.power = power
	readErr := read(stream, report)
	waitErr := cmd.Wait() // a failed test makes it non-nil; the report knows more
	if readErr == nil {
		report.again(dir, args)
	}
	if err := report.close(); err != nil {
		return err
	}
	if readErr != nil {
		return readErr
	}
	if len(report.flaky) > 0 {
		return nil
	}
	return waitErr
}

// read feeds go test's events to the report. A line that is no event (go
// prints some of its own errors plainly) is passed on as it is.
func read(stream io.Reader, r *report) error {
	lines := bufio.NewReader(stream)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				r.add(e)
			} else {
				r.print(string(line))
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read go test's output: %w", err)
		}
	}
}
