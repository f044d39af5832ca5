package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
)

// The environment of a test binary that is to be a till.
const (
	childEnv  = "KASSA_TEST_TILL"   // configuration file
	recordEnv = "KASSA_TEST_RECORD" // directory of recordings
	dieEnv    = "KASSA_TEST_DIE"    // "before:3", "after:3": the step of the journal at which it kills itself

	freeSuffix  = ".free"  // of the file that says how much room the disk has, bytes
	clockSuffix = ".clock" // of the file that says how far the clock is off, whose word it is and when the program was built
	armedSuffix = ".armed" // of the file that says it counts steps from now on
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := beTill(path, os.Getenv(dieEnv)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	unbuild()
	os.Exit(code)
}

// beTill runs the till as "kassa run" does, on a journal that can kill it.
func beTill(path, die string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	limitMemory()
	keepPrivate()
	faces, err := promised(path + brokenSuffix)
	if err != nil {
		return err
	}
	o := daemon.Options{Faces: faces, Version: "test", Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Record: os.Getenv(recordEnv)}
	if _, err := os.Stat(path + freeSuffix); err == nil {
		o.Journal = func(jo *journal.Options) { jo.Free = func(string) (uint64, error) { return freeIn(path + freeSuffix) } }
	}
	if _, err := os.Stat(path + clockSuffix); err == nil {
		if err := setClock(&o, path+clockSuffix); err != nil {
			return err
		}
	}
	if die != "" {
		killer, err := tapetest.NewKiller(tape.OS{}, die)
		if err != nil {
			return err
		}
		armed := make(chan os.Signal, 1)
		signal.Notify(armed, syscall.SIGUSR1)
		go func() {
			<-armed
			killer.Arm()
			if err := os.WriteFile(path+armedSuffix, nil, 0o600); err != nil {
				panic(err)
			}
		}()
		o.Journal = func(jo *journal.Options) { jo.FS = killer }
	}
	return daemon.Keep(ctx, path, o)
}

// setClock gives the till the clock of a file, as three words: an offset such
// as -48h, whose word it is and the age of the program.
func setClock(o *daemon.Options, path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var offset, age, trust string
	if _, err := fmt.Sscan(string(b), &offset, &trust, &age); err != nil {
		return err
	}
	off, err := time.ParseDuration(offset)
	old, err2 := time.ParseDuration(age)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	o.Now = func() time.Time { return time.Now().Add(off) }
	o.Trust = func() (clock.Trust, error) { return clock.Trust(trust), nil }
	o.Built = time.Now().Add(-old)
	return nil
}

// freeIn reads how much room a test leaves.
func freeIn(path string) (uint64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(b), 10, 64)
}

// prepared is a till in the middle of a cheque: cashier, shift, two lines.
func prepared(t *testing.T) string {
	t.Helper()
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015", "2*4600000000022"}})
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "data", client.SocketName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return r.dir
}

// goOn does what a cashier would after the restart: looks at the screen, and
// pays the cheque if it is still there.
func (r *rig) goOn() {
	r.t.Helper()
	r.await("the till has sorted itself out", func() bool {
		s, err := r.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready
	})
	s, err := r.status()
	if err != nil {
		r.t.Fatal(err)
	}
	if s.Cashier == nil {
		r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	}
	switch lines := len(s.Cheque.Lines); {
	case lines == 0 && r.receipts() == 1:
	case lines == 2 && r.receipts() == 0:
		r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"})
	default:
		r.t.Errorf("after the restart: %d lines in the cheque, %d receipts in the FN", lines, r.receipts())
	}
}

// settle finishes one run and checks it.
func (r *rig) settle() {
	r.t.Helper()
	r.goOn()
	r.must("POST", "/api/v1/shift/close", nil)
	r.stop()
	if n := r.receipts(); n != 1 {
		r.t.Errorf("%d receipts in the FN, want 1", n)
	}
	r.agree()
	if r.t.Failed() {
		r.t.Log(r.log())
	}
}

// arm makes the till count its steps from now on.
func (r *rig) arm() {
	r.t.Helper()
	if err := r.child.Process.Signal(syscall.SIGUSR1); err != nil {
		r.t.Fatal(err)
	}
	r.await("the till is armed", func() bool {
		_, err := os.Stat(r.config() + armedSuffix)
		return err == nil
	})
}

// every tells how many of the kill points a run takes: all of them in the
// long suite.
func every() int {
	if os.Getenv("KASSA_LONG") != "" {
		return 1
	}
	return 4
}

// TestKilledAtEveryJournalWrite kills the till with SIGKILL before and after
// every change its journal makes to the disk during a sale.
func TestKilledAtEveryJournalWrite(t *testing.T) {
	plainOnly(t)
	base := prepared(t)
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	for at := 1; ; at++ {
		died := false
		for _, when := range []string{"before", "after"} {
			r := newRig(t, base)
			r.start(fmt.Sprintf("%s:%d", when, at))
			r.arm()
			_ = r.call("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"}, nil) // the till may die in it
			if r.receipts() == 1 && !r.gone() {
				if s, err := r.status(); err == nil && s.Phase == "idle" && len(s.Cheque.Lines) == 0 {
					// It survived: a sale has fewer steps than this.
					r.kill()
					r.start("")
					r.settle()
					continue
				}
			}
			died = true
			seen.Kills++
			r.kill()
			r.start("")
			r.settle()
			if t.Failed() {
				t.Fatalf("killed %s step %d of the journal", when, at)
			}
		}
		if !died {
			break
		}
	}
	if seen.Kills < 8 {
		t.Errorf("only %d kills: intent and outcome alone have four steps", seen.Kills)
	}
}

// TestKilledAtEveryCommand kills the till when the fiscal device has received,
// and when it has executed, every command of a sale.
func TestKilledAtEveryCommand(t *testing.T) {
	plainOnly(t)
	base := prepared(t)
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	for at := 1; ; at += every() {
		r := newRig(t, base)
		r.start("")
		commands, killed := 0, make(chan string, 1)
		child, exited := r.child, r.exited
		hook := func(stage shtrihtest.Stage, cmd uint16) {
			if commands++; commands == at {
				killed <- fmt.Sprintf("%s of command %04Xh", stage, cmd)
				if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
				err := <-exited
				exited <- err
			}
		}
		r.hook.Store(&hook)
		_ = r.call("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"}, nil) // the till may die in it
		var where string
		select {
		case where = <-killed:
		default:
		}
		r.hook.Store(nil)
		r.kill()
		r.start("")
		r.settle()
		if where == "" {
			break // it survived: a sale has fewer commands
		}
		seen.Kills++
		if t.Failed() {
			t.Fatalf("killed at step %d: %s", at, where)
		}
	}
	if seen.Kills < 60/every() {
		t.Errorf("only %d kills: a sale has more commands", seen.Kills)
	}
}
