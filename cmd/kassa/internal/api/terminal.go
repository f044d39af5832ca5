package api

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Terminal is the payment terminal beside the till's own use of it.
type Terminal interface {
	// State asks it how it is.
	State(ctx context.Context) (TerminalState, error)
	// Answer is a person's word about what a manual terminal said; id may be Nil.
	Answer(ctx context.Context, id uuid.UUID, a terminal.Answer) error
	// Reconcile closes its day within the open shift.
	Reconcile(ctx context.Context) (charge.Totals, error)
}

// TerminalState is a payment terminal as it is now.
type TerminalState struct {
	Name     string             `json:"name"`
	Status   terminal.Status    `json:"status"`
	Question *terminal.Question `json:"question,omitempty"` // of a manual one: what a person has to answer
	Charge   *till.ChargeView   `json:"charge,omitempty"`   // what it is doing
}

func (a *API) terminalRoutes() []route {
	return []route{
		{"GET", "/api/v1/terminal", a.terminalState},
		{"POST", "/api/v1/terminal/cancel", a.do(func(*http.Request) (till.Event, error) { return till.CancelCharge{}, nil })},
		{"POST", "/api/v1/terminal/check", a.do(func(*http.Request) (till.Event, error) { return till.Retry{}, nil })},
		{"POST", "/api/v1/terminal/answer", a.terminalAnswer},
		{"POST", "/api/v1/terminal/reconcile", a.terminalReconcile},
	}
}

// atTerminal answers with what the terminal gave.
func (a *API) atTerminal(w http.ResponseWriter, r *http.Request, err error, visit func(context.Context) (any, error)) {
	if err == nil && a.o.Terminal == nil {
		err = fault.New(fault.TerminalOff)
	}
	a.visited(w, r, err, visit)
}

func (a *API) terminalState(w http.ResponseWriter, r *http.Request) {
	a.atTerminal(w, r, nil, func(ctx context.Context) (any, error) { return a.o.Terminal.State(ctx) })
}

func (a *API) terminalAnswer(w http.ResponseWriter, r *http.Request) {
	var in struct {
		ID uuid.UUID `json:"id"`
		terminal.Answer
	}
	err := read(w, r, &in)
	a.atTerminal(w, r, err, func(ctx context.Context) (any, error) {
		return map[string]bool{"ok": true}, a.o.Terminal.Answer(ctx, in.ID, in.Answer)
	})
}

func (a *API) terminalReconcile(w http.ResponseWriter, r *http.Request) {
	a.atTerminal(w, r, nil, func(ctx context.Context) (any, error) { return a.o.Terminal.Reconcile(ctx) })
}
