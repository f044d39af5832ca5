package api

import (
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/record"
)

// Record is a record as programs get it: who a document is about is masked.
type Record struct {
	record.Record
	Contact string `json:"contact,omitempty"`
}

// Public masks a record.
func Public(rec record.Record) Record {
	var p doc.People
	if rec.Kind != record.Document || len(rec.Private) == 0 || json.Unmarshal(rec.Private, &p) != nil {
		return Record{Record: rec}
	}
	return Record{rec, p.Masked()}
}

func (a *API) erase(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Document uuid.UUID `json:"document"`
		Contact  string    `json:"contact"`
	}
	err := read(w, r, &in)
	if err == nil && (in.Contact == "") == (in.Document == uuid.Nil) {
		err = fault.New(fault.BadRequest, "document | contact")
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	erased, err := a.o.Erase(r.Context(), in.Document, in.Contact)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, erased)
}

// badge makes a code the badge of a cashier.
func (a *API) badge(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Cashier string `json:"cashier"`
		Badge   string `json:"badge"`
	}
	err := read(w, r, &in)
	if err == nil {
		err = a.o.Badge(r.Context(), in.Cashier, in.Badge)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, a.whole())
}
