package catalogfile

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/text/encoding/charmap"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) {
	if os.Getenv("KASSA_LONG") == "" {
		if err := flag.Set("rapid.seed", "5"); err != nil {
			panic(err)
		}
	}
	goleak.VerifyTestMain(m)
}

// held is a sink in memory.
type held struct {
	Items      []catalog.Item
	Folders    []catalog.Folder
	Customers  []catalog.CustomerCard
	Serials    []catalog.Serial
	Store      catalog.Store
	Discounts  []catalog.Discount
	Promotions []catalog.Promotion
	StockAt    time.Time
}

func (h *held) PutItems(i []catalog.Item) error     { h.Items = append(h.Items, i...); return nil }
func (h *held) PutFolders(f []catalog.Folder) error { h.Folders = append(h.Folders, f...); return nil }
func (h *held) PutCustomers(p []catalog.CustomerCard) error {
	h.Customers = append(h.Customers, p...)
	return nil
}
func (h *held) PutSerials(s []catalog.Serial) error       { h.Serials = append(h.Serials, s...); return nil }
func (h *held) SetStore(s catalog.Store) error            { h.Store = s; return nil }
func (h *held) SetDiscounts(d []catalog.Discount) error   { h.Discounts = d; return nil }
func (h *held) SetPromotions(p []catalog.Promotion) error { h.Promotions = p; return nil }
func (h *held) SetStockAt(at time.Time) error             { h.StockAt = at; return nil }

func (h *held) source() Source {
	return Source{StockAt: h.StockAt, Store: h.Store, Folders: h.Folders, Discounts: h.Discounts, Promotions: h.Promotions, PriceTypes: []string{"Опт", "Цена"},
		Items: values(h.Items), Customers: values(h.Customers), Serials: values(h.Serials)}
}

// shop has something of everything.
func shop() *held {
	return &held{
		StockAt:    time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC),
		Store:      catalog.Store{ID: "s", Name: "Лавка", PriceType: "Цена", Currency: "RUB", TaxSystem: tax.General, Cashiers: []catalog.Cashier{{ID: "c", Name: "Иванова", PINHash: "hash", Role: catalog.RoleOwner}}},
		Folders:    []catalog.Folder{{ID: "food", Name: "Еда", Path: "/food/"}, {ID: "milk", Name: "Молочное", ParentID: "food", Path: "/food/milk/"}},
		Discounts:  []catalog.Discount{{ID: "d", Name: "Скидка", AllItems: true, Percent: 5000}},
		Promotions: []catalog.Promotion{{ID: "p", Name: "2+1", On: catalog.Scope{Folders: []string{"milk"}}, Give: catalog.Effect{Kind: catalog.GiveNForM, N: 3, M: 2}}},
		Customers:  []catalog.CustomerCard{{Customer: catalog.Customer{ID: "k", Tags: []string{"vip"}, Spent: 100}, Name: "Пётр", Phone: "79161234567", Card: "777"}},
		Serials:    []catalog.Serial{{Number: "SN-1", Item: "1"}, {Number: "SN-2", Item: "1"}},
		Items: []catalog.Item{
			{ID: "1", Type: catalog.Product, Name: "Молоко; 2,5% \"М\"", Code: "001", Article: "А|1", Barcodes: []string{"4600439931256", "20"}, Rate: tax.VAT10,
				Prices: []catalog.Price{{Type: "Цена", Value: 8990}, {Type: "Опт", Value: 8000}}, FolderID: "milk", FolderPath: "/food/milk/", Unit: "шт", Kind: 1, Stock: -1500, Favourite: true,
				Packs: []catalog.Pack{{ID: "1", Name: "короб", Barcode: "14600439931253", Quantity: 12000}, {ID: "2", Barcode: "9", Quantity: 500}}},
			{ID: "2", Type: catalog.Product, Name: "Сигареты", Rate: tax.VAT22, Tobacco: true, Tracking: "TOBACCO", MRC: 18990, DiscountProhibited: true, TaxSystem: tax.General, UnitCode: 0},
			{ID: "3", Type: catalog.Service, Name: "Ремонт", Rate: tax.None, FreePrice: true, Kind: 4, Picture: "https://shop.example/3.jpg"},
			{ID: "4", Type: catalog.Bundle, Name: "Набор", Rate: tax.VAT22, Parts: []catalog.Part{{ItemID: "1", Quantity: 2000}, {ItemID: "2", Quantity: 1000}}},
			{ID: "5", Type: catalog.Variant, Name: "Пиво тёмное", ParentID: "1", Rate: tax.VAT22, Alcohol: true, ByWeight: true, Unit: "л", UnitCode: 41, Tracking: "BEER", TNVED: "2203000100", OnTap: true, Divisible: true, Serials: true, Groups: []string{"beer", "energy"}},
		},
	}
}

