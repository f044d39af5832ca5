package api

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
)

// retryParked sends a parked document, or with an empty body all of them, on
// its way again.
func (a *API) retryParked(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Document uuid.UUID `json:"document"`
	}
	err := read(w, r, &in)
	if err == nil && a.o.RetryParked == nil {
		err = fault.New(fault.CloudNone)
	}
	if err == nil {
		err = a.o.RetryParked(r.Context(), in.Document)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.outbox(w, r)
}

// parkedByHand ends a parked document that a person has seen to: a senior's
// command, with the reason.
func (a *API) parkedByHand(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Document uuid.UUID `json:"document"`
		Reason   string    `json:"reason"`
	}
	err := read(w, r, &in)
	switch {
	case err != nil:
	case a.o.ParkedByHand == nil:
		err = fault.New(fault.CloudNone)
	case in.Document == uuid.Nil:
		err = fault.New(fault.BadRequest, "document")
	default:
		err = a.o.ParkedByHand(r.Context(), in.Document, in.Reason)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.outbox(w, r)
}

// exportParked shows a document that waits as it would be sent.
func (a *API) exportParked(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("document"))
	switch {
	case err != nil:
		err = fault.New(fault.BadRequest, "document")
	case a.o.ExportParked == nil:
		err = fault.New(fault.CloudNone)
	}
	var out any
	if err == nil {
		out, err = a.o.ExportParked(r.Context(), id)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}
