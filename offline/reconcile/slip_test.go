package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

func TestSlip(t *testing.T) {
	r := Result{OK: true, Documents: 3, Made: time.Date(2026, 11, 22, 10, 5, 0, 0, time.UTC), Silent: map[Side]string{SideOFD: "no keys"},
		Rows: []Row{{FN: "9999", Shift: 4, Journal: &Figures{Sums: [4]money.Amount{15000, 700}, Counts: [4]int64{2, 1}}, InFN: &Figures{Sums: [4]money.Amount{15000, 700}, Counts: [4]int64{2, 1}}}}}
	want := `RECONCILIATION 4
Made 2026-11-22 10:05
ALL AGREE. Documents: 3
No answer of OFD: no keys
KKT shift 4, FN 9999
Sold
 journal: 150.00 (2)
 FN: 150.00 (2)
Returned
 journal: 7.00 (1)
 FN: 7.00 (1)`
	if got := strings.Join(r.Slip("4", "en"), "\n"); got != want {
		t.Errorf("%s", got)
	}
	r.OK, r.Pending = false, 1
	for i := range 300 {
		r.Differences = append(r.Differences, Difference{Code: fault.ReconcileQueued, Args: []string{"K-7"}, Pending: i == 299})
	}
	r.More = 40
	slip := r.Slip("2026-11", "ru")
	if onPaper(slip) > slipLines+4 || !strings.Contains(slip[2], "РАСХОЖДЕНИЯ: 339") || !strings.HasPrefix(slip[len(slip)-1], "И ещё") {
		t.Errorf("%d lines: %q", onPaper(slip), slip)
	}
	if text := strings.Join(slip, "\n"); !strings.Contains(text, "- "+r.Differences[0].Text("ru")) || !strings.Contains(text, "Не ответил ОФД") {
		t.Errorf("%s", text)
	}
}
