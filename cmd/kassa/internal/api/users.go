package api

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/users"
	"github.com/kassa-pos/kassa/pos/fault"
)

const pathUsers = "/api/v1/users"

// Users says who works at the till. Whoever is logged in there does it.
type Users interface {
	List() []users.Person
	// Empty tells whether nobody can log in.
	Empty() bool
	Add(ctx context.Context, n users.New) (users.Person, error)
	Change(ctx context.Context, id string, c users.Change) (users.Person, error)
	SetPIN(ctx context.Context, id, pin string) (users.Person, error)
	Badge(ctx context.Context, id, code string) error
	Remove(ctx context.Context, id string) error
}

func (a *API) userRoutes() []route {
	return []route{
		{"GET", pathUsers, a.users},
		{"POST", pathUsers, a.addUser},
		{"POST", pathUsers + "/{user}", a.changeUser},
		{"POST", pathUsers + "/{user}/pin", a.setPIN},
		{"DELETE", pathUsers + "/{user}", a.removeUser},
	}
}

func (a *API) users(w http.ResponseWriter, r *http.Request) {
	if a.o.Users == nil {
		a.fail(w, r, fault.New(fault.Unavailable))
		return
	}
	a.ok(w, r, map[string]any{"users": a.o.Users.List()})
}

// person answers with who was changed.
func (a *API) person(w http.ResponseWriter, r *http.Request, in any, do func() (users.Person, error)) {
	err := read(w, r, in)
	var p users.Person
	switch {
	case err != nil:
	case a.o.Users == nil:
		err = fault.New(fault.Unavailable)
	default:
		p, err = do()
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, p)
}

func (a *API) addUser(w http.ResponseWriter, r *http.Request) {
	var in users.New
	a.person(w, r, &in, func() (users.Person, error) { return a.o.Users.Add(r.Context(), in) })
}

func (a *API) changeUser(w http.ResponseWriter, r *http.Request) {
	var in users.Change
	a.person(w, r, &in, func() (users.Person, error) { return a.o.Users.Change(r.Context(), r.PathValue("user"), in) })
}

func (a *API) setPIN(w http.ResponseWriter, r *http.Request) {
	var in struct {
		PIN string `json:"pin"`
	}
	a.person(w, r, &in, func() (users.Person, error) { return a.o.Users.SetPIN(r.Context(), r.PathValue("user"), in.PIN) })
}

func (a *API) removeUser(w http.ResponseWriter, r *http.Request) {
	var in struct{}
	err := read(w, r, &in)
	switch {
	case err != nil:
	case a.o.Users == nil:
		err = fault.New(fault.Unavailable)
	default:
		err = a.o.Users.Remove(r.Context(), r.PathValue("user"))
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.users(w, r)
}
