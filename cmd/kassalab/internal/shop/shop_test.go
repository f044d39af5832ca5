package shop

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

const seed = 7

func TestSameSeedSameShop(t *testing.T) {
	first := Generate(seed)
	if d := cmp.Diff(first, Generate(seed)); d != "" {
		t.Errorf("two runs differ: %.500s", d)
	}
	if other := Generate(seed + 1); other.Items[0].ID == first.Items[0].ID {
		t.Error("another seed gives the same shop")
	}
}

func TestShop(t *testing.T) {
	s := Generate(seed)
	t.Logf("%d items in %d folders, second shop %d items", len(s.Items), len(s.Folders), len(s.Second.Items))
	if len(s.Items) < 5000 {
		t.Errorf("%d items, want 5000 and more", len(s.Items))
	}
	if len(s.Second.Items) < 50 {
		t.Errorf("second shop has %d items", len(s.Second.Items))
	}
	for name, b := range map[string]*Branch{"main": &s.Branch, "second": &s.Second} {
		t.Run(name, func(t *testing.T) {
			items(t, b)
			folders(t, b)
			people(t, b)
			discounts(t, b)
		})
	}
}

// items checks identifiers, barcodes, prices and rates of every item.
func items(t *testing.T, b *Branch) {
	today := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ids, names, barcodes, codes := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	unique := func(set map[string]bool, what, value string) {
		if value == "" || set[value] {
			t.Errorf("%s %q is empty or stands twice", what, value)
		}
		set[value] = true
	}
	for _, i := range b.Items {
		unique(ids, "id", i.ID)
		unique(names, "name", i.Name)
		unique(codes, "code", i.Code)
		all := slices.Clone(i.Barcodes)
		for _, p := range i.Packs {
			unique(ids, "pack id", p.ID)
			all = append(all, p.Barcode)
			if p.Quantity <= qty.One || !p.Quantity.Whole() {
				t.Errorf("%s: pack of %s", i.Name, p.Quantity)
			}
		}
		for _, code := range all {
			unique(barcodes, "barcode", code)
			if len(code) != 13 || !gs1.Valid(code) || code < "460" || code >= "470" {
				t.Errorf("%s: barcode %s", i.Name, code)
			}
		}
		if price, ok := i.PriceOf(b.Store.PriceType); !ok || price < 1*money.Rouble || price > 20_000*money.Rouble {
			t.Errorf("%s costs %s", i.Name, price)
		}
		if info, err := tax.Lookup(i.Rate); err != nil || !info.ValidOn(today) {
			t.Errorf("%s: rate %s, %v", i.Name, i.Rate, err)
		}
		if i.ByWeight != (i.Unit == "кг") || i.ByWeight != (len(i.Code) == 5) || (i.ByWeight && i.UnitCode != 11) {
			t.Errorf("%s: unit %s, code %s", i.Name, i.Unit, i.Code)
		}
		if i.Tobacco != (i.MRC > 0) || (i.Tobacco && !i.Marked()) {
			t.Errorf("%s: tobacco %v, MRC %d, marked %v", i.Name, i.Tobacco, i.MRC, i.Marked())
		}
		if (i.Type == catalog.Service) != (i.Kind == 4) || (i.Type == catalog.Variant) != (i.ParentID != "") || (i.ParentID != "" && !ids[i.ParentID]) {
			t.Errorf("%s: type %s, kind %d, parent %s", i.Name, i.Type, i.Kind, i.ParentID)
		}
	}
}

