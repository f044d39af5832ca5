// Command kassa is the till: "kassa run" is the daemon, every other command a
// thin client that talks to it over a unix socket in the data directory, or,
// for the journal, reads the data directory of a till that is not running.
//
// The rules of its manners:
//   - stdout carries the answer and nothing else; with --json it is one JSON value;
//   - stderr carries errors, as a sentence in the till's language with its stable
//     code in brackets;
//   - a secret is never an argument: PINs come from the terminal or stdin;
//   - the exit code says who has to act: 0 done, 1 the till refused, 2 the
//     command is wrong, 3 the till is not running, 4 a check found problems.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
)

// Exit codes, documented in --help.
const (
	exitRefused    = 1
	exitUsage      = 2
	exitNotRunning = 3
	exitProblems   = 4
)

var (
	errProblems = errors.New("problems were found")
	errUsage    = errors.New("usage")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

func run(ctx context.Context, args []string) int {
	a := &app{in: os.Stdin, out: os.Stdout}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errProblems) {
		fmt.Fprintln(os.Stderr, "kassa:", err)
	}
	switch {
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, client.ErrNotRunning):
		return exitNotRunning
	}
	return exitRefused
}

// usageArgs makes cobra's complaints about arguments usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		return nil
	}
}
