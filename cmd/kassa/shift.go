package main

import (
	"github.com/spf13/cobra"
)

func (a *app) shiftCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "shift", Short: "Open or close the shift, print an X report"}
	sub := func(name, short string, show func(status) error) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/shift/"+name, nil, decoded(show))
		}}
	}
	line := func(s status) error { return a.printf("shift %s\n", shiftLine(s.Shift)) }
	cmd.AddCommand(
		sub("open", "Open the shift: fiscal device, journal, cloud", line),
		sub("close", "Print the Z report and close the shift", line),
		sub("x", "Print the totals so far", line),
		sub("state-report", "Register a report on the state of settlements", line))
	return cmd
}
