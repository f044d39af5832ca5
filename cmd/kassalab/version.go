package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

func newVersion(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v, err := json.Marshal(map[string]string{"version": version})
			if err != nil {
				return err
			}
			return o.printLines(v, []string{fmt.Sprintf("kassalab %s", version)})
		},
	}
}
