package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// made makes a closed journal of n records in a directory.
func made(t testing.TB, n int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	const batch = 25 // of many records, so that they are there soon
	for i := 0; n >= 1000 && i+batch <= n; i += batch {
		var list []record.Entry
		for k := range batch {
			list = append(list, entry(record.Audit, "login", i+k))
		}
		add(t, j, list...)
	}
	last, _ := j.Head()
	fill(t, j, int(last), n)
	closed(t, j)
	return dir
}

// healed opens a journal and checks that nothing of n records is missing, in
// either copy, and that it goes on.
func healed(t testing.TB, dir string, n int) Opened {
	t.Helper()
	j, did := open(t, opts(dir))
	if list := all(t, j); len(list) != n {
		t.Fatalf("%d records, want %d (%+v)", len(list), n, did)
	}
	add(t, j, entry(record.Audit, "later", n))
	rep, err := j.Verify(context.Background(), VerifyOptions{})
	if err != nil || !rep.OK || rep.Records != uint64(n+1) {
		t.Fatalf("%+v %v", rep, err)
	}
	closed(t, j)
	rep, err = Verify(context.Background(), dir, VerifyOptions{Temp: t.TempDir()})
	if err != nil || !rep.OK || !rep.Badger {
		t.Fatalf("%+v %v", rep, err)
	}
	return did
}

func refused(t testing.TB, dir string, code fault.Code) *fault.Error {
	t.Helper()
	j, did, err := Open(context.Background(), opts(dir))
	if err == nil {
		closed(t, j)
	}
	if !errors.Is(err, fault.New(code)) {
		t.Fatalf("want %s, got %v (%+v)", code, err, did)
	}
	return fault.Of(err)
}

func TestBadgerLost(t *testing.T) {
	t.Parallel()
	dir := made(t, 300)
	if err := os.RemoveAll(filepath.Join(dir, badgerName)); err != nil {
		t.Fatal(err)
	}
	if did := healed(t, dir, 300); did.Applied != 300 || !did.BadgerRebuilt {
		t.Errorf("%+v", did)
	}
}

// bigger makes a journal whose Badger has tables, not only a WAL.
func bigger(t testing.TB) (dir string, n int) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	j, _ := open(t, opts(dir))
	e := entry(record.Delivery, "cloud", 0)
	e.Data = fmt.Appendf(nil, "%q", bytes.Repeat([]byte("y"), 150_000))
	for range 30 {
		add(t, j, e)
	}
	fill(t, j, 30, 90)
	closed(t, j)
	if len(glob(t, dir, "badger/*.sst")) == 0 {
		t.Fatal("no tables")
	}
	return dir, 90
}

