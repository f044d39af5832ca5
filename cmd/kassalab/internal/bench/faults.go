package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is something that can go wrong on the bench.
type Fault struct {
	Device string            `json:"device"`         // kkt, ofd, cloud, scanner, display, gpio
	Name   string            `json:"name"`           // unplug
	Args   string            `json:"args,omitempty"` // what may follow the name: [MS]
	Mend   string            `json:"mend,omitempty"` // what takes it back: "replug", "slow 0"; none: it passes by itself
	On     bool              `json:"on"`
	Value  string            `json:"value,omitempty"` // its arguments while it is on
	Text   map[string]string `json:"text"`            // a few words, by language
	Help   string            `json:"help"`            // what happens, in English
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
	if names == nil {
		return &BadRequest{fmt.Sprintf("nothing is called %q: there are %s", r.Device, strings.Join(devices, ", "))}
	}
	if !slices.Contains(names, r.Name) {
		return &BadRequest{fmt.Sprintf("%s has no fault %q: there are %s", r.Device, r.Name, strings.Join(names, ", "))}
	}
	return nil
}

// unplug is the fault every cable has.
func unplug(device string, on bool) Fault {
	return Fault{Device: device, Name: "unplug", Mend: "replug", On: on,
		Text: map[string]string{"ru": "выдернуть кабель", "en": "pull the cable"}, Help: "the port is gone, until it is plugged in again"}
}

// plugFault pulls or plugs in a cable.
func plugFault(c *cable, device, name string, args []string) error {
	if len(args) > 0 {
		return &BadRequest{fmt.Sprintf("%s %s takes no arguments", device, name)}
	}
	if name == "unplug" {
		return c.unplug()
	}
	return c.plug()
}
