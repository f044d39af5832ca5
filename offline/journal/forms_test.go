package journal

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Release N writes what N-1 reads; a form that has had one version is written
// in that one.
func TestFormsRule(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Forms() {
		first := 1
		if f.Name == formBadger {
			first = badgerFiles // Badger's own count
		}
		if f.Writes != max(first, f.Reads-1) {
			t.Errorf("%s: reads up to %d and writes %d", f.Name, f.Reads, f.Writes)
		}
		if seen[f.Name] || strings.ContainsAny(f.Name, " =") {
			t.Errorf("form %q", f.Name)
		}
		seen[f.Name] = true
	}
	for _, k := range record.Kinds() {
		if !seen[string(k)] {
			t.Errorf("no form of %s", k)
		}
	}
}

// snapshot is every byte below a directory, but for the lock's.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	m := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == lockName {
			return err
		}
		info, err := d.Info()
		if err != nil || d.IsDir() {
			m[name] = "directory"
			return err
		}
		b, err := os.ReadFile(name)
		m[name] = fmt.Sprint(info.ModTime().UnixNano(), " ", len(b), " ", crc32.ChecksumIEEE(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func poke(t *testing.T, name string, off int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt(b, off)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sealLine(line string) []byte {
	return fmt.Appendf([]byte(line), " crc=%08x\n", crc32.Checksum([]byte(line), castagnoli))
}

// Whatever of a journal is of a newer program: refused with its code, and not
// a byte of the directory has changed.
func TestNewerIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	raised := func(dir, name string, v int) {
		m, err := readFormat(tape.OS{}, dir)
		if err != nil || len(m) == 0 {
			t.Fatal(m, err)
		}
		m[name] = v
		if err := os.WriteFile(filepath.Join(dir, formatName), formatBytes(m), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]func(t *testing.T, dir string){
		"a kind of record of tomorrow": func(_ *testing.T, dir string) { raised(dir, "hologram", 1) },
		"the tape's header": func(t *testing.T, dir string) {
			poke(t, filepath.Join(dir, tapeName, "00000001.tape"), 0, sealLine("kassa-tape 2 whatever=else"))
		},
		"a frame": func(t *testing.T, dir string) {
			name := filepath.Join(dir, tapeName, "00000001.tape")
			b, err := os.ReadFile(name)
			must(t, err)
			end := (len(bytes.TrimRight(b, "\n"))/tape.Sector + 1) * tape.Sector
			poke(t, name, int64(end), []byte("kassa-frame 2 whatever=else crc=01234567\n"))
		},
		"the keys": func(t *testing.T, dir string) {
			poke(t, filepath.Join(dir, vaultName, "keys.b"), 0, sealLine("kassa-keys 2 whatever=else"))
		},
		"a closed period's description": func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, archiveName, periodDir(1)), 0o750))
			must(t, os.WriteFile(filepath.Join(dir, archiveName, periodDir(1), aboutName), []byte(`{"format":"kassa-period 2"}`), 0o600))
		},
		"Badger's own files": func(t *testing.T, dir string) {
			must(t, os.Remove(filepath.Join(dir, formatName)))
			poke(t, filepath.Join(dir, badgerName, badger.ManifestFilename), 6, binary.BigEndian.AppendUint16(nil, badgerFiles+1))
		},
	}
	for _, f := range Forms() {
		cases["form "+f.Name] = func(_ *testing.T, dir string) { raised(dir, f.Name, f.Reads+1) }
	}
	for what, spoil := range cases {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := open(t, opts(dir))
			add(t, j, private(cashIn(t, 1, nil), phone))
			closed(t, j)
			spoil(t, dir)
			before := snapshot(t, dir)
			if j, _, err := Open(t.Context(), opts(dir)); !errors.Is(err, fault.New(fault.JournalNewer)) {
				t.Errorf("open: %v", err)
				if err == nil {
					closed(t, j)
				}
			}
			if _, err := Verify(t.Context(), dir, VerifyOptions{Temp: t.TempDir()}); !errors.Is(err, fault.New(fault.JournalNewer)) {
				t.Errorf("verify: %v", err)
			}
			if err := Read(t.Context(), dir, func(record.Record) error { return nil }); !errors.Is(err, fault.New(fault.JournalNewer)) {
				t.Errorf("read: %v", err)
			}
			if d := cmp.Diff(before, snapshot(t, dir)); d != "" {
				t.Error(d)
			}
		})
	}
}

