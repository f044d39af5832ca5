package catalog

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMarked(t *testing.T) {
	for tracking, want := range map[string]bool{"": false, "NOT_TRACKED": false, "MILK": true, "TOBACCO": true, "SOMETHING_NEW": true, "not_tracked": true} {
		i := Item{Tracking: tracking}
		if got := i.Marked(); got != want {
			t.Errorf("%q: %v", tracking, got)
		}
	}
}

func TestPriceOf(t *testing.T) {
	i := Item{Prices: []Price{{"Цена продажи", 8990}, {"Оптовая", 0}, {"Скидочная", -5}, {"Цена продажи", 1}}}
	if v, ok := i.PriceOf("Цена продажи"); !ok || v != 8990 {
		t.Errorf("%d, %v", v, ok)
	}
	for _, name := range []string{"Оптовая", "Скидочная", "Другая", ""} {
		if v, ok := i.PriceOf(name); ok {
			t.Errorf("%s: %d", name, v)
		}
	}
	if _, ok := new(Item).PriceOf("Цена продажи"); ok {
		t.Error("an item without prices has one")
	}
}

// What is written as JSON comes back as it was, but for empty lists.
func TestJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Make[Item]().Draw(t, "item")
		if len(want.Barcodes) == 0 {
			want.Barcodes = nil
		}
		if len(want.Packs) == 0 {
			want.Packs = nil
		}
		if len(want.Prices) == 0 {
			want.Prices = nil
		}
		if len(want.Parts) == 0 {
			want.Parts = nil
		}
		if len(want.Groups) == 0 {
			want.Groups = nil
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Item
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}
