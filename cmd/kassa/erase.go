package main

import (
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/journal"
)

// maxContactLine bounds what is read of stdin for a contact.
const maxContactLine = 1 << 10

// eraseCmd never takes a contact as an argument: other users of the machine
// see arguments, and shells keep them.
func (a *app) eraseCmd() *cobra.Command {
	var document string
	var contact bool
	cmd := &cobra.Command{Use: "erase (--contact | --document ID)", Args: usageArgs(cobra.NoArgs),
		Short: "Make a customer's contact unreadable for ever; the owner must be logged in at the till",
		Long: `Erases the keys of everything in the journal that has the contact, or of one
document and what led to it. Sums, hashes and the documents themselves stay as
they are. --contact asks for the phone number or e-mail address, or reads it
from stdin. It can not be undone.`}
	cmd.Flags().StringVar(&document, "document", "", "the document's id")
	cmd.Flags().BoolVar(&contact, "contact", false, "everything with this contact, which is asked for")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		in := map[string]string{}
		switch {
		case contact == (document != ""):
			return fmt.Errorf("%w: either --contact or --document ID", errUsage)
		case contact:
			text, err := a.readLine("Contact: ", "contact", maxContactLine, false)
			if err != nil {
				return err
			}
			in["contact"] = text
		default:
			if _, err := uuid.Parse(document); err != nil {
				return fmt.Errorf("%w: --document takes the id that \"journal show --json\" prints", errUsage)
			}
			in["document"] = document
		}
		return a.call(cmd, "POST", "/api/v1/journal/erase", in, decoded(func(e journal.Erasure) error {
			return a.printf("erased in %d records, %d of them documents\n", e.Records, len(e.Documents))
		}))
	}
	return cmd
}
