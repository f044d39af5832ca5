package journal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

var errSpace = fault.New(fault.JournalSpace)

// told makes options of a journal that believes what free says; the ballast
// counts as soon as it is gone.
func told(dir string, free *atomic.Uint64) Options {
	o := opts(dir)
	o.Ballast = 1 << 20
	o.spaceEvery = time.Millisecond
	o.Free = func(string) (uint64, error) { return free.Load(), nil }
	return o
}

func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("never: " + what)
		}
	}
}

// appendUntilFull appends to a journal until it refuses and returns how many
// records there are then.
func appendUntilFull(t *testing.T, j *Journal, n int) int {
	t.Helper()
	for {
		_, err := j.Append(context.Background(), entry(record.Audit, "login", n))
		if errors.Is(err, errSpace) {
			if last, _ := j.Head(); last != uint64(n) || j.Err() != nil {
				t.Fatalf("%d durable of %d, %v", last, n, j.Err())
			}
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		if n++; n > 200_000 {
			t.Fatal("never full")
		}
	}
}

// The states of a disk that fills up and is freed again, as told.
func TestSpaceStates(t *testing.T) {
	dir := t.TempDir()
	var free atomic.Uint64
	free.Store(1 << 40)
	j, _ := open(t, told(dir, &free))
	ctx := context.Background()
	if s := j.Space(); s != (Space{Free: 1 << 40, Ballast: true}) {
		t.Errorf("%+v", s)
	}
	fill(t, j, 0, 5)
	must(t, j.caughtUp(ctx))

	free.Store(DefaultWatermark - 1)
	until(t, "low", func() bool { return j.Space().Low })
	fill(t, j, 5, 10)
	must(t, j.caughtUp(ctx)) // low is the caller's business

	free.Store(followRoom - 1)
	n := appendUntilFull(t, j, 10) // the tape's segments go on
	if n < 100 {
		t.Errorf("only %d records", n)
	}
	if _, err := j.Live(ctx); !errors.Is(err, errSpace) {
		t.Errorf("live: %v", err)
	}
	if r, err := j.Get(ctx, 3); err != nil || r.Seq != 3 {
		t.Errorf("an old record: %v", err)
	}
	if lag, age := j.Lag(); lag == 0 || age == 0 || !j.Space().Stopped || !j.Space().Ballast {
		t.Errorf("%d records, %v behind; %+v", lag, age, j.Space())
	}
	free.Store(closeRoom - 1)
	until(t, "the ballast given up", func() bool { return !j.Space().Ballast && len(glob(t, dir, ballastName)) == 0 })

	free.Store(1 << 40)
	until(t, "followed by itself", func() bool { lag, _ := j.Lag(); return lag == 0 })
	until(t, "the ballast again", func() bool { return j.Space().Ballast })
	if s := j.Space(); s.Low || s.Stopped || !j.hasBallast() {
		t.Errorf("%+v", s)
	}
	fill(t, j, n, n+5)
	if got := all(t, j); len(got) != n+5 {
		t.Errorf("%d records", len(got))
	}
	closed(t, j)
	healed(t, dir, n+5)
}

// Open gives the ballast up first and touches Badger only with room for it.
func TestOpenWithoutRoom(t *testing.T) {
	dir := t.TempDir()
	var free atomic.Uint64
	free.Store(1 << 40)
	o := told(dir, &free)
	j, _ := open(t, o)
	fill(t, j, 0, 10)
	closed(t, j)

	free.Store(openRoom - 1)
	if _, _, err := Open(context.Background(), o); !errors.Is(err, errSpace) {
		t.Fatal(err)
	}
	if len(glob(t, dir, ballastName)) > 0 || len(glob(t, dir, attemptsName)) > 0 || len(glob(t, dir, "*.aside-*")) > 0 {
		t.Error("ballast kept, or something touched")
	}
	free.Store(openRoom)
	j, did := open(t, o)
	if s := j.Space(); did.Repaired() || !s.Low || s.Ballast {
		t.Errorf("%+v %+v", did, s)
	}
	if got := all(t, j); len(got) != 10 {
		t.Errorf("%d records", len(got))
	}
	closed(t, j)
	o.Free = func(string) (uint64, error) { return 0, unix.EIO }
	if _, _, err := Open(context.Background(), o); !errors.Is(err, unix.EIO) {
		t.Error(err)
	}
}

// leave fills the disk with a file until only so many bytes are free.
func leave(t *testing.T, dir, name string, bytes uint64) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o600)
	must(t, err)
	at := int64(0)
	for step := int64(16 << 20); step >= 4096; {
		free, err := freeBytes(dir)
		must(t, err)
		if free < bytes+uint64(step) {
			step /= 2
			continue
		}
		if err := unix.Fallocate(int(f.Fd()), 0, at, step); errors.Is(err, unix.ENOSPC) {
			step /= 2
			continue
		} else if !errors.Is(err, unix.EINTR) {
			must(t, err)
			at += step
		}
	}
	must(t, errors.Join(f.Sync(), f.Close()))
}

