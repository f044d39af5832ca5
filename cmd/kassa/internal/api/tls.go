package api

import (
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/certs"
	"github.com/kassa-pos/kassa/pos/fault"
)

const pathTLS = "/api/v1/tls"

// TLS is how other machines reach the till's pages.
type TLS struct {
	On    bool     `json:"on"`             // other machines are spoken to over TLS alone
	Plain bool     `json:"plain"`          // they can connect, and nothing is encrypted
	URLs  []string `json:"urls,omitempty"` // for their browsers
	certs.State
	PEM string `json:"ca_pem,omitempty"` // the authority's certificate
}

func (a *API) tls(w http.ResponseWriter, r *http.Request) {
	if a.o.TLS == nil {
		a.fail(w, r, fault.New(fault.Unavailable))
		return
	}
	t, err := a.o.TLS()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	if t.Names == nil {
		t.Names = []string{}
	}
	a.ok(w, r, t)
}

// renewTLS makes the certificate anew, with "authority" that too. Locally only.
func (a *API) renewTLS(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Authority bool `json:"authority"`
	}
	err := read(w, r, &in)
	if err == nil && a.o.RenewTLS == nil {
		err = fault.New(fault.Unavailable)
	}
	if err == nil {
		err = a.o.RenewTLS(in.Authority)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.tls(w, r)
}
