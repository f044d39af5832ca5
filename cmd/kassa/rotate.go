package main

import (
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/offline/journal"
)

// rotateCmd ends a period of the running till's journal by hand.
func (a *app) rotateCmd() *cobra.Command {
	return &cobra.Command{Use: "rotate", Short: "End the journal's open period: it moves to the archive, where it stays searchable; no shift may be open", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := a.data()
			if err != nil {
				return err
			}
			answer, err := client.New(dir).Patient().Call(cmd.Context(), "POST", "/api/v1/journal/rotate", nil)
			if err != nil {
				return err
			}
			return a.print(answer, decoded(func(p journal.Period) error {
				return a.printf("period %d is closed and in the archive; period %d begins with record %d and took %d records along\n", p.Number-1, p.Number, p.First, p.Carried)
			}))
		}}
}
