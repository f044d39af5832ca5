package api

import (
	"context"
	"errors"
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/till"
)

// viewOf is a till that shows a view and does nothing.
type viewOf struct{ Till }

func (viewOf) View() (till.View, uint64) { return till.View{}, 1 }

// A bundle with a part that needs a marking code, or may need one, is not sold
// by an order's line.
func TestOrderOfBundles(t *testing.T) {
	items := map[string]catalog.Item{
		"set":   {ID: "set", Name: "Набор", Type: catalog.Bundle, Parts: []catalog.Part{{ItemID: "cup", Quantity: qty.One}, {ItemID: "tea", Quantity: qty.One}}},
		"wet":   {ID: "wet", Name: "С водой", Type: catalog.Bundle, Parts: []catalog.Part{{ItemID: "cup", Quantity: qty.One}, {ItemID: "water", Quantity: qty.One}}},
		"lost":  {ID: "lost", Name: "Без части", Type: catalog.Bundle, Parts: []catalog.Part{{ItemID: "gone", Quantity: qty.One}}},
		"cup":   {ID: "cup", Name: "Чашка"},
		"tea":   {ID: "tea", Name: "Чай"},
		"water": {ID: "water", Name: "Вода", Tracking: "WATER"},
	}
	a := New(Options{Till: viewOf{}, Item: func(_ context.Context, _ int64, id string) (catalog.Item, error) {
		it, ok := items[id]
		if !ok {
			return it, errors.New("none")
		}
		return it, nil
	}})
	for id, want := range map[string]fault.Code{"set": "", "wet": fault.BundleOrder, "lost": fault.BundleUnknown, "none": fault.CodeUnknown} {
		cmd, err := a.OrderCheque(t.Context(), &catalog.Order{Positions: []catalog.OrderPosition{{ItemID: id, Qty: qty.One}}})
		var f *fault.Error
		if got := errors.As(err, &f); (want != "") != got || (got && f.Code != want) || (want == "" && len(cmd.Lines) != 1) {
			t.Errorf("%s: %v, want %q", id, err, want)
		}
	}
}
