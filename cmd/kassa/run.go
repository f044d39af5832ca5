package main

import (
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/daemon"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/loop"
)

// A till shares a 512 MB board with a browser: collect early, and hold the
// heap under a soft limit. GOGC and GOMEMLIMIT override.
const (
	gcPercent   = 50
	memoryLimit = 52 << 20
)

func (a *app) runCmd() *cobra.Command {
	var verbose bool
	var record string
	cmd := &cobra.Command{Use: "run", Short: "Run the till until it is told to stop", Args: usageArgs(cobra.NoArgs)}
	cmd.Flags().BoolVar(&verbose, "verbose", false, "log details")
	cmd.Flags().StringVar(&record, "record", "", "write what passes to and from the devices into `DIR`, a text file each, without passwords, cards, contacts and marking codes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		level := slog.LevelInfo
		if verbose {
			level = slog.LevelDebug
		}
		logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
		log.SetFlags(0)
		log.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelWarn).Writer()) // some libraries only know the standard log
		limitMemory()
		o := daemon.Options{Version: versionText(), Log: logger, Record: record, Ready: func(console string) {
			logger.Info("the till is ready", "console", console)
		}}
		var err error
		if a.config == "" {
			defaults := config.Defaults()
			o.Config = &defaults
			err = daemon.Run(cmd.Context(), o)
		} else {
			err = daemon.Keep(cmd.Context(), a.config, o)
		}
		if errors.Is(err, loop.ErrHalted) {
			return fmt.Errorf("%w; start again to recover", err)
		}
		return err
	}
	return cmd
}

func limitMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// keepPrivate makes every file this process creates its owner's only, those
// that libraries create included: there are customers, sales and keys in them.
// What somebody else must reach (the socket) is opened to them by name.
func keepPrivate() { syscall.Umask(0o077) }
