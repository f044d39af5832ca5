package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/till"
)

// A call's beginning is on the disk before anything is done for it, and its
// end before it is answered. A beginning without an end after a restart:
//
//   - a document of the call's id, or of its cheque where it paid one, says
//     that it was done;
//   - without one, what makes a document can be done again: it has the same id,
//     or is about the same cheque, so the till does it once;
//   - of anything else nobody can say, and that is the answer.
const (
	typeCall     = "call"
	typeCallDone = "call_done"
	callSchema   = 1
)

// callData is the Data of a beginning.
type callData struct {
	Key    string    `json:"key,omitempty"`
	Digest string    `json:"digest"`
	Path   string    `json:"path"`
	Cheque uuid.UUID `json:"cheque,omitzero"`
}

// callEnd is the Data of an end; the answer is private.
type callEnd struct {
	Call   uuid.UUID `json:"call"`
	Status int       `json:"status"`
}

// documentCalls make a document that has the call's id; pathPay's has the
// cheque's.
var documentCalls = map[string]bool{"/api/v1/return": true, "/api/v1/return/free": true, "/api/v1/exchange": true, "/api/v1/buy": true, "/api/v1/correct": true, "/api/v1/cash/in": true,
	"/api/v1/cash/out": true, "/api/v1/claims": true, "/api/v1/prepay": true, "/api/v1/hand-over": true, "/api/v1/repay": true, "/api/v1/stock/finish": true}

func (a *API) journals(c *kept) bool {
	return a.o.Append != nil && !unkept[c.path] && !strings.HasPrefix(c.path, pathUsers) && c.path != pathSettings
}

// before notes the beginning of a call, or finds out what became of one that
// began before the restart. It tells whether to carry it out.
func (a *API) before(ctx context.Context, c *kept, out *recorded, r *http.Request) bool {
	if c.lost {
		d, err := a.madeBy(ctx, c)
		switch {
		case err != nil:
			a.fail(out, r, err)
		case d != nil && d.Receipt != nil && d.Fiscal != nil:
			a.ok(out, r, map[string]any{"receipt": receiptOf(d)})
		case d != nil:
			a.status(out, r)
		case documentCalls[c.path] || c.path == pathPay:
			return true
		default:
			a.fail(out, r, fault.New(fault.CallUnknown))
		}
		return false
	}
	if !a.journals(c) {
		return true
	}
	seq, err := a.note(ctx, record.Entry{ID: c.ID, Type: typeCall}, callData{c.key, c.digest, c.path, c.cheque})
	if err != nil {
		a.fail(out, r, err)
		return false
	}
	c.seq = seq
	return true
}

// noteEnd notes the end of a call. When it can not, it stays unknown after a
// restart, which is true.
func (a *API) noteEnd(ctx context.Context, c *kept, out *recorded) {
	if !a.journals(c) || out.status >= http.StatusInternalServerError || c.lost && out.status >= http.StatusBadRequest {
		return
	}
	e := record.Entry{ID: uuid.Must(uuid.NewV7()), Type: typeCallDone}
	if b := out.body.Bytes(); out.status < http.StatusBadRequest && len(b) <= record.MaxPrivate {
		e.Private = b
	}
	if _, err := a.note(ctx, e, callEnd{c.ID, out.status}); err != nil {
		a.o.Log.Error("the end of a call was not noted", "path", c.path, "err", err)
	}
}

func (a *API) note(ctx context.Context, e record.Entry, data any) (seq uint64, err error) {
	e.Kind, e.Schema = record.Audit, callSchema
	if e.Data, err = json.Marshal(data); err != nil {
		return 0, err
	}
	return a.o.Append(ctx, e)
}

// madeBy finds the document that a call has made.
func (a *API) madeBy(ctx context.Context, c *kept) (*doc.Document, error) {
	for rec, err := range a.o.Records(ctx, record.Filter{Kinds: []record.Kind{record.Document}, After: c.seq}) {
		if err != nil {
			return nil, err
		}
		var d doc.Document
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			return nil, err
		}
		if documentCalls[c.path] && d.ID == c.ID || c.path == pathPay && d.Type == doc.Sell && c.cheque != uuid.Nil && d.Receipt != nil && d.Receipt.ChequeID == c.cheque {
			return &d, nil
		}
	}
	return nil, nil
}

// receiptOf tells a receipt of the journal as the till tells its last.
func receiptOf(d *doc.Document) till.LastView {
	v := till.LastView{ChequeID: d.Receipt.ChequeID, DocumentID: d.ID, Number: d.Number, Type: d.Type, Paid: d.Receipt.Payments, Total: d.Receipt.Total,
		FN: d.Fiscal.FN, FD: d.Fiscal.FD, Sign: d.Fiscal.Sign, At: d.Fiscal.Time}
	for _, p := range d.Receipt.Payments {
		v.Payment = p.Type
		v.Tendered += p.Tendered
		v.Change += p.Change
	}
	return v
}

// loadCalls reads back, once, the calls of the last day.
func (a *API) loadCalls(ctx context.Context) error {
	s := a.calls
	s.loading.Lock()
	defer s.loading.Unlock()
	if s.loaded || a.o.Append == nil {
		return nil
	}
	f := record.Filter{Kinds: []record.Kind{record.Audit}, Types: []string{typeCall, typeCallDone}, Since: time.Now().Add(-callsKept), Reverse: true, Limit: 2 * MaxCalls}
	var all []record.Record
	for rec, err := range a.o.Records(ctx, f) {
		if err != nil {
			return err
		}
		all = append(all, rec)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rec := range slices.Backward(all) {
		if err := s.load(rec); err != nil {
			return fault.New(fault.Internal).With(err)
		}
	}
	s.loaded = true
	return nil
}

func (s *calls) load(rec record.Record) error {
	if rec.Type == typeCall {
		var d callData
		if err := json.Unmarshal(rec.Data, &d); err != nil {
			return err
		}
		c := &kept{ID: rec.ID, key: d.Key, digest: d.Digest, path: d.Path, cheque: d.Cheque, begun: rec.Time, seq: rec.Seq, lost: true}
		s.byID[c.ID] = c
		if c.key != "" {
			s.byKey[c.key] = c
		}
		return nil
	}
	var e callEnd
	if err := json.Unmarshal(rec.Data, &e); err != nil {
		return err
	}
	c := s.byID[e.Call]
	switch {
	case c == nil:
	case e.Status >= http.StatusBadRequest: // refused: nothing was done, it may be asked anew
		delete(s.byID, c.ID)
		if s.byKey[c.key] == c {
			delete(s.byKey, c.key)
		}
	default:
		c.lost, c.status, c.body, c.gone = false, e.Status, rec.Private, len(rec.Private) == 0
		c.header = http.Header{"Content-Type": {"application/json; charset=utf-8"}, "Cache-Control": {"no-store"}}
		c.done = make(chan struct{})
		close(c.done)
	}
	return nil
}
