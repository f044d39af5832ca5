package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
)

func (a *app) ordersCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "orders", Short: "Customers' orders in the cloud", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/orders", nil, decoded(func(all struct {
			Orders []catalog.Order `json:"orders"`
			At     time.Time       `json:"at"`
			Stale  bool            `json:"stale"`
		}) error {
			if all.Stale {
				if err := a.printf("the cloud does not answer; as of %s\n", all.At.Format("2006-01-02 15:04")); err != nil {
					return err
				}
			}
			for _, o := range all.Orders {
				var sum money.Amount
				for _, p := range o.Positions {
					if line, err := p.Qty.Times(p.Price); err == nil {
						sum += line
					}
				}
				if err := a.printf("%-12s %s  %d lines, %s, paid %s  %s\n", o.Name, o.Time.Format("2006-01-02"), len(o.Positions), sum, o.PaidCash+o.PaidNoCash+o.PaidQR, o.State); err != nil {
					return err
				}
			}
			return nil
		}))
	}}
	cmd.AddCommand(&cobra.Command{Use: "take ORDER", Short: "Make the empty cheque of an order, by its name or id", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, "POST", "/api/v1/orders/take", map[string]string{"order": args[0]}, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
		}})
	return cmd
}
