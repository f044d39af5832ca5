package main

import (
	"context"

	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
)

// compared is a month with a receipt that the FN does not have and another that
// is late.
func compared(context.Context, string) (reconcile.Result, error) {
	figures := func(sold money.Amount, n int64, back money.Amount, m int64) *reconcile.Figures {
		return &reconcile.Figures{Sums: [4]money.Amount{sold, back}, Counts: [4]int64{n, m}}
	}
	r := reconcile.Result{Documents: 1204, Pending: 1, Silent: map[reconcile.Side]string{},
		Differences: []reconcile.Difference{
			{Code: fault.ReconcileNotInFN, Args: []string{"K1-000417", "1 280,00"}},
			{Code: fault.ReconcileQueued, Args: []string{"K1-000421"}, Pending: true},
		}}
	for i := range int64(14) {
		sold := money.Amount(84_310_50 + 7_113_10*i)
		row := reconcile.Row{Shift: 228 + i, Journal: figures(sold, 74+i, 1_280_00, 2), InFN: figures(sold, 74+i, 1_280_00, 2),
			OFD: figures(sold, 74+i, 1_280_00, 2), Cloud: figures(sold, 74+i, 1_280_00, 2)}
		if i == 13 {
			row.InFN = figures(sold-1_280_00, 73+i, 1_280_00, 2)
			row.OFD, row.Cloud = nil, figures(sold-560_00, 73+i, 1_280_00, 2)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}
