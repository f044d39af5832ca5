package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/stick"
	"github.com/kassa-pos/kassa/offline/journal"
)

// exportedCopy is the answer to an export.
type exportedCopy struct {
	journal.Manifest
	Dir string `json:"dir"`
}

func (a *app) exportCmd() *cobra.Command {
	var to, since string
	cmd := &cobra.Command{Use: "export --to DIR|usb", Short: "Copy the journal with a manifest of hashes to a directory or a USB stick", Args: usageArgs(cobra.NoArgs),
		Long: `Copies the tapes of the journal, closed periods and all, of a running till or of
a data directory (--data). DIR must be empty or not there yet; "usb" is the stick
that is plugged in and mounted. A copy that was cut off is called ` + journal.PartialSuffix + `. Customers'
contacts stay encrypted, for their keys are not copied. "kassa journal import"
on another till delivers what this one had not sent.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return fmt.Errorf("%w: --to DIR or --to usb is needed", errUsage)
			}
			return a.exportJournal(cmd, to, since)
		}}
	cmd.Flags().StringVar(&to, "to", "", "target directory, or usb")
	cmd.Flags().StringVar(&since, "since", "", "begin with the period that holds this date or record number; else everything is copied")
	return cmd
}

func (a *app) exportJournal(cmd *cobra.Command, to, since string) error {
	var err error
	if to != stick.USB {
		if to, err = filepath.Abs(to); err != nil {
			return err
		}
	}
	answer, dir, err := a.ask(cmd, "/api/v1/journal/export", map[string]string{"to": to, "since": since})
	if errors.Is(err, client.ErrNotRunning) && dir != "" {
		var c exportedCopy
		if c, err = a.exportFrom(cmd, dir, to, since); err == nil {
			answer, err = json.Marshal(c)
		}
	}
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(c exportedCopy) error {
		return a.printf("records %d to %d in %d files, head %s\nexported to %s\n", c.First, c.Last, len(c.Files), c.Head, c.Dir)
	}))
}

// takenCopy is the answer to an import.
type takenCopy struct {
	journal.Imported
	Queued int64 `json:"queued"`
}

func (a *app) importCmd() *cobra.Command {
	return &cobra.Command{Use: "import DIR|usb", Short: "Take in the exported copy of another till's journal and deliver what that had not sent", Args: usageArgs(cobra.ExactArgs(1)),
		Long: `Checks the copy, keeps it in the data directory and delivers the documents that
the other till had not sent, under their own numbers and each once; "kassa sync"
shows how far it is. A newer copy of the same till goes on where the older one
ended. On a till that is not running the copy is taken in and delivered when it
starts. "usb" is the newest copy on the stick that is plugged in.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.importJournal(cmd, args[0]) }}
}

func (a *app) importJournal(cmd *cobra.Command, from string) error {
	var err error
	if from != stick.USB {
		if from, err = filepath.Abs(from); err != nil {
			return err
		}
	}
	running := true
	answer, dir, err := a.ask(cmd, "/api/v1/journal/import", map[string]string{"from": from})
	if errors.Is(err, client.ErrNotRunning) && dir != "" {
		running = false
		var c takenCopy
		if c.Imported, err = a.importInto(cmd, dir, from); err == nil {
			answer, err = json.Marshal(c)
		}
	}
	if err != nil {
		return err
	}
	return a.print(answer, decoded(func(c takenCopy) error {
		for _, p := range c.Problems {
			if err := a.printf("record %d: %s [%s]\n", p.Seq, p.Text, p.Code); err != nil {
				return err
			}
		}
		if !running {
			return a.printf("records %d to %d of till %s taken in; they are delivered when the till starts\n", c.First, c.Last, stick.Short(c.ID))
		}
		return a.printf("records %d to %d of till %s taken in, %d documents to deliver\n", c.First, c.Last, stick.Short(c.ID), c.Queued)
	}))
}

// importInto takes a copy into the directory of a till that is not running.
func (a *app) importInto(cmd *cobra.Command, dir, from string) (i journal.Imported, err error) {
	own, err := journal.IDOf(journalIn(dir))
	if err != nil {
		return i, err
	}
	if from == stick.USB {
		medium, err := stick.Medium("/", dir)
		if err != nil {
			return i, err
		}
		if from, err = stick.Newest(medium, own); err != nil {
			return i, err
		}
	}
	return journal.Import(cmd.Context(), from, journal.ImportOptions{Dir: filepath.Join(dir, daemon.ImportedDir), Own: own, Progress: progress()})
}

// exportFrom copies the journal of a till that is not running.
func (a *app) exportFrom(cmd *cobra.Command, dir, to, since string) (c exportedCopy, err error) {
	from, err := api.ParseSince(since, a.zone())
	if err != nil {
		return c, fmt.Errorf("%w: %w", errUsage, err)
	}
	if to == stick.USB {
		medium, err := stick.Medium("/", dir)
		if err != nil {
			return c, err
		}
		id, err := journal.IDOf(journalIn(dir))
		if err != nil {
			return c, err
		}
		to = filepath.Join(medium, stick.Name(id, time.Now().In(a.zone())))
	}
	c.Dir = to
	c.Manifest, err = journal.Export(cmd.Context(), journalIn(dir), to, journal.ExportOptions{Since: from.Time, SinceSeq: from.Seq, Progress: progress()})
	return c, err
}

// zone is the till's, as far as its configuration can be read.
func (a *app) zone() *time.Location {
	if c, err := a.load(); err == nil {
		if l, err := c.Location(); err == nil {
			return l
		}
	}
	return time.Local
}
