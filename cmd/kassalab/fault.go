package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
)

const faultHelp = `Break and mend the bench. NAME is a device and what happens to it:

  kassalab fault --dir D kkt unplug
  kassalab fault --dir D cloud slow 1500

also written kkt-unplug or kkt.unplug. Without a name all faults of this bench
are listed with what they do, which are on, and how each is taken back. With one,
those that are on then are printed; --json prints the whole list.

What stands in [ ] may be left out; [MS=3000] is 3000 then. MS are milliseconds,
DURATION is such as 10m or -48h, CODE is a command's code in hexadecimal such as
FF45 (of the cloud: an HTTP status), N and TIMES are how often.
What waits for its moment is called off by off, or by 0 TIMES.

Every device of the till knows unplug, hang, garbage and slow, whatever else it
knows, and mend makes it whole; where one makes no sense the bench says why.`

func newFault(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "fault [NAME [ARGS...]]",
		Short: "Break and mend devices and the cloud; without a name, list all faults",
		Long:  faultHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := o.bench()
			if err != nil {
				return err
			}
			args = unshield(args)
			if len(args) == 0 {
				v, err := b.Get(cmd.Context(), "/api/v1/faults")
				if err != nil {
					return err
				}
				return o.printFaults(v)
			}
			v, err := b.Post(cmd.Context(), "/api/v1/faults", split(args))
			if err != nil {
				return err
			}
			return o.printFault(v, split(args))
		},
	}
}

// split reads "kkt unplug ARGS", "kkt-unplug ARGS" and "kkt.unplug ARGS".
func split(args []string) bench.FaultRequest {
	device, rest := args[0], args[1:]
	if d, name, ok := strings.Cut(device, "."); ok {
		return bench.FaultRequest{Device: d, Name: name, Args: rest}
	}
	if d, name, ok := strings.Cut(device, "-"); ok {
		return bench.FaultRequest{Device: d, Name: name, Args: rest}
	}
	if len(rest) == 0 {
		return bench.FaultRequest{Device: device}
	}
	return bench.FaultRequest{Device: device, Name: rest[0], Args: rest[1:]}
}

// shield makes negative numbers of a fault ("clock-drift -48h") pass the
// parser of flags, for which a word that begins with "-" is one. A true minus
// sign does.
func shield(args []string) []string {
	if !slices.Contains(args, "fault") {
		return args
	}
	args = slices.Clone(args)
	for i, a := range args {
		if len(a) > 1 && a[0] == '-' && '0' <= a[1] && a[1] <= '9' {
			args[i] = minus + a[1:]
		}
	}
	return args
}

const minus = "\u2212"

func unshield(args []string) []string {
	args = slices.Clone(args)
	for i, a := range args {
		if rest, ok := strings.CutPrefix(a, minus); ok {
			args[i] = "-" + rest
		}
	}
	return args
}

// printFaults lists all faults.
func (o *options) printFaults(v json.RawMessage) error {
	faults, err := faultsOf(v)
	if err != nil {
		return err
	}
	return o.printLines(v, faultLines(faults))
}

// printFault tells what is broken after a request.
func (o *options) printFault(v json.RawMessage, r bench.FaultRequest) error {
	faults, err := faultsOf(v)
	if err != nil {
		return err
	}
	lines := faultLines(slices.DeleteFunc(slices.Clone(faults), func(f bench.Fault) bool { return !f.On }))
	passed := slices.ContainsFunc(faults, func(f bench.Fault) bool { return f.Device == r.Device && f.Name == r.Name && !f.On })
	ended := slices.Contains(r.Args, "off") || slices.Contains(r.Args, "0")
	switch {
	case passed && !ended:
		lines = append([]string{fmt.Sprintf("done: %s %s, over at once", r.Device, r.Name)}, lines...)
	case len(lines) == 0:
		lines = []string{"nothing is broken"}
	}
	return o.printLines(v, lines)
}

func faultsOf(v json.RawMessage) (faults []bench.Fault, err error) {
	if err = json.Unmarshal(v, &faults); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	return faults, nil
}

// faultLines are a line each: what is written to have it, what it does, and
// how it is taken back. Of one that is on its value stands instead of what may
// be written.
func faultLines(faults []bench.Fault) []string {
	const widest = 28 // of the first column; what is longer pushes its text on
	var lines []string
	for _, f := range faults {
		mark, args := "   ", f.Args
		if f.Default != "" {
			args = strings.TrimSuffix(args, "]") + "=" + f.Default + "]"
		}
		if f.On {
			mark, args = "ON ", f.Value
		}
		line := fmt.Sprintf("%s%-*s  %s", mark, widest, strings.TrimSpace(f.Device+" "+f.Name+" "+args), f.Help)
		if f.Mend != "" {
			line += fmt.Sprintf(" (back: %s %s)", f.Device, f.Mend)
		}
		lines = append(lines, line)
	}
	return lines
}
