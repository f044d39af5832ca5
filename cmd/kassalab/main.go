// Command kassalab is the virtual bench: an emulated KKT, a scanner, a
// customer display, GPIO and a fake cloud, with a page to see and to break
// them. It points a till at itself, so that a whole shop can be tried without
// hardware, account or network.
//
// "kassalab run" is the bench; every other command is a thin client of a
// running one, found by its directory. What is printed on standard output is
// for programs, what goes to standard error is for people.
//
// It is a test double. It registers nothing, its receipts say so, and it
// never ships in an image.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/client"
)

// version is set by the linker.
var version = "dev"

// Exit codes.
const (
	exitOK         = 0
	exitFailed     = 1
	exitUsage      = 2
	exitNotRunning = 3
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings passed in.
func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cmd, started := newRoot(out, errs)
	cmd.SetArgs(shield(args))
	err := cmd.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(errs, "kassalab:", err)
	}
	var usage *usageError
	var refused *client.Refused
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &refused):
		return exitUsage // it says what would be right
	case errors.As(err, &usage) || !*started:
		fmt.Fprintln(errs, "Try 'kassalab --help'.")
		return exitUsage
	case errors.Is(err, client.ErrNotRunning):
		return exitNotRunning
	}
	return exitFailed
}