func read(t testing.TB, file string, o Options) (*held, Report, error) {
	t.Helper()
	h := &held{}
	r, err := Read(t.Context(), strings.NewReader(file), o, h)
	return h, r, err
}

func TestJSONRoundTrip(t *testing.T) {
	want := shop()
	var file bytes.Buffer
	if err := Write(&file, JSON, want.source()); err != nil {
		t.Fatal(err)
	}
	got, r, err := read(t, file.String(), Options{})
	if err != nil || r.Bad+r.Warned > 0 || r.Format != JSON || r.Items != 5 || r.Folders != 2 || r.Customers != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestCSVRoundTrip(t *testing.T) {
	want := shop()
	var file bytes.Buffer
	if err := Write(&file, CSV, want.source()); err != nil {
		t.Fatal(err)
	}
	got, r, err := read(t, file.String(), Options{PriceType: "Цена", Folders: want.Folders})
	if err != nil || r.Bad+r.Warned > 0 || r.Format != CSV || r.Encoding != "UTF-8" {
		t.Fatalf("%+v, %v", r, err)
	}
	if d := cmp.Diff(want.Items, got.Items); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want.Folders, got.Folders); d != "" {
		t.Error(d)
	}
}

// Any item that can be kept comes back from either form as it was.
func TestRoundTripOfAny(t *testing.T) {
	word := rapid.StringMatching(`[А-Яа-яёЁA-Za-z0-9 .,;:"'%№«»-]{1,20}[а-я]`).Filter(func(s string) bool { return strings.TrimSpace(s) == s })
	digits := rapid.StringMatching(`[0-9]{8,14}`)
	rapid.Check(t, func(t *rapid.T) {
		want := &held{Store: catalog.Store{PriceType: "Цена"}}
		for n := range rapid.IntRange(1, 10).Draw(t, "items") {
			it := catalog.Item{ID: fmt.Sprint("id", n), Name: word.Draw(t, "name"), Article: word.Draw(t, "article"), Unit: word.Draw(t, "unit"),
				Type:      rapid.SampledFrom([]catalog.ItemType{catalog.Product, catalog.Service, catalog.Variant, catalog.Bundle}).Draw(t, "type"),
				Rate:      rapid.SampledFrom(tax.Rates()).Draw(t, "rate").Rate,
				Stock:     qty.Milli(rapid.Int64Range(-int64(qty.Max), int64(qty.Max)).Draw(t, "stock")),
				Favourite: rapid.Bool().Draw(t, "favourite"), ByWeight: rapid.Bool().Draw(t, "weight"), FreePrice: rapid.Bool().Draw(t, "free"),
				MRC: rapid.Int64Range(0, int64(money.Max)).Draw(t, "mrc"), Kind: rapid.IntRange(0, mostKind).Draw(t, "kind")}
			if b := rapid.SliceOfN(digits, 0, 3).Draw(t, "barcodes"); len(b) > 0 {
				it.Barcodes = b
			}
			for _, typ := range []string{"Цена", "Опт"} {
				if v := rapid.Int64Range(0, int64(money.Max)).Draw(t, typ); v > 0 {
					it.Prices = append(it.Prices, catalog.Price{Type: typ, Value: money.Amount(v)})
				}
			}
			want.Items = append(want.Items, it)
		}
		for _, f := range []Format{CSV, JSON} {
			var file bytes.Buffer
			if err := Write(&file, f, want.source()); err != nil {
				t.Fatal(err)
			}
			got := &held{}
			r, err := Read(t.Context(), iotest.OneByteReader(&file), Options{PriceType: "Цена"}, got)
			if err != nil || r.Bad > 0 || !cmp.Equal(want.Items, got.Items) {
				t.Fatalf("%s: %+v, %v: %s", f, r, err, cmp.Diff(want.Items, got.Items))
			}
		}
	})
}

