package api

import (
	"net/http"
	"strconv"

	"github.com/kassa-pos/kassa/offline/ofd"
	"github.com/kassa-pos/kassa/pos/fault"
)

// shifts answers with the till's own report of shifts: from and to are days
// or moments of the till's zone, both included.
func (a *API) shifts(w http.ResponseWriter, r *http.Request) {
	p := r.URL.Query()
	q := ofd.Query{From: p.Get("from"), To: p.Get("to"), DocumentTypes: splitList(p["document_type"]), Operations: splitList(p["operation"]),
		Taxation: splitList(p["taxation"]), Orders: splitList(p["order"])}
	var err error
	for name, at := range map[string]*int{"limit": &q.Limit, "offset": &q.Offset} {
		if s := p.Get(name); s != "" && err == nil {
			if *at, err = strconv.Atoi(s); err != nil || *at < 0 || *at > MaxPage && name == "limit" {
				err = fault.New(fault.BadRequest, name)
			}
		}
	}
	if s := p.Get("shift"); s != "" && err == nil {
		if q.Shift, err = strconv.ParseInt(s, 10, 64); err != nil || q.Shift < 1 {
			err = fault.New(fault.BadRequest, "shift")
		}
	}
	var report ofd.Report
	if err == nil {
		report, err = a.o.Shifts(r.Context(), q)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, report)
}
