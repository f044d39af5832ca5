package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/offline/evotor/pull"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
)

// maxTokenLine bounds a token typed or read from stdin.
const maxTokenLine = 4 << 10

// evotorCmd reads what others serve in Evotor's format.
func (a *app) evotorCmd() *cobra.Command {
	var from string
	cmd := &cobra.Command{Use: "evotor", Short: "Read documents of a shop on Evotor's cloud, or of another till"}
	cmd.PersistentFlags().StringVar(&from, "from", "https://api.evotor.ru", "the service's address, or another till's")
	connect := func() (*pull.Client, error) {
		token, err := a.readLine("token: ", "token", maxTokenLine, true)
		if err != nil {
			return nil, err
		}
		c, err := pull.New(pull.Options{URL: from, Token: token})
		if errors.Is(err, pull.ErrQuery) {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		return c, err
	}
	stores := &cobra.Command{Use: "stores", Short: "List the shops a token opens; it is asked, or read from stdin", Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		c, err := connect()
		if err != nil {
			return err
		}
		all, err := c.Stores(cmd.Context())
		if err != nil {
			return pullFault(err)
		}
		return a.value(all, func() error {
			for _, s := range all {
				if err := a.printf("%s  %s  %s\n", s.ID, s.Name, s.Address); err != nil {
					return err
				}
			}
			return nil
		})
	}}
	cmd.AddCommand(stores, a.evotorPull(connect))
	return cmd
}

func (a *app) evotorPull(connect func() (*pull.Client, error)) *cobra.Command {
	var q pull.Query
	var since, until string
	cmd := &cobra.Command{Use: "pull DIR", Short: "Read a shop's documents into a directory, a file each; run again it goes on where it was",
		Long: "The token is asked, or read from stdin. Days are the till's own; --until is not included.",
		Args: usageArgs(cobra.ExactArgs(1))}
	cmd.Flags().StringVar(&q.Store, "store", "", "the shop's id, see evotor stores")
	cmd.Flags().StringVar(&q.Device, "device", "", "only this device's")
	cmd.Flags().StringVar(&since, "since", "", "from this day: 2026-11-22")
	cmd.Flags().StringVar(&until, "until", "", "up to this day")
	cmd.Flags().StringSliceVar(&q.Types, "type", nil, "only these: SELL,PAYBACK; all when absent")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		for _, day := range []struct {
			text string
			to   *time.Time
		}{{since, &q.Since}, {until, &q.Until}} {
			if day.text == "" {
				continue
			}
			at, err := time.ParseInLocation(time.DateOnly, day.text, time.Local)
			if err != nil {
				return fmt.Errorf("%w: %s is no day", errUsage, day.text)
			}
			*day.to = at
		}
		for i, t := range q.Types {
			typ, err := doc.ParseType(t)
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			q.Types[i] = string(typ)
		}
		c, err := connect()
		if err != nil {
			return err
		}
		s, err := pull.Run(cmd.Context(), c, q, args[0], time.Now, func(s pull.State) {
			if !a.json {
				_ = a.printf("%d documents, %d pages\n", s.Documents, s.Pages) // whoever reads this may go away
			}
		})
		if err != nil {
			return pullFault(err)
		}
		return a.value(s, func() error { return nil })
	}
	return cmd
}

// value prints what a command found out by itself.
func (a *app) value(v any, text func() error) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return a.print(b, func(json.RawMessage) error { return text() })
}

// pullFault says in the till's words why a service gave nothing.
func pullFault(err error) error {
	var r *pull.Refusal
	switch {
	case errors.Is(err, pull.ErrQuery), errors.Is(err, pull.ErrOther):
		return fmt.Errorf("%w: %w", errUsage, err)
	case errors.Is(err, pull.ErrAnswer), errors.Is(err, pull.ErrCursor):
		return fault.New(fault.CloudGarbage).With(err)
	case errors.As(err, &r) && (r.Status == 401 || r.Status == 403):
		return fault.New(fault.Unauthorized).With(err)
	case errors.As(err, &r):
		return fault.New(fault.CloudRefused, strings.TrimPrefix(r.Error(), "evotor: ")).With(err)
	}
	return fault.New(fault.CloudDown).With(err)
}
