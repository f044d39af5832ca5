package api

import (
	"errors"
	"io"
	"net/http"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/till"
)

func (a *API) promotions(w http.ResponseWriter, r *http.Request) {
	v, _ := a.o.Till.View()
	a.ok(w, r, map[string]any{"promotions": v.Promotions()})
}

// setPromotions replaces the till's own promotions by a file's. Nothing of a
// file with a fault is taken.
func (a *API) setPromotions(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, pricing.MaxFile))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		a.fail(w, r, fault.New(fault.TooLarge, "1 MiB"))
		return
	}
	if err != nil {
		a.fail(w, r, fault.New(fault.BadRequest, "body").With(err))
		return
	}
	all, faults := pricing.ReadFile(data)
	if len(faults) > 0 {
		p := a.problem(fault.New(fault.BadRequest, faults[0].String()))
		a.write(w, r, httpStatus(p.Code), map[string]any{"error": p, "faults": faults})
		return
	}
	if r.URL.Query().Get("dry_run") != "" {
		a.ok(w, r, map[string]any{"promotions": len(all)})
		return
	}
	if err := a.command(r.Context(), till.SetPromotions{Promotions: all}); err != nil {
		a.fail(w, r, err)
		return
	}
	a.ok(w, r, map[string]any{"promotions": len(all)})
}
