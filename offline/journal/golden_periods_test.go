package journal

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/record"
)

// testdata/golden/periods-vN is a journal of three periods that the release of
// forms N has written: tapes, descriptions and keys; Badger is made again.
//
//	records.json  what is in it, copies left out

// periodRecord is a record in its records.json.
type periodRecord struct {
	record.Record
	Private json.RawMessage `json:"private,omitempty"`
}

// makePeriods writes the files of a version.
func makePeriods(t *testing.T, to string) {
	t.Helper()
	dir := t.TempDir()
	clock := &handClock{at: start}
	o := opts(dir)
	o.Now = func() time.Time { return clock.Add(time.Minute) }
	j, _ := open(t, o)
	group := uuid.MustParse("019a0000-0000-7000-8000-00000000000b")
	for n := range 3 {
		e := private(cashIn(t, int64(2*n+1), nil), phone)
		cart := entry(record.Cart, "", n)
		cart.Group = group
		add(t, j, e, cashIn(t, int64(2*n+2), nil), cart, entry(record.Setting, "till", n), entry(record.Delivery, "cloud", n))
		if n < 2 {
			clock.Add(24 * time.Hour)
			ended(t, j, 1, 5)
		}
	}
	closed(t, j)
	var list []periodRecord
	must(t, Read(t.Context(), dir, func(r record.Record) error {
		list = append(list, periodRecord{r, r.Private})
		return nil
	}))
	b, err := json.MarshalIndent(list, "", " ")
	must(t, err)
	must(t, os.MkdirAll(to, 0o750))
	must(t, os.WriteFile(filepath.Join(to, "records.json"), b, 0o600))
	copyOut := filepath.Join(t.TempDir(), "copy")
	_, err = Export(t.Context(), dir, copyOut, ExportOptions{})
	must(t, err)
	must(t, os.Remove(filepath.Join(copyOut, ManifestName)))
	for _, d := range []string{"", "archive/000001", "archive/000002"} { // as they stand in a data directory
		segments := glob(t, filepath.Join(copyOut, d), "*.tape")
		must(t, os.MkdirAll(filepath.Join(to, d, tapeName), 0o750))
		for _, s := range segments {
			must(t, copyFile(s, filepath.Join(to, d, tapeName, filepath.Base(s))))
		}
		if d != "" {
			must(t, copyFile(filepath.Join(copyOut, d, aboutName), filepath.Join(to, d, aboutName)))
		}
	}
	must(t, os.CopyFS(filepath.Join(to, vaultName), os.DirFS(filepath.Join(dir, vaultName))))
	for _, name := range []string{"keys.a", "keys.b"} {
		must(t, os.Truncate(filepath.Join(to, vaultName, name), 4<<10))
	}
}

// Journals of several periods of every version are read, verified and opened.
func TestGoldenPeriods(t *testing.T) {
	if first := filepath.Join(golden, "periods-v1"); *update {
		if _, err := os.Stat(first); err != nil {
			makePeriods(t, first)
		}
	}
	list, err := filepath.Glob(filepath.Join(golden, "periods-v*"))
	must(t, err)
	for v := 1; v <= max(aboutFormat, periodSchema); v++ {
		if !slices.Contains(list, filepath.Join(golden, fmt.Sprintf("periods-v%d", v))) {
			t.Errorf("no golden journal of periods of version %d", v)
		}
	}
	for _, from := range list {
		t.Run(filepath.Base(from), func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(from, "records.json"))
			must(t, err)
			var want []periodRecord
			must(t, json.Unmarshal(b, &want))
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(from)))
			must(t, os.Remove(filepath.Join(dir, "records.json")))
			rep, err := Verify(t.Context(), dir, VerifyOptions{Temp: t.TempDir()})
			must(t, err)
			for _, p := range rep.Problems {
				if p.Code != "badger.missing" {
					t.Errorf("%+v", p)
				}
			}
			var read []record.Record
			must(t, Read(t.Context(), dir, func(r record.Record) error { read = append(read, r); return nil }))
			samePeriods(t, want, read)
			j, _ := open(t, opts(dir))
			samePeriods(t, want, scanned(t, j, record.Filter{}))
			if live, err := j.Live(t.Context()); err != nil || len(live) != 3 {
				t.Errorf("live: %+v %v", live, err)
			}
			add(t, j, entry(record.Audit, "login", 1))
			ended(t, j)
			verified(t, j)
		})
	}
}

func samePeriods(t *testing.T, want []periodRecord, got []record.Record) {
	t.Helper()
	if len(want) != len(got) || len(want) < 17 {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		w.Record.Private = w.Private
		if g.Seq != w.Seq || g.ID != w.ID || g.Kind != w.Kind || g.Schema != w.Schema || !g.Time.Equal(w.Time) || g.Group != w.Group ||
			compact(t, g.Data) != compact(t, w.Data) || compact(t, g.Private) != compact(t, w.Private) {
			t.Errorf("record %d: %+v\nwant %+v", g.Seq, g, w.Record)
		}
	}
}

func compact(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	if len(raw) == 0 {
		return ""
	}
	var b strings.Builder
	var v any
	must(t, json.Unmarshal(raw, &v))
	must(t, json.NewEncoder(&b).Encode(v))
	return b.String()
}
