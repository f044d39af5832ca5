package catalogdb

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/qty"
)

// The rule of Find in its plainest form: look at every item, sort, cut.

// fits tells whether each typed word begins a word of the name.
func fits(name, typed string) bool {
	list := words(typed, maxTyped)
	for _, w := range list {
		if !slices.ContainsFunc(words(name, maxWords), func(have string) bool { return strings.HasPrefix(have, w) }) {
			return false
		}
	}
	return len(list) > 0
}

func haveAll(have, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(have, w) })
}

// rankOf is how good an item is for a text, best first; -1: not at all.
func rankOf(it *catalog.Item, text string) int {
	if !fits(it.Name, text) {
		return -1
	}
	rank := 0
	if !haveAll(words(it.Name, maxWords), words(text, maxTyped)) {
		rank += 6
	}
	if !strings.HasPrefix(fold(it.Name), fold(text)) {
		rank += 3
	}
	switch {
	case it.Favourite:
	case it.Stock > 0 || it.Type == catalog.Service || it.Type == catalog.Bundle:
		rank++
	default:
		rank += 2
	}
	return rank
}

func byNames(items []catalog.Item, text string) (list []string) {
	type ranked struct {
		rank     int
		name, id string
	}
	var all []ranked
	for i := range items {
		if rank := rankOf(&items[i], text); rank >= 0 {
			name := fold(items[i].Name)
			all = append(all, ranked{rank, name[:min(len(name), maxListName)], items[i].ID})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name)) })
	for _, r := range all {
		list = append(list, r.id)
	}
	return list
}

// byCodes are the items whose code is the text, and those whose code begins so.
func byCodes(items []catalog.Item, text string) (exact, beginning []string) {
	seen := map[string]bool{}
	for _, t := range []string{text, strings.ToUpper(text), strings.ToLower(text)} {
		if seen[t] {
			continue
		}
		seen[t] = true
		all := slices.Clone(items)
		slices.SortStableFunc(all, func(a, b catalog.Item) int { return cmp.Compare(a.Code, b.Code) })
		for _, it := range all {
			switch {
			case it.Code == "" || !strings.HasPrefix(it.Code, t):
			case it.Code == t:
				exact = append(exact, it.ID)
			default:
				beginning = append(beginning, it.ID)
			}
		}
	}
	return exact, slices.DeleteFunc(beginning, func(id string) bool { return slices.Contains(exact, id) })
}

func found(items []catalog.Item, text string, limit int) (list []string) {
	exact, beginning := byCodes(items, text)
	half := min(len(beginning), (limit+1)/2)
	lists := [][]string{exact, beginning[:half], byNames(items, text)}
	if other, ok := otherLayout(text); ok {
		lists = append(lists, byNames(items, other))
	}
	seen := map[string]bool{}
	for _, l := range append(lists, beginning[half:]) {
		for _, id := range l {
			if len(list) < limit && !seen[id] {
				seen[id] = true
				list = append(list, id)
			}
		}
	}
	return list
}

var dictionary = []string{"Молоко", "мёд", "Медовик", "сок", "Сокол", "Ромашка", "Tide", "tie", "2,5%", "2", "930мл", "Ёж", "еж", "Чай", "й"}

func drawItem(t *rapid.T, n int) catalog.Item {
	name := strings.Join(rapid.SliceOfN(rapid.SampledFrom(dictionary), 1, 4).Draw(t, "name"), rapid.SampledFrom([]string{" ", "-", ", ", "/"}).Draw(t, "between"))
	return catalog.Item{ID: fmt.Sprint(n), Name: name, Favourite: rapid.IntRange(0, 5).Draw(t, "favourite") == 0,
		Stock: rapid.SampledFrom([]qty.Milli{0, 0, 1000, -1000}).Draw(t, "stock"),
		Type:  rapid.SampledFrom([]catalog.ItemType{catalog.Product, catalog.Product, catalog.Variant, catalog.Service, catalog.Bundle}).Draw(t, "type"),
		Code:  rapid.SampledFrom([]string{"", "", "2", "25", "мед", "МЕД", "Tie-1", "сок", "2м"}).Draw(t, "code")}
}

// What a search finds, and in which order, is what reading every item finds.
func TestFindAgainstBruteForce(t *testing.T) {
	db := openDir(t, t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		var items []catalog.Item
		for n := range rapid.IntRange(1, 200).Draw(rt, "items") {
			items = append(items, drawItem(rt, n))
		}
		fill(t, db, items...)
		for range 40 {
			var typed []string
			for _, w := range rapid.SliceOfN(rapid.SampledFrom(dictionary), 1, 3).Draw(rt, "typed") {
				r := []rune(w)
				typed = append(typed, string(r[:rapid.IntRange(1, len(r)).Draw(rt, "letters")]))
			}
			text := strings.Join(typed, " ")
			if rapid.Bool().Draw(rt, "capitals") {
				text = strings.ToUpper(text)
			}
			limit := rapid.SampledFrom([]int{1, 2, 7, 20, MaxPage}).Draw(rt, "limit")
			got, err := db.Find(t.Context(), text, limit)
			if err != nil {
				rt.Fatal(err)
			}
			if want := found(items, text, limit); !slices.Equal(ids(got), want) {
				rt.Fatalf("%q, at most %d: %s", text, limit, gocmp.Diff(want, ids(got)))
			}
		}
	})
}

// In a shop where a word stands in thousands of names, the few a cashier means
// come first: the word itself, then at the beginning of the name, favourites,
// what is in stock.
func TestFindAmongMany(t *testing.T) {
	items := make([]catalog.Item, 0, 4000)
	for n := range cap(items) {
		it := benchItem(n)
		if it.Name = strings.ToLower(it.Name); n%3 == 0 {
			it.Name = "набор " + it.Name
		}
		if n%10 == 0 {
			it.Name = strings.ReplaceAll(it.Name, "молоко", "молоковар")
		}
		it.Favourite, it.Stock = n%977 == 0, qty.Milli(n%4*1000)
		it.Barcodes, it.Article = nil, ""
		items = append(items, it)
	}
	db := openDir(t, t.TempDir())
	fill(t, db, items...)
	for _, text := range []string{"молоко", "мол", "м", "сыр", "сок", "с", "набор", "набор сыр", "марка 7", "белая", "2", "2,5", "г", "vjkjrj", "корм для кошек", "ко", "1000"} {
		whole := found(items, text, MaxPage)
		for _, limit := range []int{1, 20, 300} {
			got, err := db.Find(t.Context(), text, limit)
			want := whole[:min(limit, len(whole))]
			if text == "1000" || text == "2" { // codes take their share of the list
				want = found(items, text, limit)
			}
			if err != nil || !slices.Equal(ids(got), want) {
				t.Errorf("%q, at most %d: %v, %s", text, limit, err, gocmp.Diff(want, ids(got)))
			}
		}
	}
}
