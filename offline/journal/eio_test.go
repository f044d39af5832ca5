package journal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// diskErrors makes the real calls that make a commit durable fail in a process
// that sells: fdatasync is the tape's, msync Badger's.
type diskErrors struct {
	t     *testing.T
	seen  tapetest.Account
	ended int // processes that stopped because of it
	left  int // and could not close Badger
}

func newDiskErrors(t *testing.T) *diskErrors {
	t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("strace is not installed: scripts/setup faults")
	}
	d := &diskErrors{t: t}
	tapetest.TellOf(t, &d.seen)
	return d
}

// one lets the nth call of every thread fail, and with a + all that follow.
func (d *diskErrors) one(call, when string) {
	d.t.Helper()
	dir, log := filepath.Join(d.t.TempDir(), "data"), filepath.Join(d.t.TempDir(), "calls")
	ctx, cancel := context.WithTimeout(d.t.Context(), 3*time.Minute)
	defer cancel()
	child := startChild(d.t, dir, "write")
	args := []string{"-f", "--seccomp-bpf", "-qq", "-y", "-o", log, "-e", "trace=write," + call, "-e", "inject=" + call + ":error=EIO:when=" + when, child.Path}
	cmd := exec.CommandContext(ctx, "strace", args...)
	cmd.Env = child.Env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	d.seen.Kills++
	if ctx.Err() != nil {
		d.t.Fatalf("%s %s: it goes on: %s", call, when, stderr.String())
	}
	injected, after := readCalls(d.t, log)
	if injected == 0 {
		d.t.Fatalf("%s %s: no call has failed: %v %s", call, when, err, stderr.String())
	}
	if err == nil || !strings.Contains(stderr.String(), "input/output error") {
		d.t.Errorf("%s %s: %v %s", call, when, err, stderr.String())
	}
	if strings.Contains(stderr.String(), "journal.write") {
		d.ended++
	}
	if strings.Contains(stderr.String(), "badger is left as it is") {
		if d.left++; len(glob(d.t, dir, leftName)) == 0 && call != "fdatasync" {
			d.t.Errorf("%s %s: not noted: %s", call, when, stderr.String())
		}
	}
	if after > 0 {
		d.t.Errorf("%s %s: %d acknowledged after the tape's flush had failed", call, when, after)
	}
	acked := 0
	for line := range strings.Lines(string(out)) {
		n, err := strconv.Atoi(strings.TrimSpace(line))
		must(d.t, err)
		acked = n
	}
	seen, did := storyIn(d.t, dir, acked)
	if d.seen.Add(seen); did.BadgerRebuilt { // a flush that failed may cost Badger a table; the tape has everything
		d.t.Logf("%s %s: made again: %v", call, when, did.Reasons)
	}
}

// readCalls counts the calls that were made to fail, and the numbers that were
// acknowledged behind a failed flush of the tape.
func readCalls(t *testing.T, log string) (injected, after int) {
	t.Helper()
	f, err := os.Open(log)
	must(t, err)
	defer func() { must(t, f.Close()) }()
	failed := false
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		switch {
		case strings.Contains(line, "(INJECTED)"):
			injected++
			failed = failed || strings.Contains(line, "fdatasync") && strings.Contains(line, ".tape>")
		case failed && strings.Contains(line, " write(1<"):
			after++
		}
	}
	return injected, after
}

func (d *diskErrors) all(numbers ...int) {
	for _, call := range []string{"fdatasync", "msync"} {
		for _, n := range numbers {
			d.one(call, strconv.Itoa(n))
			d.one(call, fmt.Sprintf("%d+", n))
		}
	}
	if d.ended < len(numbers) {
		d.t.Errorf("only %d processes stopped because of it", d.ended)
	}
}

// A disk that fails a flush ends all acknowledging; the next start has all
// that was acknowledged.
func TestDiskErrors(t *testing.T) {
	newDiskErrors(t).all(6)
}

func TestPowerDiskErrors(t *testing.T) {
	d := newDiskErrors(t)
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	var numbers []int
	for n := 1; n < 200; n += 1 + n/3 {
		numbers = append(numbers, n)
	}
	d.all(numbers...)
	if d.left == 0 {
		t.Error("Badger could always be closed")
	}
}
