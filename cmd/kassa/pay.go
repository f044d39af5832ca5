package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/till"
)

func (a *app) payCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "pay", Short: "Pay the open cheque"}
	pay := func(cmd *cobra.Command, in any) error {
		return a.call(cmd, "POST", "/api/v1/pay", in, a.receiptPaid())
	}
	way := func(name, short string) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Args: usageArgs(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error { return pay(cmd, map[string]string{"type": name}) }}
	}
	cmd.AddCommand(
		&cobra.Command{Use: "cash AMOUNT", Short: "Cash handed over, in roubles: 500 or 500.00", Args: usageArgs(cobra.ExactArgs(1)),
			RunE: func(cmd *cobra.Command, args []string) error {
				if _, err := money.Parse(args[0]); err != nil {
					return fmt.Errorf("%w: %w", errUsage, err)
				}
				return pay(cmd, map[string]string{"type": "cash", "amount": args[0]})
			}},
		way("card", "By card: the payment terminal charges it; without one, records that it was charged"),
		way("qr", "By QR code: the code is shown and waited for; without a service, records that it was paid"),
		way("credit", "Hand the goods over now, to be paid later"),
		&cobra.Command{Use: "split WAY[=SUM]...", Short: "Pay in several ways: card=100 cash=500", Args: usageArgs(cobra.RangeArgs(1, till.MaxParts)),
			Long: "WAY is " + partUsage + ".\nSUM is in roubles; without it the part pays all that is left. Of cash it is what\nis handed over: only cash gives change.",
			RunE: func(cmd *cobra.Command, args []string) error {
				parts, err := partsIn(args)
				if err != nil {
					return err
				}
				return pay(cmd, map[string]any{"parts": parts})
			}})
	return cmd
}

const partUsage = "cash, card, qr, credit, or certificate:NUMBER or advance:NUMBER that was\nsold before"

type partIn struct {
	Type   string `json:"type"`
	Amount string `json:"amount,omitempty"`
	Number string `json:"number,omitempty"`
}

// partsIn reads "card=100" and "certificate:NUMBER=100".
func partsIn(args []string) ([]partIn, error) {
	parts := make([]partIn, len(args))
	for i, arg := range args {
		way, sum, given := strings.Cut(arg, "=")
		if _, err := money.Parse(sum); given && err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		way, number, _ := strings.Cut(way, ":")
		parts[i] = partIn{Type: way, Amount: sum, Number: number}
	}
	return parts, nil
}

// receiptPaid shows the receipt of a payment.
func (a *app) receiptPaid() func(json.RawMessage) error {
	return decoded(func(p struct {
		Receipt *till.LastView `json:"receipt"`
	}) error {
		r := p.Receipt
		if r == nil {
			return a.printf("paid\n")
		}
		if err := a.printf("paid %s, change %s\n", r.Total, r.Change); err != nil {
			return err
		}
		if len(r.Paid) > 1 {
			if err := a.printf("%s\n", paidText(r.Paid)); err != nil {
				return err
			}
		}
		if r.Sign == 0 { // no FN has signed it
			return a.printf("register %s cheque %d\n", r.FN, r.FD)
		}
		return a.printf("FN %s FD %d FP %d\n%s", r.FN, r.FD, r.Sign, codesText(r))
	})
}

// paidText lists ways of payment with their sums.
func paidText(paid []doc.Payment) string {
	words := make([]string, len(paid))
	for i, p := range paid {
		words[i] = wayText(p.Way()) + " " + p.Sum.String()
	}
	return strings.Join(words, ", ")
}

func wayText(w doc.Way) string {
	switch {
	case w.Type == doc.PayCash:
		return "cash"
	case w.Type == doc.PayElectron && w.QR:
		return "QR"
	case w.Type == doc.PayElectron:
		return "card"
	case w.Type == doc.PayAdvance:
		return "paid before"
	case w.Type == doc.PayCredit:
		return "on credit"
	}
	return "in kind"
}
