package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/board/slots"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
)

// followEvery is how often an installation that is followed is looked at.
const followEvery = time.Second

const updateHelp = `Updates: the till's system lives in two places, A and B, of which one runs. A new
release is brought to the disk, its signature and its whole content are checked,
and it is written into the other place; the till goes on selling meanwhile. After
a restart into it, the release has to show that it can sell here (journal,
devices, a shift that nobody buys). If it does not, or does not even start, the
machine goes back to the old one by itself and says why.

Nothing is installed while a shift is open or a receipt's fate is not known,
unless a technician insists with --force.`

func (a *app) updateCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "update", Short: "Releases of the till: which runs, which could, and taking the machine there", Long: updateHelp, Args: usageArgs(cobra.NoArgs), RunE: a.updateStatus}
	var w struct {
		From    string `json:"from,omitempty"`
		Force   bool   `json:"force,omitempty"`
		Restart bool   `json:"restart,omitempty"`
	}
	install := &cobra.Command{Use: "install [usb|DIR]", Short: "Bring the newest release of the channel, of the USB stick or of a directory, check it and install it", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				w.From = args[0]
				if w.From != "usb" {
					abs, err := filepath.Abs(w.From)
					if err != nil {
						return err
					}
					w.From = abs
				}
			}
			return a.updateFollow(cmd, "/install", w)
		}}
	install.Flags().BoolVar(&w.Force, "force", false, "an older release, the same again, or although a shift is open")
	install.Flags().BoolVar(&w.Restart, "restart", false, "restart the machine into it")
	status := &cobra.Command{Use: "status", Short: "Which release runs, which slots there are, how far an update is", Args: usageArgs(cobra.NoArgs), RunE: a.updateStatus}
	cmd.AddCommand(status, install,
		a.updateDo("check", "Ask the channel for a newer release now", false),
		a.updateDo("cancel", "Give up what is being brought", false),
		a.updateRestart(),
		a.updateDo("rollback", "Restart the machine into the release of the other slot", true),
		a.slotsCmd("report", "Tell the till which slots there are (root; done at every start)", a.reportSlots),
		a.slotsCmd("apply", "Do what the till has asked for (root; the installer's service)", a.applyUpdate),
		a.slotsCmd("gate", "Wait until the till can sell, and keep this release or leave it (root; done at every start)", a.passGate),
		a.sealCmd())
	return cmd
}

func (a *app) updateStatus(cmd *cobra.Command, _ []string) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	answer, err := c.Call(cmd.Context(), "GET", "/api/v1/update", nil)
	if err != nil {
		return err
	}
	return a.print(answer, decoded(a.showUpdate))
}

// updateRestart restarts now, or promises to.
func (a *app) updateRestart() *cobra.Command {
	var in struct {
		Force    bool `json:"force,omitempty"`
		WhenFree bool `json:"when_free,omitempty"`
	}
	cmd := &cobra.Command{Use: "restart", Short: "Restart the machine into what was installed", Args: usageArgs(cobra.NoArgs)}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		answer, err := c.Patient().Call(cmd.Context(), "POST", "/api/v1/update/restart", in)
		if err != nil {
			return err
		}
		return a.print(answer, decoded(a.showUpdate))
	}
	cmd.Flags().BoolVar(&in.Force, "force", false, "although a shift is open")
	cmd.Flags().BoolVar(&in.WhenFree, "when-free", false, "as soon as nobody sells; kassa update cancel gives it up")
	return cmd
}

func (a *app) updateDo(name, short string, forced bool) *cobra.Command {
	var in struct {
		Force bool `json:"force,omitempty"`
	}
	cmd := &cobra.Command{Use: name, Short: short, Args: usageArgs(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		c, err := a.client()
		if err != nil {
			return err
		}
		answer, err := c.Patient().Call(cmd.Context(), "POST", "/api/v1/update/"+name, in)
		if err != nil {
			return err
		}
		return a.print(answer, decoded(a.showUpdate))
	}}
	if forced {
		cmd.Flags().BoolVar(&in.Force, "force", false, "although a shift is open")
	}
	return cmd
}

