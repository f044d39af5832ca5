package api

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Provision attaches the till to its point of sale in the cloud.
type Provision interface {
	Stores(ctx context.Context, login, password string) ([]CloudStore, error)
	Attach(ctx context.Context, in CloudAttach) (CloudStore, error)
}

// CloudStore is a point of sale a till may be attached to.
type CloudStore struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	Organization string `json:"organization,omitempty"`
	Attached     bool   `json:"attached"` // a device holds it
	Own          bool   `json:"own"`      // and that is this till
}

// CloudAttach is whose a till is to be, and by whose right.
type CloudAttach struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Store    string `json:"store"`     // id or name; "": the only one
	TakeOver bool   `json:"take_over"` // though another device holds it
}

func (a *API) cloudStores(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Login    string `json:"login"`
		Password string `json:"password"`
	}
	var out struct {
		Stores []CloudStore `json:"stores"`
	}
	err := read(w, r, &in)
	switch {
	case err != nil:
	case a.o.Provision == nil:
		err = fault.New(fault.CloudNone)
	default:
		out.Stores, err = a.o.Provision.Stores(r.Context(), in.Login, in.Password)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}

func (a *API) cloudProvision(w http.ResponseWriter, r *http.Request) {
	var in CloudAttach
	var out CloudStore
	err := read(w, r, &in)
	switch {
	case err != nil:
	case a.o.Provision == nil:
		err = fault.New(fault.CloudNone)
	default:
		out, err = a.o.Provision.Attach(r.Context(), in)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}
