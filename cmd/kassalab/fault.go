package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/bench"
)

const faultHelp = `Break and mend the bench. NAME is a device and what happens to it:

  kassalab fault --dir D kkt unplug
  kassalab fault --dir D cloud slow 1500

also written kkt-unplug or kkt.unplug. Without a name all faults of this bench
are listed with what they do, which are on, and how each is taken back. With one,
those that are on then are printed; --json prints the whole list.`

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
			if len(args) == 0 {
				v, err := b.Get(cmd.Context(), "/api/v1/faults")
				if err != nil {
					return err
				}
				return o.printFaults(v, true)
			}
			v, err := b.Post(cmd.Context(), "/api/v1/faults", split(args))
			if err != nil {
				return err
			}
			return o.printFaults(v, false)
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

// printFaults lists all faults, or only those that are on.
func (o *options) printFaults(v json.RawMessage, all bool) error {
	var faults []bench.Fault
	if err := json.Unmarshal(v, &faults); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	var lines []string
	for _, f := range faults {
		if !f.On && !all {
			continue
		}
		name := strings.TrimSpace(f.Device + " " + f.Name + " " + f.Args)
		mark := "   "
		if f.On {
			mark = "ON "
		}
		line := fmt.Sprintf("%s%-30s %s", mark, name, f.Help)
		if f.Mend != "" {
			line += fmt.Sprintf(" (back: %s %s)", f.Device, f.Mend)
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		lines = []string{"nothing is broken"}
	}
	return o.printLines(v, lines)
}
