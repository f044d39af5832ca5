package main

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
)

// tokenCmd lets programs in. A token is printed once, on stdout alone, and is
// never an argument.
func (a *app) tokenCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Access of other programs: make, list and revoke their tokens"}
	scopes := []string{string(access.Documents)}
	add := &cobra.Command{Use: "add NAME", Short: "Make a token for the program NAME; it is shown this once", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := map[string]any{"name": args[0], "scopes": scopes}
			return a.call(cmd, "POST", "/api/v1/tokens", in, decoded(func(t struct {
				Token string `json:"token"`
			}) error {
				return a.printf("%s\n", t.Token)
			}))
		}}
	add.Flags().StringSliceVar(&scopes, "scope", scopes, "what it is good for: documents (reading them in Evotor's format), api (the whole API), cheques (orders of waiters' tablets)")
	show := decoded(func(l struct {
		Tokens []access.Token `json:"tokens"`
	}) error {
		for _, t := range l.Tokens {
			if err := a.printf("%s  %s  %v  %s\n", t.ID, t.Made.Format("2006-01-02 15:04"), t.Scopes, t.Name); err != nil {
				return err
			}
		}
		return nil
	})
	list := &cobra.Command{Use: "list", Short: "Tokens that are good", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/tokens", nil, show)
	}}
	revoke := &cobra.Command{Use: "revoke ID", Short: "End a token at once", Args: usageArgs(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, args []string) error {
		id, err := uuid.Parse(args[0])
		if err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		return a.call(cmd, "DELETE", "/api/v1/tokens/"+id.String(), nil, show)
	}}
	cmd.AddCommand(add, list, revoke)
	return cmd
}
