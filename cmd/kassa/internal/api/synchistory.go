package api

import (
	"net/http"
	"time"

	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/pos/fault"
)

// spans are what the queue's history may be cut into.
var spans = map[string]time.Duration{"": time.Hour, "hour": time.Hour, "day": 24 * time.Hour, "10min": outbox.HistoryStep}

// syncHistory tells how the queue to the cloud went in the last seven days.
func (a *API) syncHistory(w http.ResponseWriter, r *http.Request) {
	span, ok := spans[r.URL.Query().Get("by")]
	var flows []outbox.Flow
	var err error
	switch {
	case a.o.Flows == nil:
		err = fault.New(fault.CloudNone)
	case !ok:
		err = fault.New(fault.BadRequest, "by: 10min, hour, day")
	default:
		flows, err = a.o.Flows(r.Context(), span)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, map[string]any{"history": flows})
}
