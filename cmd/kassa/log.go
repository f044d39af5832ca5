package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
)

// logCmd shows the end of the running till's log.
func (a *app) logCmd() *cobra.Command {
	var lines int
	cmd := &cobra.Command{Use: "log", Short: "Show the newest lines of the till's log; secrets and contacts are hidden", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().IntVarP(&lines, "lines", "n", 100, "so many, at most 1000")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return a.call(cmd, "GET", "/api/v1/log?limit="+strconv.Itoa(lines), nil, decoded(func(in struct {
			Lines []loglines.Line `json:"lines"`
		}) error {
			for _, l := range in.Lines {
				if err := a.printf("%s %-5s %s\n", l.Time.Format("2006-01-02 15:04:05.000"), l.Level, l.Text); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return cmd
}
