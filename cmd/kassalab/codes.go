package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
)

func newCodes(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "codes [TEXT]",
		Short: "Barcodes of the demo shop: a dozen to begin with, or those whose name or code holds TEXT",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := o.get(cmd, "/api/v1/codes?find="+url.QueryEscape(strings.Join(args, " ")))
			if err != nil {
				return err
			}
			var goods []bench.Goods
			if err := json.Unmarshal(v, &goods); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
			var lines []string
			for _, g := range goods {
				lines = append(lines, fmt.Sprintf("%s\t%s\t%s", g.Code, g.Price, g.Name))
			}
			return o.printLines(v, lines)
		},
	}
}
