package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Two stories under the same numbers: nobody may choose but a person.
func TestFork(t *testing.T) {
	t.Parallel()
	dir := made(t, 10)
	other := filepath.Join(t.TempDir(), "data")
	must(t, os.CopyFS(other, os.DirFS(dir)))
	for i, d := range []string{dir, other} {
		j, _ := open(t, opts(d))
		for range 3 + i {
			add(t, j, entry(record.Audit, "here", 100+i))
		}
		closed(t, j)
	}
	for _, d := range []struct{ badger, tape string }{{dir, other}, {other, dir}} {
		mixed := filepath.Join(t.TempDir(), "data")
		must(t, os.CopyFS(filepath.Join(mixed, badgerName), os.DirFS(filepath.Join(d.badger, badgerName))))
		must(t, os.CopyFS(filepath.Join(mixed, tapeName), os.DirFS(filepath.Join(d.tape, tapeName))))
		for range openAttempts + 2 { // refusing is no reason to take one of them for broken
			if f := refused(t, mixed, fault.JournalFork); len(f.Args) != 1 || f.Args[0] != "11" {
				t.Errorf("%+v", f)
			}
		}
		if aside := glob(t, mixed, "*.aside-*"); len(aside) > 0 {
			t.Errorf("set aside: %v", aside)
		}
	}
	// Another till's Badger.
	must(t, os.RemoveAll(filepath.Join(other, badgerName)))
	must(t, os.CopyFS(filepath.Join(other, badgerName), os.DirFS(filepath.Join(made(t, 10), badgerName))))
	if f := refused(t, other, fault.JournalFork); f.Args[0] != "1" {
		t.Errorf("%+v", f)
	}
}

// A crash at each rename of a tape's replacement is finished by the next Open.
func TestSwapIsFinished(t *testing.T) {
	for name, move := range map[string]func(dir string) error{
		"before the old one moved": func(dir string) error {
			return os.CopyFS(filepath.Join(dir, tapeReady), os.DirFS(filepath.Join(dir, tapeName)))
		},
		"after the old one moved": func(dir string) error {
			return os.Rename(filepath.Join(dir, tapeName), filepath.Join(dir, tapeReady))
		},
		"while it was made": func(dir string) error {
			return os.CopyFS(filepath.Join(dir, tapeMaking), os.DirFS(filepath.Join(dir, tapeName)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := made(t, 20)
			must(t, move(dir))
			healed(t, dir, 20)
			if left := glob(t, dir, "tape.[rm]*"); len(left) != 0 {
				t.Error(left)
			}
		})
	}
}

// failing is a file system whose syncs fail from a moment on.
type failing struct {
	tape.FS
	broken chan struct{}
}

type failingFile struct {
	tape.File
	broken chan struct{}
}

func (f failing) OpenFile(name string, write bool) (tape.File, error) {
	file, err := f.FS.OpenFile(name, write)
	return failingFile{file, f.broken}, err
}

func (f failingFile) Sync() error {
	select {
	case <-f.broken:
		return errors.New("EIO")
	default:
		return f.File.Sync()
	}
}

func TestDiskFails(t *testing.T) {
	o := opts(t.TempDir())
	broken := make(chan struct{})
	o.FS = failing{tape.OS{}, broken}
	j, _ := open(t, o)
	fill(t, j, 0, 5)
	close(broken)
	ctx := context.Background()
	if _, err := j.Append(ctx, entry(record.Audit, "x", 1)); !errors.Is(err, fault.New(fault.JournalWrite)) {
		t.Fatal(err)
	}
	select {
	case <-j.Failed():
	default:
		t.Error("not failed")
	}
	if err := j.Err(); !errors.Is(err, fault.New(fault.JournalWrite)) {
		t.Error(err)
	}
	if err := j.Post(entry(record.Cart, "x", 1)); !errors.Is(err, fault.New(fault.JournalWrite)) {
		t.Error(err)
	}
	if list := all(t, j); len(list) != 5 {
		t.Errorf("%d records can be read", len(list))
	}
	if err := j.Close(); !errors.Is(err, fault.New(fault.JournalWrite)) {
		t.Error(err)
	}
	o.FS = nil
	j, _ = open(t, o)
	if n := len(all(t, j)); n != 5 && n != 6 { // the sixth was written and is unknown
		t.Error(n)
	}
}
