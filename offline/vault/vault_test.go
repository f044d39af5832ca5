package vault

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/tape/tapetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const dir = "/keys"

func open(t testing.TB, o Options) (*Vault, Opened) {
	t.Helper()
	v, did, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close() }) // tests that care close themselves
	return v, did
}

func closed(t testing.TB, v *Vault) {
	t.Helper()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
}

func take(t testing.TB, v *Vault, n int) map[uint64]Key {
	t.Helper()
	keys := map[uint64]Key{}
	for range n {
		slot, key, err := v.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := keys[slot]; twice || slot == 0 {
			t.Fatalf("slot %d was given before", slot)
		}
		keys[slot] = key
	}
	return keys
}

func same1(t testing.TB, v *Vault, keys map[uint64]Key) {
	t.Helper()
	for slot, key := range keys {
		if got, err := v.Read(slot); err != nil || got != key {
			t.Errorf("slot %d: %v, other key: %v", slot, err, got != key)
		}
	}
}

// A till that never asks for a contact has no files; one that does finds its
// keys again, and a restart never gives a number twice.
func TestKeysSurviveRestarts(t *testing.T) {
	real := filepath.Join(t.TempDir(), "keys")
	v, _ := open(t, Options{Dir: real})
	if _, err := os.Stat(real); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("files were made before a key was needed: %v", err)
	}
	closed(t, v)
	all := map[uint64]Key{}
	for range 5 {
		v, did := open(t, Options{Dir: real})
		if len(did.Repaired) > 0 || did.Aside {
			t.Fatalf("opening repaired %+v", did)
		}
		for slot, key := range take(t, v, Reserve+3) {
			if _, twice := all[slot]; twice {
				t.Fatalf("slot %d was given before the restart", slot)
			}
			all[slot] = key
		}
		same1(t, v, all)
		closed(t, v)
	}
	list, err := os.ReadDir(real)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", e.Name(), info.Mode(), err)
		}
	}
	for _, key := range all {
		for _, name := range append(keyNames[:], masterNames[:]...) {
			if b, err := os.ReadFile(filepath.Join(real, name)); err != nil || bytes.Contains(b, key[:]) {
				t.Fatalf("%s holds a key as it is: %v", name, err)
			}
		}
	}
}

func TestEraseIsForEverAndForOne(t *testing.T) {
	d := tapetest.New()
	v, _ := open(t, Options{Dir: dir, FS: d})
	keys := take(t, v, 10)
	var gone uint64
	for slot := range keys {
		gone = slot
		break
	}
	old := d.Peek(dir + "/keys.a")
	if err := v.Erase(gone, gone); err != nil {
		t.Fatal(err)
	}
	delete(keys, gone)
	if err := v.Erase(1 << 20); !errors.Is(err, ErrLost) {
		t.Errorf("erasing what was never there: %v", err)
	}
	for range 2 {
		if _, err := v.Read(gone); !errors.Is(err, ErrErased) {
			t.Errorf("erased: %v", err)
		}
		same1(t, v, keys)
		closed(t, v)
		v, _ = open(t, Options{Dir: dir, FS: d})
	}
	at := v.offset(gone)
	for _, name := range keyNames {
		if bytes.Equal(d.Peek(dir + "/" + name)[at+offWrapped:at+offCRC], old[at+offWrapped:at+offCRC]) {
			t.Errorf("%s still has the key", name)
		}
	}
	c, err := v.Check(t.Context())
	if err != nil || c.Erased != 1 || c.Lost != 0 || c.Keys < len(keys) {
		t.Errorf("check: %+v %v", c, err)
	}
}

// Each file, each sector, one at a time: the other copy has it.
func TestDamageOfOneCopy(t *testing.T) {
	d := tapetest.New()
	v, _ := open(t, Options{Dir: dir, FS: d})
	keys := take(t, v, 3*Reserve)
	closed(t, v)
	keep := func(int) bool { return true }
	n := 0
	for _, name := range append(keyNames[:], masterNames[:]...) {
		size := len(d.Peek(dir + "/" + name))
		for off := 0; off < min(size, 8<<10); off += tape.Sector {
			for _, damage := range []func(*tapetest.Disk, string){
				func(d *tapetest.Disk, f string) { d.Poke(f, int64(off), make([]byte, tape.Sector)) },
				func(d *tapetest.Disk, f string) { d.Poke(f, int64(off+12), []byte{d.Peek(f)[off+12] ^ 4}) },
				func(d *tapetest.Disk, f string) { d.BadSector(f, int64(off)) },
				func(d *tapetest.Disk, f string) {
					if err := d.Remove(f); err != nil {
						t.Fatal(err)
					}
				},
			} {
				n++
				after := d.Cut(keep, 0)
				damage(after, dir+"/"+name)
				v, _ := open(t, Options{Dir: dir, FS: after})
				if _, err := v.Check(t.Context()); err != nil {
					t.Fatalf("%s at %d: %v", name, off, err)
				}
				same1(t, v, keys)
				closed(t, v)
				// The copies are alike again: now the other one may go.
				if a, b := after.Peek(dir+"/keys.a"), after.Peek(dir+"/keys.b"); !bytes.Equal(a, b) {
					t.Fatalf("%s at %d: the copies differ after the check", name, off)
				}
			}
		}
	}
	if n < 100 {
		t.Fatalf("only %d kinds of damage", n)
	}
}

