package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

// cashCmd moves cash that no sale brought.
func (a *app) cashCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "cash", Short: "Put cash into the drawer or take it out, without a sale"}
	sub := func(name, short, done string) *cobra.Command {
		var person, reason string
		var category int
		c := &cobra.Command{Use: name + " SUM", Short: short, Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := money.Parse(args[0]); err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			in := map[string]any{"amount": args[0], "person": person, "reason": reason, "category": category}
			return a.call(cmd, "POST", "/api/v1/cash/"+name, in, decoded(func(s status) error {
				if s.Shift == nil {
					return a.printf("%s\n", done)
				}
				return a.printf("%s %s, in the drawer %s\n", done, args[0], s.Shift.Totals.Drawer)
			}))
		}}
		c.Flags().StringVar(&person, "person", "", "who brings or takes it")
		c.Flags().StringVar(&reason, "reason", "", "what for")
		if name == "out" {
			c.Flags().IntVar(&category, "category", 0, "1 to the bank, 2 a supplier, 3 services, 4 rent, 5 wages, 6 other")
		}
		return c
	}
	cmd.AddCommand(
		sub("in", "Put cash in: change for the day", "put in"),
		sub("out", "Take cash out, at most what is in the drawer", "taken out"),
		a.countCmd())
	return cmd
}

// countCmd remembers what a person counted in the drawer.
func (a *app) countCmd() *cobra.Command {
	return &cobra.Command{Use: "count SUM", Short: "Remember what was counted in the drawer, beside what should be in it", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			sum, err := money.Parse(args[0])
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return a.call(cmd, "POST", "/api/v1/cash/count", map[string]string{"amount": args[0]}, decoded(func(s status) error {
				if s.Shift == nil {
					return a.printf("counted %s\n", sum)
				}
				return a.printf("counted %s, should be %s: %s\n", sum, s.Shift.Totals.Drawer, sum-s.Shift.Totals.Drawer)
			}))
		}}
}

// receiptMade shows the receipt a command has made.
func (a *app) receiptMade(done string) func(json.RawMessage) error {
	return decoded(func(p struct {
		Receipt *till.LastView `json:"receipt"`
	}) error {
		r := p.Receipt
		if r == nil {
			return a.printf("%s\n", done)
		}
		if len(r.Paid) == 0 {
			r.Paid = []doc.Payment{{Type: r.Payment, Sum: r.Total}}
		}
		return a.printf("%s %s (%s)\nFN %s FD %d FP %d\n%s", done, r.Total, paidText(r.Paid), r.FN, r.FD, r.Sign, codesText(r))
	})
}

func (a *app) correctCmd() *cobra.Command {
	in := map[string]*string{}
	var pay []string
	var prepaid bool
	cmd := &cobra.Command{Use: "correct [DOC]", Short: "A senior's correction: undo the wrong receipt DOC, or register the open cheque as missed",
		Long: "With DOC the wrong receipt is undone; scan what it should have been and run\n" +
			"correct again with --sign, the wrong one's fiscal sign. Without DOC the open\ncheque is registered as a settlement of --date that was missed.",
		Args: usageArgs(cobra.MaximumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			body := map[string]any{"prepaid": prepaid}
			for k, v := range in {
				if *v != "" {
					body[k] = *v
				}
			}
			parts, err := partsIn(pay)
			if err != nil {
				return err
			}
			body["parts"] = parts
			if len(args) == 1 {
				body["document"] = args[0]
			}
			return a.call(cmd, "POST", "/api/v1/correct", body, a.receiptMade("corrected"))
		}}
	for _, f := range [][2]string{{"reason", "why, for the books; required"}, {"date", "of the settlement: 2026-11-22"}, {"of", "what the cheque should have been: SELL, PAYBACK, BUY, BUYBACK"},
		{"order", "number of the tax office's order"}, {"sign", "fiscal sign of the wrong receipt"}, {"payment", "of the cheque: cash, card, advance, credit, counter"}} {
		in[f[0]] = cmd.Flags().String(f[0], "", f[1])
	}
	cmd.Flags().StringSliceVar(&pay, "pay", nil, "of a cheque that was paid in several ways: advance=100,credit=20,cash")
	cmd.Flags().BoolVar(&prepaid, "prepaid", false, "the cheque was a prepayment for goods")
	return cmd
}

func (a *app) retryCmd() *cobra.Command {
	return &cobra.Command{Use: "retry", Short: "Go on with the document the till stopped at", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "POST", "/api/v1/retry", nil, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
	}}
}

func (a *app) acceptFNCmd() *cobra.Command {
	return &cobra.Command{Use: "accept-fn FN", Short: "A senior's confirmation that the KKT's fiscal storage was changed to FN", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, "POST", "/api/v1/kkt/accept-fn", map[string]string{"fn": args[0]}, decoded(func(s status) error {
				return a.printf("the till works with FN %s\n", s.KKT.FN)
			}))
		}}
}

func (a *app) drawerCmd() *cobra.Command {
	return &cobra.Command{Use: "drawer REASON", Short: "Open the drawer although nothing is sold; the reason is journaled", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, "POST", "/api/v1/drawer", map[string]string{"reason": args[0]}, decoded(func(status) error { return a.printf("open\n") }))
		}}
}

// codesText is what the QR codes of a purchase's receipts say, a line each.
func codesText(r *till.LastView) string {
	all := r.QR
	for _, p := range r.Parts {
		all += "\n" + p.QR
	}
	if all = strings.Trim(all, "\n"); all != "" {
		all += "\n"
	}
	return all
}