// Whatever happens to Badger's files, Open or the second Open gives a whole
// journal; what was broken is set aside, not deleted.
func TestBadgerDamaged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	sound, n := bigger(t)
	for name, breakIt := range map[string]func(t *testing.T, dir string){
		"no MANIFEST": func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "badger/MANIFEST"))) },
		"MANIFEST's end lost": func(t *testing.T, dir string) {
			smash(t, glob(t, dir, "badger/MANIFEST"), func(b []byte) { clear(b[len(b)/2:]) })
		},
		"MANIFEST garbage": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "badger/MANIFEST"), []byte("garbage"), 0o600))
		},
		"KEYREGISTRY garbage": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "badger/KEYREGISTRY"), []byte("g"), 0o600))
		},
		"tables zeroed": func(t *testing.T, dir string) { smash(t, glob(t, dir, "badger/*.sst"), func(b []byte) { clear(b) }) },
		"tables cut off": func(t *testing.T, dir string) {
			for _, f := range glob(t, dir, "badger/*.sst") {
				must(t, os.Truncate(f, 1000))
			}
		},
		"a table lost": func(t *testing.T, dir string) { must(t, os.Remove(glob(t, dir, "badger/*.sst")[0])) },
		"WAL zeroed": func(t *testing.T, dir string) {
			smash(t, glob(t, dir, "badger/*.mem"), func(b []byte) { clear(b[min(len(b), 40):]) })
		},
		"WAL lost": func(t *testing.T, dir string) {
			for _, f := range glob(t, dir, "badger/*.mem") {
				must(t, os.Remove(f))
			}
		},
		"a byte in every table's data": func(t *testing.T, dir string) {
			smash(t, glob(t, dir, "badger/*.sst"), func(b []byte) { b[rnd.IntN(len(b)/2)] ^= 0x40 })
		},
		"two attempts": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, attemptsName), []byte("2\n"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			must(t, os.CopyFS(dir, os.DirFS(sound)))
			breakIt(t, dir)
			// In a process of its own: Badger's goroutines may take it along.
			died := 0
			for ; died <= openAttempts; died++ {
				if out, err := startChild(t, dir, "open").CombinedOutput(); err == nil {
					break
				} else if died == openAttempts {
					t.Fatalf("%v: %s", err, out)
				}
			}
			// Damage that showed only when it was read was noticed by the
			// child's Verify and is healed by this Open.
			did := healed(t, dir, n)
			aside := len(glob(t, dir, "badger.aside-*"))
			if aside == 0 && !strings.Contains(name, "WAL") {
				t.Errorf("nothing set aside: %+v", did)
			}
			t.Logf("%d processes died, %d aside, %v", died, aside, did.Reasons)
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func smash(t testing.TB, files []string, fn func([]byte)) {
	t.Helper()
	for _, name := range files {
		b, err := os.ReadFile(name)
		must(t, err)
		fn(b)
		must(t, os.WriteFile(name, b, 0o600))
	}
}

// Badger has forgotten one record and one index entry without a word.
func TestBadgerForgets(t *testing.T) {
	t.Parallel()
	for name, key := range map[string][]byte{"a record": seqKey(keyRecord, 20), "an index": withSeq(kindPrefix(record.Audit), 20)} {
		t.Run(name, func(t *testing.T) {
			dir := made(t, 60)
			s, err := openBadger(filepath.Join(dir, badgerName), slog.New(slog.DiscardHandler))
			must(t, err)
			must(t, s.drop(key))
			must(t, s.commit())
			must(t, s.close())
			j, did := open(t, opts(dir))
			if name == "a record" && !did.BadgerRebuilt {
				t.Errorf("%+v", did)
			}
			if rep, err := j.Verify(context.Background(), VerifyOptions{}); err != nil || rep.OK != did.BadgerRebuilt {
				t.Errorf("%+v %v", rep, err)
			}
			closed(t, j)
			if did2 := healed(t, dir, 60); !did.BadgerRebuilt && !did2.BadgerRebuilt {
				t.Errorf("%+v", did2)
			}
		})
	}
}

// A kill between create and truncate leaves empty files Badger stumbles over.
func TestEmptyBadgerFiles(t *testing.T) {
	dir := made(t, 5)
	for _, name := range []string{"badger/00099.mem", "badger/000099.vlog"} {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	if did := healed(t, dir, 5); did.Repaired() {
		t.Errorf("%+v", did)
	}
}

func TestTapeLost(t *testing.T) {
	dir := made(t, 200)
	must(t, os.RemoveAll(filepath.Join(dir, tapeName)))
	if did := healed(t, dir, 200); did.TapeRestored != 200 || did.Fresh {
		t.Errorf("%+v", did)
	}
}

// frameAt finds the last segment in use and the n-th frame from its end.
func frameAt(t testing.TB, dir string, segment, fromEnd int) (name string, data []byte, off int) {
	t.Helper()
	names := glob(t, dir, "tape/*.tape")
	name = names[segment]
	data, err := os.ReadFile(name)
	must(t, err)
	off = len(data)
	for range fromEnd {
		off = bytes.LastIndex(data[:off], []byte("kassa-frame"))
	}
	if off < 0 {
		t.Fatal("no such frame")
	}
	return name, data, off
}

// The last commit destroyed after it was acknowledged: only Badger knows.
func TestTapeTailLost(t *testing.T) {
	dir := made(t, 50)
	name, data, off := frameAt(t, dir, 0, 2)
	for i := off; i < len(data); i++ {
		data[i] = '\n'
	}
	must(t, os.WriteFile(name, data, 0o600))
	if did := healed(t, dir, 50); did.TapeRestored != 2 {
		t.Errorf("%+v", did)
	}
}

func TestTapeDamaged(t *testing.T) {
	t.Parallel()
	for _, segment := range []int{0, 1} { // an older one, and one in use
		t.Run(fmt.Sprint(segment), func(t *testing.T) {
			dir := made(t, 150)
			name, data, off := frameAt(t, dir, segment, 5)
			data[off+300] ^= 1
			must(t, os.WriteFile(name, data, 0o600))
			did := healed(t, dir, 150)
			if !did.TapeRebuilt || len(did.Aside) != 1 || len(glob(t, dir, "tape.aside-*")) != 1 {
				t.Errorf("%+v", did)
			}
		})
	}
}

func TestFirstSegmentLost(t *testing.T) {
	dir := made(t, 150)
	must(t, os.Remove(glob(t, dir, "tape/*.tape")[0]))
	if rep, err := Verify(context.Background(), dir, VerifyOptions{Temp: t.TempDir()}); err != nil || rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
	if did := healed(t, dir, 150); !did.TapeRebuilt {
		t.Errorf("%+v", did)
	}
	must(t, os.Remove(glob(t, dir, "tape/*.tape")[0]))
	must(t, os.RemoveAll(filepath.Join(dir, badgerName)))
	refused(t, dir, fault.JournalDamaged)
}

// Both copies have lost something, and together they have everything.
func TestBothDamaged(t *testing.T) {
	dir := made(t, 40)
	keep := filepath.Join(t.TempDir(), "badger")
	must(t, os.CopyFS(keep, os.DirFS(filepath.Join(dir, badgerName))))
	j, _ := open(t, opts(dir))
	fill(t, j, 40, 60)
	closed(t, j)
	must(t, os.RemoveAll(filepath.Join(dir, badgerName))) // Badger is of an hour ago
	must(t, os.CopyFS(filepath.Join(dir, badgerName), os.DirFS(keep)))
	name, data, _ := frameAt(t, dir, 0, 1)
	off := bytes.Index(data, []byte(`{"seq":20,`)) // and the tape has a hole before
	data[off+30] ^= 1
	must(t, os.WriteFile(name, data, 0o600))
	if did := healed(t, dir, 60); !did.TapeRebuilt {
		t.Errorf("%+v", did)
	}

	// A hole that Badger can not fill stops the till and changes nothing.
	must(t, os.RemoveAll(filepath.Join(dir, badgerName)))
	must(t, os.CopyFS(filepath.Join(dir, badgerName), os.DirFS(keep)))
	name, data, _ = frameAt(t, dir, 0, 1)
	off = bytes.Index(data, []byte(`{"seq":50,`))
	data[off+30] ^= 1
	must(t, os.WriteFile(name, data, 0o600))
	refused(t, dir, fault.JournalDamaged)
	refused(t, dir, fault.JournalDamaged)
	if after, err := os.ReadFile(name); err != nil || !bytes.Equal(after, data) {
		t.Error("the damaged tape was changed", err)
	}
}

func TestNothingLeft(t *testing.T) {
	t.Parallel()
	dir, _ := bigger(t)
	must(t, os.RemoveAll(filepath.Join(dir, tapeName)))
	must(t, os.Remove(filepath.Join(dir, "badger/MANIFEST")))
	refused(t, dir, fault.JournalDamaged)
	if len(glob(t, dir, "badger/*.sst")) == 0 {
		t.Error("the tables are gone")
	}
}
