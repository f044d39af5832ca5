package main

import (
	"cmp"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/ofd"
)

func (a *app) shiftCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "shift", Short: "Open or close the shift, print an X report"}
	sub := func(name, short string, show func(status) error) *cobra.Command {
		return &cobra.Command{Use: name, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return a.call(cmd, "POST", "/api/v1/shift/"+name, nil, decoded(show))
		}}
	}
	line := func(s status) error { return a.printf("shift %s\n", shiftLine(s.Shift)) }
	cmd.AddCommand(
		sub("open", "Open the shift: fiscal device, journal, cloud", line),
		sub("close", "Print the Z report and close the shift", line),
		sub("x", "Print the totals so far", line),
		sub("state-report", "Register a report on the state of settlements", line),
		a.shiftReportCmd())
	return cmd
}

// shiftReportCmd adds shifts up, from the journal.
func (a *app) shiftReportCmd() *cobra.Command {
	var from, to string
	cmd := &cobra.Command{Use: "report", Short: "What was sold and given back in each shift of the FN", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().StringVar(&from, "from", "", "first day, 2026-11-01; else a month ago")
	cmd.Flags().StringVar(&to, "to", "", "last day; else tomorrow")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		const day = "2006-01-02"
		from, to := cmp.Or(from, time.Now().AddDate(0, -1, 0).Format(day)), cmp.Or(to, time.Now().AddDate(0, 0, 1).Format(day))
		q := url.Values{"from": {from}, "to": {to}, "order": {"open"}}
		return a.call(cmd, "GET", "/api/v1/reports/shifts?"+q.Encode(), nil, decoded(a.showShifts))
	}
	return cmd
}

func (a *app) showShifts(r ofd.Report) error {
	if err := a.printf("%-16s %6s  %-16s  %-16s %14s %14s %14s %14s\n", "FN", "shift", "opened", "closed", "cash", "electronic", "sold", "returned"); err != nil {
		return err
	}
	for _, s := range r.Data {
		in, back := blockOf(s.Income), blockOf(s.IncomeReturn)
		closed := cmp.Or(string(s.Close), "open")
		if err := a.printf("%-16s %6d  %-16.16s  %-16.16s %14s %14s %14s %14s\n", s.FN, s.Shift, s.Open, closed, sumOf(in.Cash), sumOf(in.Ecash), sumOf(in.Total), sumOf(back.Total)); err != nil {
			return err
		}
	}
	return nil
}

func blockOf(b *ofd.Block) ofd.Block {
	if b == nil {
		return ofd.Block{}
	}
	return *b
}

// sumOf is a figure's sum, "?" when it is not known.
func sumOf(f ofd.Figure) string {
	if f.Sum == nil {
		return "?"
	}
	return f.Sum.String()
}
