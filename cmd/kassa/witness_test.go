package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/kassa-pos/kassa/offline/journal"
)

// warned tells whether the status shows a warning.
func (r *rig) warned(code string) bool {
	s, err := r.status()
	if err != nil {
		return false
	}
	for _, w := range s.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

// A till whose journal is of yesterday: somebody has put back an old copy of
// its directory, or both copies have lost the same end. Its fiscal storage
// knows better, and the till says so at its start and in verify.
func TestTheFNIsTheThirdWitness(t *testing.T) {
	r := newRig(t, "")
	sell := func() {
		r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{milk}})
		r.must("POST", "/api/v1/pay", map[string]string{"type": "card"})
	}
	verify := func() (report journal.Report) {
		t.Helper()
		if err := r.call("POST", "/api/v1/journal/verify", nil, &report); err != nil {
			t.Fatal(err)
		}
		return report
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	sell()
	if report := verify(); !report.OK || !report.Device || report.FD == 0 || report.FN == "" || r.warned("journal.short") {
		t.Errorf("%+v", report)
	}
	r.stop()
	old, data := filepath.Join(t.TempDir(), "old"), filepath.Join(r.dir, "data", "journal")
	if err := os.CopyFS(old, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	r.start("")
	sell()
	r.stop()
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.await("the till warns", func() bool { return r.warned("journal.short") })
	report := verify()
	if report.OK || !slices.ContainsFunc(report.Problems, func(p journal.Problem) bool { return p.Code == "fn.ahead" }) {
		t.Errorf("%+v", report)
	}
	r.stop()
}
