package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/ikassa/discover"
)

// searchFor is how long registers have to answer.
const searchFor = 2 * time.Second

// registersCmd looks for Belarusian registers, and for tills that tablets can
// find as such.
func (a *app) registersCmd() *cobra.Command {
	var at string
	cmd := &cobra.Command{Use: "registers", Short: "Look for iKassa registers on the local network, for kkt.address",
		Long: "Asks the local network for registers that speak the cheques API; a till with public [cheques] answers too.\nNo till has to run.", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), searchFor)
			defer cancel()
			found, err := discover.Search(ctx, at)
			if err != nil {
				return err
			}
			answer, err := json.Marshal(found)
			if err != nil {
				return fmt.Errorf("encode: %w", err)
			}
			return a.print(answer, func(json.RawMessage) error {
				for _, f := range found {
					if err := a.printf("%-28s %s\n", f.Address, f.Server); err != nil {
						return err
					}
				}
				return a.printf("%d found\n", len(found))
			})
		}}
	cmd.Flags().StringVar(&at, "at", discover.Group, "whom to ask: the group, or one address")
	return cmd
}
