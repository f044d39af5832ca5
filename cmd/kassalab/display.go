package main

import "github.com/spf13/cobra"

func newDisplay(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "display",
		Short: "The two lines of the customer display",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.lines(cmd, "/api/v1/display") },
	}
}
