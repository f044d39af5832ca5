package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is something that can go wrong on the bench.
type Fault struct {
	Device string `json:"device"`         // kkt, ofd, cloud, scanner, display, scale, gpio
	Name   string `json:"name"`           // unplug
	Args   string `json:"args,omitempty"` // what may follow the name: [MS]
	// Default is what an argument that may be left out is then; "" where that
	// goes without saying.
	Default string            `json:"default,omitempty"`
	Mend    string            `json:"mend,omitempty"` // what takes it back: "replug", "slow 0"; none: it passes by itself
	On      bool              `json:"on"`
	Value   string            `json:"value,omitempty"` // its arguments while it is on
	Text    map[string]string `json:"text"`            // a few words, by language
	Help    string            `json:"help"`            // what happens, in English
}

// FaultRequest breaks or mends something.
type FaultRequest struct {
	Device string   `json:"device"`
	Name   string   `json:"name"`
	Args   []string `json:"args,omitempty"`
}

// Limits of a FaultRequest.
const (
	maxFaultArgs = 8
	maxFaultWord = 64 // bytes
)

// BadRequest is a request that can never work as it stands; the bench is
// unchanged.
type BadRequest struct{ Text string }

func (e *BadRequest) Error() string { return e.Text }

// wanted says in plain words what a fault's arguments should have been.
func wanted(all []Fault, device, name string, args []string) *BadRequest {
	takes, given := "", strings.Join(args, " ")
	for _, f := range all {
		if f.Name == name {
			takes = f.Args
		}
	}
	switch {
	case takes == "":
		return &BadRequest{fmt.Sprintf("%s %s takes nothing, not %q", device, name, given)}
	case given == "":
		return &BadRequest{fmt.Sprintf("%s %s wants %s", device, name, takes)}
	}
	return &BadRequest{fmt.Sprintf("%s %s takes %s, not %q", device, name, takes, given)}
}

// breakable is a device that can be broken.
type breakable interface {
	faults() []Fault
	fault(name string, args []string) error
}

// check refuses what is no fault of the list.
func (r FaultRequest) check(all []Fault) error {
	for _, word := range append([]string{r.Device, r.Name}, r.Args...) {
		if len(word) > maxFaultWord {
			return &BadRequest{fmt.Sprintf("a word of %d bytes in a fault: at most %d", len(word), maxFaultWord)}
		}
	}
	if len(r.Args) > maxFaultArgs {
		return &BadRequest{fmt.Sprintf("%d arguments of a fault: at most %d", len(r.Args), maxFaultArgs)}
	}
	var devices, names []string
	for _, f := range all {
		if !slices.Contains(devices, f.Device) {
			devices = append(devices, f.Device)
		}
		if f.Device != r.Device {
			continue
		}
		names = append(names, f.Name)
		if mend, _, _ := strings.Cut(f.Mend, " "); mend != "" && !slices.Contains(names, mend) {
			names = append(names, mend)
		}
	}
	switch {
	case names == nil:
		return &BadRequest{fmt.Sprintf("nothing is called %q: there are %s", r.Device, strings.Join(devices, ", "))}
	case r.Name == "":
		return &BadRequest{fmt.Sprintf("which fault of %s? there are %s", r.Device, strings.Join(names, ", "))}
	case !slices.Contains(names, r.Name):
		return &BadRequest{fmt.Sprintf("%s has no fault %q: there are %s", r.Device, r.Name, strings.Join(names, ", "))}
	case len(r.Args) > 0 && !r.mayHaveArgs(all):
		return wanted(nil, r.Device, r.Name, r.Args)
	}
	return nil
}

// mayHaveArgs tells whether the name takes arguments at all: its own, or those
// that take something back.
func (r FaultRequest) mayHaveArgs(all []Fault) bool {
	whole := strings.Join(append([]string{r.Name}, r.Args...), " ")
	return slices.ContainsFunc(all, func(f Fault) bool {
		return f.Device == r.Device && (f.Name == r.Name && f.Args != "" || f.Mend == whole)
	})
}

// unplug is the fault every cable has.
func unplug(device string, on bool) Fault {
	return Fault{Device: device, Name: "unplug", Mend: "replug", On: on,
		Text: map[string]string{"ru": "выдернуть кабель", "en": "pull the cable"}, Help: "the port is gone, until it is plugged in again"}
}

// hang is the fault of a device that keeps its link and does nothing.
const (
	hang   = "hang"
	unhang = "unhang"
)

func hangs(device string, on bool) Fault {
	return Fault{Device: device, Name: hang, Mend: unhang, On: on,
		Text: map[string]string{"ru": "повесить", "en": "hang"}, Help: "it takes nothing and says nothing, with its cable in place"}
}

// plugFault pulls or plugs in a cable.
func plugFault(c *cable, device, name string, args []string) error {
	if len(args) > 0 {
		return wanted(nil, device, name, args)
	}
	if name == "unplug" {
		return c.unplug()
	}
	return c.plug()
}
