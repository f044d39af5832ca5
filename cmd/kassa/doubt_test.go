package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih/shtrihtest"
	"github.com/kassa-pos/kassa/pos/doc"
)

// operation is something a till registers.
type operation struct {
	name, path string
	body       map[string]any
	makes      doc.Type
	once       bool // takes an id, as a client gives that may have to ask again
	closed     bool // begins with the shift closed
}

var operations = []operation{
	{"sale", "/api/v1/pay", map[string]any{"type": "cash"}, doc.Sell, false, false},
	{"cash in", "/api/v1/cash/in", map[string]any{"amount": "300"}, doc.CashIncome, true, false},
	{"cash out", "/api/v1/cash/out", map[string]any{"amount": "200"}, doc.CashOutcome, true, false},
	{"return", "/api/v1/return", map[string]any{"document": "4", "lines": []any{map[string]string{"line": "1"}}}, doc.Payback, true, false},
	{"correction", "/api/v1/correct", map[string]any{"date": "2026-11-01", "reason": "не пробили", "payment": "cash"}, doc.Correction, true, false},
	{"state report", "/api/v1/shift/state-report", nil, doc.StateReport, false, false},
	{"close", "/api/v1/shift/close", nil, doc.ZReport, false, false},
	{"open", "/api/v1/shift/open", nil, doc.OpenSession, false, true},
}

// breakage is what happens at a command of the device. The till's death is
// waited for; the device's power goes off and on.
type breakage struct {
	way    string
	kill   bool
	faults []string
}

var breakages = []breakage{
	{"till killed", true, nil},
	{"device power cut", false, []string{"power-cycle"}},
	{"both", true, []string{"power-cycle"}},
	{"answer lost", false, []string{"drop-answer"}},
	{"request lost", false, []string{"drop-request"}},
	{"answer damaged", false, []string{"corrupt-answer"}},
}

// traded is a till with a shift open, a sale of two lines, cash in the drawer
// and a line in the cheque; last is its last document. Closed is the same an
// hour later, without the line.
func traded(t *testing.T, closed bool) (dir string, last int64) {
	t.Helper()
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.must("POST", "/api/v1/shift/open", nil)
	r.must("POST", "/api/v1/cash/in", map[string]string{"amount": "1000"})
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015", "2*4600000000022"}})
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash"})
	if closed {
		r.must("POST", "/api/v1/shift/close", nil)
	} else {
		r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000022"}})
	}
	r.stop()
	if err := os.Remove(filepath.Join(r.dir, "data", client.SocketName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, d := range r.documents() {
		last = max(last, d.Number)
	}
	return r.dir, last
}

// trial is one operation that goes wrong at its nth command.
type trial struct {
	operation
	breakage
	base string
	last int64 // document of the base
	at   int
}

// TestEveryOperationInDoubt breaks each operation at commands of the device, in
// one way after the other, with the real driver and journal: one document in
// the FN and one in the journal, and the same cash. The long suite takes every
// command and every way.
func TestEveryOperationInDoubt(t *testing.T) {
	plainOnly(t)
	open, openLast := traded(t, false)
	closed, closedLast := traded(t, true)
	var total atomic.Int64
	t.Run("operations", func(t *testing.T) {
		for n, op := range operations {
			t.Run(op.name, func(t *testing.T) {
				t.Parallel()
				x := trial{operation: op, base: open, last: openLast}
				if op.closed {
					x.base, x.last = closed, closedLast
				}
				total.Add(x.everywhere(t, n))
			})
		}
	})
	t.Logf("%d operations broken, 0 lost, 0 duplicated", total.Load())
}

// everywhere breaks the nth operation at its commands, and counts how often.
func (x trial) everywhere(t *testing.T, n int) (total int64) {
	t.Helper()
	first, step, ways := 1+2*n, 61, breakages[n%len(breakages):][:1]
	if os.Getenv("KASSA_LONG") != "" {
		first, step, ways = 1, 1, breakages
	}
	counts := map[string]int{}
	for x.at = first; ; x.at += step {
		hits := 0
		for _, x.breakage = range ways {
			// A test of its own: its files are gone when it ends.
			t.Run(fmt.Sprint(x.way, " at ", x.at), func(t *testing.T) {
				if x.run(t) {
					hits++
					counts[x.way]++
				}
			})
			if t.Failed() {
				t.FailNow()
			}
		}
		if total += int64(hits); hits == 0 {
			break // the operation has fewer commands
		}
	}
	if total == 0 {
		t.Error("never broken")
	}
	for _, way := range slices.Sorted(maps.Keys(counts)) {
		t.Logf("%4d  %s", counts[way], way)
	}
	return total
}

// run plays the trial, and tells whether it went wrong at all. The client asks
// until it gets an answer.
func (x trial) run(t *testing.T) bool {
	t.Helper()
	r := newRig(t, x.base)
	r.start("")
	seen, hit := 0, make(chan string, 1)
	child, exited := r.child, r.exited
	hook := func(stage shtrihtest.Stage, cmd uint16) {
		if seen++; seen != x.at {
			return
		}
		hit <- fmt.Sprintf("%s of %04Xh", stage, cmd)
		for _, f := range x.faults {
			if err := r.dev.Fault(f); err != nil {
				t.Error(err)
			}
		}
		if x.kill {
			if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Error(err)
			}
			err := <-exited
			exited <- err
		}
	}
	if x.closed { // nobody is logged in
		r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	}
	if x.makes == doc.ZReport {
		r.must("POST", "/api/v1/cheque/void", nil)
	}
	r.hook.Store(&hook)
	var in any
	if x.body != nil {
		ask := maps.Clone(x.body)
		if x.once {
			ask["id"] = uuid.Must(uuid.NewV7())
		}
		in = ask
	}
	err := r.call("POST", x.path, in, nil)
	r.hook.Store(nil)
	if x.kill && len(hit) > 0 {
		r.kill()
		r.start("")
	}
	r.await("the till is at rest", func() bool {
		s, err := r.status()
		return err == nil && s.Phase == "idle" && s.KKT.Ready
	})
	if err != nil && (x.once || r.made(x.makes, x.last) == 0) {
		if s, err := r.status(); err == nil && s.Cashier == nil {
			r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
		}
		if s, err := r.status(); err == nil && x.makes == doc.ZReport && len(s.Cheque.Lines) > 0 {
			r.must("POST", "/api/v1/cheque/void", nil) // the till died within the 50 ms that the first one had to reach the disk
		}
		r.must("POST", x.path, in)
	}
	if s, err := r.status(); err != nil || s.Shift != nil && s.Shift.Totals.Drawer != r.dev.State().Cash {
		t.Errorf("the till counts %+v, the device %s: %v", s.Shift, r.dev.State().Cash, err)
	}
	if n := r.made(x.makes, x.last); n != 1 {
		t.Errorf("%d documents of %s\n%s", n, x.makes, r.log())
	}
	r.stop()
	r.agree()
	return len(hit) > 0
}

// made counts the running till's documents of a type after one of them.
func (r *rig) made(typ doc.Type, last int64) (n int) {
	r.t.Helper()
	var page struct {
		Documents []struct {
			Number int64 `json:"number"`
		} `json:"documents"`
	}
	if err := r.call("GET", "/api/v1/documents?type="+string(typ), nil, &page); err != nil {
		r.t.Fatal(err)
	}
	for _, d := range page.Documents {
		if d.Number > last {
			n++
		}
	}
	return n
}
