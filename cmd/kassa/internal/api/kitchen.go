package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/tickets"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kitchen"
	"github.com/kassa-pos/kassa/pos/till"
)

// Kitchen is where dishes are made.
type Kitchen interface {
	State() []tickets.State
	// Recent are the newest tickets, newest first.
	Recent(ctx context.Context) ([]kitchen.Ticket, error)
	// Again prints a copy of one of them and waits for it, Drop calls one off
	// that is not printed.
	Again(ctx context.Context, ticket uuid.UUID) error
	Drop(ctx context.Context, ticket uuid.UUID) error
}

func (a *API) kitchenRoutes() []route {
	return []route{
		{"GET", "/api/v1/kitchen", a.kitchenState},
		{"POST", "/api/v1/kitchen/tickets/{ticket}/print", a.atTicket(func(ctx context.Context, id uuid.UUID) error { return a.o.Kitchen.Again(ctx, id) })},
		{"DELETE", "/api/v1/kitchen/tickets/{ticket}", a.atTicket(func(ctx context.Context, id uuid.UUID) error { return a.o.Kitchen.Drop(ctx, id) })},
		{"POST", "/api/v1/cheque/kitchen", a.sendKitchen},
		{"POST", "/api/v1/cheque/lines/{line}/note", a.noteLine},
	}
}

// kitchenState tells of the stations and the newest tickets.
func (a *API) kitchenState(w http.ResponseWriter, r *http.Request) {
	if a.o.Kitchen == nil {
		a.fail(w, r, fault.New(fault.KitchenOff))
		return
	}
	recent, err := a.o.Kitchen.Recent(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, KitchenState{Stations: a.o.Kitchen.State(), Recent: recent})
}

// KitchenState is the answer to GET /api/v1/kitchen.
type KitchenState struct {
	Stations []tickets.State  `json:"stations"`
	Recent   []kitchen.Ticket `json:"recent"`
}

func (a *API) atTicket(do func(context.Context, uuid.UUID) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, bad := uuid.Parse(r.PathValue("ticket"))
		var err error
		switch {
		case a.o.Kitchen == nil:
			err = fault.New(fault.KitchenOff)
		case bad != nil:
			err = fault.New(fault.KitchenNone)
		}
		a.visited(w, r, err, func(ctx context.Context) (any, error) { return map[string]bool{"ok": true}, do(ctx, id) })
	}
}

func (a *API) sendKitchen(w http.ResponseWriter, r *http.Request) {
	var in seen
	err := read(w, r, &in)
	a.told(w, r, till.SendKitchen{Seen: in.till()}, err)
}

// noteLine says how the customer wants a line made.
func (a *API) noteLine(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Note string `json:"note"`
		seen
	}
	err := read(w, r, &in)
	cmd := till.SetNote{Note: in.Note, Seen: in.till()}
	if err == nil {
		cmd.Line, err = lineID(r)
	}
	a.told(w, r, cmd, err)
}
