package api

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/updates"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Updates takes the machine to another release.
type Updates interface {
	Status() (updates.Status, <-chan struct{})
	// Check asks the channel; Install begins. Both are followed with Status.
	Check(ctx context.Context) error
	Install(ctx context.Context, w updates.Wish) error
	Cancel() error
	// Restart and Rollback end with the machine's restart.
	Restart(ctx context.Context, by string, force bool) error
	Rollback(ctx context.Context, by string, force bool) error
	// RestartWhenFree waits for the moment when nobody sells; Cancel gives it up.
	RestartWhenFree(by string) error
}

// BusyForUpdate says why nothing is installed and nothing restarts now: nil, an
// open shift, or a receipt's fate that is not known.
func BusyForUpdate(v *till.View) *fault.Error {
	switch {
	case v.Doubt != nil || len(v.Aside) > 0 || v.Payment != nil || v.Paying != nil:
		return fault.New(fault.UpdateUnsettled)
	case v.Shift != nil:
		return fault.New(fault.UpdateShift)
	}
	return nil
}

// UpdateStatus is how updates stand.
type UpdateStatus struct {
	updates.Status
	Failure *Problem `json:"failure,omitempty"` // of the last try
}

const pathUpdate = "/api/v1/update"

func (a *API) updateRoutes() []route {
	return []route{
		{"GET", pathUpdate, a.updateStatus},
		{"POST", pathUpdate + "/check", a.updateDo(func(r *http.Request, _ updateOrder) error { return a.o.Updates.Check(r.Context()) })},
		{"POST", pathUpdate + "/install", a.updateDo(func(r *http.Request, o updateOrder) error {
			return a.o.Updates.Install(r.Context(), updates.Wish{From: o.From, Force: o.Force, Restart: o.Restart, By: a.who()})
		})},
		{"POST", pathUpdate + "/cancel", a.updateDo(func(*http.Request, updateOrder) error { return a.o.Updates.Cancel() })},
		{"POST", pathUpdate + "/restart", a.updateDo(func(r *http.Request, o updateOrder) error {
			if o.WhenFree {
				return a.o.Updates.RestartWhenFree(a.who())
			}
			return a.o.Updates.Restart(r.Context(), a.who(), o.Force)
		})},
		{"POST", pathUpdate + "/rollback", a.updateDo(func(r *http.Request, o updateOrder) error { return a.o.Updates.Rollback(r.Context(), a.who(), o.Force) })},
		{"POST", pathUpdate + "/verdict", a.updateVerdict},
	}
}

// updateOrder is what the calls take; each uses what it needs.
type updateOrder struct {
	From     string `json:"from"`
	Force    bool   `json:"force"`
	Restart  bool   `json:"restart"`
	WhenFree bool   `json:"when_free"`
}

func (a *API) updateDo(do func(*http.Request, updateOrder) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var o updateOrder
		err := read(w, r, &o)
		if err == nil && a.o.Updates == nil {
			err = fault.New(fault.UpdateNoSlots)
		}
		if err == nil {
			err = do(r, o)
		}
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.updateStatus(w, r)
	}
}

func (a *API) updateStatus(w http.ResponseWriter, r *http.Request) {
	if a.o.Updates == nil {
		a.fail(w, r, fault.New(fault.UpdateNoSlots))
		return
	}
	s, _ := a.o.Updates.Status()
	out := UpdateStatus{Status: s}
	if s.Failure != nil {
		out.Failure = a.problem(s.Failure)
	}
	a.ok(w, r, out)
}

// updateVerdict tells the gate whether this till can sell. Locally only.
func (a *API) updateVerdict(w http.ResponseWriter, r *http.Request) {
	err := read(w, r, &struct{}{})
	var v updates.Verdict
	if err == nil {
		v, err = a.o.Verdict(r.Context())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, v)
}
