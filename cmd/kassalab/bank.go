package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/peripherals/terminal/ecr/ecrtest"
)

// newBank shows the books of the bank behind the terminal.
func newBank(o *options) *cobra.Command {
	return &cobra.Command{Use: "bank", Short: "Every operation the payment terminal's bank has, also of earlier runs (run --terminal)", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := o.bench()
			if err != nil {
				return err
			}
			v, err := b.Get(cmd.Context(), "/api/v1/bank")
			if err != nil {
				return err
			}
			var l ecrtest.Ledger
			if err := json.Unmarshal(v, &l); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
			return o.printLines(v, bankLines(l))
		}}
}

func bankLines(l ecrtest.Ledger) []string {
	lines := make([]string, 0, len(l.Operations)+1)
	for _, op := range l.Operations {
		what := string(op.Is)
		if op.Undone {
			what += ", undone"
		}
		if op.Reason != "" {
			what += " (" + string(op.Reason) + ")"
		}
		rrn := ""
		if op.Slip != nil {
			rrn = op.Slip.RRN
		}
		lines = append(lines, fmt.Sprintf("%s  %-7s %-5s %12s  %-12s  %s", op.ID, op.Kind, op.Via, op.Sum, rrn, what))
	}
	return append(lines, fmt.Sprintf("%d operations, %s moved; %d of day %d are not reconciled", len(l.Operations), l.Moved, l.Open, l.Day))
}
