package catalogdb

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/catalog"
)

func ids(items []catalog.Item) (list []string) {
	for _, i := range items {
		list = append(list, i.ID)
	}
	return list
}

func TestFind(t *testing.T) {
	db := openDir(t, t.TempDir())
	items := append(shelf(8990),
		catalog.Item{ID: "milk-b", Name: "Молоко ультрапастеризованное 3,2% 1 л", Code: "М-32", Favourite: true},
		catalog.Item{ID: "shake", Name: "Коктейль молочный"},
		catalog.Item{ID: "falcon", Name: "Игрушка сокол"},
		catalog.Item{ID: "juice", Name: "Напиток сок яблочный"},
		catalog.Item{ID: "beer", Name: "Heineken 0.0 ж/б 0,45л", Article: "HN-045"},
		catalog.Item{ID: "nfd", Name: "Чаи\u0306ник"}, // й in two code points
	)
	fill(t, db, items...)
	for text, want := range map[string][]string{
		"молоко":                   {"milk-b", "milk"},          // names that begin with it, favourites first
		"МОЛОКО":                   {"milk-b", "milk"},          // letter case
		"vjkjrj":                   {"milk-b", "milk"},          // Latin layout
		"vjkjrj 2,5":               {"milk"},                    // and the comma of a number stays one
		"VJKJRJ":                   {"milk-b", "milk"},          // and capitals
		"моло":                     {"milk-b", "milk", "shake"}, // beginnings of words, names that begin with it first
		"930 мол":                  {"milk"},                    // any order
		"молоко ромаш":             {"milk"},
		"ром 2.5 молоко":           {"milk"}, // decimal point for comma
		"2,5":                      {"milk"},
		"мед":                      {"honey"}, // ё and е
		"мёд":                      {"honey"},
		"vtl":                      {"honey"}, // layout, then ё
		"v`l":                      {"honey"},
		"930мл":                    {"kefir", "milk"}, // digits and letters part
		"сок":                      {"juice", "falcon"},
		"рудд":                     nil,
		"еide":                     nil, // mixed letters have no layout
		"heineken":                 {"beer"},
		"руштулут":                 {"beer"}, // typed in the Cyrillic layout
		"tide пак":                 {"bag"},
		"4600439931256":            {"milk"}, // barcode
		"46004":                    {"milk"},
		"14600000000029":           {"kefir"}, // pack
		"мп-2":                     {"milk"},  // article in the other case
		"hn-0":                     {"beer"},
		"м-32":                     {"milk-b"},
		"чайник":                   {"nfd"},
		"молоко кефир":             nil,
		"":                         nil,
		"   ":                      nil,
		"%%%":                      nil,
		"\x00":                     nil,
		strings.Repeat("ы", 10000): nil,
	} {
		got, err := db.Find(t.Context(), text, 10)
		if err != nil || !slices.Equal(ids(got), want) {
			t.Errorf("%.40q: %v, %v; want %v", text, ids(got), err, want)
		}
	}
}

func TestFindLimit(t *testing.T) {
	db := openDir(t, t.TempDir())
	var items []catalog.Item
	for i := range 3000 {
		items = append(items, catalog.Item{ID: fmt.Sprint(i), Name: fmt.Sprintf("Пакет %04d", i), Code: fmt.Sprintf("П%04d", i)})
	}
	fill(t, db, items...)
	for text, want := range map[string]int{"пакет": 7, "п": 7, "пакет 2999": 1, "пакет 29": 7, "П2": 7} {
		if got, err := db.Find(t.Context(), text, 7); err != nil || len(got) != want {
			t.Errorf("%s: %d items, %v; want %d", text, len(got), err, want)
		}
	}
	if got, err := db.Find(t.Context(), "пакет", 1_000_000); err != nil || len(got) != MaxPage {
		t.Errorf("%d items, %v", len(got), err)
	}
	if got, err := db.Find(t.Context(), "пакет", -1); err != nil || len(got) != 1 {
		t.Errorf("%d items, %v", len(got), err)
	}
}

