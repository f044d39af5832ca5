package api

import (
	"context"
	"io"
	"net/http"

	"github.com/kassa-pos/kassa/pos/fault"
)

const pathSupport = "/api/v1/support"

// Support makes the bundle for whoever helps; see package support.
type Support struct {
	Write func(ctx context.Context, w io.Writer) error
	// ToUSB writes it to the medium that is plugged in and tells its name.
	ToUSB func(ctx context.Context) (string, error)
}

// support sends the bundle as it is made. Locally only.
func (a *API) support(w http.ResponseWriter, r *http.Request) {
	if a.o.Support.Write == nil {
		a.fail(w, r, fault.New(fault.Unavailable))
		return
	}
	out := &begun{ResponseWriter: w}
	if err := a.o.Support.Write(r.Context(), out); err != nil {
		if !out.yes {
			a.fail(w, r, err)
			return
		}
		a.o.Log.Warn("support bundle was cut off", "err", err)
		panic(http.ErrAbortHandler) // half a bundle must not look like a whole one
	}
}

// begun is an answer of which something may have been sent.
type begun struct {
	http.ResponseWriter
	yes bool
}

func (b *begun) Write(p []byte) (int, error) {
	if !b.yes {
		b.yes = true
		b.Header().Set("Content-Type", "application/zip")
		b.Header().Set("Cache-Control", "no-store")
	}
	return b.ResponseWriter.Write(p)
}

// supportToUSB writes the bundle to a medium. Locally only.
func (a *API) supportToUSB(w http.ResponseWriter, r *http.Request) {
	err := read(w, r, &struct{}{})
	if err == nil && a.o.Support.ToUSB == nil {
		err = fault.New(fault.Unavailable)
	}
	var name string
	if err == nil {
		name, err = a.o.Support.ToUSB(r.Context())
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, map[string]string{"name": name})
}
