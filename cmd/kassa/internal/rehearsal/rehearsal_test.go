package rehearsal

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(t *testing.T, items ...catalog.Item) Options {
	t.Helper()
	return Options{
		Dir: t.TempDir(), Items: items, Store: catalog.Store{PriceType: "retail", TaxSystem: tax.SimplifiedIncome}, Currency: "RUB",
		Log: slog.New(slog.DiscardHandler),
	}
}

func item(id string, price money.Amount) catalog.Item {
	return catalog.Item{ID: id, Name: id, Rate: tax.None, Prices: []catalog.Price{{Type: "retail", Value: price}}}
}

func TestSellsTheShopsItems(t *testing.T) {
	marked, weighed, dear := item("marked", 100), item("weighed", 100), item("wrong type", 100)
	marked.Tracking, weighed.ByWeight, dear.Prices[0].Type = "TOBACCO", true, "wholesale"
	patent := item("patent", 100)
	patent.TaxSystem = tax.Patent
	o := options(t, item("bread", 5000), marked, weighed, dear, patent, item("milk", 8990))
	r, err := Sell(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Items != 2 || r.Total != 13990 || r.Records == 0 {
		t.Errorf("%+v", r)
	}
	if left, err := os.ReadDir(o.Dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSellsWithAnEmptyCatalogue(t *testing.T) {
	if r, err := Sell(t.Context(), options(t)); err != nil || r.Total != 12345 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// TestReleaseThatCanNotSell: whatever is wrong is an error, and nothing is
// left behind.
func TestReleaseThatCanNotSell(t *testing.T) {
	bad := item("bad", 100)
	bad.Rate = "no such rate"
	for name, spoil := range map[string]func(*Options) context.Context{
		"pricing refuses": func(o *Options) context.Context { o.Items = []catalog.Item{bad}; return t.Context() },
		"a full disk": func(o *Options) context.Context {
			o.Free = func(string) (uint64, error) { return 1 << 20, nil }
			return t.Context()
		},
		"a disk that fails": func(o *Options) context.Context { o.Dir += "/nowhere"; return t.Context() },
		"too late": func(*Options) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			dir := o.Dir
			if r, err := Sell(spoil(&o), o); err == nil {
				t.Fatalf("it sells: %+v", r)
			}
			if left, err := os.ReadDir(dir); err != nil && !errors.Is(err, os.ErrNotExist) || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
