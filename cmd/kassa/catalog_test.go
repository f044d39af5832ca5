package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/client"
)

// shopFile is a shop as a person would write it: a till with nothing else
// sells from it.
const shopFile = `{"kassa_catalog": 1,
"store": {"id": "s", "name": "Лавка", "price_type": "Розница", "currency": "RUB", "tax_system": 1, "discount_strategy": "bySum",
 "cashiers": [{"id": "c", "name": "Иванова А.", "pin": "2468", "role": "cashier"}]},
"folders": [{"id": "food", "name": "Еда"}, {"id": "dairy", "name": "Молочное", "parent_id": "food"}],
"promotions": [{"id": "half", "name": "Минус половина", "on": {"folders": ["food"]}, "give": {"kind": "percent", "percent": 50000}}],
"customers": [{"id": "k", "name": "Пётр Быков", "phone": "+7 916 123-45-67", "card": "777 001"}],
"items": [
{"id": "milk", "name": "Молоко отборное 2,5%", "barcodes": ["4600000000015"], "prices": [{"type": "Розница", "value": 8990.5}], "rate": "10", "folder_id": "dairy", "stock": 12500, "favourite": true, "unit": "шт"},
{"id": "bag", "name": "Пакет", "code": "77", "prices": [{"value": 500}], "rate": "22"}
]}`

// A till that has never had a cloud lives on files: it takes one while it does
// not run, logs in a cashier of it, sells at its prices, takes a spreadsheet
// while it runs, and refuses a bad one with every mistake.
func TestCatalogFromFiles(t *testing.T) {
	r := newRig(t, "")
	if err := os.RemoveAll(filepath.Join(r.dir, "data", "catalog")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "shop.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(shopFile)
	out := r.ok("catalog", "import", file, "--dry-run")
	if !strings.Contains(out, "items: would be added 2") || !strings.Contains(out, "folders: would be added 2, ") || !strings.Contains(out, "cashiers: would be added 1, ") ||
		!strings.Contains(out, "promotions: would be added 1, ") || !strings.Contains(out, "customers: would be added 1, ") || !strings.Contains(out, "store: would change currency, ") {
		t.Errorf("dry run: %s", out)
	}
	out = r.ok("catalog", "import", file)
	if !strings.Contains(out, "2 items, 2 folders, 1 customers") || !strings.Contains(out, "line 8: ") || !strings.Contains(out, "89.91") {
		t.Errorf("import at rest: %s", out)
	}
	r.start("")
	r.must("POST", "/api/v1/login", map[string]string{"pin": "2468"})
	r.must("POST", "/api/v1/shift/open", nil)
	sells := func(code string, want int64) {
		t.Helper()
		var got struct {
			Cheque struct {
				Total int64 `json:"total"`
			} `json:"cheque"`
		}
		if err := r.call("POST", "/api/v1/scan", map[string]any{"codes": []string{code}}, &got); err != nil || got.Cheque.Total != want {
			t.Errorf("%s: total %d, %v; want %d", code, got.Cheque.Total, err, want)
		}
		r.must("POST", "/api/v1/cheque/void", nil)
	}
	sells("4600000000015", 4496) // the promotion of the file: half of 89.91
	sells("77", 500)
	for text, want := range map[string]string{"vjkjrj jn": "Молоко", "4600": "Молоко", "пак": "Пакет"} {
		out := r.ok("find", text)
		found, stock, _ := strings.Cut(out, "\n")
		if !strings.Contains(found, want) || strings.HasPrefix(stock, "stock as of 20") != (want == "Молоко") || strings.Count(stock, "\n") > 1 {
			t.Errorf("find %s: %s", text, out)
		}
	}
	if out := r.ok("catalog", "folders"); !strings.Contains(out, "      0       1  food") || !strings.Contains(out, "      1       0  dairy") {
		t.Errorf("folders: %s", out)
	}
	if out := r.ok("catalog", "favourites"); !strings.Contains(out, "12.5  Молоко") {
		t.Errorf("favourites: %s", out)
	}
	if out := r.ok("customers", "8916123"); !strings.Contains(out, "Пётр Быков") || strings.Contains(out, "79161234567") || !strings.Contains(out, "…67") {
		t.Errorf("customers: %s", out)
	}
	// The customer of the file, at the till: found by a telephone, no network asked.
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"77"}})
	r.must("POST", "/api/v1/cheque/customer", map[string]string{"customer": "8 (916) 123-45-67"})
	var view struct {
		Cheque struct {
			Customer struct {
				ID string `json:"id"`
			} `json:"customer"`
		} `json:"cheque"`
	}
	if err := r.call("GET", "/api/v1/cheque", nil, &view); err != nil || view.Cheque.Customer.ID != "k" {
		t.Errorf("the cheque's customer: %+v, %v", view, err)
	}
	r.must("POST", "/api/v1/cheque/void", nil)

	// A spreadsheet into the running till, while a cheque is open: the cheque
	// keeps what it began with.
	sheet := filepath.Join(t.TempDir(), "goods.csv")
	r.ok("catalog", "export", sheet)
	text, err := os.ReadFile(sheet)
	if err != nil || !strings.Contains(string(text), "89.91") {
		t.Fatalf("%v: %s", err, text)
	}
	r.must("POST", "/api/v1/scan", map[string]any{"codes": []string{"77"}})
	dearer := strings.Replace(string(text), "5.00", "7,00", 1)
	if err := os.WriteFile(sheet, []byte(dearer), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := r.ok("catalog", "import", sheet, "--dry-run"); !strings.Contains(out, "repriced 1") || !strings.Contains(out, "5.00 -> 7.00") {
		t.Errorf("dry run: %s", out)
	}
	r.ok("catalog", "import", sheet)
	var got struct {
		Cheque struct {
			Total int64 `json:"total"`
			Lines []struct {
				Price int64 `json:"price"`
			} `json:"lines"`
		} `json:"cheque"`
	}
	if err := r.call("POST", "/api/v1/scan", map[string]any{"codes": []string{"77"}}, &got); err != nil || got.Cheque.Total != 1000 {
		t.Errorf("the open cheque: %+v, %v", got, err)
	}
	r.must("POST", "/api/v1/cheque/void", nil)
	sells("77", 700)

	ownersOnly(t, filepath.Join(r.dir, "data"))

	// A bad one is refused with its lines; the till sells on.
	write("name;code;price;vat\nПакет;77;-1;22\nХлеб;78;45;?\n")
	out, errOut, code := r.kassa("", "catalog", "import", file)
	if code != exitRefused || !strings.Contains(out, "line 2: ") || !strings.Contains(out, "line 3: ") || !strings.Contains(errOut, "catalog.file") {
		t.Errorf("a bad file: %d %s %s", code, out, errOut)
	}
	// So is one with mistakes throughout, long after the till has stopped reading it.
	write("name;vat\n" + strings.Repeat("x;x\n", 2_000_000))
	if out, errOut, code := r.kassa("", "catalog", "import", file); code != exitRefused || !strings.Contains(errOut, "catalog.file") || !strings.Contains(out, "and more") {
		t.Errorf("a very bad file: %d %.300s %s", code, out, errOut)
	}
	sells("77", 700)
	write("name;code;price;vat\nПакет;77;8;22\nХлеб;78;45;?\n")
	if out := r.ok("catalog", "import", file, "--skip-bad"); !strings.Contains(out, "1 items") || !strings.Contains(out, "1 with mistakes left out") {
		t.Errorf("skipping: %s", out)
	}
	sells("77", 800)

	// What was exported is the shop again, on another till.
	whole := filepath.Join(t.TempDir(), "whole.json")
	r.ok("catalog", "export", whole)
	if info, err := os.Stat(whole); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	b, err := os.ReadFile(whole)
	var shop struct {
		Store struct {
			Cashiers []map[string]any `json:"cashiers"`
		} `json:"store"`
		Customers []any `json:"customers"`
	}
	if err == nil {
		err = json.Unmarshal(b, &shop)
	}
	if err != nil || len(shop.Store.Cashiers) != 1 || shop.Store.Cashiers[0]["pin"] != nil || shop.Store.Cashiers[0]["pin_hash"] == nil || len(shop.Customers) != 1 {
		t.Errorf("%v: %s", err, b)
	}
	if strings.Contains(r.log(), "2468") || strings.Contains(r.log(), "9161234567") {
		t.Error("the log tells what is nobody's business")
	}
	r.stop()
	if out := r.ok("journal", "show", "--type", "catalog_imported"); strings.Count(out, "catalog_imported") != 2 {
		t.Errorf("audit: %s", out)
	}
	r.nowhereInJournal("9161234567")
}

