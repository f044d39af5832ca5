package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/doc"
)

type documentPage struct {
	Documents []json.RawMessage `json:"documents"`
	Next      string            `json:"next"`
}

// documentsCmd reads all pages. With --json it prints one array.
func (a *app) documentsCmd() *cobra.Command {
	var typ, since, find string
	cmd := &cobra.Command{Use: "documents", Short: "List documents, oldest first", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().StringVar(&typ, "type", "", "only these types, with commas: SELL,Z_REPORT")
	cmd.Flags().StringVar(&since, "since", "", "from this moment, in the till's zone: 2026-11-22 or 2026-11-22T10:00")
	cmd.Flags().StringVar(&find, "find", "", "only those with these words on them: number, FD, sum, item, customer, cashier, barcode, day")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		all := []json.RawMessage{}
		for after := ""; ; {
			q := url.Values{"type": {typ}, "since": {since}, "after": {after}, "find": {find}, "limit": {"1000"}}
			answer, err := c.Call(cmd.Context(), "GET", "/api/v1/documents?"+q.Encode(), nil)
			if err != nil {
				return err
			}
			var page documentPage
			if err := json.Unmarshal(answer, &page); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			if !a.json {
				if err := a.showDocuments(page.Documents); err != nil {
					return err
				}
			} else {
				all = append(all, page.Documents...)
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if !a.json {
			return nil
		}
		var b bytes.Buffer
		if err := json.NewEncoder(&b).Encode(all); err != nil {
			return err
		}
		return a.print(b.Bytes(), nil)
	}
	return cmd
}

func (a *app) showDocuments(raw []json.RawMessage) error {
	for _, r := range raw {
		var d doc.Document
		if err := json.Unmarshal(r, &d); err != nil {
			return fmt.Errorf("document: %w", err)
		}
		if err := a.printf("%s\n", documentLine(&d)); err != nil {
			return err
		}
	}
	return nil
}
