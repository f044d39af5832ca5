package main

import "github.com/spf13/cobra"

func newOFD(o *options) *cobra.Command {
	documents := &cobra.Command{
		Use:   "documents",
		Short: "What the operator has received, oldest first, and how many times each",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.list(cmd, "/api/v1/ofd/documents") },
	}
	state := &cobra.Command{
		Use:   "state",
		Short: "Counters of the fake operator and what is wrong with it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/ofd/state") },
	}
	return group("ofd", "Look into the fake operator of fiscal data (OFD)", documents, state)
}
