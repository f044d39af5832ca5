package main

import (
	"context"
	"time"

	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// compared is a day on which all agree; of anything else a month with whatever
// can be wrong and late.
func compared(_ context.Context, of string) (reconcile.Result, error) {
	if _, err := time.Parse(time.DateOnly, of); err == nil {
		f := sums(84_310_50, 74, 1_280_00, 2)
		return reconcile.Result{OK: true, Documents: 81, Differences: []reconcile.Difference{}, Silent: map[reconcile.Side]string{},
			Rows: []reconcile.Row{{Shift: 241, Journal: f, InFN: f, OFD: f, Cloud: f}}}, nil
	}
	r := reconcile.Result{Documents: 1204, Pending: 3, Silent: map[reconcile.Side]string{reconcile.SideOFD: "Отчёты ОФД не настроены"},
		Differences: []reconcile.Difference{
			{Code: fault.ReconcilePrinted, Args: []string{"49340", "22.11.2026 18:04", "560.00"}},
			{Code: fault.ReconcileNotInFN, Args: []string{"K1-000417", "49311"}},
			{Code: fault.ReconcileLost, Args: []string{"K1-000402"}},
			{Code: fault.ReconcileCloudWay, Args: []string{"K1-000405", "electronic", "1280.00", "1000.00"}},
			{Code: fault.ReconcileCloudDay, Args: []string{"K1-000409", "2026-11-22", "2026-11-23"}},
			{Code: fault.ReconcileUnsent, Args: []string{"K1-000420", "49341", reconcile.UnsentDevice}, Pending: true},
			{Code: fault.ReconcileQueued, Args: []string{"K1-000421"}, Pending: true},
			{Code: fault.ReconcileUnasked, Args: []string{"12", "Облако не отвечает"}, Pending: true},
		}}
	for i := range int64(14) {
		sold := money.Amount(84_310_50 + 7_113_10*i)
		same := sums(sold, 74+i, 1_280_00, 2)
		row := reconcile.Row{Shift: 228 + i, Journal: same, InFN: same, OFD: same, Cloud: same}
		if i == 13 {
			row.InFN = sums(sold-1_280_00, 73+i, 1_280_00, 2)
			row.OFD, row.Cloud = nil, sums(sold-560_00, 73+i, 1_280_00, 2)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// sums are a shift's sales, a third of them in cash, and its returns in cash.
func sums(sold money.Amount, n int64, back money.Amount, m int64) *reconcile.Figures {
	cash := sold / 3
	return &reconcile.Figures{Sums: [4]money.Amount{sold, back}, Counts: [4]int64{n, m}, Ways: [4]reconcile.Ways{{cash, sold - cash}, {back}}}
}
