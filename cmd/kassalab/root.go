package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/client"
)

const rootHelp = `The virtual bench for the Kassa till: an emulated KKT, a serial barcode scanner,
a 2x20 customer display, GPIO with a cash drawer, a fake MoySklad cloud, and a fake
operator of fiscal data (OFD) to which the till carries the documents of the KKT.
With run --belarus the shop is in Belarus: its till works in BYN and sells through
a virtual cash register (iKassa).

  kassalab run --dir D          start the bench; prints one JSON line when ready
  kassa run --config D/bench.toml
  kassalab scan --dir D CODE    scan something

All commands but run ask the bench that runs on the directory D.

Output. State is printed as indented JSON, documents as one JSON object a line,
paper and display as they look. With --json every command prints exactly one
JSON value on one line; lists are arrays.

Environment. KASSALAB_DIR stands in for --dir.

Exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong usage,
3 no bench runs on the directory.`

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// options are the flags all commands share.
type options struct {
	dir  string
	json bool
	out  io.Writer
	errs io.Writer
}

// newRoot makes the command tree. started becomes true when the command line
// was understood: an error before that is one of usage.
func newRoot(out, errs io.Writer) (root *cobra.Command, started *bool) {
	started = new(bool)
	o := &options{out: out, errs: errs}
	root = &cobra.Command{
		Use:           "kassalab",
		Short:         "The virtual bench for the Kassa till",
		Long:          rootHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(*cobra.Command, []string) {
			*started = true
		},
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(out)
	root.SetErr(errs)
	root.PersistentFlags().StringVar(&o.dir, "dir", os.Getenv("KASSALAB_DIR"), "the bench's directory")
	root.PersistentFlags().BoolVar(&o.json, "json", false, "print one JSON value on one line")
	root.AddCommand(newRun(o), newKKT(o), newOFD(o), newRegister(o), newCloud(o), newScan(o), newWeigh(o), newTerminal(o), newBank(o), newPrinter(o), newFault(o), newDisplay(o), newGPIO(o), newCodes(o),
		newVersion(o))
	return root, started
}

// group is a command that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return &usageError{fmt.Sprintf("unknown command %.40q for %q", args[0], cmd.CommandPath())}
			}
			return &usageError{fmt.Sprintf("%q wants one of its commands", cmd.CommandPath())}
		},
	}
	c.AddCommand(subs...)
	return c
}

// bench finds the running bench.
func (o *options) bench() (*client.Client, error) {
	if err := o.needDir(); err != nil {
		return nil, err
	}
	return client.Open(o.dir)
}

func (o *options) needDir() error {
	if o.dir == "" {
		return &usageError{"--dir is missing: which bench?"}
	}
	return nil
}

// print writes a JSON value: indented for people, on one line with --json.
func (o *options) print(v json.RawMessage) error {
	var text []byte
	var err error
	if o.json {
		text, err = json.Marshal(v)
	} else {
		text, err = json.MarshalIndent(v, "", "  ")
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	_, err = fmt.Fprintf(o.out, "%s\n", text)
	return err
}

// printList writes an array, or with people in mind one element a line.
func (o *options) printList(v json.RawMessage) error {
	if o.json {
		return o.print(v)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(v, &rows); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(o.out, "%s\n", r); err != nil {
			return err
		}
	}
	return nil
}

// printLines writes text lines, or with --json the whole value.
func (o *options) printLines(v json.RawMessage, lines []string) error {
	if o.json {
		return o.print(v)
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(o.out, l); err != nil {
			return err
		}
	}
	return nil
}
