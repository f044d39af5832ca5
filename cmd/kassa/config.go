package main

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/pos/fault"
)

func (a *app) configCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check, list and change the configuration file, or print an example"}
	check := &cobra.Command{Use: "check", Short: "Tell every problem of the configuration file at once", Args: usageArgs(cobra.NoArgs), RunE: a.checkConfig}
	example := &cobra.Command{Use: "example", Short: "Print a commented configuration file", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.printf("%s", config.Example()) }}
	cmd.AddCommand(check, example, a.listConfig(), a.setConfig(), a.unsetConfig())
	return cmd
}

// problem is one thing wrong, as checks report it.
type problem struct {
	Code fault.Code `json:"code"`
	Text string     `json:"text"`
}

func (a *app) checkConfig(*cobra.Command, []string) error {
	c, err := a.load()
	if err == nil && c.Cloud.MoySklad != nil {
		_, err = config.LoadCredentials(c.Cloud.MoySklad.Credentials)
	}
	var all config.Problems
	problems := []problem{}
	switch {
	case errors.As(err, &all):
		for _, one := range all.Unwrap() {
			problems = append(problems, problemOf(one))
		}
	case err != nil:
		problems = append(problems, problemOf(err))
	}
	b, err := json.Marshal(map[string]any{"ok": len(problems) == 0, "config": a.config, "problems": problems})
	if err != nil {
		return err
	}
	err = a.print(b, func(json.RawMessage) error {
		for _, p := range problems {
			if err := a.printf("%s [%s]\n", p.Text, p.Code); err != nil {
				return err
			}
		}
		if len(problems) == 0 {
			return a.printf("ok\n")
		}
		return nil
	})
	if err == nil && len(problems) > 0 {
		return errProblems
	}
	return err
}

func problemOf(err error) problem {
	f := fault.Of(err)
	text := f.Text("ru")
	if f.Code == fault.Internal {
		text = err.Error()
	}
	return problem{f.Code, text}
}
