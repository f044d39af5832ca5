package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/charge"
)

// terminalCmd is the payment terminal's command.
func (a *app) terminalCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "terminal", Short: "The payment terminal: how it is, what it waits for, its day"}
	post := func(use, short, path string) *cobra.Command {
		return &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/terminal/"+path, nil, decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) }))
		}}
	}
	var rrn, code string
	approved := &cobra.Command{Use: "approved", Short: "The manual terminal has approved what the till asks about", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/terminal/answer", map[string]any{"approved": true, "rrn": rrn, "auth_code": code}, a.told())
		}}
	approved.Flags().StringVar(&rrn, "rrn", "", "reference number on its slip")
	approved.Flags().StringVar(&code, "code", "", "authorisation code on its slip")
	cmd.AddCommand(
		&cobra.Command{Use: "status", Short: "Ask the terminal how it is", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "GET", "/api/v1/terminal", nil, decoded(a.terminalText))
		}},
		post("cancel", "Call off the payment that waits for the customer", "cancel"),
		post("check", "Ask now what became of the payment nobody knows of", "check"),
		approved,
		&cobra.Command{Use: "declined", Short: "The manual terminal has declined what the till asks about", Args: usageArgs(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.call(cmd, "POST", "/api/v1/terminal/answer", map[string]any{"approved": false}, a.told())
			}},
		&cobra.Command{Use: "reconcile", Short: "Close the terminal's day now; closing the shift does it anyway", Args: usageArgs(cobra.NoArgs),
			RunE: func(cmd *cobra.Command, _ []string) error {
				return a.call(cmd, "POST", "/api/v1/terminal/reconcile", nil, decoded(func(t charge.Totals) error {
					return a.printf("paid %d for %s, refunded %d for %s: %s\n", t.Paid.Count, t.Paid.Sum, t.Refunded.Count, t.Refunded.Sum, t.Net())
				}))
			}},
	)
	return cmd
}

// told says that an answer was taken.
func (a *app) told() func(json.RawMessage) error {
	return decoded(func(struct{}) error { return a.printf("taken\n") })
}

// terminalText shows a terminal.
func (a *app) terminalText(s api.TerminalState) error {
	if err := a.printf("%s, %s %s\n", s.Name, s.Status.Model, s.Status.Terminal); err != nil {
		return err
	}
	if c := s.Charge; c != nil {
		if err := a.printf("%s of %s by %s, waits for %s\n", c.Kind, c.Sum, c.Via, c.Stage); err != nil {
			return err
		}
	}
	if q := s.Question; q != nil {
		return a.printf("asks: %s of %s, approved or declined?\n", q.Kind, q.Sum)
	}
	return nil
}
