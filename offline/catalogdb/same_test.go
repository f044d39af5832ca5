package catalogdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// all are the items a code stands for.
func all(m catalog.Match) (list []string) {
	list = append(list, m.Item.ID)
	for _, o := range m.Others {
		list = append(list, o.Item.ID)
	}
	return list
}

// Several items with one code are all told of, as far as they have it as the
// same kind of code: which is meant is for a person to say.
func TestSameCode(t *testing.T) {
	db := openDir(t, t.TempDir())
	boxed := catalog.Item{ID: "boxed", Name: "Короб", Packs: []catalog.Pack{{ID: "p", Barcode: "4600000000015", Quantity: 6000}}}
	item := func(id, code, article string, barcodes ...string) catalog.Item {
		return catalog.Item{ID: id, Name: "Товар " + id, Code: code, Article: article, Barcodes: barcodes}
	}
	items := []catalog.Item{boxed,
		item("a", "4600000000015", "РАЗМЕР", "036000291452"), item("b", "", "РАЗМЕР", "4600000000015"), item("c", "", "РАЗМЕР", "0036000291452"),
		item("w1", "12345", ""), item("w2", "12345", ""), item("w3", "12345", "")}
	items[4].ByWeight, items[6].ByWeight = true, true
	for n := range MaxSame + 5 {
		items = append(items, item(fmt.Sprint("m", n), "", "МНОГО"))
	}
	fill(t, db, items...)
	for code, want := range map[string][]string{
		"4600000000015": {"b", "boxed"}, // the item's own barcode first; a's is a code only
		"РАЗМЕР":        {"a", "b", "c"},
		"036000291452":  {"a", "c"}, // the same GTIN written in two ways
		"0036000291452": {"c", "a"},
		"12345":         {"w1", "w2", "w3"},
		"2012345005006": {"w1", "w3"}, // a scale label means goods sold by weight
	} {
		m, err := db.Lookup(t.Context(), 0, code)
		if err != nil || !cmp.Equal(all(m), want) {
			t.Errorf("%s: %v, %v; want %v", code, all(m), err, want)
		}
		for _, o := range m.Others {
			if o.Code != code || o.Generation != 1 || o.Qty == 0 || o.Others != nil {
				t.Errorf("%s: %+v", code, o)
			}
		}
	}
	m, err := db.Lookup(t.Context(), 0, "4600000000015")
	if err != nil || m.Qty != qty.One || m.Others[0].PackID != "p" || m.Others[0].Qty != 6000 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := db.Lookup(t.Context(), 0, "МНОГО"); err != nil || len(all(m)) != MaxSame {
		t.Errorf("%d items, %v", len(all(m)), err)
	}
	if m, err := db.Lookup(t.Context(), 0, "2012345005006"); err != nil || m.Qty != 500 || m.Others[0].Qty != 500 {
		t.Errorf("%+v, %v", m, err)
	}
}

// What a code stands for is what a map of all items says.
func TestLookupAgainstMap(top *testing.T) {
	db := openDir(top, top.TempDir())
	known := []string{"4600000000015", "4600000000022", "А-1", "А-2", "77", "77-Б", "Ю"}
	rapid.Check(top, func(t *rapid.T) {
		// Several shops in one: they have no code in common.
		var items []catalog.Item
		var codes []string
		for shop := range 5 {
			var own []string
			for _, c := range known {
				own = append(own, c+strings.Repeat("'", shop))
			}
			codes = append(codes, own...)
			for range rapid.IntRange(1, 12).Draw(t, "items") {
				items = append(items, drawCodes(t, len(items), own))
			}
		}
		fill(top, db, items...)
		for _, code := range codes {
			want := standsFor(items, code)
			m, err := db.Lookup(t.Context(), 0, code)
			if errors.Is(err, ErrNotFound) && len(want) == 0 {
				continue
			}
			if got := all(m); err != nil || !slices.Equal(got, want) {
				t.Fatalf("%s: %v, %v; want %v", code, got, err, want)
			}
		}
	})
}

