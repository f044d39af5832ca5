package catalogdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/money"
)

const (
	crashDir  = "KASSA_TEST_CRASH_DIR"
	crashStep = "KASSA_TEST_CRASH_STEP"
)

// whole checks that db has exactly the shelf of that price, in every index.
func whole(t *testing.T, db *DB, want int) {
	t.Helper()
	m, err := db.Lookup(t.Context(), 0, "4600439931256")
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := m.Item.PriceOf(store.PriceType); int(p) != want {
		t.Errorf("price %d, want %d", p, want)
	}
	found, err1 := db.Find(t.Context(), "молоко", 5)
	listed, err2 := db.List(t.Context(), "dairy", "", 5)
	folders, err3 := db.Folders(t.Context())
	if err := errors.Join(err1, err2, err3); err != nil || len(found) != 1 || len(listed) != 2 || len(folders) != len(shelves) {
		t.Errorf("found %d, listed %d, folders %d: %v", len(found), len(listed), len(folders), err)
	}
}

// The directory as it stands after each step of a second build is what a
// killed process leaves. Each must open as the first generation, whole, or as
// the second, whole, with the first still there; and build on.
func TestCrashAtEveryStep(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	fill(t, db, shelf(100)...)
	type snapshot struct{ step, dir string }
	var shots []snapshot
	db.step = func(name string) {
		s := snapshot{name, filepath.Join(t.TempDir(), "copy")}
		if err := os.CopyFS(s.dir, os.DirFS(dir)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		shots = append(shots, s)
	}
	fill(t, db, shelf(200)...)
	switched := false
	for i, s := range shots {
		switched = switched || s.step == "generation renamed"
		want := 100
		if switched {
			want = 200
		}
		t.Run(fmt.Sprintf("%02d %s", i, s.step), func(t *testing.T) {
			t.Parallel()
			db := openDir(t, s.dir)
			if err := db.Problem(); err != nil {
				t.Errorf("problem: %v", err)
			}
			whole(t, db, want)
			if m, err := db.Lookup(t.Context(), 1, "МП-25"); err != nil || m.Generation != 1 {
				t.Errorf("the first generation: %+v, %v", m, err)
			}
			if n := fill(t, db, shelf(300)...); n != 3 {
				t.Errorf("number %d was used before", n)
			}
			whole(t, db, 300)
			for _, name := range dirs(t, s.dir) {
				if prefix, _ := parseDir(name); prefix == buildPrefix {
					t.Errorf("left: %s", name)
				}
			}
		})
	}
	if !switched || len(shots) < 14 {
		t.Errorf("%d steps, switched %v", len(shots), switched)
	}
}

// Killed while it removes an old generation, file by file, or while it writes
// its state, the till finds what sells and forgets the rest.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	fill(t, db, shelf(100)...)
	fill(t, db, shelf(200)...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, dirName(oldPrefix, 1))
	if err := os.Rename(filepath.Join(dir, dirName(genPrefix, 1)), old); err != nil {
		t.Fatal(err)
	}
	for more := true; more; { // half of its files each time, down to an empty directory
		files, err := os.ReadDir(old)
		if err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := errors.Join(os.CopyFS(copied, os.DirFS(dir)), os.WriteFile(filepath.Join(copied, stateFile+".new"), []byte(`{"la`), 0o600)); err != nil {
			t.Fatal(err)
		}
		again := openDir(t, copied)
		whole(t, again, 200)
		if got := dirs(t, copied); !slices.Equal(got, []string{dirName(genPrefix, 2)}) || again.Problem() != nil {
			t.Errorf("left %v, %v", got, again.Problem())
		}
		if more = len(files) > 0; more {
			for _, f := range files[:(len(files)+1)/2] {
				if err := os.Remove(filepath.Join(old, f.Name())); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// crashChild builds a second generation and kills itself at a step.
func crashChild(dir, step string) {
	db, err := Open(context.Background(), Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	db.step = func(name string) {
		if name == step {
			if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
				panic(err)
			}
			select {} // until the signal arrives
		}
	}
	b, err := db.Begin(context.Background())
	if err != nil {
		panic(err)
	}
	_, err = complete(b, shelf(200))
	panic(fmt.Sprintf("survived: %v", err))
}

// A real SIGKILL: the lock goes with the process, the rest is as above.
func TestKill(t *testing.T) {
	steps := map[string]int{"items put": 100, "tables flushed": 100, "generation synced": 100, "generation renamed": 200}
	if os.Getenv("KASSA_LONG") != "" {
		for _, step := range []string{"directory made", "database opened", "items written", "ids written", "codes written", "names written", "words written",
			"customers written", "serials written", "folders written", "shared written", "meta written", "database closed"} {
			steps[step] = 100
		}
		steps["switch synced"] = 200
	}
	for step, want := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			db := openDir(t, dir)
			fill(t, db, shelf(100)...)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), crashDir+"="+dir, crashStep+"="+step)
			out, err := cmd.CombinedOutput()
			if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
				t.Fatalf("%v: %s", err, out)
			}
			whole(t, openDir(t, dir), want)
		})
	}
}