// The same list as different programs write it.
func TestCSVSpellings(t *testing.T) {
	plain := "Наименование;Код;Штрихкод;Цена;Цена: Опт;НДС;Группа;Остаток;Избранное\r\nМолоко «М» 2,5%;1;4600439931256;89,90;80.00;10%;Еда/Молочное;12,5;да\r\n\r\nХлеб;2;;1 045,00;;без НДС;Еда;;нет\r\n"
	cp1251, err := charmap.Windows1251.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	quoted := strings.NewReplacer(`89,90`, `"89,90"`, `12,5;`, `"12,5";`, `1 045,00`, `"1 045,00"`, `2,5%`, `2.5%`).Replace(plain)
	for name, file := range map[string]string{
		"utf-8": plain, "marked": "\ufeff" + plain, "windows-1251": cp1251, "tabs": strings.ReplaceAll(plain, ";", "\t"),
		"commas": strings.ReplaceAll(quoted, ";", ","), "unix": strings.ReplaceAll(plain, "\r\n", "\n"), "sep": "sep=;\r\n" + plain,
		"no end": strings.TrimSuffix(plain, "\r\n"), "windows-1251 after much ASCII": strings.Repeat(" ", 0) + cp1251,
	} {
		got, r, err := read(t, file, Options{PriceType: "Розница"})
		if err != nil || r.Bad > 0 || len(got.Items) != 2 {
			t.Errorf("%s: %+v, %v", name, r, err)
			continue
		}
		milk, bread := got.Items[0], got.Items[1]
		if !strings.HasPrefix(milk.Name, "Молоко «М» 2") || milk.ID != "1" || milk.Rate != tax.VAT10 || milk.Stock != 12500 || !milk.Favourite ||
			!cmp.Equal(milk.Prices, []catalog.Price{{Type: "Розница", Value: 8990}, {Type: "Опт", Value: 8000}}) {
			t.Errorf("%s: %+v", name, milk)
		}
		if bread.Rate != tax.None || bread.Prices[0].Value != 104500 || len(got.Folders) != 2 || milk.FolderPath != got.Folders[1].Path || bread.FolderID != got.Folders[0].ID || got.Folders[1].ParentID != bread.FolderID {
			t.Errorf("%s: %+v, %+v", name, bread, got.Folders)
		}
		if want := strings.Contains(name, "1251"); (r.Encoding == "windows-1251") != want {
			t.Errorf("%s: %s", name, r.Encoding)
		}
	}
}

// told is what a file's problems look like: line and code.
func told(r Report) (list []string) {
	for _, p := range r.Problems {
		s := fmt.Sprintf("%d %s %s", p.Line, p.Code, strings.Join(p.Args, " "))
		if p.Warning {
			s = "(" + s + ")"
		}
		list = append(list, strings.TrimSpace(s))
	}
	return list
}