func drawCodes(t *rapid.T, n int, codes []string) catalog.Item {
	it := catalog.Item{ID: fmt.Sprint(n), Name: "Товар"}
	it.Barcodes = rapid.SliceOfNDistinct(rapid.SampledFrom(codes), 0, 2, rapid.ID[string]).Draw(t, "barcodes")
	it.Code = rapid.SampledFrom(append([]string{""}, codes...)).Draw(t, "code")
	it.Article = rapid.SampledFrom(append([]string{""}, codes...)).Draw(t, "article")
	if b := rapid.SampledFrom(append([]string{""}, codes...)).Draw(t, "pack"); b != "" {
		it.Packs = []catalog.Pack{{ID: "p", Barcode: b, Quantity: 2000}}
	}
	return it
}

// standsFor is the rule in its plainest form.
func standsFor(items []catalog.Item, code string) (list []string) {
	for _, claims := range [][]func(catalog.Item) bool{
		{func(i catalog.Item) bool { return slices.Contains(i.Barcodes, code) },
			func(i catalog.Item) bool {
				return slices.ContainsFunc(i.Packs, func(p catalog.Pack) bool { return p.Barcode == code })
			}},
		{func(i catalog.Item) bool { return i.Code == code }},
		{func(i catalog.Item) bool { return i.Article == code }},
	} {
		for _, has := range claims {
			for _, i := range items {
				if has(i) && !slices.Contains(list, i.ID) {
					list = append(list, i.ID)
				}
			}
		}
		if len(list) > 0 {
			return list
		}
	}
	return nil
}

// Favourites are found among very many that fit as well, listed by name and
// counted; folders count their items and those below.
func TestFavouritesAndCounts(t *testing.T) {
	db := openDir(t, t.TempDir())
	var items []catalog.Item
	for i := range 3000 {
		items = append(items, catalog.Item{ID: fmt.Sprint(i), Name: fmt.Sprintf("Пакет %04d", 3000-i), FolderID: []string{"dairy", "bread", "food", ""}[i%4], Favourite: i >= 2990})
	}
	items = append(items, items[2999]) // came twice: counts once
	fill(t, db, items...)
	found, err := db.Find(t.Context(), "пакет", 3)
	if want := []string{"2999", "2998", "2997"}; err != nil || !slices.Equal(ids(found), want) {
		t.Errorf("found %v, %v; want %v", ids(found), err, want)
	}
	best, err := db.Favourites(t.Context(), 4)
	if want := []string{"2999", "2998", "2997", "2996"}; err != nil || !slices.Equal(ids(best), want) {
		t.Errorf("favourites %v, %v; want %v", ids(best), err, want)
	}
	if info := db.Current(); info.Favourites != 10 || info.Items != 3000 {
		t.Errorf("%+v", info)
	}
	folders, err := db.Folders(t.Context())
	got := map[string][2]int{}
	for _, f := range folders {
		got[f.ID] = [2]int{f.Items, f.Below}
	}
	if want := map[string][2]int{"a": {}, "food": {750, 1500}, "dairy": {750, 0}, "bread": {750, 0}}; err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v: %s", err, cmp.Diff(want, got))
	}
	n := 0
	if err := db.Each(t.Context(), 0, func(it catalog.Item) error { n++; return nil }); err != nil || n != 3000 {
		t.Errorf("each: %d, %v", n, err)
	}
	stop := errors.New("enough")
	if err := db.Each(t.Context(), 0, func(catalog.Item) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("each: %v", err)
	}
}

