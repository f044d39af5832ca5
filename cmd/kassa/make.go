package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/catalog"
)

// makeCmd makes what the cloud does not know yet.
func (a *app) makeCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "make", Short: "Make goods, a customer or an order at the till, to be used at once and sent to the cloud"}
	cmd.AddCommand(a.makeProductCmd(), a.makeCustomerCmd(), a.makeOrderCmd())
	return cmd
}

func (a *app) makeProductCmd() *cobra.Command {
	var in struct {
		Name     string   `json:"name"`
		Article  string   `json:"article,omitempty"`
		Barcodes []string `json:"barcodes,omitempty"`
		Amount   string   `json:"price"`
		Rate     string   `json:"rate,omitempty"`
		Unit     string   `json:"unit,omitempty"`
	}
	cmd := &cobra.Command{Use: "product NAME PRICE [BARCODE...]", Short: "Make goods of a code nobody knows", Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Name, in.Amount, in.Barcodes = args[0], args[1], args[2:]
			return a.call(cmd, "POST", "/api/v1/made/products", in, decoded(func(it catalog.Item) error {
				return a.printf("%s, %s: %s\n", it.Name, it.Prices[0].Value, it.ID)
			}))
		}}
	cmd.Flags().StringVar(&in.Rate, "vat", "", "VAT rate, such as 22 or none; the store's ordinary one when it is not given")
	cmd.Flags().StringVar(&in.Unit, "unit", "", "шт for pieces, which is usual, or кг for what is weighed")
	cmd.Flags().StringVar(&in.Article, "article", "", "article")
	return cmd
}

// maxPersonLine bounds the line that tells of a customer.
const maxPersonLine = 1024

func (a *app) makeCustomerCmd() *cobra.Command {
	return &cobra.Command{Use: "customer", Short: "Make a customer; asked or read from stdin as one line: name; telephone; e-mail; card", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := a.readLine("name; telephone; e-mail; card: ", "customer", maxPersonLine, false)
			if err != nil {
				return err
			}
			fields := strings.Split(line, ";")
			if len(fields) > 4 {
				return fmt.Errorf("%w: name; telephone; e-mail; card", errUsage)
			}
			in := map[string]string{}
			for i, f := range fields {
				in[[]string{"name", "phone", "email", "card"}[i]] = strings.TrimSpace(f)
			}
			return a.call(cmd, "POST", "/api/v1/made/customers", in, decoded(func(c catalog.CustomerCard) error { return a.printf("%s: %s\n", c.Name, c.ID) }))
		}}
}

func (a *app) makeOrderCmd() *cobra.Command {
	var in struct {
		Description string `json:"description,omitempty"`
	}
	cmd := &cobra.Command{Use: "order", Short: "Make an order of the open cheque, for its customer; the cheque is put away", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/made/orders", in, decoded(func(o catalog.Order) error {
				return a.printf("order %s, %d lines\n", o.Name, len(o.Positions))
			}))
		}}
	cmd.Flags().StringVar(&in.Description, "description", "", "what else there is to say")
	return cmd
}