// With the file of forms gone the forms themselves still say it: a layout, and
// a record of a newer program, in Badger and behind it on the tape alone.
func TestNewerWithoutTheFileOfForms(t *testing.T) {
	for what, spoil := range map[string]func(t *testing.T, dir string){
		"layout": func(t *testing.T, dir string) {
			s, err := openBadger(filepath.Join(dir, badgerName), opts(dir).Log)
			must(t, err)
			s.meta.Schema = schema + 1
			s.txn = s.db.NewTransaction(true)
			must(t, s.commit())
			must(t, s.close())
		},
		"known to Badger": func(t *testing.T, dir string) {
			s, err := openBadger(filepath.Join(dir, badgerName), opts(dir).Log)
			must(t, err)
			s.meta.Forms["audit"] = 2
			s.txn = s.db.NewTransaction(true)
			must(t, s.commit())
			must(t, s.close())
		},
		"on the tape": func(t *testing.T, dir string) {
			tp, _, err := tape.Open(tape.Options{Dir: filepath.Join(dir, tapeName), SegmentBytes: 64 << 10})
			must(t, err)
			e := entry(record.Audit, "login", 7)
			e.Schema = 2
			lines, err := encode(start, []record.Entry{e}, make([]*vault.Sealed, 1))
			must(t, err)
			_, err = tp.Append(t.Context(), lines...)
			must(t, err)
			must(t, tp.Close())
		},
		"of a kind of tomorrow": func(t *testing.T, dir string) {
			tp, _, err := tape.Open(tape.Options{Dir: filepath.Join(dir, tapeName), SegmentBytes: 64 << 10})
			must(t, err)
			lines, err := encode(start, []record.Entry{entry("hologram", "x", 7)}, make([]*vault.Sealed, 1))
			must(t, err)
			_, err = tp.Append(t.Context(), lines...)
			must(t, err)
			must(t, tp.Close())
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := made(t, 3)
			must(t, os.Remove(filepath.Join(dir, formatName)))
			spoil(t, dir)
			lines := linesOf(t, dir)
			if j, _, err := Open(t.Context(), opts(dir)); !errors.Is(err, fault.New(fault.JournalNewer)) {
				t.Errorf("open: %v", err)
				if err == nil {
					closed(t, j)
				}
			}
			if d := cmp.Diff(lines, linesOf(t, dir)); d != "" {
				t.Error(d)
			}
			if aside := glob(t, dir, "*.aside-*"); len(aside) > 0 {
				t.Errorf("set aside: %v", aside)
			}
		})
	}
}

// A file of forms that is damaged is made again; one bit of Badger's MANIFEST
// is then damage and not tomorrow.
func TestFormsFile(t *testing.T) {
	dir := made(t, 3)
	name := filepath.Join(dir, formatName)
	want, err := os.ReadFile(name)
	must(t, err)
	poke(t, name, 20, []byte("9"))
	j, _ := open(t, opts(dir))
	closed(t, j)
	if got, err := os.ReadFile(name); err != nil || string(got) != string(want) {
		t.Errorf("%s\n%v", got, err)
	}
	poke(t, filepath.Join(dir, badgerName, badger.ManifestFilename), 6, binary.BigEndian.AppendUint16(nil, badgerFiles+1))
	j, did := open(t, opts(dir))
	if !did.BadgerRebuilt {
		t.Errorf("%+v", did)
	}
	closed(t, j)
	// An older program keeps what a newer one has raised within its reach.
	m := parseFormat(want)
	m["document"] = m["document"] + 1
	if got := formatBytes(m); !maps.Equal(parseFormat(got), m) {
		t.Errorf("%s", got)
	}
}

func FuzzFormat(f *testing.F) {
	m := map[string]int{}
	for _, form := range Forms() {
		m[form.Name] = form.Writes
	}
	f.Add(formatBytes(m))
	f.Add([]byte("kassa-journal tape=2 crc=00000000\n"))
	f.Add(sealLine("kassa-journal"))
	f.Add(sealLine("kassa-journal tape"))
	f.Add(sealLine("kassa-journal tape=-1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := parseFormat(b)
		if m != nil && !maps.Equal(m, parseFormat(formatBytes(m))) {
			t.Fatalf("%q became %v", b, m)
		}
	})
}

// FuzzDecode: a stored line that can be read is written the same again, but
// for its members' order and white space.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"seq":1,"time":"2026-03-01T10:00:00+03:00","kind":"audit","id":"019a0000-0000-7000-8000-000000000001","schema":1,"sealed":{"slot":3,"nonce":"AAAA","text":"AAAA"},"prev":""}`))
	f.Add([]byte(`{"erased":true}`))
	f.Add([]byte(`{"sealed":{"slot":-1}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := decode(b)
		if err != nil {
			return
		}
		if s.Erased || s.Private != nil {
			t.Fatal("a line says what only the keys know")
		}
		again, err := json.Marshal(s)
		if err != nil {
			return // such as a time that JSON can not express
		}
		if _, err := decode(again); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}

// TestHeldForms: what stands in a journal is told to whoever wants to know which
// release could read it, also of a directory that has none yet.
func TestHeldForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	own := map[string]int{}
	for _, f := range Forms() {
		own[f.Name] = f.Writes
	}
	if got, err := Held(dir); err != nil || !maps.Equal(got, own) {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	raised := maps.Clone(own)
	raised["document"]++
	raised["hologram"] = 3
	must(t, os.WriteFile(filepath.Join(dir, formatName), formatBytes(raised), 0o600))
	if got, err := Held(dir); err != nil || !maps.Equal(got, raised) {
		t.Errorf("raised: %v, %v", got, err)
	}
}