// A generation that an open cheque began with stays, whatever comes after it
// and through a restart, and goes when the cheque is over.
func TestInUse(t *testing.T) {
	dir := t.TempDir()
	var used []int64
	open := func() *DB {
		db, err := Open(t.Context(), Options{Dir: dir, InUse: func() []int64 { return used }})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open()
	fill(t, db, shelf(1000)...)
	used = []int64{1}
	for i := range 4 {
		fill(t, db, shelf(catalogPrice(i))...)
	}
	price := func() int {
		m, err := db.Lookup(t.Context(), 1, "4600439931256")
		if err != nil {
			t.Fatal(err)
		}
		p, _ := m.Item.PriceOf(store.PriceType)
		return int(p)
	}
	if p := price(); p != 1000 {
		t.Errorf("price %d", p)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := dirs(t, dir); !slices.Equal(got, []string{"gen-000001", "gen-000004", "gen-000005"}) {
		t.Errorf("directories %v", got)
	}
	db = open()
	if p := price(); p != 1000 {
		t.Errorf("price %d after a restart", p)
	}
	used = nil
	fill(t, db, shelf(2000)...)
	if p := price(); p != 2000 {
		t.Errorf("price %d once the cheque is over", p)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := dirs(t, dir); !slices.Equal(got, []string{"gen-000005", "gen-000006"}) {
		t.Errorf("directories %v", got)
	}
	used = []int64{5, 6, 7, 8, 9, 10, 11}
	db = open()
	for range 6 {
		fill(t, db, shelf(1)...)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := dirs(t, dir); len(got) != maxLive || got[0] != "gen-000007" {
		t.Errorf("more in use than there can be: %v", got)
	}
}

// A variant costs what its product does, price type by price type, unless it
// says otherwise; what goes out of the catalogue again is what came in.
func TestVariantPrices(t *testing.T) {
	db := openDir(t, t.TempDir())
	prices := func(retail, trade int64) (list []catalog.Price) {
		for typ, v := range map[string]int64{"a retail": retail, "b trade": trade} {
			if v >= 0 {
				list = append(list, catalog.Price{Type: typ, Value: money.Amount(v)})
			}
		}
		return list
	}
	variant := func(id, parent string, p []catalog.Price) catalog.Item {
		return catalog.Item{ID: id, Type: catalog.Variant, Name: "Футболка " + id, Code: "код-" + id, ParentID: parent, Prices: p, FolderID: "food"}
	}
	items := []catalog.Item{variant("none", "p", nil), variant("one", "p", prices(900, -1)), variant("zero", "p", prices(0, 750)), variant("both", "p", prices(950, 850)),
		variant("orphan", "gone", prices(500, -1)), variant("nested", "none", nil), variant("self", "self", nil),
		{ID: "p", Type: catalog.Product, Name: "Футболка", Prices: prices(1000, 800)},
		{ID: "b", Type: catalog.Bundle, Name: "Набор", ParentID: "p", Code: "код-b"}}
	fill(t, db, items...)
	for id, want := range map[string][2]int{"none": {1000, 800}, "one": {900, 800}, "zero": {1000, 750}, "both": {950, 850}, "orphan": {500, 0}, "nested": {}, "self": {}, "b": {}, "p": {1000, 800}} {
		byID, err1 := db.Item(t.Context(), 0, id)
		found, err2 := db.Find(t.Context(), byID.Name, 20)
		at := slices.IndexFunc(found, func(i catalog.Item) bool { return i.ID == id })
		if err := errors.Join(err1, err2); err != nil || at < 0 {
			t.Fatalf("%s: %v, %v", id, err, ids(found))
		}
		all := []catalog.Item{byID, found[at]}
		if byID.Code != "" {
			m, err := db.Lookup(t.Context(), 0, byID.Code)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, m.Item)
		}
		for way, it := range all {
			retail, _ := it.PriceOf("a retail")
			trade, _ := it.PriceOf("b trade")
			if got := [2]int{int(retail), int(trade)}; got != want {
				t.Errorf("%s, way %d: %v, want %v", id, way, got, want)
			}
		}
	}
	n := 0
	if err := db.Each(t.Context(), 0, func(it catalog.Item) error {
		if d := cmp.Diff(items[n].Prices, it.Prices); d != "" {
			t.Errorf("%s: %s", it.ID, d)
		}
		n++
		return nil
	}); err != nil || n != len(items) {
		t.Errorf("%d, %v", n, err)
	}
	c := db.Compare("a retail")
	if err := c.Put(t.Context(), items); err != nil {
		t.Fatal(err)
	}
	if ch, err := c.Changes(t.Context()); err != nil || ch.Same != len(items) {
		t.Errorf("%+v, %v", ch, err)
	}
}
