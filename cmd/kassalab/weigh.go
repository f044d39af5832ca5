package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

const weighHelp = `Put so many grams on the scale, or take everything off with 0. With --swing the
load does not lie still until the next weigh. More than 15 kg is an overload.`

func newWeigh(o *options) *cobra.Command {
	var swing bool
	cmd := &cobra.Command{Use: "weigh GRAMS", Short: "Put something on the scale", Long: weighHelp, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			grams, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil {
				return fmt.Errorf("%.40q is no number of grams", args[0])
			}
			b, err := o.bench()
			if err != nil {
				return err
			}
			v, err := b.Post(cmd.Context(), "/api/v1/scale", map[string]any{"grams": grams, "stable": !swing})
			if err != nil {
				return err
			}
			return o.printLines(v, []string{fmt.Sprintf("%d g on the scale", grams)})
		}}
	cmd.Flags().BoolVar(&swing, "swing", false, "it does not lie still")
	return cmd
}
