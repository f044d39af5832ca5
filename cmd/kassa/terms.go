package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/pricing"
)

// termCmds are the commands that change what the open cheque's prices depend on.
func (a *app) termCmds() []*cobra.Command {
	shown := a.cheque()
	price := &cobra.Command{Use: "price LINE [AMOUNT]", Short: "Type the price of a line (1, 2..); without AMOUNT it is the catalogue's again", Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := a.linePath(cmd, args[0])
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", path+"/price", map[string]string{"amount": strings.Join(args[1:], "")}, shown)
		}}
	discount := &cobra.Command{Use: "discount [LINE] 10%|50|+5%|0", Short: "Make a line (1, 2..) or the whole cheque cheaper, by percent or in roubles; 0 takes it back",
		Long: "With a plus it gets dearer: discount +5%.",
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "/api/v1/cheque"
			if len(args) == 2 {
				var err error
				if path, err = a.linePath(cmd, args[0]); err != nil {
					return err
				}
			}
			in := map[string]string{}
			last := args[len(args)-1]
			if dearer, is := strings.CutPrefix(last, "+"); is {
				last = "-" + dearer
			}
			if percent, is := strings.CutSuffix(last, "%"); is {
				in["percent"] = percent
			} else if last != "0" {
				in["amount"] = last
			}
			return a.call(cmd, "POST", path+"/discount", in, shown)
		}}
	customer := &cobra.Command{Use: "customer [CUSTOMER]", Short: "Name the customer by id, card, telephone or name; the text is asked or read from stdin when it is not given as an id", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 { // telephone numbers and names are no arguments
				text, err := a.readLine("customer: ", "customer", maxPINLine, false)
				if err != nil {
					return err
				}
				args = []string{text}
			}
			return a.call(cmd, "POST", "/api/v1/cheque/customer", map[string]string{"customer": args[0]}, shown)
		}}
	nobody := &cobra.Command{Use: "none", Short: "Forget the cheque's customer", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "DELETE", "/api/v1/cheque/customer", nil, shown)
	}}
	customer.AddCommand(nobody)
	remove := false
	coupon := &cobra.Command{Use: "coupon CODE", Short: "Give a coupon to the cheque", Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		if remove {
			return a.call(cmd, "DELETE", "/api/v1/cheque/coupons/"+url.PathEscape(args[0]), nil, shown)
		}
		return a.call(cmd, "POST", "/api/v1/cheque/coupons", map[string]string{"code": args[0]}, shown)
	}}
	coupon.Flags().BoolVar(&remove, "remove", false, "take it back")
	bonus := &cobra.Command{Use: "bonus AMOUNT", Short: "Pay so much with the customer's points; 0 for none", Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		in := map[string]string{}
		if args[0] != "0" {
			in["amount"] = args[0]
		}
		return a.call(cmd, "POST", "/api/v1/cheque/bonus", in, shown)
	}}
	explain := &cobra.Command{Use: "explain", Short: "Tell how each price of the open cheque came about, and why rules did not work", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.explain(cmd)
	}}
	recalc := &cobra.Command{Use: "recalc", Short: "Ask the store's cloud for the open cheque's prices and points, as paying it would", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "POST", "/api/v1/cheque/recalc", map[string]string{}, shown)
	}}
	return []*cobra.Command{price, discount, customer, coupon, bonus, recalc, explain, a.buyerCmd(), a.contactCmd()}
}

// linePath is the API's path of a line of the open cheque, by its number.
func (a *app) linePath(cmd *cobra.Command, number string) (string, error) {
	c, err := a.client()
	if err != nil {
		return "", err
	}
	answer, err := c.Call(cmd.Context(), "GET", "/api/v1/cheque", nil)
	if err != nil {
		return "", err
	}
	var now chequeAnswer
	if err := json.Unmarshal(answer, &now); err != nil {
		return "", fmt.Errorf("answer: %w", err)
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(now.Cheque.Lines) {
		return "", fault.New(fault.ChequeNoLine)
	}
	return "/api/v1/cheque/lines/" + now.Cheque.Lines[n-1].ID.String(), nil
}

func (a *app) explain(cmd *cobra.Command) error {
	return a.call(cmd, "GET", "/api/v1/cheque/explain", nil, decoded(func(t pricing.Trace) error {
		for i := range t.Lines {
			if err := a.printf("%s", traceText(i+1, &t.Lines[i])); err != nil {
				return err
			}
		}
		return a.printf("%s", recalcText(t.Recalc))
	}))
}

// whyText says why a rule did not work, in words.
var whyText = map[pricing.Why]string{
	pricing.WhyTobacco: "the law allows no discount on tobacco", pricing.WhyProhibited: "discounts on this item are prohibited",
	pricing.WhyCustomer: "it is for other customers", pricing.WhyDay: "not today", pricing.WhyHour: "not at this hour",
	pricing.WhyCoupon: "its coupon was not given", pricing.WhyAmount: "what it covers does not come to enough", pricing.WhyFew: "too few units",
	pricing.WhyNoPrice: "the item has no price of its price type", pricing.WhyDearer: "it would not make it cheaper",
	pricing.WhyBeaten: "another takes more", pricing.WhyAlone: "one that stands alone has worked already",
	pricing.WhyTouched: "it stands alone and another has worked already", pricing.WhyNothingLeft: "the line comes to nothing already",
}

// traceText explains one line.
func traceText(n int, l *pricing.LineTrace) string {
	var b strings.Builder
	how := "price"
	if l.ByHand {
		how = "price typed by the cashier"
	}
	fmt.Fprintf(&b, "%3d. %s\n     %-40s %12s\n     %-40s %12s\n", n, l.Name, how, l.Base, "comes to", l.Gross)
	for _, s := range l.Steps {
		if s.Why != "" {
			fmt.Fprintf(&b, "     %-40s %12s  %s\n", s.Name, "-", whyText[s.Why])
			continue
		}
		fmt.Fprintf(&b, "     %-40s %12s\n", s.Name, (-s.Took).String())
	}
	fmt.Fprintf(&b, "     %-40s %12s\n     %-40s %12s\n", "total", l.Total, "VAT "+string(l.Rate)+" in it", l.VAT)
	if l.Parts > 1 {
		fmt.Fprintf(&b, "     printed as %d lines, so that each has a price in whole kopecks\n", l.Parts)
	}
	return b.String()
}
