package api

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/reports"
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

// sales answers with what was sold: today by hours when nothing is said.
func (a *API) sales(w http.ResponseWriter, r *http.Request) {
	if a.o.Sales == nil {
		a.fail(w, r, fault.New(fault.Unavailable))
		return
	}
	q := r.URL.Query()
	period, err := reports.Asked{Span: q.Get("span"), From: q.Get("from"), To: q.Get("to"), Shift: q.Get("shift")}.Period(time.Now().In(a.o.Location))
	var report reports.SalesReport
	if err == nil {
		report, err = a.o.Sales(r.Context(), cmp.Or(reports.By(q.Get("by")), reports.ByHour), period)
	}
	if err != nil {
		a.fail(w, r, err)
		return
	}
	switch q.Get("format") {
	case "", "json":
		a.ok(w, r, report)
	case "csv":
		var table bytes.Buffer
		if err := (reports.CSV{Language: cmp.Or(q.Get("language"), a.o.Language), BOM: q.Get("bom") == "1"}).Write(&table, report); err != nil {
			a.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", report.FileName()))
		w.Header().Set("Cache-Control", "no-store")
		if _, err := table.WriteTo(w); err != nil {
			a.o.Log.Debug("client went away", "path", r.URL.Path, "err", err)
		}
	default:
		a.fail(w, r, fault.New(fault.BadRequest, "format"))
	}
}
