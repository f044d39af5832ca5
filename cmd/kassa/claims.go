package main

import (
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

type claimsAnswer struct {
	Claims []struct {
		till.Claim
		Left  money.Amount `json:"left"`
		Lines []struct {
			Name string       `json:"name"`
			Unit string       `json:"unit"`
			Left qty.Milli    `json:"left"`
			Sum  money.Amount `json:"sum"`
			Paid money.Amount `json:"paid"`
			Mark bool         `json:"mark"`
		} `json:"lines"`
	} `json:"claims"`
}

func (a *app) claimsCmd() *cobra.Command {
	return &cobra.Command{Use: "claims [NUMBER]", Short: "Advances, certificates and prepayments that are not used up, and debts", Long: "With a prepayment's number its lines as well: what is still to be handed over.", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client()
			if err != nil {
				return err
			}
			path := "/api/v1/claims"
			if len(args) == 1 {
				path += "?number=" + url.QueryEscape(args[0])
			}
			answer, err := c.Call(cmd.Context(), "GET", path, nil)
			if err != nil {
				return err
			}
			return a.print(answer, decoded(func(all claimsAnswer) error {
				for _, c := range all.Claims {
					until := ""
					if c.Expires != "" {
						until = "  until " + c.Expires
					}
					if err := a.printf("%-12s %-20s %12s  since %s%s\n", c.Kind, c.Number, c.Left, c.Since.Format("2006-01-02"), until); err != nil {
						return err
					}
					for i, l := range c.Lines {
						mark := ""
						if l.Mark {
							mark = "  scan its code"
						}
						if err := a.printf("%3d  %-32s %10s  %12s, %s prepaid%s\n", i+1, l.Name, measured(&doc.Line{Unit: l.Unit}, l.Left), l.Sum, l.Paid, mark); err != nil {
							return err
						}
					}
				}
				return nil
			}))
		}}
}

// payFlag adds --pay to a command.
func payFlag(cmd *cobra.Command, usual []string) *[]string {
	return cmd.Flags().StringSlice("pay", usual, "how it is paid, as in pay split: card=100,cash=500")
}

// sumArg checks a sum on the command line.
func sumArg(s string) error {
	if _, err := money.Parse(s); s != "" && err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

// claimCommand makes a command that posts a sum and parts.
func (a *app) claimCommand(use, short, path string, args cobra.PositionalArgs, usual []string, body func(args []string) map[string]any) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: usageArgs(args)}
	pay := payFlag(cmd, usual)
	expires, rate := new(string), new(string)
	if path == "/api/v1/claims" {
		expires = cmd.Flags().String("expires", "", "last day it can be used: 2027-12-31")
		rate = cmd.Flags().String("rate", "", "VAT rate of what it will be for: 22, 10, none..; the store's usual one when absent")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		parts, err := partsIn(*pay)
		if err != nil {
			return err
		}
		in := body(args)
		if sum, ok := in["amount"].(string); ok {
			if err := sumArg(sum); err != nil {
				return err
			}
		}
		in["parts"] = parts
		if *expires != "" {
			in["expires"] = *expires
		}
		if *rate != "" {
			in["rate"] = *rate
		}
		return a.call(cmd, "POST", path, in, a.receiptPaid())
	}
	return cmd
}

func (a *app) handOverCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "hand-over PREPAYMENT [LINE[=QTY]...]", Short: "Hand over what was prepaid: the goods in the open cheque, some lines, or all that is left",
		Long: "PREPAYMENT is its number or id, LINE the line's number in it, see claims PREPAYMENT.\nGoods that are scanned first are the ones handed over; marked goods need that, for\ntheir codes. --pay pays what the prepayment does not.",
		Args: usageArgs(cobra.MinimumNArgs(1))}
	pay := payFlag(cmd, nil)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		lines, err := linesIn(args[1:])
		if err != nil {
			return err
		}
		parts, err := partsIn(*pay)
		if err != nil {
			return err
		}
		return a.call(cmd, "POST", "/api/v1/hand-over", map[string]any{"claim": args[0], "lines": lines, "parts": parts}, a.receiptPaid())
	}
	return cmd
}

func optional(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

func (a *app) claimCmds() []*cobra.Command {
	cash := []string{"cash"}
	return []*cobra.Command{
		a.claimsCmd(), a.ordersCmd(),
		a.claimCommand("certificate NUMBER SUM", "Sell a gift certificate", "/api/v1/claims", cobra.ExactArgs(2), cash, func(args []string) map[string]any {
			return map[string]any{"kind": "certificate", "number": args[0], "amount": args[1]}
		}),
		a.claimCommand("advance SUM", "Take an advance; it is known by its receipt's name", "/api/v1/claims", cobra.ExactArgs(1), cash, func(args []string) map[string]any {
			return map[string]any{"kind": "advance", "amount": args[0]}
		}),
		a.claimCommand("prepay [SUM]", "Take money for the goods in the open cheque: all of it, or SUM", "/api/v1/prepay", cobra.MaximumNArgs(1), cash, func(args []string) map[string]any {
			return map[string]any{"amount": optional(args, 0)}
		}),
		a.handOverCmd(),
		a.claimCommand("repay DEBT [SUM]", "Pay for what was sold on credit: all that is owed, or SUM", "/api/v1/repay", cobra.RangeArgs(1, 2), cash, func(args []string) map[string]any {
			return map[string]any{"claim": args[0], "amount": optional(args, 1)}
		}),
	}
}
