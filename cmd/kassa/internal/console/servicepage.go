package console

import (
	"context"
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/support"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// The page for whoever looks after the till: how other machines reach it, and
// what to hand over when help is needed.

func (c *Console) serviceRoutes(m *router) {
	m.HandleFunc("GET /service", c.signedIn(func(w http.ResponseWriter, r *http.Request) { c.page(w, r, "service", "service.title", nil) }))
	m.HandleFunc("POST /do/tls-renew", c.allowed(c.renewTLS))
	if c.o.Support.Write == nil {
		return
	}
	m.HandleFunc("GET /support.zip", c.allowed(c.supportFile))
	m.HandleFunc("POST /do/support-usb", c.allowed(c.chore(&c.helping, "support", func(ctx context.Context, end *choreView) (err error) {
		end.Dir, err = c.o.Support.ToUSB(ctx)
		return err
	})))
}

// supportFile sends the bundle for whoever helps.
func (c *Console) supportFile(w http.ResponseWriter, r *http.Request) {
	ctx, stop := c.commandContext(r)
	defer stop()
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="`+support.Name(c.o.Now())+`"`)
	if err := c.o.Support.Write(ctx, w); err != nil {
		c.o.Log.Warn("support bundle was cut off", "err", err)
		panic(http.ErrAbortHandler) // half a bundle must not look like a whole one
	}
}

// HelpingFault says why the bundle was not made.
func (s *screen) HelpingFault() string { return s.loc.fault(s.Helping.Err) }

// HasSupport tells whether the person at the till may make the bundle.
func (s *screen) HasSupport() bool { return s.Helps && s.May(catalog.MayService) }

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
