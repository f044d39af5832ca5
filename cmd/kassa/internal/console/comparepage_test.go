package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/console/consoletest"
	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// The page of the reconciliation: what a button stands for, figures side by
// side with the odd one told, differences with what to do, who kept silent.
func TestComparePage(t *testing.T) {
	asked := make(chan string, 8)
	var err error
	figures := func(sum money.Amount, n int64) *reconcile.Figures {
		return &reconcile.Figures{Sums: [4]money.Amount{sum}, Counts: [4]int64{n}}
	}
	result := reconcile.Result{Documents: 12, Silent: map[reconcile.Side]string{reconcile.SideOFD: "нет ключа"},
		Rows: []reconcile.Row{{Shift: 41, Journal: figures(1234_50, 7), InFN: figures(1234_50, 7), Cloud: figures(1000_00, 6)}},
		Differences: []reconcile.Difference{
			{Code: fault.ReconcileUnsent, Args: []string{"1", "SELL"}, Pending: true},
			{Code: fault.ReconcileNotInFN, Args: []string{"K1-000007", "234.50"}, Document: uuid.UUID{1}, Type: doc.Sell},
		}}
	var device *consoletest.KKT
	d := newDesk(t, func(o *Options) {
		device = &consoletest.KKT{Till: o.Till.(*consoletest.Till)}
		o.KKT = device
		o.Compare = func(_ context.Context, of string) (reconcile.Result, error) { asked <- of; return result, err }
	})
	b := d.signedIn()
	shows := func(want ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			d.c.cacheMu.Lock()
			clear(d.c.cache) // the test's clock stands still, and with it what is drawn
			d.c.cacheMu.Unlock()
			page, missing := strings.ReplaceAll(b.get("/reconcile").body, nbsp, " "), ""
			for _, w := range want {
				if !strings.Contains(page, w) {
					missing = w
				}
			}
			if missing == "" {
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				t.Fatalf("the page never shows %q", missing)
			}
		}
	}
	shows("Выберите, что сверить")
	refusal(t, b.post("/do/compare-print", url.Values{}), fault.NotFound)
	for id, of := range map[string]string{"today": "2026-03-05", "yesterday": "2026-03-04", "month": "2026-03", "before": "2026-02", "17": "17"} {
		if r := b.post("/do/compare", url.Values{"id": {id}}); r.status != http.StatusNoContent {
			t.Fatalf("%s: %d", id, r.status)
		}
		if got := <-asked; got != of {
			t.Errorf("%s is %s, want %s", id, got, of)
		}
		shows("Есть расхождения")
	}
	shows("1 234,50", `class="num odd">1 000,00`, "ОФД: нет ключа", result.Differences[1].Text("ru"))
	shows(`data-do="compare-print"`)
	if r := b.post("/do/compare-print", url.Values{}); r.status != http.StatusNoContent || len(device.Done()) != 1 || device.Done()[0] != "print" {
		t.Errorf("%d %s, the device did %q", r.status, r.body, device.Done())
	}
	for _, bad := range []string{"", "-1", "../x", "0"} {
		refusal(t, b.post("/do/compare", url.Values{"id": {bad}}), fault.NotFound)
	}
	result.OK, result.Differences = true, nil
	b.post("/do/compare", url.Values{"id": {"month"}})
	shows("Всё сходится: 12 документов")
	err = fault.New(fault.FiscalMissing)
	b.post("/do/compare", url.Values{"id": {"month"}})
	shows(fault.Text(fault.FiscalMissing, "ru"))
}
