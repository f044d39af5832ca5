package main

import (
	"context"
	"io"
	"strings"
	"testing"
)

// A shift, a day and a month are compared by the command, as text, as JSON and
// on the device's paper, which no fiscal document comes of.
func TestReconcilePrints(t *testing.T) {
	r := newRig(t, prepared(t))
	r.start("")
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "500"})
	r.must("POST", "/api/v1/shift/close", nil)
	fiscal := len(r.dev.Documents())
	now := moscow()
	for _, of := range []string{"1", now.Format("2006-01-02"), now.Format("2006-01")} {
		_, before := r.dev.PaperAfter(0)
		var out strings.Builder
		a := &app{in: strings.NewReader(""), out: &out}
		root := a.root()
		root.SetArgs([]string{"reconcile", of, "--print", "--config", r.config()})
		root.SetErr(io.Discard)
		if err := root.ExecuteContext(context.WithoutCancel(t.Context())); err != nil {
			t.Fatalf("%s: %v\n%s", of, err, out.String())
		}
		if !strings.Contains(out.String(), "they agree") {
			t.Errorf("%s: %s", of, out.String())
		}
		paper, _ := r.dev.PaperAfter(before)
		for _, want := range []string{"RECONCILIATION " + of, "ALL AGREE", "KKT shift 1", "journal: 296.80 (1)", "FN: 296.80 (1)"} {
			if !strings.Contains(paper, want) {
				t.Errorf("%s: no %q on the paper:\n%s", of, want, paper)
			}
		}
		var result struct {
			OK bool `json:"ok"`
		}
		if err := r.call("GET", "/api/v1/reconcile?of="+of, nil, &result); err != nil || !result.OK {
			t.Errorf("%s: %v", of, err)
		}
	}
	if n := len(r.dev.Documents()); n != fiscal {
		t.Errorf("%d fiscal documents became %d", fiscal, n)
	}
	if err := r.call("POST", "/api/v1/reconcile/print", map[string]string{"of": "9"}, nil); err == nil {
		t.Error("a shift that never was is printed")
	}
}
