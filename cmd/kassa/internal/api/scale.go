package api

import (
	"net/http"

	"github.com/kassa-pos/kassa/pos/fault"
)

// scale tells what lies on the counter's scale. A weight is sold by scanning
// what it is of; this is for looking.
func (a *API) scale(w http.ResponseWriter, r *http.Request) {
	if a.o.Scale == nil {
		a.fail(w, r, fault.New(fault.Unavailable))
		return
	}
	reading, fresh := a.o.Scale()
	if !fresh {
		a.fail(w, r, fault.New(fault.ScaleDown))
		return
	}
	a.ok(w, r, reading)
}
