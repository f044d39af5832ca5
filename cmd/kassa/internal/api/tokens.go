package api

import (
	"context"
	"crypto/subtle"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/access"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Tokens keeps what lets programs in from the network.
type Tokens interface {
	Make(ctx context.Context, name string, scopes []access.Scope, by string) (secret string, t access.Token, err error)
	Revoke(ctx context.Context, id uuid.UUID, by string) error
	List() []access.Token
	Allows(secret string, s access.Scope) (t access.Token, known, allowed bool)
}

// allowed tells whether a call from the network may come in.
func (a *API) allowed(token string) bool {
	if a.o.Token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(a.o.Token)) == 1 {
		return true
	}
	if a.o.Tokens == nil {
		return false
	}
	_, _, allowed := a.o.Tokens.Allows(token, access.API)
	return allowed
}

func (a *API) tokens(w http.ResponseWriter, r *http.Request) {
	a.ok(w, r, map[string]any{"tokens": a.o.Tokens.List()})
}

// made is a new token, shown this once.
type made struct {
	Secret string `json:"token"`
	access.Token
}

func (a *API) makeToken(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name   string         `json:"name"`
		Scopes []access.Scope `json:"scopes"`
	}
	err := read(w, r, &in)
	var out made
	if err == nil {
		out.Secret, out.Token, err = a.o.Tokens.Make(r.Context(), in.Name, in.Scopes, a.who())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, out)
}

func (a *API) revokeToken(w http.ResponseWriter, r *http.Request) {
	id, err := uuid.Parse(r.PathValue("token"))
	if err != nil {
		err = fault.New(fault.BadRequest, "token").With(err)
	} else {
		err = a.o.Tokens.Revoke(r.Context(), id, a.who())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.tokens(w, r)
}

// who is logged in at the till; "" nobody.
func (a *API) who() string {
	if v, _ := a.o.Till.View(); v.Cashier != nil {
		return v.Cashier.Name
	}
	return ""
}
