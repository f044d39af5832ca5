package main

import "github.com/spf13/cobra"

const terminalHelp = `The customer at the payment terminal, and the bank behind it. At first everything
is approved at once; after wait nothing happens until approve, decline or call_off.`

func newTerminal(o *options) *cobra.Command {
	press := func(name, short string) *cobra.Command {
		var why string
		c := &cobra.Command{Use: name, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
			return o.send(cmd, "/api/v1/terminal", map[string]string{"do": name, "why": why})
		}}
		if name == "decline" || name == "decline_all" {
			c.Flags().StringVar(&why, "why", "funds", "funds, card, pin, host, limit or refused")
		}
		return c
	}
	state := &cobra.Command{Use: "state", Short: "What waits, what the bank has done, what is broken", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/terminal") }}
	c := group("terminal", "Use the virtual payment terminal (run --terminal)", state,
		press("approve", "The customer pays what waits"), press("decline", "The bank declines what waits"), press("call_off", "The customer calls it off"),
		press("approve_all", "Approve what comes at once"), press("decline_all", "Decline what comes at once"), press("wait", "Wait with what comes"))
	c.Long = terminalHelp
	return c
}
