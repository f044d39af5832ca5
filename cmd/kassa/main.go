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
//     command is wrong, 3 the till is not running, 4 a check found problems, 5
//     no answer came and what was asked may have happened.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Exit codes, documented in --help.
const (
	exitRefused    = 1
	exitUsage      = 2
	exitNotRunning = 3
	exitProblems   = 4
	exitUnknown    = 5
)

var (
	errProblems = errors.New("problems were found")
	errUsage    = errors.New("usage")
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := execute(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// execute runs one command and gives the exit code.
func execute(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	keepPrivate()
	a := &app{in: in, out: out}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !errors.Is(err, errProblems) {
		fmt.Fprintln(errOut, "kassa:", a.words(err))
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errProblems):
		return exitProblems
	case errors.Is(err, errUsage), isUnknownCommand(err):
		return exitUsage
	case errors.Is(err, client.ErrNotRunning):
		return exitNotRunning
	case errors.Is(err, client.ErrUnknown):
		return exitUnknown
	}
	return exitRefused
}

// words are an error's for a person: text in the till's language, stable code
// in brackets, then the device's or the system's own words.
func (a *app) words(err error) string {
	var f *fault.Error
	if !errors.As(err, &f) {
		return err.Error()
	}
	s := fmt.Sprintf("%s [%s]", f.Text(a.language), f.Code)
	if f.Detail != "" && !strings.Contains(s, f.Detail) {
		s += ": " + f.Detail
	}
	return s
}

// isUnknownCommand: cobra has no error value for it.
func isUnknownCommand(err error) bool { return strings.HasPrefix(err.Error(), "unknown command") }

// usageArgs makes cobra's complaints about arguments usage errors.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		return nil
	}
}
