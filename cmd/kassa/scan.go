package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/gs1"
)

func (a *app) scanCmd() *cobra.Command {
	return &cobra.Command{Use: "scan CODE... | scan -", Short: `Put codes into the cheque, "5*CODE" for five, "0.350*CODE" by weight; - reads them from stdin, one a line`,
		Long: `Put codes into the cheque. "5*CODE" is five of it, "0.350*CODE" so many kilograms
or litres; a code has at most 255 bytes.

With "-" the codes are read from stdin, one a line, byte for byte. Marking codes
are only taken so: arguments can be seen by everybody on this machine, and the
key of a marking code is a secret of its owner.`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, codes []string) (err error) {
			if len(codes) == 1 && codes[0] == "-" {
				if codes, err = readCodes(a.in); err != nil {
					return err
				}
			} else if err := noSecrets(codes); err != nil {
				return err
			}
			c, err := a.client()
			if err != nil {
				return err
			}
			answer, err := c.Call(cmd.Context(), "POST", "/api/v1/scan", map[string]any{"codes": codes})
			if err != nil {
				return err
			}
			return a.printScan(answer, a.showScan)
		}}
}

// noSecrets refuses marking codes among arguments. It repeats nothing of them.
func noSecrets(codes []string) error {
	for _, code := range codes {
		if _, behind, ok := strings.Cut(code, "*"); ok {
			code = behind
		}
		c, err := gs1.Classify(code, &gs1.Shop{})
		if err == nil && (c.Marking != nil || c.Kind == gs1.Stamp || c.Kind == gs1.Misread && len(code) > gs1Digits) {
			return fmt.Errorf("%w: a marking code is no argument, everybody on this machine can read it there: write it to stdin of \"kassa scan -\"", errUsage)
		}
	}
	return nil
}

// gs1Digits is the length of the longest plain barcode: what is longer and
// nearly a GS1 string is most likely a marking code that was damaged.
const gs1Digits = 14

// readCodes reads codes, one a line, as they are.
func readCodes(in io.Reader) (codes []string, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, api.MaxCodes*(gs1.MaxCode+2)) // the till says what is wrong with a long one
	for lines.Scan() {
		if code := strings.TrimRight(lines.Text(), "\r"); code != "" {
			codes = append(codes, code)
		}
		if len(codes) > api.MaxCodes {
			return nil, fmt.Errorf("%w: more than %d codes on stdin", errUsage, api.MaxCodes)
		}
	}
	if lines.Err() != nil {
		return nil, fmt.Errorf("%w: no code on stdin", errUsage)
	}
	if len(codes) == 0 {
		return nil, fmt.Errorf("%w: no code on stdin", errUsage)
	}
	return codes, nil
}