// folders checks that paths say what the tree says.
func folders(t *testing.T, b *Branch) {
	byID := map[string]catalog.Folder{}
	for _, f := range b.Folders {
		byID[f.ID] = f
	}
	deepest := 0
	for _, f := range b.Folders {
		want := "/" + f.ID + "/"
		for p := f.ParentID; p != ""; p = byID[p].ParentID {
			if byID[p].ID == "" {
				t.Fatalf("%s: no parent %s", f.Name, p)
			}
			want = "/" + p + want
		}
		if f.Path != want || f.Name == "" {
			t.Errorf("%q: path %s, want %s", f.Name, f.Path, want)
		}
		deepest = max(deepest, strings.Count(f.Path, "/")-1)
	}
	if deepest < 2 || deepest > 3 {
		t.Errorf("folders are %d deep", deepest)
	}
	for _, i := range b.Items {
		if f := byID[i.FolderID]; f.ID == "" || f.Path != i.FolderPath {
			t.Errorf("%s: folder %s, path %s", i.Name, i.FolderID, i.FolderPath)
		}
	}
}

// people checks cashiers, their PINs and the customers' cards.
func people(t *testing.T, b *Branch) {
	pins := map[string]bool{}
	for _, c := range b.Store.Cashiers {
		pin := b.PINs[c.ID]
		if len(pin) != 4 || pins[pin] || c.Name == "" || c.PINHash != "" {
			t.Errorf("cashier %+v with PIN %q", c, pin)
		}
		pins[pin] = true
		if c.INN != "" && !validINN(c.INN) {
			t.Errorf("cashier's INN %s", c.INN)
		}
	}
	if !validINN(b.Store.INN) {
		t.Errorf("store's INN %s", b.Store.INN)
	}
	cards, tagged := map[string]bool{}, 0
	for _, c := range b.Customers {
		if !gs1.Valid(c.Card) || cards[c.Card] || c.ID == "" || c.Name == "" {
			t.Errorf("customer %+v", c)
		}
		cards[c.Card] = true
		if len(c.Tags) > 0 {
			tagged++
		}
	}
	if tagged == 0 || tagged == len(b.Customers) {
		t.Errorf("%d of %d customers have tags", tagged, len(b.Customers))
	}
}

// validINN computes the check digits in its own way: from the right.
func validINN(inn string) bool {
	weights := []int{8, 6, 4, 9, 5, 3, 10, 4, 2, 7, 3}
	check := func(body string) byte {
		sum := 0
		for i := range len(body) {
			sum += int(body[len(body)-1-i]-'0') * weights[i]
		}
		return byte('0' + sum%11%10)
	}
	switch len(inn) {
	case 10:
		return check(inn[:9]) == inn[9]
	case 12:
		return check(inn[:10]) == inn[10] && check(inn[:11]) == inn[11]
	}
	return false
}

func discounts(t *testing.T, b *Branch) {
	for _, d := range b.Discounts {
		if d.ID == "" || d.Name == "" || (d.Percent == 0) == (d.PriceType == "") {
			t.Errorf("discount %+v", d)
		}
		for _, id := range d.Folders {
			if !slices.ContainsFunc(b.Folders, func(f catalog.Folder) bool { return f.ID == id }) {
				t.Errorf("%s: no folder %s", d.Name, id)
			}
		}
		for _, id := range d.Items {
			at := slices.IndexFunc(b.Items, func(i catalog.Item) bool { return i.ID == id })
			if at < 0 {
				t.Fatalf("%s: no item %s", d.Name, id)
			}
			if special, ok := b.Items[at].PriceOf(d.PriceType); !ok || special <= 0 {
				t.Errorf("%s: %s has no such price", d.Name, b.Items[at].Name)
			}
		}
	}
}

