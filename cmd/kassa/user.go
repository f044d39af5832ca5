package main

import (
	"cmp"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/catalog"
)

const userHelp = `Say who works at the till.

Whoever is logged in needs the permission "users": an owner has it for everybody,
a technician for all but owners. While there is no owner and nobody is logged in
the first owner is made without.

A PIN is asked for, or read from stdin: 4 to 12 digits, nobody else's, and none
that is easy to guess. Badges are given by "kassa badge".`

func (a *app) userCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Say who works at the till: add, change, block and remove users", Long: userHelp}
	list := &cobra.Command{Use: "list", Short: "Who works at the till", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "GET", "/api/v1/users", nil, a.people())
		}}
	cmd.AddCommand(list, a.userAdd(), a.userChange(), a.userPIN(), a.userBlocked("block", "Let a user in no more", true), a.userBlocked("unblock", "Let a blocked user in again", false),
		&cobra.Command{Use: "remove ID", Short: "Remove a user made here; what he sold keeps his name", Args: usageArgs(cobra.ExactArgs(1)),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.call(cmd, "DELETE", "/api/v1/users/"+args[0], nil, a.people())
			}})
	return cmd
}

func (a *app) userAdd() *cobra.Command {
	n := users.New{}
	role, noPIN := string(catalog.RoleCashier), false
	cmd := &cobra.Command{Use: "add NAME", Short: "Add a user; the PIN is asked, or read from stdin", Args: usageArgs(cobra.ExactArgs(1))}
	cmd.Flags().StringVar(&role, "role", role, "cashier, senior, technician or owner")
	cmd.Flags().StringVar(&n.Position, "position", "", "as receipts say it")
	cmd.Flags().StringVar(&n.INN, "inn", "", "the person's, for receipts")
	cmd.Flags().BoolVar(&noPIN, "no-pin", false, "he gets a PIN or a badge later")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		n.Name, n.Role = args[0], catalog.Role(role)
		if !noPIN {
			if n.PIN, err = a.readLine("PIN: ", "PIN", maxPINLine, true); err != nil {
				return err
			}
		}
		return a.call(cmd, "POST", "/api/v1/users", n, a.person())
	}
	return cmd
}

func (a *app) userChange() *cobra.Command {
	var name, position, inn, role string
	cmd := &cobra.Command{Use: "change ID", Short: "Change a user's role, or name, position and INN of one made here", Args: usageArgs(cobra.ExactArgs(1))}
	cmd.Flags().StringVar(&role, "role", "", "cashier, senior, technician or owner")
	cmd.Flags().StringVar(&name, "name", "", "the name")
	cmd.Flags().StringVar(&position, "position", "", "as receipts say it")
	cmd.Flags().StringVar(&inn, "inn", "", "the person's, for receipts")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in := map[string]string{}
		for flag, value := range map[string]string{"role": role, "name": name, "position": position, "inn": inn} {
			if cmd.Flags().Changed(flag) {
				in[flag] = value
			}
		}
		return a.call(cmd, "POST", "/api/v1/users/"+args[0], in, a.person())
	}
	return cmd
}

func (a *app) userPIN() *cobra.Command {
	return &cobra.Command{Use: "pin ID", Short: "Give a user a PIN; it is asked, or read from stdin", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			pin, err := a.readLine("PIN: ", "PIN", maxPINLine, true)
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", "/api/v1/users/"+args[0]+"/pin", map[string]string{"pin": pin}, a.person())
		}}
}

func (a *app) userBlocked(use, short string, blocked bool) *cobra.Command {
	return &cobra.Command{Use: use + " ID", Short: short, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, "POST", "/api/v1/users/"+args[0], map[string]bool{"blocked": blocked}, a.person())
		}}
}

// people shows the list, person one of it.
func (a *app) people() func(json.RawMessage) error {
	return decoded(func(l struct {
		Users []users.Person `json:"users"`
	}) error {
		for _, p := range l.Users {
			if err := a.printPerson(p); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *app) person() func(json.RawMessage) error { return decoded(a.printPerson) }

func (a *app) printPerson(p users.Person) error {
	lets := ""
	for _, w := range []struct {
		is   bool
		word string
	}{{p.PIN, " PIN"}, {p.Badge, " badge"}, {p.Fixed, " role-in-file"}, {p.Blocked, " BLOCKED"}} {
		if w.is {
			lets += w.word
		}
	}
	return a.printf("%s  %s  %s  %s:%s\n", p.ID, p.Role, p.Name, p.Source, cmp.Or(lets, " no PIN"))
}
