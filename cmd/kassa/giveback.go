package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/money"
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
	var pay, back []string
	var reason, payment string
	cmd := &cobra.Command{Use: "exchange [DOC [LINE[=QTY]...]]", Short: "Give back what a document sold and sell the open cheque; only the difference changes hands",
		Long: saleUsage + "\nThe old goods pay for the new: two receipts. What is left to pay is paid by\n--pay, what is left over goes back the way it came. Without a DOC the goods of\n--back come back for a --reason: QTY*CODE or CODE, with @PRICE when it is not the\ncatalogue's; that needs a senior's permission.",
		Args: usageArgs(cobra.ArbitraryArgs), RunE: func(cmd *cobra.Command, args []string) error {
			if (len(args) == 0) == (len(back) == 0) {
				return fmt.Errorf("%w: either DOC or --back", errUsage)
			}
			parts, err := partsIn(pay)
			if err != nil {
				return err
			}
			in := map[string]any{"parts": parts}
			if len(args) == 0 {
				in["back"], in["reason"], in["payment"] = backsIn(back), reason, payment
				return a.call(cmd, "POST", "/api/v1/exchange", in, a.receiptPaid())
			}
			lines, err := linesIn(args[1:])
			if err != nil {
				return err
			}
			in["document"], in["lines"] = args[0], lines
			return a.call(cmd, "POST", "/api/v1/exchange", in, a.receiptPaid())
		}}
	cmd.Flags().StringArrayVar(&back, "back", nil, "goods that come back without a receipt: 2*4600000000015@49.90")
	cmd.Flags().StringVar(&reason, "reason", "", "why they come back, for the books")
	cmd.Flags().StringVar(&payment, "payment", "cash", "how they had been paid for: cash or card")
	cmd.Flags().StringSliceVar(&pay, "pay", nil, "how the difference is paid, as in pay split: card=100,cash=500")
	return cmd
}

func (a *app) buyCmd() *cobra.Command {
	var payment, person string
	cmd := &cobra.Command{Use: "buy GOODS...", Short: "Buy goods from a person: a senior's permission",
		Long: "GOODS are QTY*CODE@PRICE or CODE@PRICE: 2*4600000000015@30.50. \"return\" with the\npurchase's number gives them back.",
		Args: usageArgs(cobra.MinimumNArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
			in := map[string]any{"goods": backsIn(args), "payment": payment, "person": person}
			return a.call(cmd, "POST", "/api/v1/buy", in, a.receiptMade("bought"))
		}}
	cmd.Flags().StringVar(&payment, "payment", "cash", "how the person gets the money: cash or card")
	cmd.Flags().StringVar(&person, "person", "", "who sells, for the books")
	return cmd
}

type backIn struct {
	Code     string `json:"code"`
	Quantity string `json:"quantity,omitempty"`
	Price    string `json:"price,omitempty"`
}

// backsIn reads "2*4600000000015@49.90". A star or an at sign of a marking code
// is part of it.
func backsIn(args []string) []backIn {
	all := []backIn{}
	for _, arg := range args {
		in := backIn{Code: arg}
		if n, code, ok := strings.Cut(in.Code, "*"); ok {
			if _, err := qty.Parse(n); err == nil {
				in.Quantity, in.Code = n, code
			}
		}
		if i := strings.LastIndex(in.Code, "@"); i > 0 {
			if _, err := money.Parse(in.Code[i+1:]); err == nil {
				in.Code, in.Price = in.Code[:i], in.Code[i+1:]
			}
		}
		all = append(all, in)
	}
	return all
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