// damage is done to the newest generation of a closed catalogue.
func TestDamage(t *testing.T) {
	tables := func(t *testing.T, dir string) []string {
		list, err := filepath.Glob(filepath.Join(dir, "*.sst"))
		if err != nil || len(list) == 0 {
			t.Fatalf("tables %v, %v", list, err)
		}
		return list
	}
	for name, damage := range map[string]func(t *testing.T, dir string) error{
		"no manifest":  func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "MANIFEST")) },
		"manifest cut": func(_ *testing.T, dir string) error { return os.Truncate(filepath.Join(dir, "MANIFEST"), 40) },
		"manifest garbage": func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "MANIFEST"), []byte("garbage"), 0o600)
		},
		"tables gone": func(t *testing.T, dir string) (err error) {
			for _, f := range tables(t, dir) {
				err = errors.Join(err, os.Remove(f))
			}
			return err
		},
		"tables cut": func(t *testing.T, dir string) (err error) {
			for _, f := range tables(t, dir) {
				err = errors.Join(err, os.Truncate(f, 10))
			}
			return err
		},
		"tables zeroed": func(t *testing.T, dir string) (err error) {
			for _, f := range tables(t, dir) {
				st, e := os.Stat(f)
				err = errors.Join(err, e, os.WriteFile(f, make([]byte, st.Size()), 0o600))
			}
			return err
		},
		"empty directory": func(_ *testing.T, dir string) error { return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)) },
	} {
		for _, before := range []int{0, 1} { // generations before the damaged one
			t.Run(fmt.Sprintf("%s, %d before", name, before), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				db := openDir(t, dir)
				for i := range before + 1 {
					fill(t, db, shelf(catalogPrice(i))...)
				}
				if err := errors.Join(db.Close(), damage(t, filepath.Join(dir, dirName(genPrefix, int64(before+1))))); err != nil {
					t.Fatal(err)
				}
				db = openDir(t, dir)
				if err := db.Problem(); !errors.Is(err, ErrDamaged) {
					t.Errorf("problem: %v", err)
				}
				if got := db.Current().Generation; got != int64(before) {
					t.Fatalf("current %d, want %d", got, before)
				}
				if before > 0 {
					whole(t, db, int(catalogPrice(before-1)))
				}
				if got := dirs(t, dir); !slices.Contains(got, dirName(damagedPrefix, int64(before+1))) {
					t.Errorf("not set aside: %v", got)
				}
				// The number of the damaged one is not used again.
				if n := fill(t, db, shelf(300)...); n != int64(before+2) {
					t.Errorf("next generation %d", n)
				}
				whole(t, db, 300)
			})
		}
	}
}

func catalogPrice(i int) money.Amount { return money.Amount(100 * (i + 1)) }

