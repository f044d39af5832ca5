package syncer

import (
	"errors"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Status is the exchange with the cloud at a glance.
type Status struct {
	Destinations []DestinationStatus `json:"destinations"`
	Catalog      CatalogStatus       `json:"catalog"`
}

// DestinationStatus is one outbox at a glance. Online tells how the last
// attempt went; before the first it is false without an error.
type DestinationStatus struct {
	Name        string          `json:"name"`
	From        string          `json:"from,omitempty"` // another till whose documents these are
	Online      bool            `json:"online"`
	Queued      int64           `json:"queued"`
	Oldest      time.Time       `json:"oldest,omitzero"`
	Parked      []outbox.Parked `json:"parked"`
	Delivered   int64           `json:"delivered"` // since this process began
	LastError   *Failure        `json:"last_error,omitempty"`
	LastSuccess time.Time       `json:"last_success,omitzero"`
	NextAttempt time.Time       `json:"next_attempt,omitzero"`
}

// CatalogStatus is the last good catalogue, and what went wrong since.
type CatalogStatus struct {
	Generation int64     `json:"generation"`
	Items      int       `json:"items"`
	Rounded    int       `json:"rounded"` // items whose prices had parts of a kopeck
	UpdatedAt  time.Time `json:"updated_at,omitzero"`
	LastError  *Failure  `json:"last_error,omitempty"`
}

// Failure is an error for people: a code of the catalogue and its text.
type Failure struct {
	Code  fault.Code   `json:"code"`
	Text  string       `json:"text"` // Russian; other languages by code
	Class outbox.Class `json:"class"`

	Args   []string `json:"args,omitempty"` // of the text
	Detail string   `json:"detail,omitempty"`
}

// Fault is the error again, to be told in another language; nil for nil.
func (f *Failure) Fault() *fault.Error {
	if f == nil {
		return nil
	}
	e := fault.New(f.Code, f.Args...)
	e.Detail = f.Detail
	return e
}

// failureOf makes an error fit for a screen.
func failureOf(err error) *Failure {
	f := outbox.FailureOf(err)
	var known *fault.Error
	switch {
	case errors.As(err, &known):
	case errors.Is(err, outbox.ErrTooManyParked):
		known = fault.New(fault.CloudParked, "", strconv.Itoa(outbox.MaxParked))
	default:
		known = fault.Of(err)
	}
	text := known.Text("ru")
	if known.Detail != "" {
		text += " (" + known.Detail + ")"
	}
	return &Failure{Code: known.Code, Text: text, Class: f.Class, Args: known.Args, Detail: known.Detail}
}

// Status gives the state now.
func (s *Syncer) Status() Status {
	st := Status{Destinations: []DestinationStatus{}}
	s.mu.Lock()
	up := s.up
	st.Catalog = s.catalog
	s.mu.Unlock()
	if s.queue != nil {
		q := s.queue.Status()
		st.Destinations = append(st.Destinations, DestinationStatus{
			Name: s.o.Cloud.Name(), Online: up.online, Queued: q.Queued, Oldest: q.Oldest, Parked: q.Parked, Delivered: q.Delivered,
			LastError: up.failed, LastSuccess: up.success, NextAttempt: up.next,
		})
	}
	for _, l := range s.adopted() {
		st.Destinations = append(st.Destinations, l.status(s))
	}
	return st
}

// tell lets the daemon know.
func (s *Syncer) tell() {
	if s.o.OnStatus == nil {
		return
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	s.o.OnStatus(s.Status())
}

// Warnings lists what a person should know of; Since is left to the caller,
// who knows when a warning began.
func (st Status) Warnings() []fault.Warning {
	var all []fault.Warning
	for i := range st.Destinations {
		all = append(all, st.Destinations[i].warnings()...)
	}
	if e := st.Catalog.LastError; e != nil && e.Class != outbox.Reattach && e.Code != fault.CloudDown {
		all = append(all, fault.Warning{Code: fault.CatalogRejected, Severity: fault.Warn, Args: []string{e.Text}})
	}
	if n := st.Catalog.Rounded; n > 0 {
		all = append(all, fault.Warning{Code: fault.CatalogRounded, Severity: fault.Info, Args: []string{strconv.Itoa(n)}})
	}
	return all
}

func (d *DestinationStatus) warnings() []fault.Warning {
	var all []fault.Warning
	if d.From != "" && d.Queued > 0 {
		all = append(all, fault.Warning{Code: fault.CopyWaits, Severity: fault.Info, Args: []string{d.From, strconv.FormatInt(d.Queued, 10)}})
	}
	if e := d.LastError; e != nil && d.From == "" { // the cloud itself is the own queue's to judge
		switch {
		case e.Class == outbox.Reattach:
			all = append(all, fault.Warning{Code: fault.CloudAuth, Severity: fault.Warn, Detail: e.Text})
		case e.Code == fault.CloudDown || e.Code == fault.CloudGarbage:
			all = append(all, fault.Warning{Code: fault.CloudDown, Severity: fault.Warn, Detail: e.Text})
		}
		if d.Queued > 0 {
			all = append(all, fault.Warning{Code: fault.CloudUnsent, Severity: fault.Info, Args: []string{strconv.FormatInt(d.Queued, 10)}})
		}
	}
	if len(d.Parked) > 0 {
		p := d.Parked[0]
		all = append(all, fault.Warning{Code: fault.CloudParked, Severity: fault.Warn, Args: []string{p.Name, p.Words}, Detail: p.Code})
	}
	return all
}
