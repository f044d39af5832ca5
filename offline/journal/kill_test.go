package journal

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// The test binary runs itself as a till's process when these are set.
const (
	childDir  = "KASSA_JOURNAL_CHILD"
	childMode = "KASSA_JOURNAL_MODE"

	soldRecords = 150 // of "sold"
)

func startChild(t testing.TB, dir, mode string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childMode+"="+mode)
	return cmd
}

// child is the other process. "open" opens, verifies, tells and closes; "hold" says
// so and waits for the end of its input; "sold" appends and waits for the
// second copy first; "write" appends for ever and prints
// each number the journal has acknowledged.
func child(dir string) {
	if os.Getenv(childMode) == "steps" {
		if err := takeSteps(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	o := opts(dir)
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if mode := os.Getenv(childMode); mode == "rotate" || mode == "remove" {
		if err := turnInChild(o, mode); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if mode := os.Getenv(childMode); strings.HasPrefix(mode, "many-") {
		if err := manyInChild(o, mode); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv(childMode) == "write" {
		o.closeLimit = time.Second // after a failure only: else it is killed
	}
	j, did, err := Open(context.Background(), o)
	if err == nil {
		switch os.Getenv(childMode) {
		case "open":
			said := toldOf{Opened: did}
			if said.Report, err = j.Verify(context.Background(), VerifyOptions{}); err == nil {
				err = json.NewEncoder(os.Stdout).Encode(said)
			}
		case "hold":
			fmt.Println("ready")
			_, err = io.Copy(io.Discard, os.Stdin)
		case "write":
			err = keepWriting(j)
		case "sold":
			err = sellAndWait(j)
		}
		err = errors.Join(err, j.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// sellAndWait sells, says so when both copies have it, and waits for the end.
func sellAndWait(j *Journal) error {
	for n := range soldRecords {
		if _, err := j.Append(context.Background(), entry(record.Audit, "sold", n)); err != nil {
			return err
		}
	}
	if err := j.caughtUp(context.Background()); err != nil {
		return err
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// keepWriting appends batches of one and two entries and posts between them.
func keepWriting(j *Journal) error {
	last, _ := j.Head()
	for n := int(last); ; n += 3 {
		if err := j.Post(entry(record.Cart, "add", n)); err != nil {
			return err
		}
		two := []record.Entry{entry(record.Outcome, "SELL", n+1), entry(record.Document, "SELL", n+2)}
		two[1].Numbers = []int64{int64(n/3 + 1)}
		first, err := j.Append(context.Background(), two...)
		if err != nil {
			return err
		}
		fmt.Println(first + 1)
	}
}

// A till that is killed at any moment has everything it was told is stored,
// once, in both copies.
func TestKill(t *testing.T) {
	killRounds(t, 12, 5*time.Millisecond)
}

// TestPowerKill is the long run of TestKill.
func TestPowerKill(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	killRounds(t, 1000, 20*time.Millisecond)
}

func killRounds(t *testing.T, rounds int, longest time.Duration) {
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	dir := filepath.Join(t.TempDir(), "data")
	rnd := rand.New(rand.NewPCG(5, 6))
	acked := 0
	for round := range rounds {
		acked = max(acked, killOne(t, dir, round, time.Duration(rnd.Int64N(int64(longest)))))
		seen.Kills++
		if round%4 == 3 || round == rounds-1 {
			seen.Add(checkStory(t, dir, acked))
		}
		if round%100 == 99 { // what there is to look at must not grow for ever
			dir, acked = filepath.Join(t.TempDir(), "data"), 0
		}
	}
	if seen.Lost+seen.Duplicated > 0 {
		t.Errorf("%v", seen)
	}
}

// killOne lets a process write and kills it: every third while it opens, the
// others some time after their first acknowledgement.
func killOne(t *testing.T, dir string, round int, after time.Duration) (acked int) {
	t.Helper()
	cmd := startChild(t, dir, "write")
	out, err := cmd.StdoutPipe()
	must(t, err)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	must(t, cmd.Start())
	timer := time.NewTimer(after * 4)
	defer timer.Stop()
	lines := make(chan int)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			if n, err := strconv.Atoi(s.Text()); err == nil {
				lines <- n
			}
		}
	}()
	killed := false
	for {
		select {
		case n, ok := <-lines:
			if !ok {
				if err := cmd.Wait(); err == nil || !killed {
					t.Fatalf("round %d: the process ended by itself: %v %s", round, err, stderr.String())
				}
				return acked
			}
			if acked == 0 && round%3 != 0 {
				timer.Reset(after)
			}
			acked = n
		case <-timer.C:
			if acked == 0 && round%3 != 0 {
				timer.Reset(time.Millisecond) // not begun yet
				continue
			}
			must(t, cmd.Process.Kill())
			killed = true
		}
	}
}

// checkStory opens the journal and checks that records 1.. are what
// keepWriting wrote, without gap or repetition, at least up to acked.
func checkStory(t *testing.T, dir string, acked int) (seen tapetest.Account) {
	t.Helper()
	seen, did := storyIn(t, dir, acked)
	if did.Repaired() || len(did.Aside) > 0 {
		t.Errorf("a kill made it repair: %+v", did)
	}
	return seen
}

// storyIn is checkStory after whatever may have happened to the disk, too.
func storyIn(t *testing.T, dir string, acked int) (seen tapetest.Account, did Opened) {
	t.Helper()
	j, did, err := Open(context.Background(), opts(dir))
	if err != nil {
		t.Fatalf("%v %+v", err, did)
	}
	list := all(t, j)
	seen.Lost = max(0, acked-len(list))
	numbers := map[int64]bool{}
	for _, r := range list {
		var v struct{ N int }
		must(t, json.Unmarshal(r.Data, &v))
		if v.N != int(r.Seq)-1 { // as keepWriting counts
			t.Errorf("record %d says %d", r.Seq, v.N)
			seen.Duplicated++
		}
		for _, n := range r.Numbers {
			if numbers[n] {
				seen.Duplicated++
			}
			numbers[n] = true
		}
	}
	for i := 1; i < len(list); i++ { // a batch is there as a whole
		if list[i-1].Kind == record.Outcome && list[i].Kind != record.Document {
			t.Fatalf("record %d: half a batch", list[i].Seq)
		}
	}
	if n := len(list); n > 0 && list[n-1].Kind == record.Outcome {
		t.Fatal("half a batch at the end")
	}
	rep, err := j.Verify(context.Background(), VerifyOptions{})
	must(t, err)
	for _, p := range rep.Problems {
		if p.Code != "document.invalid" && p.Code != "number.missing" { // these documents are not documents
			t.Errorf("%+v", p)
		}
	}
	closed(t, j)
	return seen, did
}

// The directory belongs to one process; the other is told which.
func TestTwoProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	cmd := startChild(t, dir, "hold")
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatal(line, err)
	}
	f := refused(t, dir, fault.JournalLocked)
	if len(f.Args) != 1 || f.Args[0] != strconv.Itoa(cmd.Process.Pid) {
		t.Errorf("%+v, the owner is %d", f, cmd.Process.Pid)
	}
	if _, err := Verify(context.Background(), dir, VerifyOptions{}); !errors.Is(err, fault.New(fault.JournalLocked)) {
		t.Errorf("verify: %v", err)
	}
	must(t, in.Close())
	must(t, cmd.Wait())
	j, _ := open(t, opts(dir))
	refused(t, dir, fault.JournalLocked) // also within one process
	closed(t, j)
}
