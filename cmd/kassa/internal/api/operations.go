package api

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/fault"
)

const pathOperations = "/api/v1/operations/"

// Operation is a call that is looked at from outside.
type Operation struct {
	ID    uuid.UUID `json:"id"`
	Path  string    `json:"path"`
	Begun time.Time `json:"begun"`
	// State: "running", "done", or "unknown", when the till was restarted
	// meanwhile: the documents say what became of it.
	State  string          `json:"state"`
	Status int             `json:"status,omitempty"` // of the answer
	Answer json.RawMessage `json:"answer,omitempty"`
}

// kindOperation is the event of an operation that has ended.
const kindOperation = "operation"

func (a *API) operationOf(c *kept) Operation {
	o := Operation{ID: c.ID, Path: c.path, Begun: c.begun, State: "running"}
	switch {
	case c.done == nil:
		o.State = "unknown"
	case c.ended():
		o.State, o.Status = "done", c.status
		if strings.HasPrefix(c.header.Get("Content-Type"), "application/json") && json.Valid(c.body) {
			o.Answer = c.body
		}
	}
	return o
}

func (a *API) operation(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("operation"))
	if err != nil {
		a.fail(w, r, fault.New(fault.BadRequest, "operation"))
		return
	}
	if err := a.loadCalls(r.Context()); err != nil {
		a.fail(w, r, err)
		return
	}
	a.calls.mu.Lock()
	c := a.calls.byID[id]
	var o Operation
	if c != nil {
		o = a.operationOf(c)
	}
	a.calls.mu.Unlock()
	if c == nil {
		a.fail(w, r, fault.New(fault.NotFound, id.String()))
		return
	}
	a.ok(w, r, o)
}

// ended lists the operations that ended after a change, in order, and what to
// wait for. Their answers are left out: whoever wants one asks for it.
func (a *API) ended(after uint64) (all []Operation, now uint64, more <-chan struct{}) {
	s := a.calls
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*kept
	for _, c := range s.byID {
		if c.change > after {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y *kept) int { return cmp.Compare(x.change, y.change) })
	for _, c := range list {
		o := a.operationOf(c)
		o.Answer = nil
		all = append(all, o)
	}
	return all, s.changes, s.changed
}
