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
	r.nowhere(customer[1:])
}

// nowhere looks for a text in everything the till has written: its data
// directory and its log. The fiscal device keeps its own books.
func (r *rig) nowhere(secret string) {
	r.t.Helper()
	files := 0
	look := func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		b, err := os.ReadFile(name)
		if bytes.Contains(b, []byte(secret)) {
			r.t.Errorf("%s holds %q", name, secret)
		}
		return err
	}
	if err := filepath.WalkDir(filepath.Join(r.dir, "data"), look); err != nil || files < 10 {
		r.t.Errorf("%d files: %v", files, err)
	}
	if strings.Contains(r.log(), secret) {
		r.t.Errorf("the log holds %q", secret)
	}
}

// A sale with a contact, and an open cheque with one: nothing the till writes
// or answers has it, a kill loses neither, and the owner's word reaches both.
func TestContactOfASale(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	contact := func(c string) {
		t.Helper()
		r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
		r.must("POST", "/api/v1/cheque/contact", map[string]string{"contact": c})
	}
	contact(customer)
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"})
	contact("ivan.petrov@example.com")
	r.must("POST", "/api/v1/cheque/park", map[string]string{"name": "x"})
	contact(customer)
	r.await("the cart is on the disk", func() bool {
		var s struct {
			Journal struct {
				Lag int64 `json:"lag_records"`
			} `json:"journal"`
		}
		return r.call("GET", "/api/v1/status", nil, &s) == nil && s.Journal.Lag == 0
	})
	answers := func() {
		t.Helper()
		for _, args := range [][]string{{"status", "--json"}, {"cheque", "--json"}, {"documents", "--json"}, {"journal", "show", "--json"}, {"journal", "verify", "--json"}, {"doctor", "--json"}} {
			out, errOut, _ := r.kassa("", args...)
			if strings.Contains(out+errOut, customer[1:]) || strings.Contains(out+errOut, "ivan.petrov") {
				t.Errorf("%v tells it: %s", args, out)
			}
		}
	}
	answers()
	r.kill()
	r.nowhere(customer[1:])
	r.nowhere("ivan.petrov")
	r.start("")
	var s struct {
		Cheque struct {
			Lines   []any  `json:"lines"`
			Contact string `json:"contact"`
		} `json:"cheque"`
	}
	if err := r.call("GET", "/api/v1/status", nil, &s); err != nil || s.Cheque.Contact != "+7***67" || len(s.Cheque.Lines) != 1 {
		t.Errorf("the open cheque after a kill: %+v %v", s, err)
	}
	answers()
	r.must("POST", "/api/v1/cheque/void", nil)
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	out, errOut, code := r.kassa(customer+"\n", "journal", "erase", "--contact", "--json")
	var erased struct {
		Records   int      `json:"records"`
		Documents []string `json:"documents"`
	}
	if err := json.Unmarshal([]byte(out), &erased); err != nil || code != 0 || len(erased.Documents) != 1 || erased.Records < 4 {
		t.Errorf("erase: %d %s%s", code, out, errOut)
	}
	if out := r.ok("journal", "show", erased.Documents[0]); !strings.Contains(out, "erased") {
		t.Errorf("the sale: %s", out)
	}
	r.stop()
	r.nowhere(customer[1:])
	r.agree()
}
