package journal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/tape"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

const (
	phone = "+79991234567"
	mail  = "ivan.petrov@example.com"
)

func private(e record.Entry, contact string) record.Entry {
	b, err := json.Marshal(map[string]any{"contact": contact, "buyer": map[string]string{"name": "Иван Петров"}})
	if err != nil {
		panic(err)
	}
	e.Private = b
	return e
}

// nowhere looks for a secret in every file below the directories, as it is and
// in base64 at every alignment.
func nowhere(t *testing.T, secrets []string, dirs ...string) {
	t.Helper()
	files := 0
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			files++
			for _, s := range secrets {
				for skip := range 3 {
					coded := base64.RawStdEncoding.EncodeToString([]byte(s)[skip : skip+(len(s)-skip)/3*3])
					if bytes.Contains(b, []byte(s)) || bytes.Contains(b, []byte(coded)) {
						t.Errorf("%s holds %q", name, s)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 5 {
		t.Fatalf("only %d files looked at", files)
	}
}

// A contact is nowhere as it is: not in the tape, not in Badger, not in an
// export and not in the log. Every way of reading gives it back.
func TestPrivateIsSealedAndReadBack(t *testing.T) {
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "stick")
	var log bytes.Buffer
	o := opts(dir)
	o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	j, _ := open(t, o)
	sale := private(cashIn(t, 1, nil), phone)
	cart := private(entry(record.Cart, "", 2), mail)
	cart.Group = uuid.New()
	add(t, j, entry(record.Audit, "login", 0), sale)
	for { // no key is ready at first; the till then keeps it for its next append
		err := j.Post(cart)
		if err == nil {
			break
		}
		if !errors.Is(err, fault.New(fault.Busy)) {
			t.Fatal(err)
		}
		add(t, j, private(entry(record.Intent, "", 3), phone))
	}
	if err := j.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	look := func(j *Journal) {
		t.Helper()
		r, err := j.Document(t.Context(), sale.ID)
		if err != nil || r.Erased || !bytes.Equal(r.Private, sale.Private) || !bytes.Equal(r.Data, sale.Data) {
			t.Errorf("document: %s %v %v", r.Private, r.Erased, err)
		}
		live, err := j.Live(t.Context())
		if err != nil || len(live) != 1 || !bytes.Equal(live[0].Private, cart.Private) {
			t.Errorf("live: %+v %v", live, err)
		}
		n := 0
		for r, err := range j.Scan(t.Context(), record.Filter{Private: true}) {
			if err != nil || len(r.Private) == 0 {
				t.Errorf("scan: %+v %v", r, err)
			}
			n++
		}
		if n < 2 {
			t.Errorf("%d private records", n)
		}
	}
	look(j)
	if rep, err := j.Verify(t.Context(), VerifyOptions{}); err != nil || !rep.OK || rep.Private < 2 || rep.Erased != 0 {
		t.Errorf("verify: %+v %v", rep, err)
	}
	if _, err := j.Export(t.Context(), to, ExportOptions{}); err != nil {
		t.Fatal(err)
	}
	closed(t, j)
	j, _ = open(t, o)
	look(j)
	closed(t, j)
	if err := os.RemoveAll(filepath.Join(dir, badgerName)); err != nil { // made again from the tape
		t.Fatal(err)
	}
	j, _ = open(t, o)
	look(j)
	closed(t, j)
	if err := os.WriteFile(filepath.Join(to, "log"), log.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	nowhere(t, []string{phone, phone[1:], mail, "Иван Петров"}, dir, to)
	for d, erased := range map[string]bool{dir: false, to: true} { // a copy has no keys
		err := Read(t.Context(), d, func(r record.Record) error {
			if r.ID == sale.ID && (r.Erased != erased || (len(r.Private) > 0) == erased) {
				t.Errorf("%s: %s, erased %v", d, r.Private, r.Erased)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if rep, err := Verify(t.Context(), dir, VerifyOptions{}); err != nil || !rep.OK {
		t.Errorf("verify: %+v %v", rep, err)
	}
}

// Erasing a contact reaches every record that has it, in whatever spelling,
// and touches nothing else: not a byte of a line, not the chain, not a sum.
func TestEraseContact(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, opts(dir))
	mine := []record.Entry{private(entry(record.Intent, "sell", 1), "8 (999) 123-45-67"), private(cashIn(t, 1, nil), phone)}
	other := private(cashIn(t, 2, nil), mail)
	add(t, j, mine...)
	add(t, j, other)
	last, head := j.Head()
	lines := linesOf(t, dir)

	got, err := j.EraseContact(t.Context(), "+7 999 123 45 67", "c1")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Erasure{Records: 2, Documents: []uuid.UUID{mine[1].ID}}, got); d != "" {
		t.Error(d)
	}
	for range 3 {
		for i, r := range all(t, j) {
			switch {
			case i < 2 && (!r.Erased || r.Private != nil || !bytes.Equal(r.Data, mine[i].Data)):
				t.Errorf("record %d: %+v", r.Seq, r)
			case i == 2 && (r.Erased || !bytes.Equal(r.Private, other.Private)):
				t.Errorf("record %d: %+v", r.Seq, r)
			case i > 2 && r.Kind != record.Audit:
				t.Errorf("record %d: %+v", r.Seq, r)
			}
		}
		rep, err := j.Verify(t.Context(), VerifyOptions{})
		if err != nil || !rep.OK || rep.Private != 3 || rep.Erased != 2 {
			t.Errorf("verify: %+v %v", rep, err)
		}
		closed(t, j)
		j, _ = open(t, opts(dir))
	}
	now := linesOf(t, dir)
	if d := cmp.Diff(lines, now[:len(lines)]); d != "" {
		t.Error(d)
	}
	if next, err := tape.Prev(now[last]); err != nil || next != head {
		t.Errorf("the chain's hash before the erasing changed: %v", err)
	}
	nowhere(t, []string{phone, "(999) 123", mail}, dir)
	if again, err := j.EraseContact(t.Context(), phone, "c1"); err != nil || again.Records != 0 {
		t.Errorf("again: %+v %v", again, err)
	}
	if _, err := j.EraseContact(t.Context(), " ", "c1"); !errors.Is(err, record.ErrInvalid) {
		t.Errorf("nobody: %v", err)
	}
}

func TestEraseDocument(t *testing.T) {
	j, _ := open(t, opts(t.TempDir()))
	cheque, op := uuid.New(), uuid.New()
	sale, next := entry(record.Document, "SELL", 1), private(entry(record.Document, "SELL", 2), phone)
	sale.Data = json.RawMessage(`{"id":"` + sale.ID.String() + `","receipt":{"cheque_id":"` + cheque.String() + `"}}`)
	cart, intent := private(entry(record.Cart, "", 3), phone), private(entry(record.Intent, "sell", 4), phone)
	cart.Group, intent.Group = cheque, op
	intent.Data = json.RawMessage(`{"documents":[{"id":"` + sale.ID.String() + `"}]}`)
	add(t, j, cart)
	add(t, j, intent)
	add(t, j, private(sale, phone))
	add(t, j, next)
	got, err := j.EraseDocument(t.Context(), sale.ID, "c1")
	if err != nil || got.Records != 3 {
		t.Fatalf("%+v %v", got, err)
	}
	for i, r := range all(t, j)[:4] {
		if want := i < 3; r.Erased != want {
			t.Errorf("record %d: erased %v", r.Seq, r.Erased)
		}
	}
	if _, err := j.EraseDocument(t.Context(), uuid.New(), "c1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("no document: %v", err)
	}
}

// An erasing that a cut has left between its audit record and the keys is
// finished by the next start.
func TestErasingIsFinishedAfterACut(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, opts(dir))
	sale := private(cashIn(t, 1, nil), phone)
	add(t, j, sale)
	slot, err := j.slotOf(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := eraseEntry(auditErase, uuid.New(), eraseData{By: "c1", Records: []uint64{1}, Slots: []uint64{slot, 1 << 22}})
	if err != nil {
		t.Fatal(err)
	}
	e.Group = e.ID
	add(t, j, e)
	closed(t, j)
	j, _ = open(t, opts(dir))
	if r, err := j.Get(t.Context(), 1); err != nil || !r.Erased {
		t.Errorf("%+v %v", r, err)
	}
	if live, err := j.Live(t.Context()); err != nil || len(live) != 0 {
		t.Errorf("live: %+v %v", live, err)
	}
	if list := all(t, j); len(list) != 3 || list[2].Type != auditErased || !slices.Equal(list[2].Ends, []uuid.UUID{e.ID}) {
		t.Errorf("%+v", list)
	}
}

// noKeys is a file system on which the directory of keys can not be written.
type noKeys struct {
	tape.OS
	broken bool
}

func (n *noKeys) Create(name string) (tape.File, error) {
	if n.broken && strings.Contains(name, "/"+vaultName+"/") {
		return nil, fs.ErrPermission
	}
	return n.OS.Create(name)
}

// Without a key the sale is stored, and the contact is not.
func TestNoKeyNoContactButTheSale(t *testing.T) {
	dir := t.TempDir()
	o := opts(dir)
	broken := &noKeys{broken: true}
	o.FS = broken
	j, _ := open(t, o)
	sale := private(cashIn(t, 1, nil), phone)
	add(t, j, sale)
	if r, err := j.Get(t.Context(), 1); err != nil || !r.Erased || r.Private != nil || !bytes.Equal(r.Data, sale.Data) {
		t.Errorf("%+v %v", r, err)
	}
	if j.KeysErr() == nil {
		t.Error("nobody is told")
	}
	if err := j.Post(sale); !errors.Is(err, fault.New(fault.Busy)) {
		t.Errorf("post: %v", err)
	}
	closed(t, j)
	nowhere(t, []string{phone}, dir)
	broken.broken = false
	j, _ = open(t, o)
	add(t, j, sale)
	if r, err := j.Get(t.Context(), 2); err != nil || r.Erased || !bytes.Equal(r.Private, sale.Private) {
		t.Errorf("%+v %v", r, err)
	}
}

// All keys gone, the directory with them: the records stand, and what is
// appended then does not get their numbers.
func TestKeysLost(t *testing.T) {
	dir := t.TempDir()
	j, _ := open(t, opts(dir))
	add(t, j, private(cashIn(t, 1, nil), phone))
	closed(t, j)
	if err := os.RemoveAll(filepath.Join(dir, vaultName)); err != nil {
		t.Fatal(err)
	}
	j, _ = open(t, opts(dir))
	add(t, j, private(cashIn(t, 2, nil), mail))
	list := all(t, j)
	if !list[0].Erased || list[1].Erased {
		t.Errorf("%+v", list)
	}
	if a, b := slot(t, j, 1), slot(t, j, 2); b <= a {
		t.Errorf("slot %d behind slot %d", b, a)
	}
	if rep, err := j.Verify(t.Context(), VerifyOptions{}); err != nil || rep.OK || len(rep.Problems) != 1 || rep.Problems[0].Code != "private.unreadable" {
		t.Errorf("verify: %+v %v", rep, err)
	}
}

func slot(t *testing.T, j *Journal, seq uint64) uint64 {
	t.Helper()
	s, err := j.slotOf(t.Context(), seq)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPlainContact(t *testing.T) {
	for in, want := range map[string]string{
		"+79991234567": "79991234567", "8 (999) 123-45-67": "79991234567", "7 999 1234567": "79991234567", "999 123-45-67": "79991234567",
		" Ivan.Petrov@Example.com ": "ivan.petrov@example.com", "375 29 123-45-67": "375291234567", "+8 123 456 78 90": "81234567890",
		"": "", "Иван 8": "иван 8",
	} {
		if got := plainContact(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func linesOf(t *testing.T, dir string) (lines [][]byte) {
	t.Helper()
	_, err := tape.Inspect(context.Background(), tape.OS{}, filepath.Join(dir, tapeName), func(l tape.Line) error {
		lines = append(lines, bytes.Clone(l.Data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
