package main

import (
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/peripherals/scale"
)

func (a *app) scaleCmd() *cobra.Command {
	return &cobra.Command{Use: "scale", Short: "Show what lies on the scale", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "GET", "/api/v1/scale", nil, decoded(func(r scale.Reading) error {
				state := "still"
				switch {
				case r.Trouble != scale.Fine:
					state = string(r.Trouble)
				case !r.Stable:
					state = "moving"
				}
				return a.printf("%s kg, %s\n", r.Weight.Fixed(), state)
			}))
		}}
}
