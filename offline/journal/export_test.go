package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// medium is a stick that fails at its k-th change.
type medium struct {
	tape.OS
	mu     sync.Mutex
	n, at  int
	err    error
	spoils bool // it stores something else and says nothing
}

type mediumFile struct {
	tape.File
	m *medium
}

func (m *medium) step() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.n++; m.at > 0 && m.n >= m.at && !m.spoils {
		return &fs.PathError{Op: "write", Path: "stick", Err: m.err}
	}
	return nil
}

func (m *medium) Create(name string) (tape.File, error) {
	if err := m.step(); err != nil {
		return nil, err
	}
	f, err := m.OS.Create(name)
	return mediumFile{f, m}, err
}

func (m *medium) OpenFile(name string, write bool) (tape.File, error) {
	f, err := m.OS.OpenFile(name, write)
	return mediumFile{f, m}, err
}

func (m *medium) Rename(a, b string) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.OS.Rename(a, b)
}

func (m *medium) SyncDir(dir string) error {
	if err := m.step(); err != nil {
		return err
	}
	return m.OS.SyncDir(dir)
}

func (f mediumFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.m.step(); err != nil {
		return 0, err
	}
	if f.m.spoils {
		p = append(bytes.Clone(p[:len(p)-1]), p[len(p)-1]^1)
	}
	return f.File.WriteAt(p, off)
}

func (f mediumFile) Sync() error {
	if err := f.m.step(); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f mediumFile) Settle() error {
	if err := f.m.step(); err != nil {
		return err
	}
	return f.File.Settle()
}

// A journal of three periods, and the whole of a copy's life on a medium that
// fails at every one of its changes: nothing that looks complete, nothing left
// behind, a word of what happened, and the next attempt succeeds.
func TestExportToAFailingMedium(t *testing.T) {
	t.Parallel()
	dir := threePeriods(t)
	for _, c := range []struct {
		err  error
		code fault.Code
	}{{unix.ENOSPC, fault.CopySpace}, {unix.EIO, fault.CopyMedium}, {unix.ENODEV, fault.CopyMedium}} {
		for k := 1; ; k++ {
			to := filepath.Join(t.TempDir(), "copy")
			m := &medium{at: k, err: c.err}
			_, err := Export(t.Context(), dir, to, ExportOptions{FS: m})
			if err == nil {
				if k < 20 {
					t.Fatalf("only %d changes", k)
				}
				break
			}
			if !errors.Is(err, fault.New(c.code)) {
				t.Fatalf("%v at change %d: %v", c.err, k, err)
			}
			if _, err := ReadManifest(to); err == nil { // only its durability is unknown
				if rep, err := Verify(t.Context(), to, VerifyOptions{}); err != nil || !rep.OK {
					t.Fatalf("%v at change %d: it looks complete: %+v %v", c.err, k, rep, err)
				}
				continue
			}
			if k%7 != 0 {
				continue
			}
			if _, err := Export(t.Context(), dir, to, ExportOptions{}); err != nil {
				t.Fatalf("after %v at change %d: %v", c.err, k, err)
			}
		}
	}
	_, err := Export(t.Context(), dir, filepath.Join(t.TempDir(), "c"), ExportOptions{FS: &medium{spoils: true}})
	if !errors.Is(err, fault.New(fault.CopyMedium)) {
		t.Errorf("a medium that stores something else: %v", err)
	}
}

// threePeriods makes a journal with two closed periods; the last one but the
// open has an undelivered document that is carried.
func threePeriods(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	clock := &handClock{at: start}
	o := opts(dir)
	o.Now = func() time.Time { return clock.Add(time.Minute) }
	j, _ := open(t, o)
	for n := range 3 {
		for i := range 30 {
			add(t, j, cashIn(t, int64(30*n+i+1), nil))
		}
		if n < 2 {
			clock.Add(24 * time.Hour)
			_, err := j.Rotate(t.Context(), RotateOptions{})
			must(t, err)
		}
	}
	closed(t, j)
	return dir
}

// A copy begins with the period that holds the moment or the record asked for,
// and is verified and read like the journal itself.
func TestExportSince(t *testing.T) {
	dir := threePeriods(t)
	for what, c := range map[string]struct {
		o     ExportOptions
		first int64 // document number it begins with
	}{
		"everything":       {ExportOptions{}, 1},
		"a record":         {ExportOptions{SinceSeq: 40}, 31},
		"the last record":  {ExportOptions{SinceSeq: 92}, 61},
		"a moment":         {ExportOptions{Since: start.Add(20 * time.Minute)}, 1},
		"the day after":    {ExportOptions{Since: start.Add(25 * time.Hour)}, 31},
		"the last day":     {ExportOptions{Since: start.Add(49 * time.Hour)}, 61},
		"beyond the end":   {ExportOptions{Since: start.Add(1000 * time.Hour)}, 61},
		"beyond the count": {ExportOptions{SinceSeq: 1 << 40}, 61},
	} {
		t.Run(what, func(t *testing.T) {
			to := filepath.Join(t.TempDir(), "copy")
			m, err := Export(t.Context(), dir, to, c.o)
			must(t, err)
			rep, err := Verify(t.Context(), to, VerifyOptions{})
			if err != nil || !rep.OK || len(rep.Problems) > 0 || rep.First != m.First || rep.Last != m.Last {
				t.Errorf("%+v %v", rep, err)
			}
			var numbers []int64
			must(t, Read(t.Context(), to, func(r record.Record) error { numbers = append(numbers, r.Numbers...); return nil }))
			if len(numbers) == 0 || numbers[0] != c.first || numbers[len(numbers)-1] != 90 {
				t.Errorf("documents %v", numbers)
			}
			if left, err := filepath.Glob(to + "*"); err != nil || len(left) != 1 {
				t.Errorf("left: %v %v", left, err)
			}
		})
	}
}

