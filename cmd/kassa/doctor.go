package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/offline/journal"
	"github.com/kassa-pos/kassa/pos/fault"
)

// doctorCmd tells what is connected and what is wrong. Of a running till it
// asks the till; otherwise it looks at the devices itself.
func (a *app) doctorCmd() *cobra.Command {
	var lines bool
	var test selfTest
	cmd := &cobra.Command{Use: "doctor", Short: "Tell what is connected, what is wrong and how to mend it", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().BoolVar(&lines, "fix-hints", false, "print the lines of the configuration that would put to use what is not used yet")
	test.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if test.wanted {
			return a.selfTest(cmd, test)
		}
		return a.doctor(cmd, lines)
	}
	return cmd
}

func (a *app) doctor(cmd *cobra.Command, lines bool) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	var findings []daemon.Finding
	answer, err := client.New(cfg.Data).Call(cmd.Context(), "GET", "/api/v1/status", nil)
	switch {
	case errors.Is(err, client.ErrNotRunning):
		findings = daemon.Examine(cmd.Context(), cfg)
	case err != nil:
		return err
	default:
		if findings, err = findingsOf(answer); err != nil {
			return err
		}
	}
	findings = append(append(daemon.Machine(os.DirFS("/"), cfg), findings...), a.kktFindings(cmd)...)
	if lines {
		return a.fixHints(findings)
	}
	bad := false
	for _, f := range findings {
		bad = bad || !f.OK
	}
	b, err := json.Marshal(map[string]any{"ok": !bad, "findings": findings})
	if err != nil {
		return err
	}
	err = a.print(b, func(json.RawMessage) error {
		w := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
		for _, f := range findings {
			mark := "ok"
			if !f.OK {
				mark = "BAD"
			}
			if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", mark, f.What, f.State); err != nil {
				return err
			}
			if f.Hint != "" {
				if _, err := fmt.Fprintf(w, "\t\t-> %s\n", f.Hint); err != nil {
					return err
				}
			}
		}
		return w.Flush()
	})
	if err == nil && bad {
		return errProblems
	}
	return err
}

// fixHints prints what could be pasted into the configuration.
func (a *app) fixHints(findings []daemon.Finding) error {
	var hints []daemon.Finding
	for _, f := range findings {
		if f.Config != "" {
			hints = append(hints, f)
		}
	}
	b, err := json.Marshal(map[string]any{"findings": hints})
	if err != nil {
		return err
	}
	return a.print(b, func(json.RawMessage) error {
		for _, f := range hints {
			if err := a.printf("# %s\n%s\n\n", f.What, f.Config); err != nil {
				return err
			}
		}
		return nil
	})
}

// kktFindings is the whole state of the fiscal device in words, what is wrong
// with it among them. A device that does not answer has been told of already.
func (a *app) kktFindings(cmd *cobra.Command) []daemon.Finding {
	answer, err := a.atKKT(cmd, "GET", "/api/v1/kkt", nil, func(t *daemon.Technician) (any, error) { return t.State(cmd.Context()) })
	if err != nil {
		return nil
	}
	var s api.KKTState
	if err := json.Unmarshal(answer, &s); err != nil {
		return []daemon.Finding{{What: "KKT", State: "its state can not be read: " + err.Error()}}
	}
	var all []daemon.Finding
	for _, l := range kktWords(&s) {
		all = append(all, daemon.Finding{What: "KKT " + l[0], State: l[1], OK: true})
	}
	for _, w := range s.Warnings {
		all = append(all, daemon.Finding{What: "KKT " + string(w.Code), State: w.Text, OK: w.Severity == fault.Info})
	}
	return all
}

// findingsOf reads the running till's status as findings.
func findingsOf(answer json.RawMessage) ([]daemon.Finding, error) {
	var s struct {
		status
		Devices []struct {
			Name  string `json:"name"`
			Kind  string `json:"kind"`
			Phase string `json:"phase"`
			Why   string `json:"why"`
		} `json:"devices"`
		Journal struct {
			Period journal.Periods `json:"period"`
			Scrub  journal.Scrub   `json:"scrub"`
		} `json:"journal"`
	}
	if err := json.Unmarshal(answer, &s); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	all := []daemon.Finding{{What: "till", State: "running, " + s.Phase, OK: s.Phase != "halted" && s.Phase != "blocked"},
		{What: "KKT", State: kktLine(s.KKT), OK: s.KKT.Ready && s.KKT.Code == ""}}
	if p := s.Journal.Period; p.Number > 0 {
		all = append(all, daemon.JournalLines(p, s.Journal.Scrub)...)
	}
	if s.OFD != nil {
		all = append(all, daemon.Finding{What: "OFD", State: s.OFD.Line(), OK: s.OFD.Why == ""})
	}
	for _, d := range s.Devices {
		f := daemon.Finding{What: d.Kind + " " + d.Name, State: d.Phase, OK: d.Phase == "ready"}
		if d.Why != "" {
			f.State += ": " + d.Why
		}
		all = append(all, f)
	}
	for _, w := range s.Warnings {
		all = append(all, daemon.Finding{What: w.Code, State: w.Text, OK: w.Severity == "info"})
	}
	return all, nil
}
