package api

import (
	"net/http"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/loglines"
	"github.com/kassa-pos/kassa/pos/fault"
)

// log answers with the newest lines of the log, the newest last.
func (a *API) log(w http.ResponseWriter, r *http.Request) {
	q, err := a.query(r)
	if err == nil && a.o.Lines == nil {
		err = fault.New(fault.Unavailable)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	lines := a.o.Lines(q.limit)
	if lines == nil {
		lines = []loglines.Line{}
	}
	a.ok(w, r, map[string]any{"lines": lines})
}
