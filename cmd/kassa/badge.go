package main

import (
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/gs1"
)

// badgeCmd gives a cashier a badge. What it says is a secret, like a PIN.
func (a *app) badgeCmd() *cobra.Command {
	var off bool
	cmd := &cobra.Command{Use: "badge CASHIER", Short: "Make a code the badge of a cashier (by id): it logs in and approves like the PIN. The code is asked, or read from stdin; whoever is logged in needs the permission for users", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			code := ""
			if !off {
				var err error
				if code, err = a.readLine("badge: ", "badge", gs1.MaxCode+1, true); err != nil {
					return err
				}
			}
			in := map[string]string{"cashier": args[0], "badge": code}
			return a.call(cmd, "POST", "/api/v1/badge", in, decoded(func(status) error { return a.printf("done\n") }))
		}}
	cmd.Flags().BoolVar(&off, "off", false, "take the cashier's badge away")
	return cmd
}