// Every mistake is told with its line; what has none goes through.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		file  string
		want  []string
		items int
	}{
		"csv": {"name;id;price;vat;packs\nA;1;10,005;22;\nB;1;1;22;\n;3;1;22;\nC;4;-1;22;\nD;5;1;21;\n\"E\nE\";6;1;22;\nF;7;1;;\nG;8;x;22;a*0|b\nH;9;1\nI;10;1;22;к=11*2\n\"J\"J;11;1;22;\nK;12;5;0;\n", []string{
			"(2 file.rounded price 10,005 10.01)", "3 file.twice id 1", "4 file.needed name", "5 file.value price -1",
			"6 file.value rate 21", "7 file.value text E\nE", "9 file.needed rate", "10 file.value price x",
			"10 file.value packs 0", "10 file.value packs b", "11 file.value columns 3, 5", "11 file.needed rate",
			"13 file.syntax 13:3 extraneous or missing \" in quoted-field"}, 3},
		"header":        {"name;colour;name\nA;1;2\n", []string{"1 file.column colour", "1 file.twice column name", "1 file.needed vat"}, 0},
		"nothing":       {"", []string{"1 file.needed name", "1 file.needed vat"}, 0},
		"latin letters": {"name;vat\nМолоко;22\nХл\xd0еб;22\n", []string{"3 file.value text Хл?еб"}, 1},
		"json": {`{"kassa_catalog": 1,
"folders": [{"id": "a", "name": "A"},
  {"id": "b", "name": "B", "parent_id": "c"}, {"id": "r", "name": "R", "parent_id": "r"},
  {"id": "a", "name": "again"}],
"items": [
  {"id": "1", "name": "A", "rate": "22", "prices": [{"type": "x", "value": 100.5}]},
  {"id": "2", "name": "B", "rate": "22", "colour": "red"},

  {
    "id": "3", "name": "C", "rate": "22", "stock": true
  },
  {"id": "1", "name": "D", "rate": "22"}, {"id": "5", "rate": 22},
  {"id": "6", "name": "F", "rate": "22", "folder_id": "b"},
  {"id": "7", "name": "G", "rate": "22", "folder_id": "a"}]
}`, []string{"3 file.value parent_id c", "3 file.value parent_id r", "4 file.twice id a",
			"(6 file.rounded price 100.5 1.01)", "7 file.column colour", "9 file.value stock bool", "12 file.twice id 1",
			"12 file.value rate number", "13 file.value folder_id b"}, 2},
		"json section": {`{"kassa_catalog":1,"colours":[1],"items":[]}`, []string{"1 file.column colours"}, 0},
		"json version": {`{"kassa_catalog":2}`, []string{"1 file.value kassa_catalog 2"}, 0},
		"json other":   {`{"items":[]}`, []string{"1 file.needed kassa_catalog"}, 0},
		"json cut":     {"{\"kassa_catalog\":1,\n\"items\":[\n{\"id\":", []string{"3 file.syntax unexpected EOF"}, 0},
		"json PIN":     {`{"kassa_catalog":1,"store":{"price_type":"x","cashiers":[{"id":"1","name":"A","pin":"secret"}]}}`, []string{"1 file.column cashiers.pin"}, 0},
		"customers":    {"{\"kassa_catalog\":1,\"customers\":[\n{\"id\":\"1\",\"name\":\"A\",\"phone\":\"+7 916 123-45-67\"},\n{\"id\":\"1\",\"name\":\"B\"},\n{\"name\":\"C\"}]}", []string{"3 file.twice id 1", "4 file.needed id"}, 0},
		"serials":      {"{\"kassa_catalog\":1,\"serials\":[\n{\"number\":\"SN-1\",\"item\":\"1\"},\n{\"number\":\"SN-2\"},\n{\"item\":\"1\"}, {\"number\":\"a\\u0000\",\"item\":\"1\"}]}", []string{"3 file.needed item", "4 file.needed number", "4 file.value serial a\x00"}, 0},
	} {
		got, r, err := read(t, c.file, Options{PriceType: "x"})
		if d := cmp.Diff(c.want, told(r)); d != "" || len(got.Items) != c.items {
			t.Errorf("%s: %d items, %v: %s", name, len(got.Items), err, d)
		}
		for _, p := range r.Problems {
			for _, lang := range []string{"ru", "en"} {
				if text := p.Told(lang); text == "" || strings.Contains(text, "{") || strings.Contains(text, "secret") {
					t.Errorf("%s: %q", name, text)
				}
			}
		}
	}
}

// A file that is wrong throughout is not listed throughout.
func TestManyMistakes(t *testing.T) {
	file := "name;vat\n" + strings.Repeat("A;x\n", 5000)
	_, r, err := read(t, file, Options{})
	if !errors.Is(err, ErrTooMany) || len(r.Problems) > MaxProblems+MaxWarnings || r.Bad != MaxProblems || !r.More {
		t.Errorf("%d problems, bad %d, more %v: %v", len(r.Problems), r.Bad, r.More, err)
	}
	file = "name;id;vat;price\n"
	for n := range 3000 {
		file += fmt.Sprintf("A;%d;22;0,001\n", n)
	}
	got, r, err := read(t, file, Options{PriceType: "x"})
	if err != nil || len(got.Items) != 3000 || r.Warned != 3000 || len(r.Problems) != MaxWarnings || !r.More {
		t.Errorf("%d items, %d warned, %d listed: %v", len(got.Items), r.Warned, len(r.Problems), err)
	}
}

