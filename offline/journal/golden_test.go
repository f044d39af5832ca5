package journal

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/offline/vault"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

// testdata/golden/vN is a journal that the release of forms N has written:
//
//	records.json   what is in it: a till's life with every kind of record and
//	               every type of document, cut off in the middle of a sale
//	head           the chain's hash after the last record
//	document.form  the members of a stored document
//	tape/ keys/    the files
//
// A directory is made once, by -update, and never changes; a new version gets
// a directory of its own, and so does what came later without a new form:
//
//	v1-claims  what shop and customers owe each other, begun, used up in parts,
//	           given back, and ended
//	v1-goods   stock documents, one still being filled; purchases from people;
//	           another till's receipt; goods and a customer made at the till
//	v1-slips   payments and returns by a terminal and by codes with their slips and
//	           intents, a code that was given up, a receipt held up after its payment
//	v1-kitchen tickets for the kitchen: printed, on their way to paper, waiting; lines
//	           with notes
var update = flag.Bool("update", false, "make the golden journals that are not there yet")

const golden = "testdata/golden"

// deviations are what Verify finds in a golden journal, which was not sold by
// a till: the return in v1 names a line of its own, and its reports have another
// sum in the drawer than its receipts.
var deviations = map[string][]string{"v1": {"shift.totals", "shift.totals", "shift.totals", "shift.totals", "shift.drawer", "refund.line"}}

var goldenID = uuid.MustParse("019a0000-0000-7000-8000-00000000000a")

// goldenRecord is a record in records.json.
type goldenRecord struct {
	Time time.Time `json:"time"`
	record.Entry
	Private json.RawMessage `json:"private,omitempty"`
}

func goldenRecords(t *testing.T, dir string) (list []goldenRecord) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "records.json"))
	must(t, err)
	must(t, json.Unmarshal(b, &list))
	for i := range list {
		list[i].Entry.Private = list[i].Private
	}
	return list
}

// makeGolden writes the files of a version.
func makeGolden(t *testing.T, dir string) {
	t.Helper()
	v, _, err := vault.Open(vault.Options{Dir: filepath.Join(dir, vaultName)})
	must(t, err)
	tp, _, err := tape.Open(tape.Options{Dir: filepath.Join(dir, tapeName), SegmentBytes: 64 << 10, ID: goldenID})
	must(t, err)
	for _, r := range goldenRecords(t, dir) {
		entries := []record.Entry{r.Entry}
		must(t, check(entries))
		sealed, err := sealAll(entries, func(e *record.Entry) (vault.Sealed, error) {
			slot, key, err := v.Take(t.Context())
			must(t, err)
			return vault.Seal(slot, key, identity(goldenID, e), e.Private)
		})
		must(t, err)
		lines, err := encode(r.Time, entries, sealed)
		must(t, err)
		_, err = tp.Append(t.Context(), lines...)
		must(t, err)
	}
	_, head := tp.Durable()
	must(t, tp.Close())
	must(t, v.Close())
	for _, name := range []string{"keys.a", "keys.b"} { // the rest is zeros
		must(t, os.Truncate(filepath.Join(dir, vaultName, name), 4<<10))
	}
	spare, err := filepath.Glob(filepath.Join(dir, tapeName, "*"))
	must(t, err)
	for _, name := range spare {
		b, err := os.ReadFile(name)
		must(t, err)
		if strings.TrimRight(string(b), "\n") == "" {
			must(t, os.Remove(name))
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "head"), []byte(hexHash(head)+"\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "document.form"), []byte(strings.Join(members(reflect.TypeFor[doc.Document](), ""), "\n")+"\n"), 0o600))
}

// members lists the JSON members of a type, each with its path and form.
func members(typ reflect.Type, path string) (list []string) {
	if reflect.PointerTo(typ).Implements(reflect.TypeFor[json.Unmarshaler]()) || typ == reflect.TypeFor[time.Time]() {
		return []string{path + " " + typ.Name()}
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return members(typ.Elem(), path)
	case reflect.Slice, reflect.Array:
		if typ == reflect.TypeFor[uuid.UUID]() {
			return []string{path + " UUID"}
		}
		return members(typ.Elem(), path+"[]")
	case reflect.Struct:
		for f := range typ.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "-" || !f.IsExported() {
				continue
			}
			list = append(list, members(f.Type, strings.TrimPrefix(path+"."+name, "."))...)
		}
		return list
	}
	return []string{path + " " + typ.Kind().String()}
}

// versions lists the golden journals.
func versions(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(golden, "v*"))
	must(t, err)
	if *update {
		for _, dir := range list {
			if _, err := os.Stat(filepath.Join(dir, "head")); err != nil {
				makeGolden(t, dir)
			}
		}
	}
	return list
}

// There is a golden journal of every version this release reads.
func TestGoldenOfEveryVersion(t *testing.T) {
	most := 0
	for _, f := range Forms() {
		if f.Name != formBadger {
			most = max(most, f.Reads)
		}
	}
	list := versions(t)
	for v := 1; v <= most; v++ {
		if !slices.Contains(list, filepath.Join(golden, fmt.Sprintf("v%d", v))) {
			t.Errorf("no golden journal of version %d: write its records.json and run with -update", v)
		}
	}
}

