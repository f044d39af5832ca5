package main

import (
	"encoding/json"
	"net/url"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// printCmd is the receipt printer's command.
func (a *app) printCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "print", Short: "The receipt printer: copies, orders, labels, how it is"}
	post := func(use, short, path string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/printer/"+path, nil, a.onPaper())
		}}
	}
	cmd.AddCommand(
		&cobra.Command{Use: "status", Short: "Show how the printer is", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "GET", "/api/v1/printer", nil, decoded(func(s api.PrinterState) error {
				switch {
				case !s.Ready:
					return a.printf("it does not answer\n")
				case s.Trouble != "":
					return a.printf("%s\n", s.Trouble)
				case s.PaperLow:
					return a.printf("ready, paper runs low\n")
				}
				return a.printf("ready\n")
			}))
		}},
		post("test", "Print a page that shows whether the letters come out right", "test"),
		post("order", "Print the open cheque as an order", "order"),
		&cobra.Command{Use: "copy NUMBER", Short: "Print a document once more; NUMBER is its name, as in K1-17, or its id", Args: usageArgs(cobra.ExactArgs(1)),
			RunE: func(cmd *cobra.Command, args []string) error {
				id, err := a.documentNamed(cmd, args[0])
				if err != nil {
					return err
				}
				return a.call(cmd, "POST", "/api/v1/printer/copy", map[string]any{"document": id}, a.onPaper())
			}},
		a.labelsCmd("labels CODE..."),
	)
	return cmd
}

// labelsCmd prints shelf labels.
func (a *app) labelsCmd(use string) *cobra.Command {
	var copies int
	cmd := &cobra.Command{Use: use, Short: "Print shelf labels of goods by their codes", Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			want := make([]api.LabelOrder, len(args))
			for i, code := range args {
				want[i] = api.LabelOrder{Code: code, Copies: copies}
			}
			return a.call(cmd, "POST", "/api/v1/printer/labels", map[string]any{"labels": want}, a.onPaper())
		}}
	cmd.Flags().IntVar(&copies, "copies", 1, "of each")
	return cmd
}

// onPaper says that something was printed.
func (a *app) onPaper() func(json.RawMessage) error {
	return decoded(func(struct {
		OK bool `json:"ok"`
	}) error {
		return a.printf("printed\n")
	})
}

// documentNamed finds a document's id by its name.
func (a *app) documentNamed(cmd *cobra.Command, name string) (uuid.UUID, error) {
	if id, err := uuid.Parse(name); err == nil {
		return id, nil
	}
	c, err := a.client()
	if err != nil {
		return uuid.Nil, err
	}
	for after := ""; ; {
		answer, err := c.Call(cmd.Context(), "GET", "/api/v1/documents?"+url.Values{"after": {after}, "limit": {"1000"}}.Encode(), nil)
		if err != nil {
			return uuid.Nil, err
		}
		var page documentPage
		if err := json.Unmarshal(answer, &page); err != nil {
			return uuid.Nil, err
		}
		for _, raw := range page.Documents {
			var d doc.Document
			if err := json.Unmarshal(raw, &d); err != nil {
				return uuid.Nil, err
			}
			if d.Name == name {
				return d.ID, nil
			}
		}
		if after = page.Next; after == "" {
			return uuid.Nil, fault.New(fault.NotFound, name)
		}
	}
}
