package catalogfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/offline/catalogdb"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
)

func openDB(t testing.TB) *catalogdb.DB {
	t.Helper()
	db, err := catalogdb.Open(t.Context(), catalogdb.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func take(t testing.TB, db *catalogdb.DB, file string, i Import) Result {
	t.Helper()
	res, err := i.Into(t.Context(), db, strings.NewReader(file))
	if err != nil {
		t.Fatalf("%v: %v", err, told(res.Report))
	}
	return res
}

func written(t testing.TB, h *held) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, JSON, h.source()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func exported(t testing.TB, db *catalogdb.DB, f Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := Export(t.Context(), db, &b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A till without a cloud: everything comes by a file, goes out again as the
// same file, and every part of it can be changed alone.
func TestImport(t *testing.T) {
	db := openDB(t)
	var file bytes.Buffer
	if err := Write(&file, JSON, shop().source()); err != nil {
		t.Fatal(err)
	}
	res := take(t, db, file.String(), Import{})
	if res.Generation != 1 || len(res.Kept) != 0 {
		t.Errorf("%+v", res)
	}
	if got := exported(t, db, JSON); got != file.String() {
		t.Error(cmp.Diff(file.String(), got))
	}
	info := db.Current()
	if !info.StockAt.Equal(shop().StockAt) || len(info.Promotions) != 1 || info.Customers != 1 || info.Serials != 2 || info.Store.PriceType != "Цена" {
		t.Errorf("%+v", info)
	}
	// Only promotions change.
	res = take(t, db, `{"kassa_catalog":1,"promotions":[{"id":"n","name":"Новая","on":{"all":true},"give":{"kind":"percent","percent":1000}}]}`, Import{})
	if want := []string{"store", "discounts", "folders", "customers", "serials", "items"}; !slices.Equal(res.Kept, want) {
		t.Errorf("kept %v", res.Kept)
	}
	want := strings.Replace(file.String(), file.String()[strings.Index(file.String(), `"promotions"`):strings.Index(file.String(), `"customers"`)],
		`"promotions": [`+"\n"+`{"id":"n","name":"Новая","on":{"all":true},"give":{"kind":"percent","percent":1000}}`+"\n],\n", 1)
	if got := exported(t, db, JSON); got != want {
		t.Error(cmp.Diff(want, got))
	}
	// The items by a spreadsheet: the rest stays, folders keep their ids.
	sheet := exported(t, db, CSV)
	take(t, db, strings.Replace(sheet, "89.90", "91,00", 1), Import{})
	milk, err := db.Item(t.Context(), 0, "1")
	if p, _ := milk.PriceOf("Цена"); err != nil || p != 9100 || milk.FolderID != "milk" || milk.FolderPath != "/food/milk/" || len(db.Current().Promotions) != 1 {
		t.Errorf("%+v, %v", milk, err)
	}
	if who, err := db.Customers(t.Context(), "8 (916) 123", 5); err != nil || len(who) != 1 || who[0].Name != "Пётр" {
		t.Errorf("%+v, %v", who, err)
	}
}

// The first file of a till that has nothing.
func TestImportIntoNothing(t *testing.T) {
	db := openDB(t)
	res := take(t, db, "name,price,vat\nХлеб,45,10\n", Import{})
	if s := db.Current().Store; res.Items != 1 || s.ID == "" || s.PriceType != DefaultPriceType || s.Currency != "" {
		t.Errorf("%+v, %+v", res, s)
	}
}

// A dry run tells what would change and changes nothing.
func TestDryRun(t *testing.T) {
	db := openDB(t)
	head := "id;name;price;price:Опт;vat;stock\n"
	fresh := take(t, db, head+"1;A;10;9;22;5\n", Import{DryRun: true})
	if fresh.Changes.Added != 1 || db.Current().Generation != 0 {
		t.Errorf("%+v", fresh.Changes)
	}
	take(t, db, head+"1;A;10;9;22;5\n2;B;20;;22;\n3;C;30;;22;\n4;D;40;;22;\n5;E;50;5;22;\n", Import{})
	got := take(t, db, head+"1;A;10;9;22;7\n2;B;21;;22;\n4;D!;40;;22;\n5;E;50;6;22;\n6;F;60;;22;\n7;G;1;;22;\n", Import{DryRun: true}).Changes
	want := &Changes{Changes: catalogdb.Changes{Added: 2, Removed: 1, Repriced: 1, Changed: 2, Restocked: 1, Examples: []catalogdb.Change{
		{Kind: "repriced", ID: "2", Name: "B", Was: 2000, Now: 2100}, {Kind: "changed", ID: "4", Name: "D!", Was: 4000, Now: 4000},
		{Kind: "changed", ID: "5", Name: "E", Was: 5000, Now: 5000}, {Kind: "added", ID: "6", Name: "F", Now: 6000}, {Kind: "added", ID: "7", Name: "G", Now: 100},
		{Kind: "removed", ID: "3", Name: "C", Was: 3000}}}, Sections: map[string]Tally{}}
	if d := cmp.Diff(want, got); d != "" || db.Current().Generation != 1 {
		t.Error(d)
	}
	same := take(t, db, exported(t, db, CSV), Import{DryRun: true}).Changes
	if same.Same != 5 || same.Added+same.Changed+same.Removed+same.Repriced != 0 {
		t.Errorf("%+v", same)
	}
}

// Every section of a file is held against what the till has.
func TestDryRunOfSections(t *testing.T) {
	db := openDB(t)
	whole := shop()
	take(t, db, written(t, whole), Import{})
	other := shop()
	other.Folders = append(other.Folders[:len(other.Folders)-1], catalog.Folder{ID: "new", Name: "Новинки"})
	other.Folders[0].Name += "!"
	other.Customers = append(other.Customers, catalog.CustomerCard{Customer: catalog.Customer{ID: "k9"}, Name: "Новый", Phone: "+7 916 000-00-09"})
	other.Serials[0].Number = "SN-9"
	other.Promotions, other.Discounts = nil, append(other.Discounts, catalog.Discount{ID: "d9", Name: "Ещё"})
	other.Store.Name, other.Store.MaxDiscount, other.Store.TobaccoMin = "Другая", 7000, []catalog.MinPrice{{Price: 12900}}
	other.Store.Cashiers = append(other.Store.Cashiers, catalog.Cashier{ID: "c9", Name: "Девятая", Role: catalog.RoleSenior})
	other.Store.Cashiers[0].Position = "Старшая"
	other.Items = nil
	same := take(t, db, written(t, whole), Import{DryRun: true}).Changes
	if len(same.Store) > 0 {
		t.Errorf("settings of the same file: %v", same.Store)
	}
	for section, n := range same.Sections {
		if n.Same == 0 || n.Added+n.Removed+n.Changed > 0 {
			t.Errorf("%s of the same file: %+v", section, n)
		}
	}
	if len(same.Sections) != 6 {
		t.Errorf("sections %v", same.Sections)
	}
	before, rest, _ := strings.Cut(written(t, other), `"items"`)
	_, serials, _ := strings.Cut(rest, `"serials"`)
	text := before + `"serials"` + serials
	got := take(t, db, text, Import{DryRun: true}).Changes
	want := map[string]Tally{"folders": {Added: 1, Removed: 1, Changed: 1, Same: len(whole.Folders) - 2}, "customers": {Added: 1, Same: len(whole.Customers)},
		"serials": {Added: 1, Removed: 1, Same: len(whole.Serials) - 1}, "discounts": {Added: 1, Same: len(whole.Discounts)},
		"promotions": {Removed: len(whole.Promotions)}, "cashiers": {Added: 1, Changed: 1, Same: len(whole.Store.Cashiers) - 1}}
	if d := cmp.Diff(want, got.Sections) + cmp.Diff([]string{"max_discount", "name", "tobacco_min"}, got.Store); d != "" || db.Current().Generation != 1 {
		t.Error(d)
	}
	if got.Changes.Removed+got.Added != 0 {
		t.Errorf("items of a file that has none: %+v", got.Changes)
	}
}

// A refused file leaves what sells; with SkipBad the good part is taken.
func TestRefused(t *testing.T) {
	db := openDB(t)
	take(t, db, "name;code;price;vat\nA;1;10;22\n", Import{})
	code := func(err error) fault.Code {
		var f *fault.Error
		if !errors.As(err, &f) {
			return ""
		}
		return f.Code
	}
	bad := "name;code;price;vat\nA;1;11;22\nB;2;?;22\n"
	for name, c := range map[string]struct {
		file string
		want fault.Code
	}{
		"a mistake": {bad, fault.CatalogFile}, "no header": {"", fault.CatalogFile}, "cut JSON": {`{"kassa_catalog":1,"items":[{"id":"1"`, fault.CatalogFile},
		"no item": {"name;vat\n", fault.CatalogRejected}, "no items": {`{"kassa_catalog":1,"items":[]}`, fault.CatalogRejected}, "other JSON": {"{}", fault.CatalogFile},
		"wrong throughout": {"name;vat\n" + strings.Repeat("x;x\n", 2*MaxProblems), fault.CatalogFile}, "folders last": {`{"kassa_catalog":1,"items":[{"id":"1","name":"A","rate":"22"}],"folders":[]}`, fault.CatalogFile},
	} {
		res, err := Import{}.Into(t.Context(), db, strings.NewReader(c.file))
		if code(err) != c.want || db.Current().Generation != 1 || c.want == fault.CatalogFile && len(res.Problems) == 0 {
			t.Errorf("%s: %v, %+v", name, err, res)
		}
	}
	res := take(t, db, bad, Import{SkipBad: true})
	if res.Items != 1 || res.Bad != 1 || len(res.Problems) != 1 || db.Current().Items != 1 {
		t.Errorf("%+v", res)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Import{}).Into(ctx, db, strings.NewReader("name;vat\nA;22\n")); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (Import{}).Into(t.Context(), db, strings.NewReader("name;vat\nA;22\n")); code(err) != fault.CatalogBusy {
		t.Errorf("beside another: %v", err)
	}
	if err := b.Abort(); err != nil {
		t.Error(err)
	}
}

// A file that is cut anywhere (a cable, a stick pulled out) leaves the old
// catalogue; only the whole of it makes a new one.
func TestCutAnywhere(t *testing.T) {
	db := openDB(t)
	take(t, db, "name;code;price;vat\nСтарый;1;10;22\n", Import{})
	var file bytes.Buffer
	if err := Write(&file, JSON, shop().source()); err != nil {
		t.Fatal(err)
	}
	whole := bytes.TrimSpace(file.Bytes())
	for at := 0; at < len(whole); at += 211 {
		res, err := Import{}.Into(t.Context(), db, bytes.NewReader(whole[:at]))
		if err == nil || res.Generation != 0 || db.Current().Generation != 1 {
			t.Fatalf("cut at %d: %+v, %v", at, res, err)
		}
		// A connection that breaks is no end of file, whatever the form.
		for _, form := range []string{string(whole[:at]), "name;vat\n" + strings.Repeat("A;22\n", at%5)} {
			broken := io.MultiReader(strings.NewReader(form), &failing{})
			if _, err := (Import{}).Into(t.Context(), db, broken); !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, new(*fault.Error)) || db.Current().Generation != 1 {
				t.Fatalf("broken at %d: %v", at, err)
			}
		}
	}
	if m, err := db.Lookup(t.Context(), 0, "1"); err != nil || m.Item.Name != "Старый" {
		t.Errorf("%+v, %v", m.Item, err)
	}
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Customers are found by what a cashier has of them.
func TestCustomers(t *testing.T) {
	db := openDB(t)
	file := `{"kassa_catalog":1,"customers":[
{"id":"1","name":"Пётр Фёдорович Быков","phone":"+7 (916) 123-45-67","card":"7700 0000 01"},
{"id":"2","name":"Быкова Анна","phone":"89161234568"},
{"id":"3","name":"Smith John","phone":"+49 170 1234567","card":"vip-1"},
{"id":"4","name":"Быстров","tags":["vip"],"spent":100,"personal":[{"discount_id":"d","percent":5000}]}]}`
	take(t, db, file, Import{})
	for text, want := range map[string][]string{
		"79161234567": {"1"}, "8 916 123 45 67": {"1"}, "9161234567": {"1"}, "+7 916 123": {"1", "2"}, "8916": {"1", "2"}, "916": nil,
		"7700000001": {"1"}, "77000": {"1"}, "VIP1": {"3"}, "vip-1": {"3"}, "491701234567": {"3"},
		"быков": {"2", "1"}, "Быков петр": {"1"}, "федор пет": {"1"}, "бы": {"2", "4", "1", "3"} /* ,s in the other layout */, ",srjd": {"2", "1"}, "john": {"3"}, "ыьшер": {"3"},
		"никто": nil, "": nil, "%": nil, "0000": nil,
	} {
		got, err := db.Customers(t.Context(), text, 10)
		var ids []string
		for _, p := range got {
			ids = append(ids, p.ID)
		}
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("%q: %v, %v; want %v", text, ids, err, want)
		}
	}
	who, err := db.Customer(t.Context(), "4")
	if err != nil || who.Spent != 100 || !cmp.Equal(who.Tags, []string{"vip"}) || who.Personal[0].Percent != 5000 {
		t.Errorf("%+v, %v", who, err)
	}
	if _, err := db.Customer(t.Context(), "5"); !errors.Is(err, catalogdb.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if got, err := db.Customers(t.Context(), "бы", 2); err != nil || len(got) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// Ten thousand customers with one name do not make a search slow or long.
func TestManyCustomers(t *testing.T) {
	db := openDB(t)
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []catalog.CustomerCard
	for n := range 10_000 {
		all = append(all, catalog.CustomerCard{Customer: catalog.Customer{ID: fmt.Sprint(n)}, Name: "Иванов Иван", Phone: fmt.Sprintf("7916%07d", n)})
	}
	if err := b.PutCustomers(append(all, all[:10]...)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := db.Current().Customers; n != len(all) {
		t.Errorf("%d customers", n)
	}
	for text, want := range map[string]int{"иванов": 20, "7916": 20, "79160009999": 1, "иванов пётр": 0} {
		if got, err := db.Customers(t.Context(), text, 20); err != nil || len(got) != want {
			t.Errorf("%s: %d, %v", text, len(got), err)
		}
	}
}
