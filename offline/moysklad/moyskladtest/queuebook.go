package moyskladtest

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// QueueBook is a receipt in the queue of cloud fiscalisation.
type QueueBook struct {
	Kind   string       `json:"kind"`
	Name   string       `json:"name"`
	SyncID string       `json:"syncid"`
	Sum    money.Amount `json:"sum"`
	Status string       `json:"status"`
	Taken  int          `json:"taken,omitempty"`    // times a master took it
	No     int          `json:"rejected,omitempty"` // times one rejected it
	Why    string       `json:"why,omitempty"`      // the last time
	FN     string       `json:"fn,omitempty"`
	FD     string       `json:"fd,omitempty"`
}

// queue lists the newest of the queue. s.mu is held.
func (s *Server) queue() []QueueBook {
	all := []QueueBook{}
	for i := len(s.state.docs) - 1; i >= 0 && len(all) < bookQueue; i-- {
		d := &s.state.docs[i]
		if d.Fiscal == nil {
			continue
		}
		q := QueueBook{Kind: d.Kind, Name: d.Name, SyncID: d.SyncID, Sum: d.Sum, Status: d.Fiscal.Status, Taken: d.Fiscal.Taken, No: d.Fiscal.No, Why: d.Fiscal.Error}
		var c struct {
			FN string `json:"fnNumber"`
			FD string `json:"fiscalDocNumber"`
		}
		if len(d.Fiscal.Cheque) > 0 && json.Unmarshal(d.Fiscal.Cheque, &c) == nil {
			q.FN, q.FD = c.FN, c.FD
		}
		all = append(all, q)
	}
	return all
}

// asksStatus tells whether a request only asked about a receipt that is not
// there: an answer to that is no refusal.
func asksStatus(r *http.Request, no *refused) bool {
	return no.code == 1021 && strings.Contains(r.URL.Path, "/rpc/minion/status/")
}
