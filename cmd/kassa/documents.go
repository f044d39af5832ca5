package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/pos/doc"
)

type documentPage struct {
	Documents []json.RawMessage `json:"documents"`
	Next      string            `json:"next"`
}

// documentsCmd reads all pages. With --json it prints one array.
func (a *app) documentsCmd() *cobra.Command {
	var typ, since string
	cmd := &cobra.Command{Use: "documents", Short: "List documents, oldest first", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().StringVar(&typ, "type", "", "only these types, with commas: SELL,Z_REPORT")
	cmd.Flags().StringVar(&since, "since", "", "from this moment, in the till's zone: 2026-11-22 or 2026-11-22T10:00")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		all := []json.RawMessage{}
		for after := ""; ; {
			q := url.Values{"type": {typ}, "since": {since}, "after": {after}, "limit": {"1000"}}
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

// syncAnswer is the part of the queue's JSON that the text shows.
type syncAnswer struct {
	Destinations []struct {
		Name   string `json:"name"`
		From   string `json:"from"` // another till whose documents these are
		Online bool   `json:"online"`
		Queued int64  `json:"queued"`
		Parked []struct {
			Name  string `json:"name"`
			Type  string `json:"type"`
			Code  string `json:"code"`
			Words string `json:"words"`
		} `json:"parked"`
		LastError *struct {
			Code string `json:"code"`
			Text string `json:"text"`
		} `json:"last_error"`
	} `json:"destinations"`
	Catalog struct {
		Generation int64     `json:"generation"`
		Items      int       `json:"items"`
		UpdatedAt  time.Time `json:"updated_at"`
	} `json:"catalog"`
}

func (a *app) showSync(s syncAnswer) error {
	for _, d := range s.Destinations {
		state := "online"
		if !d.Online {
			state = "offline"
		}
		name := d.Name
		if d.From != "" {
			name += ", for till " + d.From
		}
		if err := a.printf("%s: %s, %d to send, %d parked\n", name, state, d.Queued, len(d.Parked)); err != nil {
			return err
		}
		if d.LastError != nil {
			if err := a.printf("  last error: %s [%s]\n", d.LastError.Text, d.LastError.Code); err != nil {
				return err
			}
		}
		for _, p := range d.Parked {
			if err := a.printf("  parked: %s %s, %s [%s]\n", p.Type, p.Name, p.Words, p.Code); err != nil {
				return err
			}
		}
	}
	if s.Catalog.Generation == 0 {
		return a.printf("catalogue: none downloaded since the start\n")
	}
	return a.printf("catalogue: generation %d, %d items, %s\n", s.Catalog.Generation, s.Catalog.Items, s.Catalog.UpdatedAt.Format("02.01.2006 15:04"))
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

func (a *app) syncCmd() *cobra.Command {
	var wait, attach bool
	cmd := &cobra.Command{Use: "sync", Short: "Show the queue to the cloud; --wait downloads and sends now, --attach takes the store back", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().BoolVar(&wait, "wait", false, "download and send now, and wait until the queue is empty or only parked documents are left")
	cmd.Flags().BoolVar(&attach, "attach", false, "attach to the store again; revokes the token of whatever device was attached")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if attach {
			c, err := a.client()
			if err != nil {
				return err
			}
			if _, err := c.Call(cmd.Context(), "POST", "/api/v1/cloud/attach", nil); err != nil {
				return err
			}
		}
		method := "GET"
		if wait || attach {
			method = "POST"
		}
		return a.call(cmd, method, "/api/v1/sync", nil, decoded(a.showSync))
	}
	return cmd
}
