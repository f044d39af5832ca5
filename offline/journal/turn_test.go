package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/record"
)

const childDie = "KASSA_JOURNAL_DIE" // as tapetest.NewKiller wants it

// turnInChild ends a period, or removes one, on a file system that kills the
// process at a change of the parent's choice, and tells how many there were.
func turnInChild(o Options, mode string) (err error) {
	killer, err := tapetest.NewKiller(tape.OS{}, os.Getenv(childDie))
	if err != nil {
		return err
	}
	o.FS = killer
	j, _, err := Open(context.Background(), o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	ctx := context.Background()
	killer.Arm()
	if mode == "remove" {
		gone, err := j.Retain(ctx, RetainOptions{Years: 5, Now: start.AddDate(9, 0, 0)})
		if err == nil && len(gone) != 1 {
			err = fmt.Errorf("%d periods removed", len(gone))
		}
		if err != nil {
			return err
		}
	} else if _, err := j.Rotate(ctx, RotateOptions{Carry: func(context.Context) ([]uint64, error) { return []uint64{2, 5}, nil }}); err != nil {
		return err
	}
	if _, err := j.Append(ctx, entry(record.Audit, "after", 1)); err != nil {
		return err
	}
	if err := j.caughtUp(ctx); err != nil {
		return err
	}
	fmt.Println(killer.Steps())
	return nil
}

// killTurns kills a process at every so many of its changes and checks what it
// leaves. check tells how many of its records are lost or doubled.
func killTurns(t *testing.T, mode, sound string, every int, check func(dir string) (lost, doubled int)) (seen tapetest.Account) {
	t.Helper()
	run := func(die string) (dir, out string, err error) {
		dir = filepath.Join(t.TempDir(), "data")
		must(t, os.CopyFS(dir, os.DirFS(sound)))
		cmd := startChild(t, dir, mode)
		cmd.Env = append(cmd.Env, childDie+"="+die)
		b, err := cmd.CombinedOutput()
		return dir, strings.TrimSpace(string(b)), err
	}
	_, out, err := run("")
	steps, bad := strconv.Atoi(out)
	if err != nil || bad != nil || steps < 10 {
		t.Fatalf("%v: %s", err, out)
	}
	for k := 1; k <= steps; k += every {
		for _, when := range []string{"before", "after"} {
			dir, out, err := run(fmt.Sprintf("%s:%d", when, k))
			var exit *exec.ExitError
			switch {
			case err == nil: // runs differ by what is prepared ahead: it did not come to k
			case !errors.As(err, &exit) || exit.ExitCode() != -1:
				t.Fatalf("%s change %d: %v: %s", when, k, err, out)
			default:
				seen.Kills++
			}
			lost, doubled := check(dir)
			seen.States++
			seen.Lost, seen.Duplicated = seen.Lost+lost, seen.Duplicated+doubled
			if t.Failed() {
				t.Fatalf("%s change %d of %d: %v", when, k, steps, glob(t, dir, "*"))
			}
			must(t, os.RemoveAll(dir))
		}
	}
	return seen
}

// story is a journal that is about to end a period, with records that have to
// go along; it is the second period that ends when again is set.
func storyToTurn(t *testing.T, again bool) (dir string, own []uint64) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	cart := entry(record.Cart, "add", 1)
	cart.Group = poolGroups[0]
	add(t, j, cart)
	add(t, j, cashIn(t, 1, nil))
	add(t, j, entry(record.Setting, "till", 1))
	for n := range 60 {
		add(t, j, cashIn(t, int64(n+2), nil))
		if again && n == 30 {
			ended(t, j, 2, 5)
		}
	}
	own = seqs(scanned(t, j, record.Filter{}))
	must(t, j.caughtUp(context.Background()))
	if again {
		waitSealed(t, dir)
	}
	closed(t, j)
	return dir, own
}

// turned checks what a killed process has left: everything once, nothing to be
// repaired, and the period ends, if it has not, like any other.
func turned(t *testing.T, dir string, own []uint64) (lost, doubled int) {
	t.Helper()
	ctx := context.Background()
	if rep, err := Verify(ctx, dir, VerifyOptions{Temp: t.TempDir()}); err != nil || !rep.OK {
		t.Errorf("at rest: %+v %v", rep, err)
	}
	j, did, err := Open(ctx, opts(dir))
	if err != nil {
		t.Errorf("%v", err)
		return 0, 0
	}
	if did.Repaired() || len(did.Aside) > 0 {
		t.Errorf("%+v", did)
	}
	for range 2 {
		lost, doubled = account(t, j, own)
		if lost+doubled > 0 {
			t.Errorf("%d lost, %d doubled", lost, doubled)
		}
		for _, seq := range own[:5] {
			if r, err := j.Get(ctx, seq); err != nil || r.Seq != seq || r.Carried != 0 {
				t.Errorf("%d: %+v %v", seq, r, err)
			}
		}
		if live, err := j.Live(ctx); err != nil || len(live) != 1 || live[0].Seq != 1 {
			t.Errorf("%+v %v", live, err)
		}
		add(t, j, entry(record.Audit, "goes on", 1))
		ended(t, j, 2)
	}
	verified(t, j)
	return lost, doubled
}

// account compares the documents and what came before with own.
func account(t *testing.T, j *Journal, own []uint64) (lost, doubled int) {
	t.Helper()
	times := map[uint64]int{}
	for _, r := range scanned(t, j, record.Filter{}) {
		times[r.Seq]++
		if times[r.Seq] > 1 || r.Carried > 0 {
			doubled++
		}
	}
	for _, seq := range own {
		if times[seq] == 0 {
			lost++
		}
	}
	return lost, doubled
}

// A sample of the kills while a period ends; TestPowerTurn takes all.
func TestTurnKilled(t *testing.T) {
	dir, own := storyToTurn(t, false)
	seen := killTurns(t, "rotate", dir, 23, func(dir string) (int, int) { return turned(t, dir, own) })
	if seen.Kills < 2 {
		t.Errorf("only %v", seen)
	}
}

func TestPowerTurn(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	for _, again := range []bool{false, true} {
		dir, own := storyToTurn(t, again)
		seen.Add(killTurns(t, "rotate", dir, 1, func(dir string) (int, int) { return turned(t, dir, own) }))
	}
	seen.Add(killRemovals(t, 1))
}

// A sample of the kills while a closed period is removed.
func TestRemovalKilled(t *testing.T) {
	if seen := killRemovals(t, 41); seen.Kills < 2 {
		t.Errorf("only %v", seen)
	}
}

func killRemovals(t *testing.T, every int) tapetest.Account {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := years(t, dir, 8, nil)
	own := seqs(scanned(t, j, record.Filter{}))
	waitSealed(t, dir)
	closed(t, j)
	return killTurns(t, "remove", dir, every, func(dir string) (lost, doubled int) {
		j, did, err := Open(context.Background(), opts(dir))
		if err != nil || did.Repaired() {
			t.Errorf("%+v %v", did, err)
			return 0, 0
		}
		first := j.archives.begin() // told or not: a period is there as a whole or not at all
		if n := len(glob(t, dir, "archive/*")); n != 8 && first == 1 || n != 7 && first > 1 {
			t.Errorf("%d periods, the journal begins with %d", n, first)
		}
		lost, doubled = account(t, j, slices.DeleteFunc(slices.Clone(own), func(seq uint64) bool { return seq < first }))
		verified(t, j)
		return lost, doubled
	})
}
