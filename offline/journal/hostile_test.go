package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// resigned changes the manifest of a copy as somebody would who wants it to fit.
func resigned(t *testing.T, dir string, change func(m *Manifest)) {
	t.Helper()
	m, err := ReadManifest(dir)
	must(t, err)
	change(&m)
	b, err := json.Marshal(m)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, ManifestName), b, 0o600))
}

// honest makes the manifest say the truth about a changed file.
func honest(t *testing.T, dir, name string) {
	t.Helper()
	sum, size, err := sumFile(filepath.Join(dir, name))
	must(t, err)
	resigned(t, dir, func(m *Manifest) {
		for i := range m.Files {
			if m.Files[i].Name == name {
				m.Files[i].SHA256, m.Files[i].Bytes = sum, size
			}
		}
	})
}

// Whatever somebody puts on a stick, taking it in ends soon, reads nothing
// outside of it, keeps nothing of it and changes nothing that was kept before.
func TestHostileCopy(t *testing.T) {
	t.Parallel()
	a := threePeriods(t)
	sound, m := exportOf(t, a, ExportOptions{})
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("a token"), 0o600))
	kept := filepath.Join(t.TempDir(), "imported")
	o := ImportOptions{Dir: kept, Own: uuid.New()}
	_, err := Import(t.Context(), sound, o)
	must(t, err)
	more(t, a, 91, 95)
	newer, _ := exportOf(t, a, ExportOptions{})
	before := snapshot(t, kept)
	const last, second = "00000003.tape", "archive/000002/00000002.tape"
	at := func(dir string, name ...string) string { return filepath.Join(append([]string{dir}, name...)...) }
	replace := func(name string, with func(name string) error) func(string) {
		return func(dir string) { must(t, os.RemoveAll(at(dir, name))); must(t, with(at(dir, name))) }
	}
	link := func(name string) error { return os.Symlink(secret, name) }
	pipe := func(name string) error { return unix.Mkfifo(name, 0o600) }
	giant := func(name string) error { return os.Truncate(name, 1<<40) }
	named := func(name string) func(string) {
		return func(dir string) { resigned(t, dir, func(m *Manifest) { m.Files[0].Name = name }) }
	}
	for what, spoil := range map[string]func(dir string){
		"a name above":             named("../../../secret"),
		"a name above, in between": named("archive/../../secret"),
		"an absolute name":         named(secret),
		"no name":                  named(""),
		"the manifest itself":      named(ManifestName),
		"a name twice":             func(dir string) { resigned(t, dir, func(m *Manifest) { m.Files = append(m.Files, m.Files[0]) }) },
		"a segment is a link":      replace(last, link),
		"a segment is a pipe":      replace(last, pipe),
		"a segment is a directory": replace(last, func(n string) error { return os.Mkdir(n, 0o700) }),
		"the manifest is a link":   replace(ManifestName, link),
		"the manifest is a pipe":   replace(ManifestName, pipe),
		"a description is a pipe":  replace("archive/000001/period.json", pipe),
		"the archive is a link":    replace(archiveName, func(n string) error { return os.Symlink(at(newer, archiveName), n) }),
		"a period is a link":       replace("archive/000002", func(n string) error { return os.Symlink(at(newer, "archive/000002"), n) }),
		"a giant segment":          func(dir string) { must(t, giant(at(dir, last))) },
		"a giant manifest":         func(dir string) { must(t, giant(at(dir, ManifestName))) },
		"a giant description":      func(dir string) { must(t, giant(at(dir, "archive/000001/period.json"))) },
		"giant sizes": func(dir string) {
			resigned(t, dir, func(m *Manifest) { m.Files[0].Bytes, m.Files[1].Bytes = math.MaxInt64, math.MaxInt64 })
		},
		"an index to be run": func(dir string) {
			must(t, os.CopyFS(at(dir, badgerName), os.DirFS(at(a, badgerName))))
			smash(t, glob(t, dir, "badger/*"), func(b []byte) { clear(b) })
		},
		"an index in the archive": func(dir string) { must(t, os.Mkdir(at(dir, "archive/000001", badgerName), 0o700)) },
		"keys":                    func(dir string) { must(t, os.Mkdir(at(dir, vaultName), 0o700)) },
		"another tape beside it":  func(dir string) { must(t, os.CopyFS(at(dir, tapeName), os.DirFS(at(a, tapeName)))) },
		"a segment left out": func(dir string) {
			resigned(t, dir, func(m *Manifest) {
				m.Files = slices.DeleteFunc(m.Files, func(f ManifestFile) bool { return f.Name == second })
			})
		},
		"everything left out": func(dir string) { resigned(t, dir, func(m *Manifest) { m.Files = m.Files[len(m.Files)-1:] }) },
		"no hash":             func(dir string) { resigned(t, dir, func(m *Manifest) { m.Files[0].SHA256 = "" }) },
		"fewer records said":  func(dir string) { resigned(t, dir, func(m *Manifest) { m.Last -= 2 }) },
		"more records said":   func(dir string) { resigned(t, dir, func(m *Manifest) { m.Last += 1 << 40 }) },
		"a later first said":  func(dir string) { resigned(t, dir, func(m *Manifest) { m.First += 5 }) },
		"another head said":   func(dir string) { resigned(t, dir, func(m *Manifest) { m.Head = strings.Repeat("0", 64) }) },
		"another till's name": func(dir string) { resigned(t, dir, func(m *Manifest) { m.ID = uuid.New() }) },
		"a sale changed, and all hashes of files with it": func(dir string) {
			b, err := os.ReadFile(at(dir, second))
			must(t, err)
			b = []byte(strings.Replace(string(b), `"sum":100`, `"sum":900`, 1))
			must(t, os.WriteFile(at(dir, second), b, 0o600))
			honest(t, dir, second)
		},
		"a file of its own": func(dir string) { must(t, os.WriteFile(at(dir, "autorun.inf"), nil, 0o600)) },
		"half a manifest":   func(dir string) { must(t, os.Truncate(at(dir, ManifestName), 200)) },
		"deep nonsense": func(dir string) {
			must(t, os.WriteFile(at(dir, ManifestName), []byte(strings.Repeat(`{"files":[`, 100_000)), 0o600))
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "copy")
			must(t, os.CopyFS(dir, os.DirFS(newer)))
			spoil(dir)
			if i, err := Import(t.Context(), dir, o); !errors.Is(err, fault.New(fault.CopyBad)) {
				t.Errorf("%+v %v", i, err)
			}
			if now := snapshot(t, kept); !equalKeys(before, now) {
				t.Errorf("what was kept has changed:\n%v\n%v", before, now)
			}
		})
	}
	// What other systems leave everywhere is no obstacle, nor is a link to the copy.
	must(t, os.WriteFile(filepath.Join(newer, ".DS_Store"), []byte("x"), 0o600))
	way := filepath.Join(t.TempDir(), "way")
	must(t, os.Symlink(newer, way))
	i, err := Import(t.Context(), way, o)
	if err != nil || i.Last <= m.Last {
		t.Errorf("%+v %v", i, err)
	}
	if rep, err := Verify(t.Context(), i.Dir, VerifyOptions{}); err != nil || !rep.OK {
		t.Errorf("%+v %v", rep, err)
	}
}

