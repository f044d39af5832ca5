package main

import (
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/outbox"
)

// syncAnswer is the part of the exchange's JSON that the text shows.
type syncAnswer struct {
	Destinations []struct {
		Name   string    `json:"name"`
		From   string    `json:"from"` // another till whose documents these are
		Online bool      `json:"online"`
		Queued int64     `json:"queued"`
		Oldest time.Time `json:"oldest"`
		Parked []struct {
			ID    string `json:"document"`
			Name  string `json:"name"`
			Type  string `json:"type"`
			Code  string `json:"code"`
			Words string `json:"words"`
		} `json:"parked"`
		LastError *struct {
			Code string `json:"code"`
			Text string `json:"text"`
		} `json:"last_error"`
		LastSuccess time.Time `json:"last_success"`
		NextAttempt time.Time `json:"next_attempt"`
	} `json:"destinations"`
	Catalog struct {
		Generation int64     `json:"generation"`
		Items      int       `json:"items"`
		UpdatedAt  time.Time `json:"updated_at"`
	} `json:"catalog"`
	Hourly *int64 `json:"hourly"`
	OFD    *struct {
		Pending int       `json:"pending"`
		Oldest  time.Time `json:"oldest"`
		Why     string    `json:"why"`
	} `json:"ofd"`
}

func (a *app) showSync(s syncAnswer) error {
	for i, d := range s.Destinations {
		line := d.Name
		if d.From != "" {
			line += ", for till " + d.From
		}
		if d.Online {
			line += ": online"
		} else {
			line += ": offline"
		}
		line += fmt.Sprintf(", %d to send, %d parked", d.Queued, len(d.Parked))
		if !d.Oldest.IsZero() {
			line += ", the oldest " + ago(d.Oldest)
		}
		if i == 0 && s.Hourly != nil {
			line += fmt.Sprintf(", %d an hour", *s.Hourly)
		}
		if err := a.printf("%s\n", line); err != nil {
			return err
		}
		if !d.LastSuccess.IsZero() {
			if err := a.printf("  last contact: %s\n", ago(d.LastSuccess)); err != nil {
				return err
			}
		}
		if d.LastError != nil {
			if err := a.printf("  last error: %s [%s]\n", d.LastError.Text, d.LastError.Code); err != nil {
				return err
			}
		}
		if !d.NextAttempt.IsZero() {
			if err := a.printf("  next attempt: %s\n", d.NextAttempt.Format("15:04:05")); err != nil {
				return err
			}
		}
		for _, p := range d.Parked {
			if err := a.printf("  parked: %s %s, %s [%s] %s\n", p.Type, p.Name, p.Words, p.Code, p.ID); err != nil {
				return err
			}
		}
	}
	if err := a.showOFD(s); err != nil {
		return err
	}
	if s.Catalog.Generation == 0 {
		return a.printf("catalogue: none downloaded since the start\n")
	}
	return a.printf("catalogue: generation %d, %d items, %s\n", s.Catalog.Generation, s.Catalog.Items, s.Catalog.UpdatedAt.Format("02.01.2006 15:04"))
}

func (a *app) showOFD(s syncAnswer) error {
	if s.OFD == nil {
		return nil
	}
	line := fmt.Sprintf("ofd: %d to send", s.OFD.Pending)
	if s.OFD.Pending > 0 && !s.OFD.Oldest.IsZero() {
		line += ", the oldest " + ago(s.OFD.Oldest)
	}
	if s.OFD.Why != "" {
		line += ", last error: " + s.OFD.Why
	}
	return a.printf("%s\n", line)
}

// ago tells a past moment by its distance.
func ago(t time.Time) string { return time.Since(t).Round(time.Second).String() + " ago" }

// showHistory prints the last days of the queue, a line each.
func (a *app) showHistory(h struct {
	History []outbox.Flow `json:"history"`
}) error {
	for _, f := range h.History {
		if err := a.printf("%s  made %5d  sent %5d  parked %3d  waiting %5d\n", f.Begin.Format("02.01.2006 15:04"), f.Came, f.Sent, f.Parked, f.Queued); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) syncCmd() *cobra.Command {
	var wait, attach bool
	var history string
	cmd := &cobra.Command{Use: "sync", Short: "Show the queue to the cloud; --wait downloads and sends now, --attach takes the store back", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().BoolVar(&wait, "wait", false, "download and send now, and wait until the queue is empty or only parked documents are left")
	cmd.Flags().BoolVar(&attach, "attach", false, "attach to the store again; revokes the token of whatever device was attached")
	cmd.Flags().StringVar(&history, "history", "", "show how the queue went in the last seven days, by hour or day")
	cmd.AddCommand(a.parkedCmds()...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if history != "" {
			return a.call(cmd, "GET", "/api/v1/sync/history?by="+url.QueryEscape(history), nil, decoded(a.showHistory))
		}
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
