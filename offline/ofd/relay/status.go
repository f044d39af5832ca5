package relay

import (
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// State is what a relay does at the moment.
type State string

// The states.
const (
	NotNeeded State = "off"      // switched off, or the device has a network of its own
	Refused   State = "refused"  // the device does not let the till carry
	Waiting   State = "waiting"  // nothing to carry, or no device
	Carrying  State = "carrying" // a message or its answer is under way
	Failing   State = "failing"  // the last attempt came to nothing; NextTry says when
)

// Code says where a message got stuck.
type Code string

// The codes.
const (
	CodeNetwork Code = "network" // nobody there, no answer, or one that is none
	CodeAnswer  Code = "answer"  // the FN did not want the answer
	CodeAddress Code = "address" // nobody said where to
	CodeMessage Code = "message" // the device gave something that is no message
)

// Status is how the traffic goes. Times are the till's.
type Status struct {
	State       State     `json:"state"`
	Route       kkt.Route `json:"route"`
	To          string    `json:"to,omitempty"` // of the last message
	Carried     int64     `json:"carried"`      // messages since the start
	LastSuccess time.Time `json:"last_success,omitzero"`
	Code        Code      `json:"code,omitempty"`
	Why         string    `json:"why,omitempty"` // the last failure
	Failures    int       `json:"failures"`      // in a row
	Since       time.Time `json:"since,omitzero"`
	NextTry     time.Time `json:"next_try,omitzero"`
}

// Status tells how the traffic goes.
func (r *Relay) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// patience is how long failures are nobody's business: an operator may be
// restarted, a router too.
const patience = 10 * time.Minute

// Warnings are what a person should know.
func (r *Relay) Warnings() []fault.Warning {
	s := r.Status()
	switch {
	case s.State == NotNeeded && s.Route.ByHost:
		return []fault.Warning{{Code: fault.RelayOff, Severity: fault.Warn}}
	case s.State != Failing && s.Failures == 0:
		return nil
	case s.Code == CodeAddress:
		return []fault.Warning{{Code: fault.RelayNoAddress, Severity: fault.Warn, Since: s.Since}}
	case r.o.Now().Sub(s.Since) < patience:
		return nil
	case s.Code == CodeNetwork:
		return []fault.Warning{{Code: fault.RelayUnreachable, Severity: fault.Warn, Args: []string{s.To, s.Why}, Since: s.Since}}
	}
	return []fault.Warning{{Code: fault.RelayRefused, Severity: fault.Warn, Args: []string{s.To, s.Why}, Since: s.Since}}
}
