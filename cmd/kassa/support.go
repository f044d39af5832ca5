package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/support"
	"github.com/kassa-pos/kassa/pos/fault"
)

const supportHelp = `Writes a zip for whoever helps: configuration, state, devices, warnings, metrics,
updates, the journal's check and the newest lines of the log. What goes in is
chosen by lists: no tokens, PINs, contacts, marking codes or numbers of cards.
Without a running till it holds what can be told without one.`

// supportCmd makes the bundle for whoever helps.
func (a *app) supportCmd() *cobra.Command {
	return &cobra.Command{Use: "support [FILE|usb]", Short: "Write what is known about the till, without secrets, to a zip", Long: supportHelp, Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := support.Name(time.Now())
			if len(args) == 1 && args[0] == stick.USB {
				return a.call(cmd, "POST", "/api/v1/support/usb", nil, decoded(func(made struct {
					Name string `json:"name"`
				}) error {
					return a.printf("%s\n", made.Name)
				}))
			}
			if len(args) == 1 {
				name = args[0]
			}
			return a.supportFile(cmd.Context(), name)
		}}
}

func (a *app) supportFile(ctx context.Context, name string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.New(fault.PathBad, name, err.Error()).With(err)
	}
	err = client.New(cfg.Data).Patient().Receive(ctx, "/api/v1/support", f)
	running := !errors.Is(err, client.ErrNotRunning)
	if !running {
		err = support.Write(ctx, f, versionText(), time.Now(), daemon.SupportOffline(cfg, versionText()))
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	if !running {
		fmt.Fprintln(os.Stderr, "kassa: no till runs; the bundle is a short one")
	}
	if a.json {
		_, err := fmt.Fprintf(a.out, "{\n  \"name\": %q\n}\n", name)
		return err
	}
	return a.printf("%s\n", name)
}
