package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// years is a journal with a period for each of some years and an open one; in
// each is one document. The clock may be bent for single ones.
func years(t testing.TB, dir string, n int, bend map[int]time.Time) (*Journal, func(time.Time)) {
	t.Helper()
	o := opts(dir)
	now := &handClock{at: start}
	o.Now = now.Now
	j, _ := open(t, o)
	for y := range n + 1 {
		if y > 0 {
			ended(t, j)
		}
		now.Set(start.AddDate(y, 0, 0))
		if at, ok := bend[y]; ok {
			now.Set(at)
		}
		add(t, j, cashIn(t, int64(y+1), nil), entry(record.Audit, "login", y))
	}
	return j, now.Set
}

func numbersOf(list []About) (all []int) {
	for _, a := range list {
		all = append(all, a.Number)
	}
	return all
}

// waitSealed waits until the sealer has given all periods their manifests.
func waitSealed(t testing.TB, dir string) {
	t.Helper()
	until(t, "all sealed", func() bool {
		return len(glob(t, dir, "archive/*/tape/"+ManifestName)) == len(glob(t, dir, "archive/*"))
	})
}

// Five years are kept, and what is removed is told for ever.
func TestRetain(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := years(t, dir, 8, nil) // periods 1..8 of the years 0..7, period 9 is open in year 8
	ctx := context.Background()
	keep := RetainOptions{Years: 5, Now: start.AddDate(8, 0, 1)}
	early, err := j.Retain(ctx, RetainOptions{Years: 5, Now: start.AddDate(5, 0, 0)})
	if err != nil || len(early) != 0 {
		t.Fatal(early, err)
	}
	needed := keep
	needed.Needed = []uint64{999, 1}
	if got, err := j.Retain(ctx, needed); err != nil || len(got) != 0 {
		t.Fatalf("a record of it is needed: %v %v", got, err)
	}
	done, err := j.hold(ctx)
	must(t, err)
	if _, err := j.Retain(ctx, keep); !errors.Is(err, fault.New(fault.Busy)) {
		t.Fatal(err)
	}
	done()
	// Of year 0: the years 6 and 7 bear witness. Of year 1 only 7 does: the
	// open period does not count.
	got, err := j.Retain(ctx, keep)
	if err != nil || !slices.Equal(numbersOf(got), []int{1}) {
		t.Fatal(numbersOf(got), err)
	}
	for again := range 2 {
		if names := glob(t, dir, "archive/*"); len(names) != 7+again || filepath.Base(names[0]) != "000002" {
			t.Error(names)
		}
		list := scanned(t, j, record.Filter{})
		if list[0].Seq != got[0].Last+1 {
			t.Errorf("it begins with %d", list[0].Seq)
		}
		if _, err := j.Get(ctx, 1); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		if _, err := j.Document(ctx, cashIn(t, 1, nil).ID); !errors.Is(err, ErrNotFound) {
			t.Error(err)
		}
		told := scanned(t, j, record.Filter{Types: []string{AuditRemoved}})
		var a About
		if len(told) != 1 || json.Unmarshal(told[0].Data, &a) != nil || a.Number != 1 || a.First != 1 || a.Last != got[0].Last || a.Head != got[0].Head {
			t.Errorf("%+v", told)
		}
		rep := verified(t, j)
		if rep.First != got[0].Last+1 {
			t.Errorf("%+v", rep)
		}
		j, _ = open(t, opts(dir))
		fill(t, j, again, again+1)
		ended(t, j) // the word of it is carried on
	}
	verified(t, j)
}

// One document made while the clock was wrong removes nothing, nor does a
// wrong clock alone.
func TestRetainClock(t *testing.T) {
	t.Parallel()
	far := start.AddDate(60, 0, 0)
	for name, c := range map[string]struct {
		bend map[int]time.Time
		now  time.Time
		gone int
	}{
		"the clock alone":       {nil, far, 0},
		"one period":            {map[int]time.Time{2: far}, far, 0},
		"the open period":       {map[int]time.Time{3: far}, far, 0},
		"documents alone":       {map[int]time.Time{2: far, 1: far}, start.AddDate(4, 0, 0), 0},
		"its own in the future": {map[int]time.Time{0: far}, start.AddDate(9, 0, 0), 0},
		"two periods":           {map[int]time.Time{2: far, 1: far}, far.AddDate(0, 0, 1), 1}, // the time has passed
	} {
		t.Run(name, func(t *testing.T) {
			j, _ := years(t, t.TempDir(), 3, c.bend)
			got, err := j.Retain(context.Background(), RetainOptions{Years: 5, Now: c.now})
			if err != nil || len(got) != c.gone {
				t.Errorf("%v %v", numbersOf(got), err)
			}
		})
	}
}

