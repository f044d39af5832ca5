package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// orders lists the customers' orders, as the cloud has them now or, when it
// does not answer, as it had them last.
func (a *API) orders(w http.ResponseWriter, r *http.Request) {
	if a.o.Orders == nil {
		a.fail(w, r, fault.New(fault.CloudNone))
		return
	}
	list, at, err := a.o.Orders(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	answer := map[string]any{"orders": list, "stale": slices.ContainsFunc(list, func(o catalog.Order) bool { return o.Stale })}
	if !at.IsZero() {
		answer["at"] = at
	}
	a.ok(w, r, answer)
}

// Orders reads the customers' orders; those that the cloud has told of some
// time ago are stale.
func (a *API) Orders(ctx context.Context) ([]catalog.Order, error) {
	if a.o.Orders == nil {
		return nil, fault.New(fault.CloudNone)
	}
	list, _, err := a.o.Orders(ctx)
	return list, err
}

// takeOrder makes the empty cheque of an order, found by its name or id.
func (a *API) takeOrder(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Order string `json:"order"`
	}
	err := read(w, r, &in)
	var list []catalog.Order
	if err == nil {
		list, err = a.Orders(r.Context())
	}
	var cmd till.TakeOrder
	if err == nil {
		err = fault.New(fault.NotFound, in.Order)
		for i := range list {
			if o := &list[i]; in.Order != "" && (o.ID == in.Order || o.Name == in.Order) {
				cmd, err = a.OrderCheque(r.Context(), o)
				break
			}
		}
	}
	a.told(w, r, cmd, err)
}

// OrderCheque finds the items of an order in the catalogue.
func (a *API) OrderCheque(ctx context.Context, o *catalog.Order) (till.TakeOrder, error) {
	if o.Stale && o.PaidCash+o.PaidNoCash+o.PaidQR > 0 {
		// What was paid may have been handed over elsewhere meanwhile.
		return till.TakeOrder{}, fault.New(fault.OrderStale, o.Name)
	}
	v, _ := a.o.Till.View()
	cmd := till.TakeOrder{Generation: v.Catalog, Order: cheque.Order{Order: doc.Order{ID: o.ID, Name: o.Name, Agent: o.Agent},
		PaidCash: o.PaidCash, PaidNoCash: o.PaidNoCash, PaidQR: o.PaidQR}}
	for _, p := range o.Positions {
		it, err := a.o.Item(ctx, v.Catalog, p.ItemID)
		if err != nil {
			return cmd, fault.New(fault.CodeUnknown, p.Name).With(err)
		}
		if err := a.unmarked(ctx, v.Catalog, &it); err != nil {
			return cmd, err
		}
		cmd.Lines = append(cmd.Lines, till.OrderLine{Item: it, Qty: p.Qty, Price: p.Price})
	}
	return cmd, nil
}

// unmarked refuses a bundle of which a part needs a marking code: such a bundle
// is scanned, part by part, and an order's line can not ask for that.
func (a *API) unmarked(ctx context.Context, generation int64, it *catalog.Item) error {
	for _, p := range it.Parts {
		part, err := a.o.Item(ctx, generation, p.ItemID)
		switch {
		case err != nil:
			return fault.New(fault.BundleUnknown, it.Name, p.ItemID).With(err)
		case part.Marked():
			return fault.New(fault.BundleOrder, it.Name, part.Name)
		}
	}
	return nil
}
