package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/qty"
)

const saleUsage = "DOC is the sale's name, number or id, or the QR code of its receipt; LINE is the\nline's number in it, from 1."

type lineIn struct {
	Line     string `json:"line"`
	Quantity string `json:"quantity,omitempty"`
}

// linesIn reads "1=2".
func linesIn(args []string) ([]lineIn, error) {
	lines := []lineIn{}
	for _, arg := range args {
		n, q, given := strings.Cut(arg, "=")
		if _, err := qty.Parse(q); given && err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		lines = append(lines, lineIn{n, q})
	}
	return lines, nil
}

func (a *app) returnCmd() *cobra.Command {
	var payment string
	cmd := &cobra.Command{Use: "return DOC [LINE[=QTY]...]", Short: "Give back what a document sold: all that is left of it, or some lines",
		Long: saleUsage + "\nThe money goes back the way it came; what was paid in advance goes back onto that\nadvance, prepayment or certificate, or with --payment money as the money itself.",
		Args: usageArgs(cobra.MinimumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			lines, err := linesIn(args[1:])
			if err != nil {
				return err
			}
			in := map[string]any{"document": args[0], "lines": lines, "payment": payment}
			return a.call(cmd, "POST", "/api/v1/return", in, a.receiptMade("returned"))
		}}
	cmd.Flags().StringVar(&payment, "payment", "", "of a sale paid in several ways: cash, card or money")
	return cmd
}

func (a *app) exchangeCmd() *cobra.Command {
	var pay []string
	cmd := &cobra.Command{Use: "exchange DOC [LINE[=QTY]...]", Short: "Give back what a document sold and sell the open cheque; only the difference changes hands",
		Long: saleUsage + "\nThe old goods pay for the new: two receipts. What is left to pay is paid by\n--pay, what is left over goes back the way it came.",
		Args: usageArgs(cobra.MinimumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			lines, err := linesIn(args[1:])
			if err != nil {
				return err
			}
			parts, err := partsIn(pay)
			if err != nil {
				return err
			}
			in := map[string]any{"document": args[0], "lines": lines, "parts": parts}
			return a.call(cmd, "POST", "/api/v1/exchange", in, a.receiptPaid())
		}}
	cmd.Flags().StringSliceVar(&pay, "pay", nil, "how the difference is paid, as in pay split: card=100,cash=500")
	return cmd
}

func (a *app) takeBackCmd() *cobra.Command {
	in := map[string]*string{}
	cmd := &cobra.Command{Use: "take-back", Short: "Take the goods in the open cheque back without their sale: a senior's permission",
		Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			body := map[string]string{}
			for k, v := range in {
				body[k] = *v
			}
			return a.call(cmd, "POST", "/api/v1/return/free", body, a.receiptMade("taken back"))
		}}
	in["reason"] = cmd.Flags().String("reason", "", "why, for the books; required")
	in["payment"] = cmd.Flags().String("payment", "cash", "how the money goes back: cash or card")
	in["receipt"] = cmd.Flags().String("receipt", "", "QR code of another till's receipt; no more comes back than it says")
	return cmd
}