func TestExportRefuses(t *testing.T) {
	dir := threePeriods(t)
	to := filepath.Join(t.TempDir(), "copy")
	full := ExportOptions{Free: func(string) (uint64, error) { return 2 << 20, nil }}
	full.Free = func(string) (uint64, error) { return 100 << 10, nil }
	if _, err := Export(t.Context(), dir, to, full); !errors.Is(err, fault.New(fault.CopySpace)) {
		t.Errorf("too little room: %v", err)
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
	must(t, os.MkdirAll(to+PartialSuffix, 0o750))
	foreign := filepath.Join(to+PartialSuffix, "holiday.jpg")
	must(t, os.WriteFile(foreign, nil, 0o600))
	if _, err := Export(t.Context(), dir, to, ExportOptions{}); !errors.Is(err, fault.New(fault.PathBad)) {
		t.Errorf("something else in the way: %v", err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error(err)
	}
	if _, err := Export(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "c"), ExportOptions{}); err == nil {
		t.Error("a copy of nothing")
	}
	if err := emptyDir("/proc"); !errors.Is(err, fault.New(fault.PathBad)) {
		t.Errorf("a medium itself: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Export(ctx, dir, filepath.Join(t.TempDir(), "c"), ExportOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// While the till sells on, a copy holds what was durable when it began, whole
// frames of it, and no more than what is durable when it ends.
func TestExportWhileSelling(t *testing.T) {
	j, _ := open(t, opts(t.TempDir()))
	fill(t, j, 0, 20)
	stop, sold := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 20; ; i++ {
			select {
			case <-stop:
				sold <- nil
				return
			default:
			}
			if err := j.Post(entry(record.Cart, "add", i)); err != nil {
				sold <- err
				return
			}
			if _, err := j.Append(context.Background(), entry(record.Audit, "login", i)); err != nil {
				sold <- err
				return
			}
		}
	}()
	for i := range 5 {
		before, _ := j.Head()
		to := filepath.Join(t.TempDir(), fmt.Sprint(i))
		m, err := j.Export(t.Context(), to, ExportOptions{})
		must(t, err)
		after, _ := j.Head()
		rep, err := Verify(t.Context(), to, VerifyOptions{})
		if err != nil || !rep.OK || len(rep.Problems) > 0 || m.Last < before || m.Last > after {
			t.Errorf("%d to %d, copied %d: %+v %v", before, after, m.Last, rep, err)
		}
	}
	close(stop)
	must(t, <-sold)
}

// A frame that is on the disk but was never flushed is not in a copy.
func TestExportLeavesOutWhatIsNotDurable(t *testing.T) {
	d := tapetest.New()
	tp, _, err := tape.Open(tape.Options{Dir: "/tape", FS: d, SegmentBytes: 64 << 10, ID: goldenID})
	must(t, err)
	for i := range 3 {
		_, err := tp.Append(t.Context(), fmt.Appendf(nil, `"n":%d`, i))
		must(t, err)
	}
	release := d.Hang()
	_, err = tp.Post([]byte(`"n":3`))
	must(t, err)
	gone, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond) // until it hangs in the flush
	defer cancel()
	if err := tp.Flush(gone); err == nil {
		t.Fatal("the disk does not hang")
	}
	last, head := tp.Durable()
	whole, err := tape.Inspect(t.Context(), d, "/tape", nil)
	must(t, err)
	found, err := tape.InspectTo(t.Context(), d, "/tape", last)
	if err != nil || whole.Last != 4 || found.Last != 3 || found.Head != head || found.Segments[0].Bytes >= whole.Segments[0].Bytes {
		t.Errorf("whole %+v, to %d %+v %v", whole, last, found, err)
	}
	release()
	must(t, tp.Close())
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"kassa-copy 1","id":"019a0000-0000-7000-8000-00000000000a","first":1,"last":2,"files":[{"name":"archive/000001/00000001.tape","bytes":1}]}`))
	f.Add([]byte(`{"format":"kassa-copy 2"}`))
	f.Add([]byte(`{"format":"kassa-copy 1","id":"019a0000-0000-7000-8000-00000000000a","first":1,"last":2,"files":[{"name":"../../etc/passwd"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if name := filepath.Join("/copy", filepath.FromSlash(file.Name)); !strings.HasPrefix(name, "/copy") {
				t.Fatalf("%q leads to %s", file.Name, name)
			}
		}
	})
}