// nowhereInJournal: customers of a file are no business of the journal.
func (r *rig) nowhereInJournal(secret string) {
	r.t.Helper()
	dir := filepath.Join(r.dir, "data", "journal")
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err == nil && strings.Contains(string(b), secret) {
			err = fmt.Errorf("%s is in %s", secret, name)
		}
		return err
	})
	if err != nil {
		r.t.Error(err)
	}
}

// An import that is cut off in the middle, by the sender or with the till,
// leaves the catalogue that sold.
func TestCatalogImportCut(t *testing.T) {
	r := newRig(t, "")
	r.start("")
	pipe, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		_, err := client.New(filepath.Join(r.dir, "data")).Send(t.Context(), "POST", "/api/v1/catalog/import", pipe)
		sent <- err
	}()
	if _, err := fmt.Fprint(feed, "name;vat;price\n", strings.Repeat("Молоко;22;1\n", 10), strings.Repeat(" ;;\n", 100_000)); err != nil {
		t.Fatal(err)
	}
	r.kill()
	if err := feed.Close(); err != nil {
		t.Error(err)
	}
	if err := <-sent; err == nil {
		t.Error("no error from a till that died")
	}
	r.start("")
	if out := r.ok("find", "4600000000015"); !strings.Contains(out, "49.90") {
		t.Errorf("after the cut: %s", out)
	}
	entries, err := os.ReadDir(filepath.Join(r.dir, "data", "catalog"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "build-") {
			t.Errorf("left: %s", e.Name())
		}
	}
	r.stop()
}

// ownersOnly sees that nobody else can read what a till keeps: not its journal,
// not its customers, not what Badger writes beside. Only the socket is open to
// the till's group.
func ownersOnly(t *testing.T, dir string) {
	t.Helper()
	seen := map[string]int{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		mode := info.Mode()
		if allowed := os.FileMode(0o700); mode.Type()&os.ModeSocket == 0 && mode.Perm()&^allowed != 0 {
			t.Errorf("%s is %v", name, mode)
		}
		seen[filepath.Ext(name)]++
		return nil
	})
	if err != nil || seen[".sst"] == 0 || seen[".vlog"]+seen[".mem"] == 0 {
		t.Errorf("%v, %v", seen, err)
	}
}
