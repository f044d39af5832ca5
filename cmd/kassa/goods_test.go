package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/tax"
)

// goodsFile has each way an item comes to its price.
const goodsFile = `{"kassa_catalog": 1,
"store": {"id": "s", "name": "Лавка", "price_type": "Розница", "currency": "RUB", "tax_system": 1, "discount_strategy": "bySum",
 "cashiers": [{"id": "c", "name": "Иванова А.", "pin": "2468", "role": "cashier"}]},
"folders": [],
"items": [
{"id": "018f0000-0000-7000-8000-000000000011", "name": "Гвоздь", "code": "11", "barcodes": ["4600000000114"], "prices": [{"value": 1250.4999}], "rate": "22",
 "packs": [{"id": "018f0000-0000-7000-8000-000000000091", "name": "коробка", "barcode": "14600000000111", "quantity": 12000}]},
{"id": "018f0000-0000-7000-8000-000000000012", "name": "Шуруп", "code": "12", "barcodes": ["4600000000121"], "prices": [{"value": 99.5}], "rate": "22"},
{"id": "018f0000-0000-7000-8000-000000000013", "name": "Футболка", "code": "13", "barcodes": ["4600000000138"], "prices": [{"value": 100000}, {"type": "Опт", "value": 80000}], "rate": "22"},
{"id": "018f0000-0000-7000-8000-000000000014", "type": "variant", "name": "Футболка красная", "code": "14", "barcodes": ["4600000000145"], "parent_id": "018f0000-0000-7000-8000-000000000013", "rate": "22"},
{"id": "018f0000-0000-7000-8000-000000000015", "type": "variant", "name": "Футболка большая", "code": "15", "barcodes": ["4600000000152"], "prices": [{"value": 120000}], "parent_id": "018f0000-0000-7000-8000-000000000013", "rate": "22"},
{"id": "018f0000-0000-7000-8000-000000000016", "type": "bundle", "name": "Набор", "code": "16", "barcodes": ["4600000000169"], "prices": [{"value": 109900}], "rate": "22",
 "parts": [{"item_id": "018f0000-0000-7000-8000-000000000013", "quantity": 1000}, {"item_id": "018f0000-0000-7000-8000-000000000011", "quantity": 10000}]},
{"id": "018f0000-0000-7000-8000-000000000017", "type": "service", "name": "Ремонт", "code": "17", "prices": [{"value": 50000}], "rate": "none", "free_price": true}
]}`

// goodsCost is what a scan of each code comes to, in kopecks.
var goodsCost = map[string]int64{
	"4600000000114": 1250, "14600000000111": 15000, "4600000000121": 100, // rounded once, before it is multiplied
	"4600000000138": 100000, "4600000000145": 100000, "4600000000152": 120000, "4600000000169": 109900, "17": 50000,
}

type goodsCheque struct {
	Cheque struct {
		Total    int64 `json:"total"`
		Revision int64 `json:"revision"`
		Lines    []struct {
			ID string `json:"id"`
		} `json:"lines"`
	} `json:"cheque"`
}

// sellsGoods scans all of it, each into a cheque of its own.
func sellsGoods(r *rig, from string, cost map[string]int64) {
	r.t.Helper()
	for code, want := range cost {
		var got goodsCheque
		if err := r.call("POST", "/api/v1/scan", map[string]any{"codes": []string{code}}, &got); err != nil || got.Cheque.Total != want {
			r.t.Errorf("%s, %s: total %d, %v; want %d", from, code, got.Cheque.Total, err, want)
		}
		r.must("POST", "/api/v1/cheque/void", nil)
	}
}