// A removal that was cut off is finished; one that was not told is damage.
func TestRetainCut(t *testing.T) {
	t.Parallel()
	sound := filepath.Join(t.TempDir(), "data")
	j, _ := years(t, sound, 8, nil)
	waitSealed(t, sound)
	ctx := context.Background()
	first := j.archives.all()[0]
	r := removed{Number: 1, Last: first.about.Last, Head: first.about.Head}
	missing := filepath.Join(t.TempDir(), "missing")
	closed(t, j)
	must(t, os.CopyFS(missing, os.DirFS(sound)))
	j, _ = open(t, opts(sound))
	data, err := json.Marshal(r)
	must(t, err)
	add(t, j, entry(record.Audit, AuditRemoved, 1), record.Entry{Kind: record.Setting, ID: poolIDs[0], Type: removedName, Schema: 1, Data: data})
	closed(t, j)
	for name, cut := range map[string]func(dir string){
		"told":    func(string) {},
		"renamed": func(dir string) { must(t, os.Rename(dir, dir+removingSuffix)) },
		"half": func(dir string) {
			must(t, os.Rename(dir, dir+removingSuffix))
			must(t, os.RemoveAll(filepath.Join(dir+removingSuffix, badgerName)))
			must(t, os.Remove(filepath.Join(dir+removingSuffix, aboutName)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			must(t, os.CopyFS(dir, os.DirFS(sound)))
			cut(filepath.Join(dir, archiveName, periodDir(1)))
			j, did := open(t, opts(dir))
			if did.Repaired() {
				t.Errorf("%+v", did)
			}
			if _, err := os.Stat(filepath.Join(dir, archiveName, periodDir(1))); !errors.Is(err, fs.ErrNotExist) || len(glob(t, dir, "archive/*")) != 7 {
				t.Error(err, glob(t, dir, "archive/*"))
			}
			verified(t, j)
		})
	}

	must(t, os.RemoveAll(filepath.Join(missing, archiveName, periodDir(3))))
	j, _ = open(t, opts(missing))
	rep, err := j.Verify(ctx, VerifyOptions{})
	must(t, err)
	closed(t, j)
	atRest, err := Verify(ctx, missing, VerifyOptions{Temp: t.TempDir()})
	must(t, err)
	for _, rep := range []Report{rep, atRest} {
		if rep.OK || !slices.ContainsFunc(rep.Problems, func(p Problem) bool { return p.Code == "archive.missing" }) {
			t.Errorf("%+v", rep)
		}
	}
	j, _ = open(t, opts(missing))
	var last error
	for _, err := range j.Scan(ctx, record.Filter{}) {
		last = err
	}
	if !errors.Is(last, fault.New(fault.JournalDamaged)) {
		t.Errorf("a search over a missing period says %v", last)
	}
	if _, err := j.Live(ctx); err != nil {
		t.Error(err)
	}
}

// The manifest of a closed period says what its tape does not: that is told,
// and it is made again.
func TestSealIsMended(t *testing.T) {
	t.Parallel()
	dir := threePeriods(t)
	j, _ := open(t, opts(dir))
	waitSealed(t, dir)
	name := filepath.Join(dir, archiveName, "000001", tapeName, ManifestName)
	sound, err := os.ReadFile(name)
	must(t, err)
	for _, b := range [][]byte{sound[:len(sound)/2], bytes.Replace(sound, []byte(`"sha256": "`), []byte(`"sha256": "0`), 1)} {
		must(t, os.WriteFile(name, b, 0o600))
		rep, err := j.Verify(t.Context(), VerifyOptions{})
		if err != nil || rep.OK || !slices.Equal(problemCodes(rep), []string{"manifest"}) {
			t.Errorf("%+v %v", rep, err)
		}
		waitSealed(t, dir)
		if rep, err := j.Verify(t.Context(), VerifyOptions{}); err != nil || !rep.OK || len(rep.Problems) > 0 {
			t.Errorf("%+v %v", rep, err)
		}
	}
	if aside := glob(t, filepath.Dir(name), "*.aside-*"); len(aside) != 2 {
		t.Errorf("%v", aside)
	}
	closed(t, j)
	if rep, err := Verify(t.Context(), dir, VerifyOptions{Temp: t.TempDir()}); err != nil || !rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
}
