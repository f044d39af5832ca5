package consoletest

import (
	"context"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/tax"
	"github.com/kassa-pos/kassa/pos/till"
)

// made is what began at the till. Guarded by Till.mu.
type made struct {
	items  []catalog.Item
	people []catalog.CustomerCard
	orders []catalog.Order
}

// Made makes goods, customers and orders, by a senior's word, and forgets them
// with the till.
func Made(t *Till) api.Made {
	return api.Made{Product: t.product, Customer: t.customer, Order: t.order}
}

func (t *Till) product(ctx context.Context, p api.NewProduct) (catalog.Item, error) {
	it := catalog.Item{ID: catalog.OwnID(newID()), Type: catalog.Product, Name: strings.TrimSpace(p.Name), Barcodes: p.Barcodes, Rate: p.Rate, Unit: p.Unit, Kind: 1,
		Prices: []catalog.Price{{Type: retail, Value: p.Price}}, ByWeight: p.Unit == "кг"}
	if it.Rate == "" {
		it.Rate = tax.VAT22
	}
	for _, code := range p.Barcodes {
		t.mu.Lock()
		known := t.lookup(code)
		t.mu.Unlock()
		if known != nil {
			return it, fault.New(fault.MadeKnown, known.Item.Name)
		}
	}
	if err := t.Do(ctx, till.Allow{Permission: catalog.MayCreate}); err != nil {
		return it, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made.items = append(t.made.items, it)
	return it, nil
}

func (t *Till) customer(ctx context.Context, p api.NewCustomer) (catalog.CustomerCard, error) {
	who := catalog.CustomerCard{Customer: catalog.Customer{ID: catalog.OwnID(newID())}, Name: strings.TrimSpace(p.Name), Phone: catalog.PhoneDigits(p.Phone), Card: p.Card}
	if who.Phone == "" && who.Card == "" {
		return who, fault.New(fault.BadRequest, "name, phone | card | email")
	}
	if err := t.Do(ctx, till.Allow{Permission: catalog.MayCreate}); err != nil {
		return who, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.made.people = append(t.made.people, who)
	return who, nil
}

func (t *Till) order(ctx context.Context, p api.NewOrder) (catalog.Order, error) {
	v, _ := t.View()
	o := catalog.Order{ID: catalog.OwnID(newID()), Name: "01-З-260305101500", Time: t.now(), Description: p.Description}
	if v.Cheque.Customer == nil {
		return o, fault.New(fault.CustomerNone)
	}
	o.Agent, o.AgentName = v.Cheque.Customer.ID, v.Cheque.Customer.Name
	for _, l := range v.Cheque.Lines {
		o.Positions = append(o.Positions, catalog.OrderPosition{ItemID: l.ItemID, Name: l.Name, Qty: l.Qty, Price: l.Price, ItemType: catalog.Product, Rate: l.Rate})
	}
	if err := t.Do(ctx, till.Allow{Permission: catalog.MayCreate}); err != nil {
		return o, err
	}
	t.mu.Lock()
	t.made.orders = append(t.made.orders, o)
	t.mu.Unlock()
	return o, t.Do(ctx, till.VoidCheque{})
}

// orders are what customers have ordered, here too.
func (t *Till) orders(ctx context.Context) ([]catalog.Order, error) {
	all, err := Orders(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	return append(all, t.made.orders...), err
}

// Customers finds customers, those made here too.
func (t *Till) Customers(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.findCustomers(ctx, text, limit)
}

// findCustomers does; t.mu is held.
func (t *Till) findCustomers(ctx context.Context, text string, limit int) ([]catalog.CustomerCard, error) {
	found, err := FindCustomers(ctx, text, limit)
	for _, c := range t.made.people {
		if (text == c.ID || text == c.Card || text == c.Phone || strings.HasPrefix(c.Name, text)) && len(found) < limit {
			found = append(found, c)
		}
	}
	return found, err
}

// lookup finds goods by a code, those made here too; t.mu is held.
func (t *Till) lookup(code string) *catalog.Match {
	for _, it := range t.made.items {
		if slices.Contains(it.Barcodes, code) {
			return &catalog.Match{Generation: 1, Item: it, Qty: 1000, Code: code}
		}
	}
	return lookup(code)
}
