package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
)

// operations are what a till registers beside sales. Each is asked for with
// an id, as a client does that may have to ask again.
var operations = []struct {
	name, path string
	body       map[string]any
	makes      doc.Type
}{
	{"cash in", "/api/v1/cash/in", map[string]any{"amount": "300"}, doc.CashIncome},
	{"cash out", "/api/v1/cash/out", map[string]any{"amount": "200"}, doc.CashOutcome},
	{"return", "/api/v1/return", map[string]any{"document": "4", "lines": []any{map[string]string{"line": "1"}}}, doc.Payback},
	{"correction", "/api/v1/correct", map[string]any{"date": "2026-11-01", "reason": "не пробили", "payment": "cash"}, doc.Correction},
	{"state report", "/api/v1/shift/state-report", nil, doc.StateReport},
	{"close", "/api/v1/shift/close", nil, doc.ZReport},
}

// breakages are what happens at a command of the device. The till's death is
// waited for; the device's power goes off and on.
var breakages = []struct {
	name   string
	kill   bool
	faults []string
}{
	{"till killed", true, nil},
	{"device power cut", false, []string{"power-cycle"}},
	{"both", true, []string{"power-cycle"}},
	{"answer lost", false, []string{"drop-answer"}},
	{"request lost", false, []string{"drop-request"}},
	{"answer damaged", false, []string{"corrupt-answer"}},
}

// traded is a till with a shift open, a sale of two lines, cash in the drawer
// and a line in the cheque.
func traded(t *testing.T) string {
	t.Helper()
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.must("POST", "/api/v1/shift/open", nil)
	r.must("POST", "/api/v1/cash/in", map[string]string{"amount": "1000"})
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015", "2*4600000000022"}})
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash"})
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000022"}})
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "data", client.SocketName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return r.dir
}

// TestEveryOperationInDoubt breaks each operation at commands of the device, in
// one way after the other, with the real driver and journal: one document in
// the FN and one in the journal, and the same cash. The long suite takes every
// command; every way at every step of the till is pos/till's TestOneBreakage.
func TestEveryOperationInDoubt(t *testing.T) {
	base := traded(t)
	step := 47
	if os.Getenv("KASSA_LONG") != "" {
		step = 1
	}
	counts := map[string]int{}
	for n, op := range operations {
		for at := 1 + 4*n*(min(step, 2)-1); ; at += step {
			b := breakages[(at/step+n)%len(breakages)]
			hit := broken(t, base, at, op.path, op.body, op.makes, b.kill, b.faults)
			if t.Failed() {
				t.Fatalf("%s, %s at command %d", op.name, b.name, at)
			}
			if !hit {
				break // the operation has fewer commands
			}
			counts[op.name+", "+b.name]++
		}
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%4d  %s", counts[name], name)
		total += counts[name]
	}
	if total < len(operations) {
		t.Errorf("only %d operations were broken", total)
	}
	t.Logf("%d operations broken, 0 lost, 0 duplicated", total)
}

// broken runs one operation that goes wrong at its nth command, and tells
// whether it did. The client asks until it gets an answer.
func broken(t *testing.T, base string, at int, path string, body map[string]any, makes doc.Type, kill bool, faults []string) bool {
	t.Helper()
	r := newRig(t, base)
	r.start("")
	seen, hit := 0, make(chan string, 1)
	child, exited := r.child, r.exited
	hook := func(stage shtrihtest.Stage, cmd uint16) {
		if seen++; seen != at {
			return
		}
		hit <- fmt.Sprintf("%s of %04Xh", stage, cmd)
		for _, f := range faults {
			if err := r.dev.Fault(f); err != nil {
				t.Error(err)
			}
		}
		if kill {
			if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Error(err)
			}
			err := <-exited
			exited <- err
		}
	}
	r.hook.Store(&hook)
	ask := map[string]any{"id": uuid.Must(uuid.NewV7())}
	for k, v := range body {
		ask[k] = v
	}
	var in any = ask
	if body == nil {
		in = nil
	}
	if path == "/api/v1/shift/close" {
		r.must("POST", "/api/v1/cheque/void", nil)
	}
	err := r.call("POST", path, in, nil)
	r.hook.Store(nil)
	if kill && len(hit) > 0 {
		r.kill()
		r.start("")
	}
	r.await("the till is at rest", func() bool {
		s, err := r.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready
	})
	if err != nil && (body != nil || !r.has(makes)) {
		r.must("POST", path, in)
	}
	if s, err := r.status(); err != nil || s.Shift != nil && s.Shift.Totals.Drawer != r.dev.State().Cash {
		t.Errorf("the till counts %+v, the device %s: %v", s.Shift, r.dev.State().Cash, err)
	}
	r.stop()
	made := 0
	for _, d := range r.documents() {
		if d.Type == makes && d.Number > 4 {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d documents of %s\n%s", made, makes, r.log())
	}
	r.agree()
	return len(hit) > 0
}

// has asks the running till for documents of a type.
func (r *rig) has(typ doc.Type) bool {
	r.t.Helper()
	var page struct {
		Documents []any `json:"documents"`
	}
	if err := r.call("GET", "/api/v1/documents?type="+string(typ), nil, &page); err != nil {
		r.t.Fatal(err)
	}
	return len(page.Documents) > 0
}
