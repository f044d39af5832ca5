package console

import (
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/fault"
)

// The page for whoever looks after the till: how other machines reach it, and
// what to hand over when help is needed.

func (c *Console) serviceRoutes(m *router) {
	m.HandleFunc("GET /service", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "service", "service.title", nil) }))
	m.HandleFunc("POST /do/tls-renew", c.allowed(c.renewTLS))
}

// renewTLS makes the certificate anew; with "authority" that too, which every
// browser has to take in again.
func (c *Console) renewTLS(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuse(w, r, formStatus(err), formFault(err))
		return
	}
	err := error(fault.New(fault.TLSNone))
	if c.o.RenewTLS != nil {
		err = c.o.RenewTLS(r.PostForm.Get("authority") != "")
	}
	if err != nil {
		c.refuse(w, r, http.StatusUnprocessableEntity, fault.Of(err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// TLS is how other machines reach these pages; nil: nobody knows.
func (s *screen) TLS() *api.TLS {
	if s.tls == nil {
		return nil
	}
	t, err := s.tls()
	if err != nil {
		return nil
	}
	return &t
}