// updateFollow begins an installation and tells how it goes until it ends.
func (a *app) updateFollow(cmd *cobra.Command, path string, in any) error {
	c, err := a.client()
	if err != nil {
		return err
	}
	answer, err := c.Call(cmd.Context(), "POST", "/api/v1/update"+path, in)
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for last := ""; ; {
		if err != nil {
			return err
		}
		var s api.UpdateStatus
		if err := json.Unmarshal(answer, &s); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		if line := fmt.Sprintf("%s %d %%", s.Phase, s.Percent); line != last && !a.json && s.Release != nil {
			last = line
			if err := a.printf("%s: %s\n", s.Release.Version, line); err != nil {
				return err
			}
		}
		switch {
		case s.Phase == updates.Failed && s.Failure != nil:
			return &client.Refusal{Code: s.Failure.Code, Message: s.Failure.Message, Detail: s.Failure.Detail}
		case s.Phase == updates.Installed, s.Phase == updates.Restarting:
			return a.print(answer, decoded(a.showUpdate))
		}
		select {
		case <-tick.C:
		case <-cmd.Context().Done():
			return cmd.Context().Err()
		}
		answer, err = c.Call(cmd.Context(), "GET", "/api/v1/update", nil)
	}
}

func (a *app) showUpdate(s api.UpdateStatus) error {
	var b strings.Builder
	fmt.Fprintf(&b, "release %s\n", s.Version)
	if s.Slots == nil {
		b.WriteString("this machine has no system slots: the till is updated as a package of the system\n")
	} else {
		for _, name := range []slots.Slot{slots.A, slots.B} {
			b.WriteString(slotLine(name, *s.Slots) + "\n")
		}
	}
	if s.Available != nil {
		fmt.Fprintf(&b, "available: %s of %s, %d MB\n", s.Available.Version, s.Available.Released.Format("02.01.2006"), s.Available.Size>>20)
	}
	if s.Phase != updates.Idle {
		line := string(s.Phase)
		if s.Release != nil {
			line += " " + s.Release.Version
		}
		fmt.Fprintf(&b, "%s, %d %%\n", line, s.Percent)
	}
	if s.Waits {
		b.WriteString("the machine restarts as soon as nobody sells\n")
	}
	if s.Failure != nil {
		fmt.Fprintf(&b, "%s [%s]\n", strings.TrimSuffix(s.Failure.Message+": "+s.Failure.Detail, ": "), s.Failure.Code)
	}
	if o := s.Last; o != nil && o.Kept {
		fmt.Fprintf(&b, "the last update, from %s to %s, was kept on %s\n", o.FromVersion, o.Version, o.Ended.Format("02.01.2006"))
	} else if o != nil {
		fmt.Fprintf(&b, "the last update, to %s, was not kept: %s\n", o.Version, o.Reason)
	}
	return a.printf("%s", b.String())
}

func slotLine(name slots.Slot, r slots.Report) string {
	info := r.Slots[name]
	line := "slot " + string(name) + ": "
	switch {
	case info.Version != "":
		line += info.Version
	case info.Bootable:
		line += "a release"
	default:
		line += "empty"
	}
	if info.Left > 0 {
		line += fmt.Sprintf(", %d attempts left", info.Left)
	}
	if name == r.Booted {
		line += ", runs"
		if r.Rescue {
			line += " as a rescue: nothing had attempts left"
		}
	}
	if name == r.Next && name != r.Booted {
		line += ", is next"
	}
	return line
}

// asker asks the running till whether it can sell.
func asker(c *client.Client) func(context.Context) (updates.Verdict, error) {
	return func(ctx context.Context) (v updates.Verdict, err error) {
		answer, err := c.Patient().Call(ctx, "POST", "/api/v1/update/verdict", nil)
		if err != nil {
			return v, err
		}
		return v, json.Unmarshal(answer, &v)
	}
}

// errNotSelling is a gate that this release has not passed.
var errNotSelling = errors.New("this release does not sell here")
