package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/till"
)

// status is the part of the status answer that the text shows.
type status struct {
	Phase   string          `json:"phase"`
	Store   string          `json:"store"`
	Version string          `json:"version"`
	Console string          `json:"console"`
	Cashier *doc.Cashier    `json:"cashier"`
	Shift   *till.ShiftView `json:"shift"`
	Cheque  till.ChequeView `json:"cheque"`

	Approval *till.ApprovalView `json:"approval"`
	Parked   []any              `json:"parked"`
	KKT      till.KKTView       `json:"kkt"`
	OFD      *daemon.OFD        `json:"ofd"`
	Last     *till.LastView     `json:"last"`
	Sync     *struct {
		Destinations []struct {
			Name   string `json:"name"`
			From   string `json:"from"` // another till whose documents these are
			Online bool   `json:"online"`
			Queued int    `json:"queued"`
			Parked []any  `json:"parked"`
		} `json:"destinations"`
	} `json:"sync"`
	Warnings []struct {
		Code     string    `json:"code"`
		Severity string    `json:"severity"`
		Text     string    `json:"text"`
		Since    time.Time `json:"since"`
	} `json:"warnings"`
}

func (a *app) statusCmd() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "Show the till: cashier, shift, cheque, devices, queue, warnings", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "GET", "/api/v1/status", nil, decoded(a.showStatus))
		}}
}

func (a *app) showStatus(s status) error {
	cashier := "nobody is logged in"
	if s.Cashier != nil {
		cashier = s.Cashier.Title()
	}
	lines := [][2]string{{"till", s.Phase + ", " + s.Version}, {"store", s.Store}, {"cashier", cashier}, {"shift", shiftLine(s.Shift)},
		{"cheque", chequeLine(s.Cheque, len(s.Parked))}, {"KKT", kktLine(s.KKT)}, {"console", s.Console}}
	for _, l := range lines {
		if err := a.printf("%-8s %s\n", l[0], l[1]); err != nil {
			return err
		}
	}
	if s.OFD != nil {
		if err := a.printf("%-8s %s\n", "OFD", s.OFD.Line()); err != nil {
			return err
		}
	}
	if s.Sync != nil {
		for _, d := range s.Sync.Destinations {
			state := "offline"
			if d.Online {
				state = "online"
			}
			if d.From != "" {
				state = "for till " + d.From
			}
			if err := a.printf("%-8s %s, %d to send, %d parked\n", d.Name, state, d.Queued, len(d.Parked)); err != nil {
				return err
			}
		}
	}
	for _, w := range s.Warnings {
		if err := a.printf("%-8s %s [%s] since %s\n", w.Severity, w.Text, w.Code, w.Since.Format("15:04")); err != nil {
			return err
		}
	}
	return nil
}
