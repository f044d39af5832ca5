package stock

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

func TestTotal(t *testing.T) {
	a := catalog.Item{ID: "a", Name: "A", Unit: "шт", Stock: 7 * qty.One}
	b := catalog.Item{ID: "b", Name: "B", Stock: 2 * qty.One}
	c := catalog.Item{ID: "c", Name: "C", Stock: qty.One}
	for name, test := range map[string]struct {
		sheet Sheet
		want  Total
	}{
		"inventory": {Sheet{Type: doc.Inventory, Lines: []Line{
			{Item: a, Qty: 5 * qty.One, Price: 10_00},
			{Item: b, Qty: 3 * qty.One, Price: 1_00},
			{Item: c, Qty: qty.One, Price: 5_00, Mark: "m1"},
			{Item: c, Qty: qty.One, Price: 5_00, Mark: "m2"},
		}}, Total{Goods: 3, Units: 10 * qty.One, Sum: 63_00, Short: Gap{1, 20_00}, Over: Gap{2, 6_00},
			Differences: []Difference{{"A", "шт", 7 * qty.One, 5 * qty.One}, {"B", "", 2 * qty.One, 3 * qty.One}, {"C", "", qty.One, 2 * qty.One}}}},
		"as it should be": {Sheet{Type: doc.Inventory, Lines: []Line{{Item: a, Qty: 7 * qty.One, Price: 10_00}}},
			Total{Goods: 1, Units: 7 * qty.One, Sum: 70_00}},
		"accept": {Sheet{Type: doc.Accept, Lines: []Line{{Item: a, Qty: 5 * qty.One, Price: 10_00, Cost: 6_00}, {Item: b, Qty: qty.One}}},
			Total{Goods: 2, Units: 6 * qty.One, Sum: 30_00, NoCost: 1}},
		"revaluation": {Sheet{Type: doc.Revaluation, Lines: []Line{{Item: a, Qty: qty.One, Price: 11_00, Old: 10_00}, {Item: b, Qty: qty.One}, {Item: c, Qty: qty.One}}},
			Total{Goods: 3, Units: 3 * qty.One, Missing: "B"}},
	} {
		got, err := test.sheet.Total()
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	gone := Sheet{Type: doc.Inventory, Lines: []Line{{Item: catalog.Item{ID: "a", Stock: MaxQty * qty.One}, Price: money.Max}}}
	if _, err := gone.Total(); !errors.Is(err, money.ErrRange) {
		t.Error(err)
	}
}
