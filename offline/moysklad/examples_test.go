package moysklad

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// The files in testdata are the examples of the service's description.

func example(t testing.TB, name string, into any) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := decode(b, into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return b
}

func testClient(t testing.TB, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExampleStore(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := testClient(t, Options{Now: func() time.Time { return at }, HashPIN: func(pin string) (string, error) { return "hashed:" + pin, nil }})
	var ws wireStore
	var wc wireCompany
	example(t, "retailstore", &ws)
	example(t, "companysettings", &wc)
	ws.Cashiers.Rows[0].PIN = "1234"
	got, err := c.store(ws, wc)
	if err != nil {
		t.Fatal(err)
	}
	want := catalog.Store{
		ID: "5d4d2ca2-7b1d-11e6-8a84-bae500000060", Name: "Точка продаж", Address: "г Москва ул Милашенкова д 2",
		Organization: `СТРАХОВОЕ ПУБЛИЧНОЕ АКЦИОНЕРНОЕ ОБЩЕСТВО "РЕСО-ГАРАНТИЯ"`, OrganizationID: "5d0f5e3e-7b1d-11e6-8a84-bae500000051",
		INN: "7710045520", PriceType: "Цена продажи", Currency: "RUB", TaxSystem: tax.General, DiscountStrategy: "bySum",
		ManualDiscount: true, MaxDiscount: 100_000, Tobacco: "SAME_PRICE", Marking: catalog.MarksCorrect, UpdatedAt: at,
		Cashiers: []catalog.Cashier{{ID: "a4f36276-7b5a-11e6-8a84-bae500000004", Name: "Иванов Иван Иванович", Position: "position",
			INN: "222490425273", PINHash: "hashed:1234", Badge: "cashier@myorg", Role: catalog.RoleCashier}},
		LastNumbers: map[string]int{"retaildemand": 3211312, "retaildrawercashin": 1, "retaildrawercashout": 1, "retailsalesreturn": 2199921, "retailshift": 42777001},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestExampleStores(t *testing.T) {
	var page collection[wireStore]
	example(t, "retailstores", &page)
	if rows := *page.Rows; len(rows) != 1 || rows[0].id() != "5d4d2ca2-7b1d-11e6-8a84-bae500000060" || !rows[0].Attached.v {
		t.Errorf("got %+v", rows)
	}
	var attach struct{ Token, UID text }
	example(t, "attach", &attach)
	if attach.UID != "kassir@321" || len(attach.Token) != 40 {
		t.Errorf("got %+v", attach)
	}
}

func TestExampleAssortment(t *testing.T) {
	var page collection[wireItem]
	example(t, "assortment-page", &page)
	next, err := page.next(4, 5, "")
	if err != nil || next != "limit=4&offsetId=ac6bab2d-07c8-11e7-8a84-bc5200000016&direction=forward" {
		t.Errorf("next %q, %v", next, err)
	}
	var got []catalog.Item
	for i := range *page.Rows {
		it, rounded, err := item(&(*page.Rows)[i])
		if err != nil || rounded {
			t.Fatalf("row %d: rounded %v, %v", i, rounded, err)
		}
		got = append(got, it)
	}
	const folderID, parent = "200a6488-07c7-11e7-90a5-ba9c0000009a", "cd39d288-07c6-11e7-90a5-ba9c00000019"
	path := "/" + folderID + "/"
	one := func(v money.Amount) []catalog.Price {
		return []catalog.Price{{Type: "Цена продажи", Value: v}}
	}
	want := []catalog.Item{
		{ID: "7db30ee8-07c5-11e7-90a5-ba9c0000008b", Type: catalog.Product, Name: "товар алкогольный", Code: "00004", Article: "артикул",
			Barcodes: []string{"2000000000015"}, Prices: one(6000), Rate: tax.VAT10, FolderID: folderID, FolderPath: path, Unit: "шт", Alcohol: true, Kind: 2,
			Packs: []catalog.Pack{{ID: "5ae9e6b5-7b95-11e9-ac12-000b000000ac", Name: "ящ", Barcode: "2000000000016", Quantity: 10_000}}},
		{ID: "bb89b2b1-07c7-11e7-90a5-ba9c000000a4", Type: catalog.Service, Name: "Услуга", Code: "00006", Barcodes: []string{"2000000000060"},
			Prices: one(1500), Rate: tax.VAT10, FolderID: folderID, FolderPath: path, Unit: "шт", Kind: 4, TaxSystem: tax.General, DiscountProhibited: true},
		{ID: parent, Type: catalog.Product, Name: "Товар", Code: "00005", Article: "артикул", Barcodes: []string{"2000000000022", "2000000000053"},
			Prices: one(1300), Rate: tax.VAT10, FolderID: folderID, FolderPath: path, Unit: "шт", UnitCode: 11, ByWeight: true, Kind: 1,
			TaxSystem: tax.SimplifiedIncome, DiscountProhibited: true},
		{ID: "cd3ed8ed-07c6-11e7-90a5-ba9c00000020", Type: catalog.Variant, Name: "Товар (версия1)", Code: "00002", Article: "артикул",
			Barcodes: []string{"2000000000039"}, Prices: one(1300), Rate: tax.VAT10, FolderID: folderID, FolderPath: path, Unit: "шт", UnitCode: 11,
			ByWeight: true, Kind: 13, DiscountProhibited: true, ParentID: parent},
		{ID: "e90685f8-07c8-11e7-8a84-bc520000002d", Type: catalog.Bundle, Name: "Комплект", Code: "00006", Article: "артикул",
			Barcodes: []string{"2000000000107"}, Prices: append(one(1500), catalog.Price{Type: "нулевая цена", Value: 1900}), Rate: "18",
			FolderID: folderID, FolderPath: path, Unit: "шт", Kind: 12, TaxSystem: tax.UTII,
			Parts: []catalog.Part{{ItemID: parent, Quantity: 5000}, {ItemID: "ac6bab2d-07c8-11e7-8a84-bc5200000016", Quantity: 10_000}, {ItemID: "bb89b2b1-07c7-11e7-90a5-ba9c000000a4", Quantity: 15_000}}},
		{ID: "cd39d288-07c6-11e7-90a5-ba9c00000020", Type: catalog.Product, Name: "Маска", Code: "00077", Article: "артикул", Prices: one(3500),
			Rate: tax.VAT20, Unit: "шт", Kind: 1},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestExampleAssortmentAll(t *testing.T) {
	var page collection[wireItem]
	example(t, "assortment-all", &page)
	marked := map[string]bool{}
	for i := range *page.Rows {
		it, _, err := item(&(*page.Rows)[i])
		if err != nil {
			t.Fatal(err)
		}
		marked[it.Name] = it.Marked()
		if it.Name == "Пиво" && (it.Stock != -208_000 || len(it.Prices) != 2 || it.Rate != tax.None) {
			t.Errorf("got %+v", it)
		}
	}
	want := map[string]bool{"Товар1": false, "Пиво": false, "Товар": false, "Услуга": false, "Товар2": false, "(Mod)": false, "(Hop)": false, "shoes": true, "tobacco": true}
	if d := cmp.Diff(want, marked); d != "" {
		t.Error(d)
	}
}

func TestExampleFolders(t *testing.T) {
	var page collection[wireFolder]
	example(t, "productfolder", &page)
	const a, b, c = "dbe2cf7f-7b5c-11e6-8a84-bae50000000e", "276a6f50-7ffd-11e6-8a84-bae50000005c", "83528b98-7ffd-11e6-8a84-bae500000062"
	want := []catalog.Folder{
		{ID: b, Name: "Цитрусовые", Path: "/" + a + "/" + b + "/", ParentID: a},
		{ID: c, Name: "Оранжевые", Path: "/" + a + "/" + b + "/" + c + "/", ParentID: b},
		{ID: a, Name: "Овощи", Path: "/" + a + "/"},
	}
	if d := cmp.Diff(want, mapAll(*page.Rows, folder)); d != "" {
		t.Error(d)
	}
}

func TestExampleDiscounts(t *testing.T) {
	var page collection[wireDiscount]
	example(t, "discount", &page)
	var got []catalog.Discount
	for i := range *page.Rows {
		if w := &(*page.Rows)[i]; w.kind() == specialPrice {
			d, err := discount(w)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, d)
		}
	}
	want := []catalog.Discount{
		{ID: "33edffd5-7ff9-11e6-8a84-bae500000057", Name: "Скидка1", Folders: []string{"dbe2cf7f-7b5c-11e6-8a84-bae50000000e"}, PriceType: "Цена продажи"},
		{ID: "38a43ee7-7ffd-11e6-8a84-bae50000005f", Name: "Скидка2", Folders: []string{"276a6f50-7ffd-11e6-8a84-bae50000005c"}, PriceType: "Цена продажи"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestExampleOperations(t *testing.T) {
	var page collection[wireOperation]
	example(t, "retailoperation", &page)
	var ids []string
	for _, r := range *page.Rows {
		ids = append(ids, r.Meta.tail())
	}
	want := []string{"6f2a160d-5842-452c-9845-a8fd82b43a62", "21356f1a-1826-475b-bf7c-80d2ced0229f"}
	if d := cmp.Diff(want, ids); d != "" {
		t.Error(d)
	}
}

func same(t *testing.T, name string, want, got map[string]string) {
	t.Helper()
	for k, v := range got {
		if strings.HasSuffix(k, "meta.type") && v == "string" { // described for every reference, left out of most examples
			continue
		}
		if want[k] != v {
			t.Errorf("%s: %s is a %s, the example has %q", name, k, v, want[k])
		}
	}
}

// shape lists the paths of a JSON value with their types.
func shape(t *testing.T, b []byte) map[string]string {
	t.Helper()
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	walk("", v, out)
	return out
}

func walk(path string, v any, out map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			p := k
			if path != "" {
				p = path + "." + k
			}
			walk(p, e, out)
		}
	case []any:
		for _, e := range v {
			walk(path+"[]", e, out)
		}
	case string:
		out[path] = "string"
	case bool:
		out[path] = "bool"
	case float64:
		out[path] = "number"
	}
}
