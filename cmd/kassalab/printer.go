package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

func newPrinter(o *options) *cobra.Command {
	state := &cobra.Command{Use: "state", Short: "What is on its paper and what is broken", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/printer") }}
	tear := &cobra.Command{Use: "tear", Short: "Take the paper off", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.send(cmd, "/api/v1/printer", map[string]any{"do": "tear"})
		}}
	load := &cobra.Command{Use: "load LINES", Short: "Put in a roll that ends after so many lines", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return fmt.Errorf("%.40q is no number of lines", args[0])
			}
			return o.send(cmd, "/api/v1/printer", map[string]any{"do": "load", "lines": n})
		}}
	return group("printer", "Use the virtual receipt printer (run --printer)", state, tear, load)
}