// smallDiskEnv has the directory of a small file system, in the process that
// works on it: a fault in a mapped file ends a process beyond any recover.
const smallDiskEnv = "KASSA_SMALL_DISK"

// A real disk, filled by somebody else until nothing is left, while the till
// goes on: refused at last, never killed, nothing lost.
func TestRootSmallDisk(t *testing.T) {
	if mnt := os.Getenv(smallDiskEnv); mnt != "" {
		onSmallDisk(t, mnt)
		return
	}
	mnt := mountImage(t, filepath.Join(t.TempDir(), "disk.img"), "400M").dir
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), exe, "-test.run=^TestRootSmallDisk$")
	cmd.Env = append(os.Environ(), smallDiskEnv+"="+mnt)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func onSmallDisk(t *testing.T, mnt string) {
	ctx := context.Background()
	o := opts(filepath.Join(mnt, "journal"))
	o.SegmentBytes, o.Ballast = 1<<20, 0
	o.spaceEvery = 10 * time.Millisecond
	j, _ := open(t, o)
	fill(t, j, 0, 500)
	if s := j.Space(); s.Low || !s.Ballast {
		t.Fatalf("%+v", s)
	}
	// The reserve covers a disk that fills while Badger looks at it once a
	// second, not one that another process fills within a batch.
	until(t, "Badger has followed", func() bool { behind, _ := j.Lag(); return behind == 0 })
	leave(t, mnt, "filler", 0)
	until(t, "the ballast given up", func() bool { return !j.Space().Ballast })
	leave(t, mnt, "more", 0)
	n := appendUntilFull(t, j, 500)
	if n < 600 {
		t.Errorf("only %d records", n-500)
	}
	if _, err := j.Live(ctx); !errors.Is(err, errSpace) {
		t.Errorf("live: %v", err)
	}
	must(t, os.Remove(filepath.Join(mnt, "filler")))
	until(t, "room", func() bool { s := j.Space(); return !s.Stopped && s.Ballast })
	fill(t, j, n, n+10)
	if got := all(t, j); len(got) != n+10 {
		t.Errorf("%d records of %d", len(got), n+10)
	}
	n += 10
	closed(t, j)

	// A disk that is full when the till starts: once with the ballast, then
	// without.
	leave(t, mnt, "filler", 0)
	j, did := open(t, o)
	if did.Repaired() || j.Space().Ballast || len(all(t, j)) != n {
		t.Errorf("%+v %+v", did, j.Space())
	}
	n = appendUntilFull(t, j, n)
	closed(t, j)
	leave(t, mnt, "yet more", 1<<20)
	if _, err := Verify(ctx, o.Dir, VerifyOptions{Temp: mnt}); !errors.Is(err, errSpace) {
		t.Errorf("verify copies Badger to a full disk: %v", err)
	}
	if _, _, err := Open(ctx, o); !errors.Is(err, errSpace) {
		t.Errorf("opened on a full disk: %v", err)
	}
	must(t, os.Remove(filepath.Join(mnt, "filler")))
	j, did = open(t, o)
	if got := all(t, j); did.Repaired() || len(got) != n {
		t.Errorf("%d records of %d, %+v", len(got), n, did)
	}
	closed(t, j)
}