// Both copies of the master key gone: the contacts are, and everything else
// goes on above the numbers the journal knows.
func TestMasterLost(t *testing.T) {
	d := tapetest.New()
	v, _ := open(t, Options{Dir: dir, FS: d})
	keys := take(t, v, 5)
	closed(t, v)
	for _, name := range masterNames {
		if err := d.Remove(dir + "/" + name); err != nil {
			t.Fatal(err)
		}
	}
	var top uint64
	for slot := range keys {
		top = max(top, slot)
	}
	v, did := open(t, Options{Dir: dir, FS: d, First: top + 1})
	if !did.Aside {
		t.Errorf("%+v", did)
	}
	for slot := range take(t, v, 40) {
		if slot <= top {
			t.Errorf("slot %d is given again", slot)
		}
	}
	for slot := range keys {
		if _, err := v.Read(slot); !errors.Is(err, ErrLost) {
			t.Errorf("slot %d: %v", slot, err)
		}
	}
}

func TestNewerIsRefusedUntouched(t *testing.T) {
	for _, name := range []string{"keys.a", "keys.b", "master.b"} {
		d := tapetest.New()
		v, _ := open(t, Options{Dir: dir, FS: d})
		take(t, v, 1)
		closed(t, v)
		line := []byte("kassa-keys 7 something=else")
		if name == "master.b" {
			line = []byte("kassa-master 7 key=other")
		}
		f, err := d.OpenFile(dir+"/"+name, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt(seal(line), 0); err != nil {
			t.Fatal(err)
		}
		before := d.Ops()
		var newer *NewerError
		if _, _, err := Open(Options{Dir: dir, FS: d}); !errors.As(err, &newer) || newer.Found != 7 {
			t.Errorf("%s: %v", name, err)
		}
		if d.Ops() != before {
			t.Errorf("%s: something was changed", name)
		}
	}
}

// A disk that is full or fails: no key is given that is not durable, the
// caller is told at once, and it works again when the disk does.
func TestDiskTrouble(t *testing.T) {
	d := tapetest.New()
	d.SetFree(1 << 10)
	v, _ := open(t, Options{Dir: dir, FS: d})
	if _, _, err := v.Take(t.Context()); err == nil {
		t.Fatal("a key on a full disk")
	}
	if v.Err() == nil {
		t.Error("no error to show")
	}
	d.SetFree(-1)
	closed(t, v)
	v, _ = open(t, Options{Dir: dir, FS: d})
	keys := take(t, v, 1)
	d.FailSync(d.Syncs() + 2) // the second copy of the next reserve
	for {
		slot, key, err := v.Take(t.Context())
		if err != nil {
			break
		}
		keys[slot] = key
	}
	same1(t, v, keys)
	closed(t, v)
	v, _ = open(t, Options{Dir: dir, FS: d})
	for slot := range take(t, v, Reserve) {
		if _, twice := keys[slot]; twice {
			t.Errorf("slot %d is given again", slot)
		}
	}
}

func TestTakeEndsWithItsContextAndWithClose(t *testing.T) {
	d := tapetest.New()
	release := d.Hang()
	v, _ := open(t, Options{Dir: dir, FS: d})
	if _, _, err := v.TakeNow(); !errors.Is(err, ErrNone) {
		t.Errorf("at once: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := v.Take(ctx); !errors.Is(err, ErrNone) {
		t.Errorf("ended: %v", err)
	}
	waits := make(chan error, 1)
	go func() {
		_, _, err := v.Take(context.Background())
		waits <- err
	}()
	closing := make(chan error, 1)
	go func() { closing <- v.Close() }()
	if err := <-waits; !errors.Is(err, ErrClosed) && err != nil {
		t.Errorf("closed: %v", err)
	}
	release()
	if err := <-closing; err != nil {
		t.Error(err)
	}
}

func TestReadOnlyChangesNothing(t *testing.T) {
	d := tapetest.New()
	v, _ := open(t, Options{Dir: dir, FS: d})
	keys := take(t, v, 4)
	closed(t, v)
	if err := d.Remove(dir + "/keys.a"); err != nil {
		t.Fatal(err)
	}
	before := d.Ops()
	v, _ = open(t, Options{Dir: dir, FS: d, ReadOnly: true})
	same1(t, v, keys)
	if _, _, err := v.TakeNow(); !errors.Is(err, ErrClosed) {
		t.Errorf("a key: %v", err)
	}
	if err := v.Erase(1); !errors.Is(err, ErrClosed) {
		t.Errorf("erase: %v", err)
	}
	if _, err := v.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if d.Ops() != before {
		t.Error("something was changed")
	}
}
