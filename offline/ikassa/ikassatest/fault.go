package ikassatest

import (
	"errors"
	"fmt"
	"strconv"
)

// The faults' names.
const (
	faultDown     = "down"
	faultSilent   = "silent"
	faultSlow     = "slow"
	faultLoseAsk  = "lose-request"
	faultLose     = "lose-answer"
	faultError    = "error-500"
	faultErrorAft = "error-500-after"
	faultGeneral  = "error-399"
	faultGarbage  = "garbage"
	faultToken    = "drop-token"
	faultBlocked  = "blocked"
	faultExpired  = "certificate"
	faultPending  = "pending"
	faultDiffers  = "differs"
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
	{Name: faultDown, Lasts: true, Text: "connections break at once"},
	{Name: faultSilent, Lasts: true, Text: "requests are swallowed without a word and nothing is done"},
	{Name: faultSlow, Lasts: true, Text: "every answer comes a second late"},
	{Name: faultBlocked, Lasts: true, Text: "the register is blocked: 409"},
	{Name: faultExpired, Lasts: true, Text: "its certificate has expired: 407"},
	{Name: faultPending, Lasts: true, Text: "a sale was begun on its screen and not finished: 410"},
	{Name: faultLoseAsk, Text: "the connection breaks before anything is done"},
	{Name: faultLose, Text: "it is done, and the connection breaks before the answer"},
	{Name: faultError, Text: "HTTP 500, nothing was done"},
	{Name: faultErrorAft, Text: "HTTP 500, but it was done"},
	{Name: faultGeneral, Text: "a general error, 399, which says nothing"},
	{Name: faultGarbage, Text: "it is done, and the answer is noise"},
	{Name: faultToken, Text: "the token is forgotten: the next request is not authorised"},
	{Name: faultDiffers, Text: "it sells for a kopeck more than it was asked to"},
}

// faults is what is wrong with a register, beside what its state keeps.
type faults struct {
	on   map[string]bool
	left map[string]int
}

// use takes one of a counted fault.
func (f *faults) use(name string) bool {
	if f.left[name] == 0 {
		return false
	}
	f.left[name]--
	return true
}

// is tells whether a fault is there. r.mu is held.
func (r *Register) is(name string) bool {
	switch name {
	case faultBlocked:
		return r.state.Blocked
	case faultExpired:
		return r.state.Expired
	case faultPending:
		return r.state.Pending
	}
	return r.faults.on[name] || r.faults.left[name] > 0
}

// active lists what is wrong. r.mu is held.
func (r *Register) active() []string {
	names := []string{}
	for _, info := range faultList {
		if r.is(info.Name) {
			names = append(names, info.Name)
		}
	}
	return names
}

// Faults lists what can go wrong and what does.
func (r *Register) Faults() []FaultInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := append([]FaultInfo(nil), faultList...)
	for i := range all {
		all[i].On, all[i].Repeat = r.is(all[i].Name), r.faults.left[all[i].Name]
	}
	return all
}

// ErrFault: no such fault, or not with these arguments.
var ErrFault = errors.New("ikassatest: no such fault")

const maxRepeat = 1000

// Fault makes something go wrong: "down", "lose-answer", "lose-answer 3". "up"
// ends everything.
func (r *Register) Fault(name string, args ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if name == FaultUp {
		if len(args) > 0 {
			return fmt.Errorf("%w: %s takes nothing", ErrFault, name)
		}
		r.faults = faults{}
		r.state.Blocked, r.state.Expired, r.state.Pending = false, false, false
		close(r.stopped)
		r.stopped = make(chan struct{})
		return r.save()
	}
	for _, info := range faultList {
		if info.Name == name {
			return r.arm(info, args)
		}
	}
	return fmt.Errorf("%w: %.40q", ErrFault, name)
}

// arm sets one fault. r.mu is held.
func (r *Register) arm(info FaultInfo, args []string) error {
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
	if r.faults.on == nil {
		r.faults = faults{on: map[string]bool{}, left: map[string]int{}}
	}
	switch info.Name {
	case faultBlocked:
		r.state.Blocked = true
	case faultExpired:
		r.state.Expired = true
	case faultPending:
		r.state.Pending = true
	default:
		if info.Lasts {
			r.faults.on[info.Name] = true
		} else {
			r.faults.left[info.Name] = times
		}
	}
	return r.save()
}