func TestList(t *testing.T) {
	db := openDir(t, t.TempDir())
	var items []catalog.Item
	for i := range 50 {
		items = append(items, catalog.Item{ID: fmt.Sprint("p", i), Name: fmt.Sprintf("Пакет %d", (i*7)%10), FolderID: []string{"a", "food"}[i%2]})
	}
	fill(t, db, append(items, shelf(1)...)...)
	walk := func(folder string, page int) (all []catalog.Item) {
		for after := ""; ; {
			list, err := db.List(t.Context(), folder, after, page)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, list...)
			if len(list) < page {
				return all
			}
			after = list[len(list)-1].ID
		}
	}
	for folder, want := range map[string]int{"a": 25, "food": 26, "dairy": 2, "bread": 0, "nowhere": 0, "": 56} {
		whole := walk(folder, 1000)
		if len(whole) != want {
			t.Errorf("%q: %d items, want %d", folder, len(whole), want)
		}
		if folder != "" && !slices.IsSortedFunc(whole, func(a, b catalog.Item) int { return strings.Compare(fold(a.Name), fold(b.Name)) }) {
			t.Errorf("%q is not in order of names", folder)
		}
		for _, page := range []int{1, 7} {
			if got := walk(folder, page); !slices.Equal(ids(got), ids(whole)) {
				t.Errorf("%q by pages of %d: %v, want %v", folder, page, ids(got), ids(whole))
			}
		}
	}
	if got, err := db.List(t.Context(), "a", "nobody", 5); err != nil || len(got) > 0 {
		t.Errorf("after an unknown item: %v, %v", ids(got), err)
	}
	if got, err := db.List(t.Context(), "a", "milk", 5); err != nil || len(got) > 0 {
		t.Errorf("after an item of another folder: %v, %v", ids(got), err)
	}
}

func TestFolders(t *testing.T) {
	db := openDir(t, t.TempDir())
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	odd := append(slices.Clone(shelves),
		catalog.Folder{ID: "orphan", Name: "Яйца", ParentID: "gone"},
		catalog.Folder{ID: "r1", Name: "1", ParentID: "r2"}, catalog.Folder{ID: "r2", Name: "2", ParentID: "r1"},
		catalog.Folder{Name: "без id"}, catalog.Folder{ID: "a", Name: "Быт", Path: "/a/"})
	if err := b.PutFolders(odd); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	got, err := db.Folders(t.Context())
	var list []string
	for _, f := range got {
		list = append(list, f.ID+" "+f.Name)
	}
	want := []string{"a Быт", "food Продукты", "bread Ёлки и хлеб", "dairy Молочное", "orphan Яйца", "r1 1", "r2 2"}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%q, %v; want %q", list, err, want)
	}
	if info := db.Current(); info.Folders != 7 || info.Rejected != 1 {
		t.Errorf("%+v", info)
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"Молоко 2,5% 930мл «Ромашково»": {"молоко", "2.5", "930", "мл", "ромашково"},
		"1.2.3,":                 {"1.2", "3"},
		"Ёж-ёж":                  {"еж"},
		"A4/80г":                 {"a", "4", "80", "г"},
		"...":                    nil,
		strings.Repeat("я", 100): {strings.Repeat("я", maxWordLen)},
	} {
		if got := words(text, maxWords); !slices.Equal(got, want) {
			t.Errorf("%.40s: %q, want %q", text, got, want)
		}
	}
	if got := words("а б в г д е", 3); len(got) != 3 {
		t.Errorf("%q", got)
	}
}

// FuzzWords: whatever the text, words can be keys of the index and are found
// again by what was typed.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Молоко 2,5%", "\x00\xff", "1.2.3", "a\u0306\u0306", "İ", "٣,٤", "ӛ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list := words(text, maxWords)
		if len(list) > maxWords {
			t.Fatalf("%d words", len(list))
		}
		for _, w := range list {
			if w == "" || strings.ContainsRune(w, 0) || len([]rune(w)) > maxWordLen {
				t.Fatalf("word %q of %q", w, text)
			}
		}
		if other, ok := otherLayout(text); ok && other == text {
			t.Fatalf("%q is its own other layout", text)
		}
	})
}

// The short way of folding leads to where the long one does.
func TestFold(t *testing.T) {
	for r := rune(1); r < 0x3000; r++ {
		for _, text := range []string{string(r), "и" + string(r), "a" + string(r) + "\u0306"} {
			if got, want := fold(text), string(foldSlowly(nil, text)); got != want {
				t.Fatalf("%U: %q, want %q", r, got, want)
			}
		}
	}
}
