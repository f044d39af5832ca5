package consoletest

import (
	"context"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

// Books is the integrator's face over a till in memory: what the console looks
// receipts, orders and claims up with.
func Books(t *Till) *api.API {
	return api.New(api.Options{Till: t, Records: t.Documents, Orders: func(ctx context.Context) ([]catalog.Order, time.Time, error) {
		list, err := t.orders(ctx)
		return list, t.now(), err
	}, Item: item1, Location: t.now().Location(), Boot: "test"})
}

// Orders are what customers have ordered.
func Orders(context.Context) ([]catalog.Order, error) {
	items := Items()
	return []catalog.Order{
		{ID: "o1", Name: "00042", Time: time.Date(2026, 3, 4, 18, 30, 0, 0, time.UTC), AgentName: "Ольга Петрова", State: "Собран", Description: "Позвонить за час",
			Positions: []catalog.OrderPosition{{ItemID: items[0].ID, Name: items[0].Name, Qty: 2000, Price: 60_00}, {ItemID: items[3].ID, Name: items[3].Name, Qty: 1000, Price: 95_00}}, PaidNoCash: 100_00},
		{ID: "o2", Name: "00043", Time: time.Date(2026, 3, 5, 10, 5, 0, 0, time.UTC), State: "Новый",
			Positions: []catalog.OrderPosition{{ItemID: items[13].ID, Name: items[13].Name, Qty: 1000, Price: 1700_00}}},
	}, nil
}

func item1(_ context.Context, _ int64, id string) (catalog.Item, error) {
	for _, it := range Items() {
		if it.ID == id {
			return it, nil
		}
	}
	return catalog.Item{}, fault.New(fault.CodeUnknown, id)
}

// FindCustomers finds customers by card or the beginning of the name.
func FindCustomers(_ context.Context, text string, limit int) (found []catalog.CustomerCard, _ error) {
	for _, c := range Customers() {
		if (text == c.ID || text == c.Card || strings.HasPrefix(c.Name, text)) && len(found) < limit {
			found = append(found, c)
		}
	}
	return found, nil
}
