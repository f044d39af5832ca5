package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/record"
)

// dieEnv says at which change of the disk the process of mode "steps" dies.
const dieEnv = "KASSA_JOURNAL_DIE"

const firstNew = 1000 // the first number that "steps" sells, behind those that are there

// takeSteps is a till that opens its journal, sells, ends a period, sells on
// and closes, and dies somewhere on the way. It prints what was acknowledged.
func takeSteps(dir string) error {
	k, err := tapetest.NewKiller(tape.OS{}, os.Getenv(dieEnv))
	if err != nil {
		return err
	}
	k.Arm()
	o := opts(dir)
	o.FS = k
	j, _, err := Open(context.Background(), o)
	if err != nil {
		return err
	}
	for n := firstNew; n < firstNew+20 && err == nil; n += 2 {
		if err = j.Post(entry(record.Cart, "add", n)); err == nil {
			_, err = j.Append(context.Background(), private(entry(record.Audit, "sold", n+1), phone))
		}
		fmt.Println(n + 1)
		if n == firstNew+10 && err == nil {
			_, err = j.Rotate(context.Background(), RotateOptions{})
		}
	}
	return errors.Join(err, j.Close())
}

// steps kills at the changes of a till's life in a directory.
type steps struct {
	t      *testing.T
	seen   tapetest.Account
	stride int
}

// all goes through the changes until one is not reached.
func (s *steps) all(base string, was int) {
	for at := 1; ; at += s.stride {
		survived := false
		for _, when := range []string{"before", "after"} {
			if s.stride > 1 && (when == "after") != (at/s.stride%2 == 1) {
				continue
			}
			survived = s.one(base, was, fmt.Sprintf("%s:%d", when, at))
			if s.t.Failed() {
				s.t.Fatalf("killed %s change %d", when, at)
			}
		}
		if survived {
			return
		}
	}
}

// one kills once, starts again and checks. It tells whether the process has
// come to its end instead.
func (s *steps) one(base string, was int, die string) (survived bool) {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "data")
	must(s.t, os.CopyFS(dir, os.DirFS(base)))
	cmd := startChild(s.t, dir, "steps")
	cmd.Env = append(cmd.Env, dieEnv+"="+die)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
		survived = true
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
		s.seen.Kills++
	default:
		s.t.Fatalf("%v %s", err, stderr.String())
	}
	acked := was
	for line := range strings.Lines(string(out)) {
		acked, err = strconv.Atoi(strings.TrimSpace(line))
		must(s.t, err)
	}
	s.seen.Add(s.after(dir, was, acked))
	return survived
}

// after starts on what the kill has left: the numbers up to was and then those
// from firstNew to acked have to be there, each once.
func (s *steps) after(dir string, was, acked int) (seen tapetest.Account) {
	s.t.Helper()
	j, did := open(s.t, opts(dir))
	times := map[int]int{}
	for _, r := range scanned(s.t, j, record.Filter{}) {
		if r.Type == AuditRepaired || r.Kind == record.Period {
			continue
		}
		var v struct{ N int }
		must(s.t, json.Unmarshal(r.Data, &v))
		times[v.N]++
		if times[v.N] > 1 {
			seen.Duplicated++
		}
	}
	for n := range acked + 1 {
		if (n < was || n >= firstNew) && times[n] == 0 {
			seen.Lost++
		}
	}
	rep, err := j.Verify(context.Background(), VerifyOptions{})
	if err != nil || !rep.OK || seen.Lost+seen.Duplicated > 0 {
		s.t.Errorf("%v, %+v, %v (%+v)", seen, rep, err, did)
	}
	closed(s.t, j)
	return seen
}

// stepsThrough takes a till's life through a few states of its directory.
func stepsThrough(t *testing.T, stride int) {
	s := &steps{t: t, stride: stride}
	tapetest.TellOf(t, &s.seen)
	const was = 60
	ruined := func(ruin func(dir string)) string {
		dir := made(t, was)
		ruin(dir)
		return dir
	}
	empty := t.TempDir()
	s.all(empty, 0)
	s.all(made(t, was), was)
	s.all(ruined(func(dir string) { must(t, os.RemoveAll(filepath.Join(dir, badgerName))) }), was)
	s.all(ruined(func(dir string) { forget(t, dir, 30) }), was)
	s.all(ruined(func(dir string) { must(t, os.RemoveAll(filepath.Join(dir, tapeName))) }), was)
	s.all(ruined(func(dir string) { flip(t, dir, 30) }), was)
	s.all(ruined(func(dir string) { flip(t, dir, 30); forget(t, dir, 20) }), was)
}

// TestKillAtStep is a sample of TestPowerKillAtStep.
func TestKillAtStep(t *testing.T) {
	stepsThrough(t, 97)
}

// A till that is killed before and after every change its journal makes to the
// disk: a first start, a start, repairs, sales, the end of a period, closing.
func TestPowerKillAtStep(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	stepsThrough(t, 1)
}