// forged makes a copy of a journal that somebody writes line by line, with
// everything that needs no till to be right: chain, hashes, manifest.
func forged(t *testing.T, members ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	tp, _, err := tape.Open(tape.Options{Dir: filepath.Join(dir, tapeName), SegmentBytes: 64 << 10, ID: uuid.New()})
	must(t, err)
	for _, line := range members {
		_, err := tp.Append(t.Context(), []byte(line))
		must(t, err)
	}
	must(t, tp.Close())
	to, _ := exportOf(t, dir, ExportOptions{})
	return to
}

// A whole journal may be forged, for nobody signs it. What is in its records
// then is refused or told, and never takes the till along.
func TestForgedRecords(t *testing.T) {
	t.Parallel()
	line := func(kind, rest string) string {
		return fmt.Sprintf(`"time":"2026-03-01T10:00:00+03:00","kind":%q,"id":%q%s`, kind, uuid.New(), rest)
	}
	for what, c := range map[string]struct {
		line string
		code fault.Code // of Import; "": taken in
	}{
		"a kind of tomorrow":        {line("hologram", `,"schema":1`), fault.JournalNewer},
		"a form of tomorrow":        {line("document", `,"schema":2,"data":{}`), fault.JournalNewer},
		"no form":                   {line("audit", ``), fault.CopyBad},
		"a negative number":         {line("intent", `,"numbers":[-5],"schema":1`), fault.CopyBad},
		"the lowest number":         {line("void", `,"numbers":[-9223372036854775808],"schema":1`), fault.CopyBad},
		"a number beyond":           {line("void", `,"numbers":[99999999999999999999],"schema":1`), fault.CopyBad},
		"numbers far apart":         {line("void", `,"numbers":[1,9223372036854775807],"schema":1`), ""}, // told: never seen
		"more numbers than fit":     {line("void", `,"numbers":[1`+strings.Repeat(",1", MaxEnds)+`],"schema":1`), fault.CopyBad},
		"a type without end":        {line("audit", `,"type":"`+strings.Repeat("x", MaxType+1)+`","schema":1`), fault.CopyBad},
		"a document of nothing":     {line("document", `,"schema":1`), ""},
		"a document that is a list": {line("document", `,"schema":1,"data":[]`), ""},
		"no time":                   {fmt.Sprintf(`"kind":"audit","id":%q,"schema":1`, uuid.New()), ""},
		"a period in the middle":    {line("period", `,"schema":1,"data":{"number":2,"first":1,"carried":99999999999}`), fault.CopyBad},
		"a copy of what comes":      {line("audit", `,"schema":1,"carried":18446744073709551615`), fault.CopyBad},
		"a copy of itself":          {line("audit", `,"schema":1,"carried":2`), fault.CopyBad},
		"removed for ever":          {line("setting", `,"type":"journal/removed","schema":1,"data":{"number":9,"last":18446744073709551615}`), ""},
		"a private part of nothing": {line("audit", `,"schema":1,"sealed":{"key":1,"data":"AAAA"}`), ""},
	} {
		t.Run(what, func(t *testing.T) {
			from := forged(t, line("audit", `,"schema":1`), c.line, line("audit", `,"schema":1`))
			i, err := Import(t.Context(), from, ImportOptions{Dir: filepath.Join(t.TempDir(), "imported"), Own: uuid.New()})
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				copied, err := OpenCopy(t.Context(), i.Dir)
				must(t, err)
				must(t, copied.Each(t.Context(), 0, func(record.Record) error { return nil }))
				return
			}
			if !errors.Is(err, fault.New(c.code)) {
				t.Errorf("%+v %v", i, err)
			}
		})
	}
}

