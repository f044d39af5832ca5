package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// exportOf copies a journal to a new directory.
func exportOf(t *testing.T, dir string, o ExportOptions) (string, Manifest) {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	m, err := Export(t.Context(), dir, to, o)
	must(t, err)
	return to, m
}

func imported(t *testing.T, dir string) []Imported {
	t.Helper()
	list, err := ListImported(tape.OS{}, dir, uuid.Nil)
	must(t, err)
	return list
}

// more sells on in a journal that is at rest.
func more(t *testing.T, dir string, from, to int) {
	t.Helper()
	j, _ := open(t, opts(dir))
	for i := from; i < to; i++ {
		add(t, j, cashIn(t, int64(i), nil))
	}
	closed(t, j)
}

func TestImport(t *testing.T) {
	t.Parallel()
	a, kept := threePeriods(t), filepath.Join(t.TempDir(), "imported")
	first, m := exportOf(t, a, ExportOptions{})
	o := ImportOptions{Dir: kept, Own: uuid.New()}
	i, err := Import(t.Context(), first, o)
	if err != nil || i.Last != m.Last || i.ID != m.ID {
		t.Fatalf("%+v %v", i, err)
	}
	if rep, err := Verify(t.Context(), i.Dir, VerifyOptions{}); err != nil || !rep.OK || rep.Head != m.Head {
		t.Errorf("%+v %v", rep, err)
	}
	for _, f := range m.Files {
		if info, err := os.Stat(filepath.Join(i.Dir, f.Name)); err != nil || info.Mode().Perm()&0o222 != 0 {
			t.Errorf("%s: %v %v", f.Name, info.Mode(), err)
		}
	}
	if _, err := Import(t.Context(), first, o); !errors.Is(err, fault.New(fault.CopyOlder)) {
		t.Errorf("again: %v", err)
	}
	more(t, a, 91, 100)
	second, m2 := exportOf(t, a, ExportOptions{SinceSeq: m.Last})
	i2, err := Import(t.Context(), second, o)
	if err != nil || i2.Last != m2.Last {
		t.Fatalf("newer: %+v %v", i2, err)
	}
	if list := imported(t, kept); len(list) != 1 || list[0].Last != m2.Last {
		t.Errorf("kept: %+v", list)
	}
	if _, err := Import(t.Context(), first, o); !errors.Is(err, fault.New(fault.CopyOlder)) {
		t.Errorf("the older one again: %v", err)
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	a, kept := threePeriods(t), filepath.Join(t.TempDir(), "imported")
	first, m := exportOf(t, a, ExportOptions{})
	o := ImportOptions{Dir: kept, Own: uuid.New()}
	_, err := Import(t.Context(), first, o)
	must(t, err)

	// The same till, restored from a backup, told another story since.
	forked := filepath.Join(t.TempDir(), "fork")
	must(t, os.CopyFS(forked, os.DirFS(a)))
	more(t, a, 91, 93)
	second, _ := exportOf(t, a, ExportOptions{})
	i, err := Import(t.Context(), second, o)
	must(t, err)
	before := snapshot(t, kept)
	more(t, forked, 95, 96)
	short, _ := exportOf(t, forked, ExportOptions{})
	more(t, forked, 96, 99)
	long, _ := exportOf(t, forked, ExportOptions{})
	gap, _ := exportOf(t, forked, ExportOptions{SinceSeq: 1 << 40})
	spoiled := func(spoil func(dir string)) string {
		dir := filepath.Join(t.TempDir(), "spoiled")
		must(t, os.CopyFS(dir, os.DirFS(long)))
		spoil(dir)
		return dir
	}
	for what, c := range map[string]struct {
		from string
		o    ImportOptions
		code fault.Code
	}{
		"its own":              {long, ImportOptions{Dir: kept, Own: m.ID}, fault.CopyOwn},
		"a shorter fork":       {short, o, fault.CopyFork},
		"a longer fork":        {long, o, fault.CopyFork},
		"no copy at all":       {t.TempDir(), o, fault.CopyBad},
		"one without manifest": {spoiled(func(d string) { must(t, os.Remove(filepath.Join(d, ManifestName))) }), o, fault.CopyBad},
		"one of a newer program": {spoiled(func(d string) {
			must(t, os.WriteFile(filepath.Join(d, ManifestName), []byte(`{"format":"kassa-copy 2"}`), 0o600))
		}), o, fault.JournalNewer},
		"a damaged one": {spoiled(func(d string) {
			poke(t, filepath.Join(d, archiveName, "000002", "00000002.tape"), 2000, []byte("x"))
		}), o, fault.CopyBad},
		"one that lacks a period": {spoiled(func(d string) { must(t, os.RemoveAll(filepath.Join(d, archiveName, "000002"))) }), o, fault.CopyBad},
		"no room":                 {gap, ImportOptions{Dir: filepath.Join(t.TempDir(), "x"), Own: o.Own, Free: func(string) (uint64, error) { return DefaultWatermark, nil }}, fault.CopySpace},
	} {
		if _, err := Import(t.Context(), c.from, c.o); !errors.Is(err, fault.New(c.code)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if now := snapshot(t, kept); !equalKeys(before, now) {
		t.Errorf("what was kept has changed:\n%v\n%v", before, now)
	}
	// What was kept is damaged: the same copy mends it.
	seg := filepath.Join(i.Dir, "00000003.tape")
	must(t, os.Chmod(seg, 0o600))
	poke(t, seg, 2000, []byte("x"))
	if _, err := Import(t.Context(), second, o); err != nil {
		t.Errorf("mending: %v", err)
	}
	if rep, err := Verify(t.Context(), i.Dir, VerifyOptions{}); err != nil || !rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
}

func equalKeys(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// A copy that begins after what was taken in has a hole before it.
func TestImportGap(t *testing.T) {
	a, kept := threePeriods(t), filepath.Join(t.TempDir(), "imported")
	// A copy of when only the first period was there.
	early := filepath.Join(t.TempDir(), "early")
	must(t, os.CopyFS(filepath.Join(early, tapeName), os.DirFS(filepath.Join(a, archiveName, "000001", tapeName))))
	first, _ := exportOf(t, early, ExportOptions{})
	o := ImportOptions{Dir: kept, Own: uuid.New()}
	_, err := Import(t.Context(), first, o)
	must(t, err)
	late, _ := exportOf(t, a, ExportOptions{SinceSeq: 1 << 40})
	if _, err := Import(t.Context(), late, o); !errors.Is(err, fault.New(fault.CopyGap)) {
		t.Errorf("%v", err)
	}
	adjacent, _ := exportOf(t, a, ExportOptions{SinceSeq: 40})
	if _, err := Import(t.Context(), adjacent, o); err != nil {
		t.Errorf("the next period: %v", err)
	}
}

// The process is killed, or the disk fails, at every change of taking a copy
// in: there is the older copy or the newer one, whole, and trying again ends
// with the newer alone.
func TestImportIsCutAnywhere(t *testing.T) {
	t.Parallel()
	a := threePeriods(t)
	first, _ := exportOf(t, a, ExportOptions{})
	more(t, a, 91, 95)
	second, m2 := exportOf(t, a, ExportOptions{})
	step := 4
	if os.Getenv("KASSA_LONG") != "" {
		step = 1
	}
	for k := 1; ; k += step {
		kept := filepath.Join(t.TempDir(), "imported")
		o := ImportOptions{Dir: kept, Own: uuid.New()}
		i, err := Import(t.Context(), first, o)
		must(t, err)
		failing := o
		failing.FS = &medium{at: k, err: unix.EIO}
		_, err = Import(t.Context(), second, failing)
		if err == nil {
			if k < 15 {
				t.Fatalf("only %d changes", k)
			}
			return
		}
		list := imported(t, kept)
		if len(list) == 0 || (list[0].Last != i.Last && list[0].Last != m2.Last) {
			t.Fatalf("change %d: %+v", k, list)
		}
		newest := list[len(list)-1]
		if rep, err := Verify(t.Context(), newest.Dir, VerifyOptions{}); err != nil || !rep.OK {
			t.Fatalf("change %d: %+v %v", k, rep, err)
		}
		if _, err := Import(t.Context(), second, o); err != nil && !errors.Is(err, fault.New(fault.CopyOlder)) {
			t.Fatalf("change %d, again: %v", k, err)
		}
		if list := imported(t, kept); list[len(list)-1].Last != m2.Last {
			t.Fatalf("change %d, again: %+v", k, list)
		}
	}
}

// A copy reads like the journal, from any record on; one that begins with a
// later period has under their own numbers what was carried into it.
func TestOpenCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, s := openShop(t, opts(dir))
	closed(t, j)
	for _, since := range []uint64{0, s.first[1], s.first[3]} {
		to, m := exportOf(t, dir, ExportOptions{SinceSeq: since})
		c, err := OpenCopy(t.Context(), to)
		must(t, err)
		var want []record.Record
		must(t, Read(t.Context(), dir, func(r record.Record) error {
			if r.Seq >= m.First || slices.Contains([]uint64{s.cart, s.setting, s.doc, s.request}, r.Seq) {
				want = append(want, r)
			}
			return nil
		}))
		for _, after := range []uint64{0, s.doc, m.First, m.First + 3, m.Last - 1, m.Last} {
			var got, expected []uint64
			must(t, c.Each(t.Context(), after, func(r record.Record) error { got = append(got, r.Seq); return nil }))
			for _, r := range want {
				if r.Seq > after {
					expected = append(expected, r.Seq)
				}
			}
			if since == 0 && after == 0 && len(got) < 20 {
				t.Fatalf("only %v", got)
			}
			for _, seq := range expected {
				if !slices.Contains(got, seq) {
					t.Errorf("since %d after %d: record %d is not there", since, after, seq)
				}
			}
			if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Errorf("since %d after %d: %v", since, after, got)
			}
		}
		for _, w := range want {
			r, err := c.Get(t.Context(), w.Seq)
			if err != nil || r.ID != w.ID || r.Kind != w.Kind || string(r.Data) != string(w.Data) || r.Seq != w.Seq || r.Carried != 0 {
				t.Errorf("since %d: %+v %v, want %+v", since, r, err, w)
			}
		}
		if _, err := c.Get(t.Context(), m.Last+1); !errors.Is(err, ErrNotFound) {
			t.Errorf("beyond the end: %v", err)
		}
	}
	if _, err := OpenCopy(t.Context(), dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no copy: %v", err)
	}
}