// Parts of a kopeck, packs, variants, bundles and free prices: from a JSON
// file, and from the spreadsheet of it, to the priced line.
func TestGoodsFromFiles(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	file := filepath.Join(t.TempDir(), "goods.json")
	if err := os.WriteFile(file, []byte(goodsFile), 0o600); err != nil {
		t.Fatal(err)
	}
	out := r.ok("catalog", "import", file)
	for _, said := range []string{"line 6: ", "1250.4999", "12.50", "line 8: ", "99.5", "1.00"} {
		if !strings.Contains(out, said) {
			t.Errorf("no %q in %s", said, out)
		}
	}
	r.must("POST", "/api/v1/login", map[string]string{"pin": "2468"})
	r.must("POST", "/api/v1/shift/open", nil)
	sellsGoods(r, "JSON", goodsCost)

	sheet := filepath.Join(t.TempDir(), "goods.csv")
	r.ok("catalog", "export", sheet)
	text, err := os.ReadFile(sheet)
	if err != nil {
		t.Fatal(err)
	}
	// The same goods as a person might have them: three digits after the comma.
	dearer := strings.Replace(string(text), "12.50", "12,496", 1)
	if dearer == string(text) {
		t.Fatalf("no 12.50 in %s", text)
	}
	if err := os.WriteFile(sheet, []byte(dearer), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := r.ok("catalog", "import", sheet); !strings.Contains(out, "12,496") || !strings.Contains(out, "12.50") {
		t.Errorf("no warning of parts of a kopeck: %s", out)
	}
	sellsGoods(r, "CSV", goodsCost)

	// The service's price may be typed, the nail's not.
	for code, allowed := range map[string]bool{"17": true, "4600000000114": false} {
		var got goodsCheque
		if err := r.call("POST", "/api/v1/scan", map[string]any{"codes": []string{code}}, &got); err != nil || len(got.Cheque.Lines) != 1 {
			t.Fatalf("%s: %+v, %v", code, got, err)
		}
		err := r.call("POST", "/api/v1/cheque/lines/"+got.Cheque.Lines[0].ID+"/price", map[string]any{"amount": "777", "revision": got.Cheque.Revision}, &got)
		if allowed && (err != nil || got.Cheque.Total != 77700) || !allowed && (err == nil || !strings.Contains(err.Error(), "price")) {
			t.Errorf("a typed price of %s: %+v, %v", code, got, err)
		}
		r.must("POST", "/api/v1/cheque/void", nil)
	}
}

// The same from the cloud, which lists of a variant only the prices of its own.
func TestGoodsFromTheCloud(t *testing.T) {
	store := catalog.Store{ID: cloudStore, Name: "Лавка", Organization: "ООО «Лавка»", Currency: "RUB", PriceType: "Розница", TaxSystem: tax.General,
		Cashiers: []catalog.Cashier{{ID: "018f0000-0000-7000-8000-0000000000bb", Name: "Иванова", Badge: "ivanova@bench"}}}
	var file struct {
		Items []catalog.Item `json:"items"`
	}
	if err := json.Unmarshal([]byte(strings.NewReplacer("1250.4999", "125049", "99.5", "995").Replace(goodsFile)), &file); err != nil {
		t.Fatal(err)
	}
	for i := range file.Items {
		it := &file.Items[i]
		if it.Type == "" {
			it.Type = catalog.Product
		}
		for n := range it.Prices {
			if it.Prices[n].Type == "" {
				it.Prices[n].Type = "Розница"
			}
		}
	}
	// The PIN of the rig's own catalogue: a login may come before the first download.
	shop := moyskladtest.FromCatalog(store, map[string]string{store.Cashiers[0].ID: "1111"}, nil, file.Items, nil)
	for i, raw := range shop.Points[0].Items {
		// Parts of a kopeck, which our own type has no room for.
		shop.Points[0].Items[i] = []byte(strings.NewReplacer(`"value":125049`, `"value":1250.49`, `"value":995`, `"value":99.5`).Replace(string(raw)))
	}
	cloud, err := moyskladtest.New(moyskladtest.Options{Data: shop, UniqueNames: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	r := newRig(t, "")
	(&fakeCloud{t, cloud}).connect(r, false)
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	r.await("the catalogue is there", func() bool {
		out, _, code := r.kassa("", "find", "гвоздь")
		return code == 0 && strings.Contains(out, "12.50")
	})
	sellsGoods(r, "cloud", goodsCost)
	if out := r.ok("status"); !strings.Contains(out, "catalog.rounded") {
		t.Errorf("no warning of parts of a kopeck: %s", out)
	}
}

// The shop's habits that no cloud knows stand in the till's configuration.
func TestPricesOfTheConfiguration(t *testing.T) {
	r := newRig(t, "")
	text, err := os.ReadFile(r.config())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.config(), append(text, "[prices]\nvat_on_top = true\ndrop_kopecks = true\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "1111"})
	r.must("POST", "/api/v1/shift/open", nil)
	sellsGoods(r, "on top", map[string]int64{"4600000000015": 5489, "4600000000022": 15061}) // 49.90 and 10 %, 123.45 and 22 %
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"4600000000015"}})
	r.must("POST", "/api/v1/pay", map[string]string{"type": "cash", "amount": "54"})
	if sold := r.documents(); len(sold) == 0 || sold[len(sold)-1].Receipt == nil || sold[len(sold)-1].Receipt.Total != 5400 {
		t.Errorf("%+v", sold)
	}
}
