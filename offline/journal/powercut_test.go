package journal

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

// mounted is a disk image in a file, mounted by loop.
type mounted struct {
	t          *testing.T
	image, dir string
}

// run runs a program that must succeed.
func run(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", args, err, out)
	}
}

// mountImage mounts an image, making an ext4 file system of a size first when
// the file is not there.
func mountImage(t *testing.T, image, size string) *mounted {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mounting a disk image needs root")
	}
	if _, err := os.Stat(image); err != nil {
		run(t, "truncate", "-s", size, image)
		run(t, "mkfs.ext4", "-q", "-m", "0", image)
	}
	m := &mounted{t: t, image: image, dir: t.TempDir()}
	run(t, "mount", "-o", "loop", image, m.dir)
	t.Cleanup(m.unmount)
	return m
}

func (m *mounted) unmount() {
	if m.dir == "" {
		return
	}
	if out, err := exec.Command("umount", m.dir).CombinedOutput(); err != nil {
		m.t.Errorf("umount: %v: %s", err, out)
	}
	m.dir = ""
}

// froze stops all writing to a file system while fn runs.
func froze(t *testing.T, dir string, fn func()) {
	t.Helper()
	const freeze, thaw = 0xc0045877, 0xc0045878 // FIFREEZE, FITHAW
	d, err := os.Open(dir)
	must(t, err)
	defer func() { must(t, d.Close()) }()
	must(t, unix.IoctlSetInt(int(d.Fd()), freeze, 0))
	defer func() { must(t, unix.IoctlSetInt(int(d.Fd()), thaw, 0)) }()
	fn()
}

// writer is a process that commits to a journal without a pause.
type writer struct {
	cmd   *exec.Cmd
	acked atomic.Int64 // the last record it was told is durable
	err   strings.Builder
	done  chan struct{}
}

func startWriter(t *testing.T, dir string) *writer {
	t.Helper()
	w := &writer{cmd: startChild(t, dir, "write"), done: make(chan struct{})}
	w.cmd.Stderr = &w.err
	out, err := w.cmd.StdoutPipe()
	must(t, err)
	must(t, w.cmd.Start())
	go func() {
		defer close(w.done)
		for s := bufio.NewScanner(out); s.Scan(); {
			if n, err := strconv.ParseInt(s.Text(), 10, 64); err == nil {
				w.acked.Store(n)
			}
		}
	}()
	return w
}

// until waits until it has had so many more records acknowledged.
func (w *writer) more(t *testing.T, records int64) {
	t.Helper()
	want := w.acked.Load() + records
	until(t, fmt.Sprintf("%d records (%s)", want, w.err.String()), func() bool {
		select {
		case <-w.done:
			t.Fatalf("it ended: %v %s", w.cmd.Wait(), w.err.String())
		default:
		}
		return w.acked.Load() >= want
	})
}

func (w *writer) stop(t *testing.T) {
	t.Helper()
	must(t, w.cmd.Process.Kill())
	<-w.done
	if err := w.cmd.Wait(); err == nil {
		t.Error("it ended by itself")
	}
}

// powerCuts lets a process commit on a file system of its own and copies that
// at moments it does not choose: what was in no flush is not in the copy, as
// if the power had gone. The image lies on a second file system that is frozen
// for the copy, so the copy is of one moment.
func powerCuts(t *testing.T, cuts int) {
	outer := mountImage(t, filepath.Join(t.TempDir(), "outer.img"), "800M")
	image := filepath.Join(outer.dir, "disk.img")
	inner := mountImage(t, image, "400M")
	defer func() {
		inner.unmount()
		outer.unmount()
	}()
	var seen tapetest.Account
	tapetest.TellOf(t, &seen)
	rnd := rand.New(rand.NewPCG(7, 8))
	copied := filepath.Join(t.TempDir(), "cut.img")
	const perJournal = 10 // what there is to look at must not grow for ever
	for left := cuts; left > 0 && !t.Failed(); left -= perJournal {
		name := fmt.Sprint("journal", left)
		w := startWriter(t, filepath.Join(inner.dir, name))
		for range min(left, perJournal) {
			w.more(t, 1+rnd.Int64N(100))
			moment := time.NewTimer(time.Duration(rnd.Int64N(int64(30 * time.Millisecond)))) // anywhere in a commit
			<-moment.C
			acked := w.acked.Load()
			froze(t, outer.dir, func() { run(t, "cp", "--sparse=always", image, copied) })
			seen.States++
			seen.Add(lookAtCut(t, copied, name, int(acked)))
		}
		w.stop(t)
		must(t, os.RemoveAll(filepath.Join(inner.dir, name)))
	}
}

// lookAtCut starts on the copy, as after the cut.
func lookAtCut(t *testing.T, image, name string, acked int) tapetest.Account {
	t.Helper()
	m := mountImage(t, image, "") // the file system's own recovery
	defer m.unmount()
	return checkStory(t, filepath.Join(m.dir, name), acked)
}

// TestRootPowerCut is a sample of TestRootPowerCuts.
func TestRootPowerCut(t *testing.T) {
	powerCuts(t, 3)
}

func TestRootPowerCuts(t *testing.T) {
	if os.Getenv("KASSA_LONG") == "" {
		t.Skip("KASSA_LONG=1 runs it")
	}
	powerCuts(t, 120)
}