// Every journal ever written is read by today's program, record by record,
// with the people in it; its chain holds; it can be opened and goes on.
func TestGoldenIsRead(t *testing.T) {
	for _, from := range versions(t) {
		t.Run(filepath.Base(from), func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.CopyFS(dir, os.DirFS(from)))
			want := goldenRecords(t, from)
			rep, err := Verify(t.Context(), dir, VerifyOptions{})
			must(t, err)
			head, err := os.ReadFile(filepath.Join(from, "head"))
			must(t, err)
			// Badger is not golden: it is made of the tape.
			known := deviations[filepath.Base(from)]
			if !slices.Equal(problemCodes(rep), append([]string{"badger.missing"}, known...)) || rep.Head+"\n" != string(head) || rep.Records != uint64(len(want)) || rep.Private == 0 {
				t.Errorf("verify: %+v", rep)
			}
			var read []record.Record
			must(t, Read(t.Context(), dir, func(r record.Record) error { read = append(read, r); return nil }))
			sameGolden(t, want, read)
			j, did := open(t, opts(dir))
			if did.TapeRebuilt || len(did.Trimmed) > 0 || len(did.Reasons) > 0 {
				t.Errorf("%+v", did)
			}
			sameGolden(t, want, all(t, j))
			if rep, err := j.Verify(t.Context(), VerifyOptions{}); err != nil || !slices.Equal(problemCodes(rep), known) || rep.Head+"\n" != string(head) {
				t.Errorf("verify: %+v %v", rep, err)
			}
			add(t, j, entry(record.Audit, "login", 1))
			closed(t, j)
		})
	}
}

func problemCodes(rep Report) (codes []string) {
	for _, p := range rep.Problems {
		codes = append(codes, p.Code)
	}
	return codes
}

func sameGolden(t *testing.T, want []goldenRecord, got []record.Record) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	value := func(raw json.RawMessage) (v any) {
		if len(raw) > 0 {
			must(t, json.Unmarshal(raw, &v))
		}
		return v
	}
	for i, w := range want {
		g := got[i]
		if d := cmp.Diff([]any{value(w.Data), value(w.Private)}, []any{value(g.Data), value(g.Private)}); d != "" {
			t.Errorf("record %d: %s", g.Seq, d)
		}
		if !g.Time.Equal(w.Time) || g.Time.Format(time.RFC3339Nano) != w.Time.Format(time.RFC3339Nano) || g.Seq != uint64(i+1) {
			t.Errorf("record %d at %v, want %v", g.Seq, g.Time, w.Time)
		}
		w.Data, w.Entry.Private, g.Data, g.Private = nil, nil, nil, nil
		if d := cmp.Diff(w.Entry, g.Entry); d != "" {
			t.Errorf("record %d: %s", g.Seq, d)
		}
	}
}

// What today's program understands of the documents of every version it would
// write the same again: no member is lost, none changes its meaning's form.
func TestGoldenDocuments(t *testing.T) {
	claims, all := map[string]bool{}, map[record.Kind]bool{record.Period: true} // periods are made by rotation alone
	for _, from := range versions(t) {
		types := map[string]bool{}
		for _, r := range goldenRecords(t, from) {
			all[r.Kind] = true
			if r.Kind == record.Claim {
				claims[r.Type] = true
			}
			if r.Kind != record.Document {
				continue
			}
			types[r.Type] = true
			var d doc.Document
			must(t, json.Unmarshal(r.Data, &d))
			must(t, d.Validate())
			again, err := json.Marshal(&d)
			must(t, err)
			var want, got any
			must(t, json.Unmarshal(r.Data, &want))
			must(t, json.Unmarshal(again, &got))
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", r.Type, d)
			}
		}
		if filepath.Base(from) != "v1" {
			continue
		}
		for _, typ := range doc.Types() {
			if !types[string(typ)] {
				t.Errorf("no %s", typ)
			}
		}
	}
	for _, k := range record.Kinds() {
		if !all[k] {
			t.Errorf("no record of kind %s", k)
		}
	}
	for _, kind := range []doc.ClaimKind{doc.ClaimAdvance, doc.ClaimCertificate, doc.ClaimPrepayment, doc.ClaimDebt} {
		if !claims[string(kind)] {
			t.Errorf("no claim of kind %s", kind)
		}
	}
}

// A member of a stored document that is renamed, removed or gets another form
// needs a new version of the schema and a golden journal of it.
func TestGoldenForms(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(golden, fmt.Sprintf("v%d", doc.Schema), "document.form"))
	must(t, err)
	now := members(reflect.TypeFor[doc.Document](), "")
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); !slices.Contains(now, line) {
			t.Errorf("schema %d has the member %q, today's documents have not: that is schema %d", doc.Schema, line, doc.Schema+1)
		}
	}
	if len(now) < 100 {
		t.Errorf("only %d members", len(now))
	}
}
