package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/kassa-pos/kassa/offline/reconcile"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Period is what a reconciliation is about: one shift, or all shifts with
// something between two moments.
type Period struct {
	Shift    int64     // the till's number; 0: none
	From, To time.Time // To is not included
}

// ParsePeriod reads a shift's number, a day "2026-11-22" or a month "2026-11"
// of the till's zone.
func ParsePeriod(s string, zone *time.Location) (Period, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
		return Period{Shift: n}, nil
	}
	if t, err := time.ParseInLocation("2006-01-02", s, zone); err == nil {
		return Period{From: t, To: t.AddDate(0, 0, 1)}, nil
	}
	t, err := time.ParseInLocation("2006-01", s, zone)
	if err != nil {
		return Period{}, fault.New(fault.BadRequest, "shift | 2026-11-22 | 2026-11")
	}
	return Period{From: t, To: t.AddDate(0, 1, 0)}, nil
}

// reconciled is a difference in the till's language.
type reconciled struct {
	reconcile.Difference
	Text string `json:"text"`
}

func (a *API) reconcile(w http.ResponseWriter, r *http.Request) {
	result, err := a.compared(r.Context(), r.URL.Query().Get("of"))
	a.reconciled(w, r, result, err)
}

// printReconciled is reconcile with a slip of it from the fiscal device, which
// is no fiscal document.
func (a *API) printReconciled(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Of string `json:"of"`
	}
	err := read(w, r, &in)
	if err == nil && a.o.KKT == nil {
		err = fault.New(fault.FiscalMissing)
	}
	var result reconcile.Result
	if err == nil {
		result, err = a.compared(r.Context(), in.Of)
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), replyTimeout)
		defer cancel()
		err = a.o.KKT.Print(ctx, result.Slip(in.Of, a.o.Language))
	}
	a.reconciled(w, r, result, err)
}

func (a *API) compared(ctx context.Context, of string) (reconcile.Result, error) {
	p, err := ParsePeriod(of, a.o.Location)
	if err != nil {
		return reconcile.Result{}, err
	}
	return a.o.Reconcile(ctx, p)
}

func (a *API) reconciled(w http.ResponseWriter, r *http.Request, result reconcile.Result, err error) {
	if err != nil {
		a.fail(w, r, err)
		return
	}
	out := struct {
		reconcile.Result
		Differences []reconciled `json:"differences"`
	}{result, make([]reconciled, len(result.Differences))}
	for i, d := range result.Differences {
		out.Differences[i] = reconciled{d, d.Text(a.o.Language)}
	}
	a.ok(w, r, out)
}
