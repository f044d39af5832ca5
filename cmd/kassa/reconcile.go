package main

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/reconcile"
)

// reconcileCmd lays journal, FN, operator and cloud side by side.
func (a *app) reconcileCmd() *cobra.Command {
	var paper bool
	cmd := &cobra.Command{Use: "reconcile SHIFT|DAY|MONTH", Short: "Compare the journal with the FN's archive, the OFD and the cloud, document by document",
		Long: `Compares what the till's journal, the archive of its FN, the operator of fiscal
data and the cloud know of a shift (its number), a day (2026-11-22) or a month
(2026-11), and tells every difference with what to do about it. What is only
late is told apart from what is wrong. It changes nothing.`,
		Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			method, path, in := "GET", "/api/v1/reconcile?of="+url.QueryEscape(args[0]), any(nil)
			if paper {
				method, path, in = "POST", "/api/v1/reconcile/print", map[string]string{"of": args[0]}
			}
			answer, err := c.Patient().Call(cmd.Context(), method, path, in)
			if err != nil {
				return err
			}
			var r reconciled
			if err := json.Unmarshal(answer, &r); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			if err := a.print(answer, func(json.RawMessage) error { return a.showReconciled(r) }); err != nil {
				return err
			}
			if !r.OK {
				return errProblems
			}
			return nil
		}}
	cmd.Flags().BoolVar(&paper, "print", false, "print it on the KKT too, on a slip that is no fiscal document")
	return cmd
}

// reconciled is the answer's part that the text shows.
type reconciled struct {
	reconcile.Result
	Differences []struct {
		reconcile.Difference
		Text string `json:"text"`
	} `json:"differences"`
}

func (a *app) showReconciled(r reconciled) error {
	if err := a.printf("%-16s %6s %-12s %16s %16s %16s %16s\n", "FN", "shift", "", "journal", "FN", "OFD", "cloud"); err != nil {
		return err
	}
	for _, row := range r.Rows {
		for op := range len(reconcile.Figures{}.Sums) {
			if err := a.showOperation(&row, op); err != nil {
				return err
			}
		}
	}
	for side, why := range r.Silent {
		if err := a.printf("not asked: %s: %s\n", side, why); err != nil {
			return err
		}
	}
	for _, d := range r.Differences {
		what := "  WRONG:"
		if d.Pending {
			what = "  later:"
		}
		if err := a.printf("%s %s [%s]\n", what, d.Text, d.Code); err != nil {
			return err
		}
	}
	if r.More > 0 {
		if err := a.printf("  and %d more\n", r.More); err != nil {
			return err
		}
	}
	verdict := "they agree"
	if !r.OK {
		verdict = fmt.Sprintf("%d differences", len(r.Differences)+r.More-r.Pending)
	}
	return a.printf("%d documents compared: %s, %d on their way\n", r.Documents, verdict, r.Pending)
}

// showOperation is a line of what every side has of an operation, and one for
// each kind of payment.
func (a *app) showOperation(row *reconcile.Row, op int) error {
	if !row.There(op) {
		return nil
	}
	sides := row.Sides()
	if err := a.printf("%-16s %6d %-12s %16s %16s %16s %16s\n", row.FN, row.Shift, reconcile.OperationName(op, "en"),
		figure(sides[0], op), figure(sides[1], op), figure(sides[2], op), figure(sides[3], op)); err != nil {
		return err
	}
	for _, w := range row.Used(op) {
		if err := a.printf("%-16s %6s %-12s %16s %16s %16s %16s\n", "", "", " "+reconcile.WayName(w, "en"),
			paidSo(sides[0], op, w), paidSo(sides[1], op, w), paidSo(sides[2], op, w), paidSo(sides[3], op, w)); err != nil {
			return err
		}
	}
	return nil
}

// paidSo is a sum by kind of payment; "-" is not known.
func paidSo(f *reconcile.Figures, op, way int) string {
	if f == nil || f.Partly {
		return "-"
	}
	return f.Ways[op][way].String()
}

// figure is a sum with its count; "-" is not known.
func figure(f *reconcile.Figures, op int) string {
	if f == nil {
		return "-"
	}
	return fmt.Sprintf("%s (%d)", f.Sums[op], f.Counts[op])
}
