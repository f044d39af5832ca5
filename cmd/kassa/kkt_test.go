package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/record"
)

// TestTechnician: what a technician asks of the fiscal device, through a
// running till and of the device itself when none runs, is the same.
func TestTechnician(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": ownerPIN})
	r.run("shift", "open")
	r.run("scan", "4600000000015")
	r.run("pay", "cash", "49.90")
	r.refused(fault.FiscalRefused, "kkt", "clock", "--set") // the shift is open
	r.run("shift", "close")
	running := r.technician()
	r.run("kkt", "clock", "--set")
	r.run("kkt", "set", running.table, "1", running.field, "--value", "1")
	audits := map[string]bool{}
	var list []record.Record
	if err := json.Unmarshal([]byte(r.run("--json", "journal", "show")), &list); err != nil {
		t.Fatal(err)
	}
	for _, rec := range list {
		if rec.Kind == record.Audit {
			audits[rec.Type] = true
		}
	}
	if !audits["kkt_clock"] || !audits["kkt_setting"] || !audits["kkt_copy"] {
		t.Errorf("the journal knows of %v", audits)
	}
	if out := r.run("kkt", "fn"); strings.Count(out, "\n") != 5 || !strings.Contains(out, "done") {
		t.Errorf("changing the FN:\n%s", out)
	}
	r.stop()
	stopped := r.technician()
	if running.state.Serial != stopped.state.Serial || running.document != stopped.document || stopped.document == "" {
		t.Errorf("with a till\n%+v\nwithout\n%+v", running, stopped)
	}
	r.run("kkt", "clock", "--set")
	if _, errOut, code := r.kassa("", "kkt", "x"); code != 3 {
		t.Errorf("an X report without a till: %d %s", code, errOut)
	}
}

// seen is what a technician sees.
type seen struct {
	state        api.KKTState
	document     string
	table, field string // a setting
}

func (r *rig) technician() (s seen) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.run("--json", "kkt", "status")), &s.state); err != nil {
		r.t.Fatal(err)
	}
	words := r.run("kkt", "status")
	for _, want := range []string{s.state.Serial, s.state.FN, "A TEST FN", "INN " + s.state.INN, "shift closed", "everything is confirmed"} {
		if s.state.Exchange.Unsent > 0 && want == "everything is confirmed" {
			want = "documents wait"
		}
		if !strings.Contains(words, want) {
			r.t.Errorf("no %q in\n%s", want, words)
		}
	}
	if doctor, _, _ := r.kassa("", "doctor"); !strings.Contains(doctor, s.state.FN) || !strings.Contains(doctor, "KKT clock") {
		r.t.Errorf("the doctor says\n%s", doctor)
	}
	s.document = r.run("kkt", "find", "3")
	for _, want := range []string{"receipt (sale), 49.90", "1020", "Товар 1"} {
		if !strings.Contains(s.document, want) {
			r.t.Errorf("no %q in\n%s", want, s.document)
		}
	}
	r.refused(fault.KKTNoDocument, "kkt", "find", "4000")
	r.refused(fault.KKTNoSetting, "kkt", "tables", "нет такой")
	var p struct {
		Settings []kkt.Setting `json:"settings"`
	}
	if err := json.Unmarshal([]byte(r.run("--json", "kkt", "tables")), &p); err != nil {
		r.t.Fatal(err)
	}
	for _, x := range p.Settings {
		if strings.Contains(strings.ToLower(x.Field), "парол") && strings.Trim(x.Value, "•") != "" {
			r.t.Errorf("a password is shown: %+v", x)
		}
		if !x.Text && x.Max == 1 && x.Row == 1 && s.table == "" {
			s.table, s.field = x.Table, x.Field
		}
	}
	if s.table == "" {
		r.t.Fatal("no switch among the settings")
	}
	r.refused(fault.KKTBadValue, "kkt", "set", s.table, "1", s.field, "--value", "77")
	r.refused(fault.KKTNoSetting, "kkt", "set", s.table, "1", "нет такого", "--value", "1")
	r.run("kkt", "copy")
	r.run("kkt", "cut")
	r.run("kkt", "print", "Завтра переучёт")
	if !strings.Contains(r.dev.Paper(), "Завтра переучёт") {
		r.t.Error("the paper has no such line")
	}
	return s
}
