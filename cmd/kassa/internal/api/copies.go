package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
)

// Since is how far back a copy of the journal reaches; zero: all of it.
type Since struct {
	Seq  uint64
	Time time.Time
}

// ParseSince reads a record's number, or a date or time in the till's zone.
func ParseSince(s string, zone *time.Location) (since Since, err error) {
	if s == "" {
		return since, nil
	}
	if since.Seq, err = strconv.ParseUint(s, 10, 64); err == nil && since.Seq > 0 {
		return since, nil
	}
	since.Time, err = ParseTime(s, zone)
	return since, err
}

// take takes in a copy of another till's journal.
func (a *API) take(w http.ResponseWriter, r *http.Request) {
	var in struct {
		From string `json:"from"`
	}
	err := read(w, r, &in)
	if err == nil && in.From == "" {
		err = fault.New(fault.BadRequest, "from")
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	taken, err := a.o.Import(r.Context(), in.From)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, taken)
}

func (a *API) export(w http.ResponseWriter, r *http.Request) {
	var in struct {
		To    string `json:"to"`
		Since string `json:"since"`
	}
	err := read(w, r, &in)
	if err == nil && in.To == "" {
		err = fault.New(fault.BadRequest, "to")
	}
	var since Since
	if err == nil {
		if since, err = ParseSince(in.Since, a.o.Location); err != nil {
			err = fault.New(fault.BadRequest, "since").With(err)
		}
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	manifest, err := a.o.Export(r.Context(), in.To, since)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, manifest)
}
