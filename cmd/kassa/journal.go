package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/offline/journal"
)

// journalCmd works on the running till's journal through the till, and on a
// till that is not running by reading its data directory.
func (a *app) journalCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "journal", Short: "Check, read and copy the journal, of a running till or of a data directory"}
	cmd.PersistentFlags().StringVar(&a.dataDir, "data", "", "a till's data directory, instead of the configuration's; verify also takes an exported copy")
	verify := &cobra.Command{Use: "verify", Short: "Check chain, hashes, numbers, money and both copies", Args: usageArgs(cobra.NoArgs), RunE: a.verifyJournal}
	cmd.AddCommand(verify, a.rotateCmd(), a.showCmd(), a.exportCmd(), a.importCmd(), a.eraseCmd())
	return cmd
}

// data is the directory to work on.
func (a *app) data() (string, error) {
	if a.dataDir != "" {
		return a.dataDir, nil
	}
	c, err := a.load()
	if err != nil {
		return "", err
	}
	return c.Data, nil
}

// ask asks the running till; ErrNotRunning means the directory is free to be
// read.
func (a *app) ask(cmd *cobra.Command, path string, in any) (json.RawMessage, string, error) {
	dir, err := a.data()
	if err != nil {
		return nil, "", err
	}
	answer, err := client.New(dir).Patient().Call(cmd.Context(), "POST", path, in)
	if !errors.Is(err, client.ErrNotRunning) {
		return answer, dir, err
	}
	journalDir := journalIn(dir)
	if _, statErr := os.Stat(journalDir); statErr != nil {
		return nil, dir, fmt.Errorf("no journal in %s: no till has run there (%w)", dir, statErr)
	}
	return nil, dir, err
}

func (a *app) verifyJournal(cmd *cobra.Command, _ []string) error {
	stop := a.watchVerify(cmd.Context())
	answer, dir, err := a.ask(cmd, "/api/v1/journal/verify", nil)
	stop()
	if errors.Is(err, client.ErrNotRunning) && dir != "" {
		var report journal.Report
		report, err = journal.Verify(cmd.Context(), journalIn(dir), journal.VerifyOptions{Progress: progress()})
		if err == nil {
			answer, err = json.Marshal(report)
		}
	}
	if err != nil {
		return err
	}
	var report journal.Report
	if err := json.Unmarshal(answer, &report); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	err = a.print(answer, func(json.RawMessage) error {
		for _, p := range report.Problems {
			if err := a.printf("record %d: %s [%s]\n", p.Seq, p.Text, p.Code); err != nil {
				return err
			}
		}
		return a.printf("%s", reportText(&report))
	})
	if err == nil && !report.OK {
		return errProblems
	}
	return err
}

// reportText tells what was looked at.
func reportText(r *journal.Report) string {
	copies, fn := "the tape alone", ""
	if r.Badger {
		copies = "both copies"
	}
	switch {
	case r.Device:
		fn = fmt.Sprintf("; compared with FN %s up to FD %d", r.FN, r.FD)
	case r.FN != "":
		fn = fmt.Sprintf("; FN %s up to FD %d, not compared with the device", r.FN, r.FD)
	}
	text := fmt.Sprintf("%s, records %d to %d%s\n", copies, r.First, r.Last, fn)
	if r.Unchecked > 0 {
		text += fmt.Sprintf("%d returns are of sales that are not here\n", r.Unchecked)
	}
	return text + fmt.Sprintf("%d records, %d documents, %d voids, %d open intents, %d problems\n", r.Records, r.Documents, r.Voids, r.Open, len(r.Problems)+r.More)
}

// watchEvery is how often a running till is asked how far it is.
const watchEvery = 300 * time.Millisecond

// watchVerify shows how far a running till is with verifying, until stop is
// called.
func (a *app) watchVerify(ctx context.Context) (stop func()) {
	dir, err := a.data()
	show := progress()
	if err != nil || show == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				how, err := verifying(ctx, client.New(dir))
				if err == nil && how.Total > 0 {
					show(how.Done, how.Total)
				}
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// howFar is how far a verification is, in records; nothing when none runs.
type howFar struct{ Done, Total uint64 }

func verifying(ctx context.Context, c *client.Client) (how howFar, err error) {
	answer, err := c.Call(ctx, "GET", "/api/v1/status", nil)
	if err != nil {
		return how, err
	}
	var s struct {
		Journal struct{ Verify howFar }
	}
	err = json.Unmarshal(answer, &s)
	return s.Journal.Verify, err
}

// progress shows a percentage on a terminal's stderr.
func progress() func(done, total uint64) {
	if fi, err := os.Stderr.Stat(); err != nil || fi.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	last := uint64(101)
	return func(done, total uint64) {
		if total == 0 {
			return
		}
		if p := done * 100 / total; p != last {
			last = p
			fmt.Fprintf(os.Stderr, "\r%3d %%", p)
			if p == 100 {
				fmt.Fprintln(os.Stderr)
			}
		}
	}
}

// journalIn is the journal of a data directory, or an exported copy itself.
func journalIn(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, journal.ManifestName)); err == nil {
		return dir
	}
	return filepath.Join(dir, "journal")
}
