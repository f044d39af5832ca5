package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
)

const scanHelp = `Scan codes: each is written to the scanner's serial line as it is, with a CR
after it. A code may hold any UTF-8 but CR and LF; a GS1 separator is the byte
1Dh ($'\x1d' in bash).

The answer tells what was sent, and in "read" whether somebody took it from the
line. What nobody took is lost to a till that drops old input when it opens the
port, as with any scanner.`

func newScan(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "scan CODE...",
		Short: "Scan barcodes",
		Long:  scanHelp,
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := o.bench()
			if err != nil {
				return err
			}
			v, err := b.Post(cmd.Context(), "/api/v1/scan", map[string]any{"codes": args})
			if err != nil {
				return err
			}
			var sent []bench.Sent
			if err := json.Unmarshal(v, &sent); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
			var lines []string
			for _, s := range sent {
				line := "sent " + s.Code
				if !s.Read {
					line += " (nobody has read it)"
				}
				lines = append(lines, line)
			}
			return o.printLines(v, lines)
		},
	}
}
