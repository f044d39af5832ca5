package outbox

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"
)

// Exported is a document that is not delivered, as it would be: for a person
// who carries it there by hand, or shows it to those who can mend it.
type Exported struct {
	Destination string          `json:"destination"`
	Document    Parked          `json:"document"`
	Frozen      bool            `json:"frozen"` // the request is the one that was, or will be, sent; else it was made for this answer
	Method      string          `json:"method,omitempty"`
	Path        string          `json:"path,omitempty"`
	Request     json.RawMessage `json:"request,omitempty"`
	Problem     string          `json:"problem,omitempty"` // why there is no request
}

// Export gives a document that waits or is parked. It changes nothing.
// ErrNotParked when there is none of that id.
func (q *Queue) Export(ctx context.Context, id uuid.UUID) (x Exported, err error) {
	if err := q.lock(ctx); err != nil {
		return x, err
	}
	defer q.unlock()
	if err := q.read(ctx); err != nil {
		return x, err
	}
	all := q.outstanding()
	i := slices.IndexFunc(all, func(p Parked) bool { return p.Document == id })
	if i < 0 {
		return x, ErrNotParked
	}
	x = Exported{Destination: q.dest.Name(), Document: all[i], Frozen: all[i].Frozen > 0}
	j, err := q.prepare(ctx, all[i].entry())
	if err != nil {
		return x, err
	}
	if j.err != nil {
		x.Problem = FailureOf(j.err).Error()
		return x, nil
	}
	x.Method, x.Path = j.request.Method, j.request.Path
	if j.request.Body != "" {
		x.Request = json.RawMessage(j.request.Body)
	}
	return x, nil
}
