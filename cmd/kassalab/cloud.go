package main

import "github.com/spf13/cobra"

func newCloud(o *options) *cobra.Command {
	documents := &cobra.Command{
		Use:   "documents",
		Short: "What the cloud has received, oldest first, and how many times each",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.list(cmd, "/api/v1/cloud/documents") },
	}
	state := &cobra.Command{
		Use:   "state",
		Short: "Counters and shifts of the fake cloud",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/cloud/state") },
	}
	return group("cloud", "Look into the fake cloud", documents, state)
}
