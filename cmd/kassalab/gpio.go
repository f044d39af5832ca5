package main

import "github.com/spf13/cobra"

func newGPIO(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "gpio",
		Short: "Cash drawer, buzzer, LEDs and light tower",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.show(cmd, "/api/v1/gpio") },
	}
}