// What a forged journal makes Verify keep is bounded: numbers far apart, groups
// that never end, names of settings.
func TestForgedBulk(t *testing.T) {
	t.Parallel()
	c := newChecker()
	for n := range int64(3 * maxNumberPages) {
		c.account(&readLine{stored: stored{Record: record.Record{Seq: uint64(n + 1), Entry: record.Entry{Kind: record.Void, Numbers: []int64{1 + n*numberPage}}}}})
	}
	for n := range uint64(2 * maxFollowed) {
		id := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n))
		c.follow(&record.Record{Seq: n + 1, Entry: record.Entry{Kind: record.Cart, Group: id}})
		c.period(tape.Line{Seq: n + 1}, &record.Record{Seq: n + 1, Entry: record.Entry{Kind: record.Setting, Type: id.String()}})
	}
	if len(c.numbers.pages) > maxNumberPages || len(c.live) > maxFollowed || len(c.periods.settings) > maxFollowed || len(c.report.Problems) != MaxProblems {
		t.Errorf("%d pages, %d groups, %d settings, %d problems", len(c.numbers.pages), len(c.live), len(c.periods.settings), len(c.report.Problems))
	}
}

// Looking for copies on a stick reads their manifests before anything else.
func TestManifestIsNoPipe(t *testing.T) {
	dir := t.TempDir()
	must(t, unix.Mkfifo(filepath.Join(dir, ManifestName), 0o600))
	if _, err := ReadManifest(dir); !errors.Is(err, fault.New(fault.CopyBad)) {
		t.Error(err)
	}
}