// endless is a record without an end.
type endless struct{ head string }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.head)
	e.head = e.head[n:]
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestEndlessRecord(t *testing.T) {
	for _, head := range []string{"name;vat\n\"", "name;vat\nA;22\n", "{\"kassa_catalog\":1,\"items\":[{\"id\":\"", "", "{\"kassa_catalog\":1,\"items\":[", "\xff", "{"} {
		h := &held{}
		r, err := Read(t.Context(), &endless{head: head}, Options{}, h)
		if err == nil || len(told(r)) == 0 {
			t.Errorf("%q: %v, %+v", head, err, r)
		}
	}
}

// A reader that fails ends it with that error.
func TestReaderFails(t *testing.T) {
	broken := errors.New("cable")
	for _, head := range []string{"", "name;vat\nA;22\n", `{"kassa_catalog":1,"items":[`} {
		if _, err := Read(t.Context(), io.MultiReader(strings.NewReader(head), iotest.ErrReader(broken)), Options{}, &held{}); !errors.Is(err, broken) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestIDs(t *testing.T) {
	s := newIDs()
	for n := range 100_000 {
		if !s.add(fmt.Sprint(n)) {
			t.Fatalf("%d is new", n)
		}
	}
	for n := range 100_000 {
		if s.add(fmt.Sprint(n)) {
			t.Fatalf("%d was there", n)
		}
	}
}

// Columns have different names, and each can be read and written.
func TestColumns(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Columns() {
		for _, name := range append(slices.Clone(c.Also), c.Name) {
			if seen[name] || name != strings.ToLower(name) || c.take == nil {
				t.Errorf("column %s, name %s", c.Name, name)
			}
			seen[name] = true
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, form := range []Format{CSV, JSON} {
		var file bytes.Buffer
		if err := Write(&file, form, shop().source()); err != nil {
			f.Fatal(err)
		}
		f.Add(file.Bytes())
	}
	f.Add([]byte("name;vat;packs;parts;folder\nA;22;a=b*1|;x*;a//b/\n"))
	f.Add([]byte("sep=,\n\xff\xfe\nname,vat\n"))
	f.Add([]byte(`{"kassa_catalog":1,"items":[{"stock":-1e5,"prices":[{}]},null,[]],"store":null,"stock_at":1,"folders":{}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		h := &held{}
		r, err := Read(t.Context(), bytes.NewReader(file), Options{PriceType: "x", HashPIN: func(p string) (string, error) { return "h", nil }}, h)
		if err == nil && r.Items != len(h.Items) || r.Items < len(h.Items) {
			t.Fatalf("%d items, %d told of", len(h.Items), r.Items)
		}
		if r.Bad > 0 && len(r.Problems) == 0 {
			t.Fatal("bad records without a problem")
		}
		for _, p := range r.Problems {
			if strings.Contains(p.Told("en"), "{0}") || p.Code == fault.Internal {
				t.Fatalf("%+v", p)
			}
		}
		// What was taken can be written and is then taken again.
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, JSON, h.source()); err != nil {
			t.Fatal(err)
		}
		second := &held{}
		if r, err := Read(t.Context(), &again, Options{PriceType: "x", Folders: h.Folders}, second); err != nil || r.Bad > 0 && r.Bad != bareStore(h) {
			t.Fatalf("%+v, %v", r, err)
		}
		if !cmp.Equal(h.Items, second.Items) {
			t.Fatal(cmp.Diff(h.Items, second.Items))
		}
	})
}

// bareStore: a file without a store is written with one that has no price type.
func bareStore(h *held) int {
	if h.Store.PriceType == "" {
		return 1
	}
	return 0
}
