package devices

import (
	"errors"
	"io/fs"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Phase is where a device stands:
//
//	             +----------------------------------+
//	             |                                  v
//	opening --> absent <--> failing --> ready    stopped   (from every phase)
//	   |           ^            ^         |
//	   |           +------------+---------+
//	   +--> ready, failing
//
// opening is the first attempt only. A device that was lost stays absent (its
// port is not there) or failing (it is, and does not work) through all the
// attempts that follow, until it is ready.
type Phase string

// The phases.
const (
	Opening Phase = "opening"
	Ready   Phase = "ready"
	Absent  Phase = "absent"
	Failing Phase = "failing"
	Stopped Phase = "stopped"
)

// Phases lists them.
func Phases() []Phase { return []Phase{Opening, Ready, Absent, Failing, Stopped} }

// event is what moves a device.
type event string

const (
	opened  event = "opened"  // the device called ready
	missing event = "missing" // an attempt ended: there is no such port
	failed  event = "failed"  // an attempt ended otherwise, or takes too long
	halted  event = "halted"  // the manager ends
)

func events() []event { return []event{opened, missing, failed, halted} }

// next gives the phase after an event; false refuses the event.
func next(p Phase, e event) (Phase, bool) {
	switch p {
	case Stopped:
		return p, false
	case Ready:
		if e == opened {
			return p, false // said twice
		}
	case Opening, Absent, Failing:
	default:
		return p, false
	}
	switch e {
	case opened:
		return Ready, true
	case missing:
		return Absent, true
	case failed:
		return Failing, true
	case halted:
		return Stopped, true
	}
	return p, false
}

// State is a device as people and pages see it.
type State struct {
	Name  string    `json:"name"`
	Kind  Kind      `json:"kind"`
	Phase Phase     `json:"phase"`
	Since time.Time `json:"since"`          // of the phase; absent and failing count as one
	Why   string    `json:"why,omitempty"`  // of absent and failing: the last error
	Tries int       `json:"tries"`          // attempts since it was last ready
	Hung  bool      `json:"hung,omitempty"` // it does not react to being told to stop
}

// String is for logs: "display failing (no answer)".
func (s State) String() string {
	text := s.Name + " " + string(s.Phase)
	if s.Hung {
		text += ", hung"
	}
	if s.Why != "" {
		text += " (" + s.Why + ")"
	}
	return text
}

// Warning tells a person of a device that does not work; false when it does.
func (s State) Warning() (fault.Warning, bool) {
	w := fault.Warning{Severity: fault.Warn, Since: s.Since, Detail: s.Why}
	switch s.Phase {
	case Absent:
		w.Code, w.Args = fault.DeviceGone, []string{s.Name}
	case Failing:
		w.Code, w.Args = fault.DeviceDown, []string{s.Name, s.Why}
	default:
		return fault.Warning{}, false
	}
	return w, true
}

// ending sorts the error of an attempt.
func ending(err error) event {
	if errors.Is(err, fs.ErrNotExist) {
		return missing
	}
	return failed
}

// maxWhy bounds an error's text, in bytes.
const maxWhy = 200

func why(err error) string {
	if err == nil {
		return "ended by itself"
	}
	s := err.Error()
	if len(s) > maxWhy {
		s = s[:maxWhy] + "..."
	}
	return s
}