// TestVariety: the shop has what a bench needs of each sort.
func TestVariety(t *testing.T) {
	s := Generate(seed)
	count := func(b *Branch, fits func(i *catalog.Item) bool) (n int) {
		for i := range b.Items {
			if fits(&b.Items[i]) {
				n++
			}
		}
		return n
	}
	rate := func(r tax.Rate) func(i *catalog.Item) bool { return func(i *catalog.Item) bool { return i.Rate == r } }
	for name, v := range map[string]struct{ got, least int }{
		"22 %":      {count(&s.Branch, rate(tax.VAT22)), 1000},
		"10 %":      {count(&s.Branch, rate(tax.VAT10)), 1000},
		"0 %":       {count(&s.Branch, rate(tax.VAT0)), 1},
		"none":      {count(&s.Branch, rate(tax.None)), 5},
		"5 %":       {count(&s.Second, rate(tax.VAT5)), 20},
		"7 %":       {count(&s.Second, rate(tax.VAT7)), 10},
		"by weight": {count(&s.Branch, func(i *catalog.Item) bool { return i.ByWeight }), 50},
		"packs":     {count(&s.Branch, func(i *catalog.Item) bool { return len(i.Packs) > 0 }), 50},
		"services":  {count(&s.Branch, func(i *catalog.Item) bool { return i.Type == catalog.Service }), 5},
		"variants":  {count(&s.Branch, func(i *catalog.Item) bool { return i.Type == catalog.Variant }), 3},
		"bundles":   {count(&s.Branch, func(i *catalog.Item) bool { return i.Type == catalog.Bundle }), 1},
		"milk":      {count(&s.Branch, func(i *catalog.Item) bool { return i.Tracking == "MILK" }), 5},
		"water":     {count(&s.Branch, func(i *catalog.Item) bool { return i.Tracking == "WATER" }), 5},
		"tobacco":   {count(&s.Branch, func(i *catalog.Item) bool { return i.Tobacco }), 10},
		"alcohol":   {count(&s.Branch, func(i *catalog.Item) bool { return i.Alcohol }), 5},
		"favourite": {count(&s.Branch, func(i *catalog.Item) bool { return i.Favourite }), 10},
		"cashiers":  {len(s.Store.Cashiers), 3},
		"customers": {len(s.Customers), 50},
		"discounts": {len(s.Discounts), 3},
		"two codes": {count(&s.Branch, func(i *catalog.Item) bool { return len(i.Barcodes) > 1 }), 50},
	} {
		if v.got < v.least {
			t.Errorf("%s: %d, want %d and more", name, v.got, v.least)
		}
	}
	if s.Store.TaxSystem != tax.General || s.Second.Store.TaxSystem != tax.SimplifiedIncome || s.PINs[s.Store.Cashiers[2].ID] != "3333" || s.Store.Cashiers[2].Role != catalog.RoleSenior {
		t.Error("store, tax system or cashiers")
	}
}

// TestCodes: every code of the list is one of the shop's and worth its price.
func TestCodes(t *testing.T) {
	for seed := range uint64(4) {
		codes(t, Generate(seed))
	}
}

func codes(t *testing.T, s Shop) {
	list := s.Codes()
	if len(list) < 12 {
		t.Errorf("%d codes", len(list))
	}
	seen := map[string]bool{}
	for _, c := range list {
		t.Logf("%-14s %9s  %s (%s)", c.Code, c.Price, c.Name, c.Note)
		if seen[c.Code] || c.Price <= 0 || c.Note == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
		kind, err := gs1.Classify(c.Code, &gs1.Shop{WeightPrefix: s.Store.WeightPrefix})
		if err != nil || kind.Kind == gs1.Misread {
			t.Fatalf("%s: %v, %v", c.Code, kind.Kind, err)
		}
		item, quantity := find(&s.Branch, c.Code, kind)
		if item == nil || item.Name != c.Name || item.Marked() || item.Alcohol || item.Tobacco {
			t.Fatalf("%s is %+v", c.Code, item)
		}
		price, _ := item.PriceOf(PriceRetail)
		if sum, err := quantity.Times(price); err != nil || sum != c.Price {
			t.Errorf("%s: %s x %s is not %s", c.Name, quantity, price, c.Price)
		}
	}
}

func find(b *Branch, code string, c gs1.Code) (*catalog.Item, qty.Milli) {
	for n := range b.Items {
		i := &b.Items[n]
		if slices.Contains(i.Barcodes, code) || i.Code == code {
			return i, qty.One
		}
		if c.Kind == gs1.WeightEAN && i.Code == c.Goods {
			return i, c.Weight
		}
		for _, p := range i.Packs {
			if p.Barcode == code {
				return i, p.Quantity
			}
		}
	}
	return nil, 0
}
