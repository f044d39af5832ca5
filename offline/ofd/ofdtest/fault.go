package ofdtest

import (
	"errors"
	"fmt"
	"strconv"
)

// The faults' names.
const (
	faultDown    = "down"
	faultSilent  = "silent"
	faultSlow    = "slow"
	faultReject  = "reject"
	faultSign    = "wrong-sign"
	faultWrongFN = "wrong-fn"
	faultGarbage = "garbage"
	faultHuge    = "huge"
	faultTwice   = "twice"
	faultLose    = "lose-answer"
	// FaultUp ends the lasting ones.
	FaultUp = "up"
)

// FaultInfo describes a fault.
type FaultInfo struct {
	Name   string `json:"name"`
	Lasts  bool   `json:"lasts"` // until "up"; the others strike so many times, once if not told
	Text   string `json:"text"`  // what happens
	On     bool   `json:"on"`
	Repeat int    `json:"repeat,omitempty"` // how often it will strike still
}

var faultList = []FaultInfo{
	{Name: faultDown, Lasts: true, Text: "nobody answers at the operator's address: connections break at once"},
	{Name: faultSilent, Lasts: true, Text: "messages are swallowed without a word"},
	{Name: faultSlow, Lasts: true, Text: "the answer comes a byte at a time, five a second"},
	{Name: faultReject, Text: "the ticket says that the document was not taken"},
	{Name: faultSign, Text: "the ticket's sign is wrong, as a forger's would be"},
	{Name: faultWrongFN, Text: "the ticket is for another FN"},
	{Name: faultGarbage, Text: "the answer is noise"},
	{Name: faultHuge, Text: "the answer claims 65535 bytes and goes on and on"},
	{Name: faultTwice, Text: "the ticket is sent twice in a row"},
	{Name: faultLose, Text: "the document is taken and the connection breaks before the ticket"},
}

// faults is what is wrong with an operator.
type faults struct {
	on   map[string]bool // lasting
	left map[string]int  // so often still
}

// use takes one of a counted fault.
func (f *faults) use(name string) bool {
	if f.left[name] == 0 {
		return false
	}
	f.left[name]--
	return true
}

func (f *faults) active() []string {
	names := []string{}
	for _, info := range faultList {
		if f.on[info.Name] || f.left[info.Name] > 0 {
			names = append(names, info.Name)
		}
	}
	return names
}

// Faults lists what can go wrong and what does.
func (f *OFD) Faults() []FaultInfo {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := append([]FaultInfo(nil), faultList...)
	for i := range all {
		all[i].Repeat = f.faults.left[all[i].Name]
		all[i].On = f.faults.on[all[i].Name] || all[i].Repeat > 0
	}
	return all
}

// ErrFault: no such fault, or not with these arguments.
var ErrFault = errors.New("ofdtest: no such fault")

const maxRepeat = 1000

// Fault makes something go wrong: "silent", "reject", "reject 3". "up" ends
// everything.
func (f *OFD) Fault(name string, args ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == FaultUp {
		if len(args) > 0 {
			return fmt.Errorf("%w: %s takes nothing", ErrFault, name)
		}
		f.faults = faults{}
		f.hangUp() // those who wait for a silent operator
		f.notify()
		return nil
	}
	for _, info := range faultList {
		if info.Name == name {
			return f.arm(info, args)
		}
	}
	return fmt.Errorf("%w: %.40q", ErrFault, name)
}

// arm sets one fault. f.mu is held.
func (f *OFD) arm(info FaultInfo, args []string) error {
	times := 1
	switch {
	case info.Lasts && len(args) > 0 || len(args) > 1:
		return fmt.Errorf("%w: %s %q", ErrFault, info.Name, args)
	case len(args) == 1:
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 0 || n > maxRepeat {
			return fmt.Errorf("%w: %s %.40q is not a number of 0..%d", ErrFault, info.Name, args[0], maxRepeat)
		}
		times = n
	}
	if f.faults.on == nil {
		f.faults = faults{on: map[string]bool{}, left: map[string]int{}}
	}
	if info.Lasts {
		f.faults.on[info.Name] = true
	} else {
		f.faults.left[info.Name] = times
	}
	if info.Name == faultDown {
		f.hangUp()
	}
	f.notify()
	return nil
}
