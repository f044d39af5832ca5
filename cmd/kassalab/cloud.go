package main

import (
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
)

func newCloud(o *options) *cobra.Command {
	documents := &cobra.Command{
		Use:   "documents",
		Short: "What the cloud has received, oldest first, and how many times each",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.list(cmd, "/api/v1/cloud/documents") },
	}
	books := &cobra.Command{
		Use:   "books",
		Short: "What the cloud holds, added up: kinds, shifts, stock that moved, the rate of requests, what was refused and why",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/cloud/books") },
	}
	state := &cobra.Command{
		Use:   "state",
		Short: "Counters and shifts of the fake cloud",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/cloud/state") },
	}
	set := &cobra.Command{
		Use:   "set NAME VALUE",
		Short: "Change what a person sets in the cloud; tills hear of it with their next sync",
		Long: `Change what a person sets in the cloud:

  online-discount on|off               tills ask the cloud for prices and points
  fiscal-type STANDARD|MASTER|CLOUD    where receipts are registered
  loyalty-percent N                    off what the cloud calculates
  loyalty-earn N                       percent of what is paid that comes back as points
  loyalty-points N                     that every customer has
  master on|off|reject                 what becomes of sales queued by a till without a device
  closed-returns on|off                sales of closed shifts may come back
  cashier active|deactivated|elsewhere|nowhere  whether the till's cashier may work`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.send(cmd, "/api/v1/cloud/settings", map[string]string{"name": args[0], "value": args[1]})
		},
	}
	var order moyskladtest.Order
	queue := &cobra.Command{
		Use:   "queue-fiscal CODE",
		Short: "Put a sale of another till, without a fiscal device, into the queue for a master",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			order.Code = args[0]
			return o.send(cmd, "/api/v1/cloud/fiscal", order)
		},
	}
	flags := queue.Flags()
	flags.StringVar(&order.Quantity, "quantity", "1", "of the goods")
	flags.BoolVar(&order.Card, "card", false, "paid by card, else cash")
	flags.StringVar(&order.Prepay, "prepay", "", "roubles paid before the goods: a prepayment, with --return its return")
	flags.BoolVar(&order.Return, "return", false, "a return instead of a sale")
	return group("cloud", "Look into the fake cloud, and set it up", documents, books, state, set, queue)
}

// send posts a request to the bench and prints what it answers.
func (o *options) send(cmd *cobra.Command, path string, request any) error {
	b, err := o.bench()
	if err != nil {
		return err
	}
	v, err := b.Post(cmd.Context(), path, request)
	if err != nil {
		return err
	}
	return o.print(v)
}
