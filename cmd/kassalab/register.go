package main

import "github.com/spf13/cobra"

func newRegister(o *options) *cobra.Command {
	documents := &cobra.Command{
		Use:   "documents",
		Short: "What the register has registered, oldest first",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.list(cmd, "/api/v1/register/documents") },
	}
	state := &cobra.Command{
		Use:   "state",
		Short: "Its shift and counters, and what is wrong with it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/register/state") },
	}
	press := func(key, short string) *cobra.Command {
		return &cobra.Command{Use: key, Short: short, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return o.send(cmd, "/api/v1/register", map[string]string{"press": key})
			}}
	}
	return group("register", "Use the virtual register of a Belarusian shop, and look into it", documents, state,
		press("open", "Open its shift on its own screen"), press("close", "Close its shift; the cash is taken out"),
		press("expire", "Make its shift 24 hours old"))
}
