package main

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"
)

// Who buys and where the receipt goes is people's data: it is asked for or read
// from stdin, never taken from the arguments that every user of the machine can
// see.

// maxPeopleLine bounds what is read of stdin.
const maxPeopleLine = 600

func (a *app) buyerCmd() *cobra.Command {
	return &cobra.Command{Use: "buyer", Short: "Name the organisation or entrepreneur that buys the open cheque; an empty line: nobody",
		Long: "One line is asked for, or read from stdin: the INN and the name, as in\n7707083893 ООО Ромашка", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := a.readLine("INN and name: ", "buyer", maxPeopleLine, false)
			if err != nil {
				return err
			}
			inn, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			if strings.Trim(inn, "0123456789") != "" { // a foreigner has a name only
				inn, name = "", line
			}
			return a.call(cmd, "POST", "/api/v1/cheque/buyer", map[string]string{"name": strings.TrimSpace(name), "inn": inn}, a.cheque())
		}}
}

func (a *app) contactCmd() *cobra.Command {
	electronic := false
	cmd := &cobra.Command{Use: "contact", Short: "Say where the receipt is sent: a telephone number or an e-mail address; an empty line: nowhere", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := a.readLine("telephone or e-mail: ", "contact", maxPeopleLine, false)
			if err != nil {
				return err
			}
			return a.call(cmd, "POST", "/api/v1/cheque/contact", map[string]any{"contact": strings.TrimSpace(line), "electronic": electronic}, a.cheque())
		}}
	cmd.Flags().BoolVar(&electronic, "electronic", false, "no paper receipt")
	return cmd
}

// cheque shows the open cheque after a change of it.
func (a *app) cheque() func(json.RawMessage) error {
	return decoded(func(s status) error { return a.printf("%s", chequeText(s.Cheque)) })
}