// A table that vanishes under a running till is a memory fault on the next
// page; the till falls back to the generation before it.
func TestDamageWhileServing(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	fill(t, db, shelf(100)...)
	fill(t, db, shelf(200)...)
	news, cancel := db.Subscribe()
	defer cancel()
	list, err := filepath.Glob(filepath.Join(dir, dirName(genPrefix, 2), "*.sst"))
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	for _, f := range list {
		if err := os.Truncate(f, 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Lookup(t.Context(), 0, "4600439931256"); !errors.Is(err, ErrDamaged) {
		t.Errorf("lookup: %v", err)
	}
	if info := <-news; info.Generation != 1 {
		t.Errorf("news %+v", info)
	}
	whole(t, db, 100)
	if !errors.Is(db.Problem(), ErrDamaged) {
		t.Errorf("problem: %v", db.Problem())
	}
	if n := fill(t, db, shelf(300)...); n != 3 {
		t.Errorf("next generation %d", n)
	}
	whole(t, db, 300)
}

// A generation whose opening killed the process twice is not opened again.
func TestTries(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	fill(t, db, shelf(100)...)
	fill(t, db, shelf(200)...)
	for tries, want := range map[int]int{1: 200, 2: 100} {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf(`{"last":2,"tries":{"2":%d}}`, tries)
		if err := os.WriteFile(filepath.Join(copied, stateFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		again := openDir(t, copied)
		whole(t, again, want)
		if again.state.Tries != nil {
			t.Errorf("after opening: %+v", again.state)
		}
	}
}

// A state file that can not be read costs nothing.
func TestStateDamaged(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	fill(t, db, shelf(100)...)
	if err := errors.Join(db.Close(), os.WriteFile(filepath.Join(dir, stateFile), []byte("\x00\x00"), 0o600)); err != nil {
		t.Fatal(err)
	}
	db = openDir(t, dir)
	whole(t, db, 100)
	if n := fill(t, db, shelf(200)...); n != 2 {
		t.Errorf("next generation %d", n)
	}
}

// On a full disk a build is refused before it begins, and stops before it
// would fill the disk; the old generation sells on.
func TestSpace(t *testing.T) {
	db := openDir(t, t.TempDir())
	fill(t, db, shelf(100)...)
	left := uint64(minFree - 1)
	db.free = func(string) (uint64, error) { return left, nil }
	if _, err := db.Begin(t.Context()); !errors.Is(err, ErrSpace) {
		t.Errorf("begin: %v", err)
	}
	for _, at := range []string{"put", "commit"} {
		left = minFree
		b, err := db.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if at == "commit" {
			if err := b.PutItems(shelf(200)); err != nil {
				t.Fatal(err)
			}
		}
		left--
		if at == "put" {
			if err := b.PutItems(shelf(200)); !errors.Is(err, ErrSpace) {
				t.Errorf("put: %v", err)
			}
		}
		if _, err := b.Commit(); !errors.Is(err, ErrSpace) {
			t.Errorf("commit: %v", err)
		}
	}
	whole(t, db, 100)
	if got := dirs(t, db.dir); !slices.Equal(got, []string{"gen-000001"}) {
		t.Errorf("left: %v", got)
	}
	left = minFree + 1<<30
	fill(t, db, shelf(200)...)
	whole(t, db, 200)
}

// One byte changed anywhere in a generation: the till opens, and what it
// answers is right, or an error, never another item or price.
func TestBitRot(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	items := shelf(100)
	for n := range 3000 { // enough for tables of many blocks
		items = append(items, benchItem(n))
	}
	fill(t, db, items...)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, dirName(genPrefix, 1), "*"))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	answers := map[string]int{}
	for round := range 48 {
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(copied, dirName(genPrefix, 1), filepath.Base(files[round%len(files)]))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) == 0 {
			continue
		}
		data[rng.IntN(len(data))] ^= byte(1 << rng.IntN(8))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		quiet, err := Open(t.Context(), Options{Dir: copied})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		m, err := quiet.Lookup(t.Context(), 0, "4600439931256")
		switch {
		case errors.Is(err, ErrDamaged), errors.Is(err, ErrNotFound):
			answers["error"]++
		case err != nil:
			t.Errorf("%s: %v", path, err)
		case !cmp.Equal(m.Item, shelf(100)[0]):
			t.Errorf("%s: %+v", path, m.Item)
		default:
			answers["right"]++
		}
		if _, err := quiet.Find(t.Context(), "молоко", 5); err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: find: %v", path, err)
		}
		if err := quiet.Close(); err != nil {
			t.Errorf("%s: close: %v", path, err)
		}
	}
	if answers["error"] == 0 || answers["right"] == 0 {
		t.Errorf("answers %v: the test hits nothing, or everything", answers)
	}
}
