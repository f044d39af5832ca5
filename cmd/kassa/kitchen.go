package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/cheque"
)

// kitchenCmd is what the kitchen is told, and how that goes.
func (a *app) kitchenCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "kitchen", Short: "The kitchen's stations, what waits for paper and the newest orders", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "GET", "/api/v1/kitchen", nil, decoded(a.showKitchen))
		}}
	ticket := func(use, short, method, suffix string) *cobra.Command {
		return &cobra.Command{Use: use + " TICKET", Short: short, Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, method, "/api/v1/kitchen/tickets/"+args[0]+suffix, nil, decoded(func(struct {
				OK bool `json:"ok"`
			}) error {
				return a.printf("done\n")
			}))
		}}
	}
	cmd.AddCommand(
		&cobra.Command{Use: "send", Short: "Tell the kitchen what it does not know of the open cheque", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/cheque/kitchen", nil, a.cheque())
		}},
		ticket("again", "Print a copy of one of the newest tickets", "POST", "/print"),
		ticket("drop", "Call off a ticket that is not printed", "DELETE", ""),
	)
	return cmd
}

// noteCmd says how the customer wants a line made.
func (a *app) noteCmd() *cobra.Command {
	return &cobra.Command{Use: "note LINE [TEXT...]", Short: "Say how the customer wants a line (1, 2..) made; without TEXT as always", Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.linePath(cmd, args[0])
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", path+"/note", map[string]string{"note": strings.Join(args[1:], " ")}, a.cheque())
		}}
}

func (a *app) showKitchen(k api.KitchenState) error {
	for _, s := range k.Stations {
		how := "prints"
		if s.Code != "" {
			how = string(s.Code)
		}
		if err := a.printf("%-24s %3d waiting  %s\n", s.Name, len(s.Waiting), how); err != nil {
			return err
		}
		for _, t := range s.Waiting {
			if err := a.printf("  waits %s  №%d.%d  %s  %s\n", t.ID, t.Order, t.Part, t.At.Format("15:04"), dishes(t.Dishes)); err != nil {
				return err
			}
		}
	}
	for _, t := range k.Recent {
		if err := a.printf("%s  %s  №%d.%d  %s  %s\n", t.ID, t.At.Format("15:04"), t.Order, t.Part, t.Station, dishes(t.Dishes)); err != nil {
			return err
		}
	}
	return nil
}

func dishes(all []cheque.Dish) string {
	text := make([]string, len(all))
	for i, d := range all {
		text[i] = d.Qty.String() + " " + d.Name
		if d.Note != "" {
			text[i] += " (" + d.Note + ")"
		}
	}
	return strings.Join(text, ", ")
}
