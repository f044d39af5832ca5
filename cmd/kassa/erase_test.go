package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/record"
)

const customer = "+79991234567"

// commandLimit is how long one command may take.
const commandLimit = time.Minute

// withContact puts a document about a customer into the till's journal.
func (r *rig) withContact() uuid.UUID {
	r.t.Helper()
	j, _, err := journal.Open(r.t.Context(), journal.Options{Dir: filepath.Join(r.dir, "data", "journal"), Log: slog.New(slog.DiscardHandler), Now: moscow})
	if err != nil {
		r.t.Fatal(err)
	}
	d := doc.Document{ID: uuid.Must(uuid.NewV7()), Type: doc.CashIncome, Number: 1, Name: "1", Time: moscow(), Currency: "RUB", Cash: &doc.Cash{Sum: 100}}
	data, err := json.Marshal(&d)
	if err == nil {
		_, err = j.Append(r.t.Context(), record.Entry{Kind: record.Document, ID: d.ID, Type: string(d.Type), Schema: doc.Schema, Numbers: []int64{1},
			Data: data, Private: json.RawMessage(`{"contact":"` + customer + `"}`)})
	}
	if err != nil {
		r.t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		r.t.Fatal(err)
	}
	return d.ID
}

// kassa runs a command line in this process.
func (r *rig) kassa(in string, args ...string) (out, errOut string, code int) {
	var o, e bytes.Buffer
	ctx, cancel := context.WithTimeout(r.t.Context(), commandLimit)
	defer cancel()
	code = execute(ctx, append(args, "--config", r.config()), strings.NewReader(in), &o, &e)
	return o.String(), e.String(), code
}

// A contact is shown masked, to the command line of a running till and of one
// that is not; only the owner erases it, it is never in an argument, and then
// nothing of it is left in any file.
func TestEraseContact(t *testing.T) {
	r := newRig(t, "")
	id := r.withContact()
	shown := func(args ...string) string {
		t.Helper()
		out, errOut, code := r.kassa("", append([]string{"journal", "show"}, args...)...)
		if code != 0 || strings.Contains(out+errOut, customer) {
			t.Fatalf("show %v: %d %s%s", args, code, out, errOut)
		}
		return out
	}
	if out := shown("1"); !strings.Contains(out, "+7***67") {
		t.Errorf("not running: %s", out)
	}
	r.start("")
	if out := shown(id.String()); !strings.Contains(out, "+7***67") {
		t.Errorf("running: %s", out)
	}
	var one map[string]any
	if err := json.Unmarshal([]byte(shown("1", "--json")), &one); err != nil || one["contact"] != "+7***67" {
		t.Errorf("one record: %v %v", one, err)
	}
	var many []map[string]any
	if err := json.Unmarshal([]byte(shown("--json", "--kind", "document")), &many); err != nil || len(many) != 1 {
		t.Errorf("a list: %v %v", many, err)
	}
	if err := json.Unmarshal([]byte(shown("--json", "--type", "nothing")), &many); err != nil || len(many) != 0 {
		t.Errorf("an empty list: %v %v", many, err)
	}
	for _, pin := range []string{"", "1111"} {
		if pin != "" {
			r.must("POST", "/api/v1/login", map[string]string{"pin": pin})
		}
		if _, errOut, code := r.kassa(customer+"\n", "journal", "erase", "--contact"); code != exitRefused || strings.Contains(errOut, customer) {
			t.Errorf("whoever has PIN %q erased: %d %s", pin, code, errOut)
		}
	}
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	if _, errOut, code := r.kassa("", "journal", "erase"); code != exitUsage {
		t.Errorf("without a word what: %d %s", code, errOut)
	}
	if _, errOut, code := r.kassa("", "journal", "erase", "--document", uuid.NewString()); code != exitRefused {
		t.Errorf("no such document: %d %s", code, errOut)
	}
	out, errOut, code := r.kassa("8 (999) 123-45-67\n", "journal", "erase", "--contact", "--json")
	if code != 0 || !strings.Contains(out, id.String()) {
		t.Fatalf("erase: %d %s%s", code, out, errOut)
	}
	if out := shown("1"); !strings.Contains(out, "erased") {
		t.Errorf("after it: %s", out)
	}
	if out, errOut, code := r.kassa("", "journal", "verify"); code != 0 {
		t.Errorf("verify: %d %s%s", code, out, errOut)
	}
	r.stop()
	if out := shown("1"); !strings.Contains(out, "erased") {
		t.Errorf("stopped: %s", out)
	}
	files := 0
	err := filepath.WalkDir(r.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		b, err := os.ReadFile(name)
		if bytes.Contains(b, []byte(customer[1:])) {
			t.Errorf("%s holds the contact", name)
		}
		return err
	})
	if err != nil || files < 10 {
		t.Errorf("%d files: %v", files, err)
	}
}
