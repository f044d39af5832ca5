package catalogdb

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		crashChild(dir, os.Getenv(crashStep))
	}
	// The properties build generations: a few of them, and the same, in a plain run.
	if os.Getenv("KASSA_LONG") == "" {
		for name, value := range map[string]string{"rapid.checks": "10", "rapid.seed": "5"} {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	goleak.VerifyTestMain(m)
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openDir(t testing.TB, dir string) *DB {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	db, err := Open(t.Context(), Options{Dir: dir, Log: log, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

var store = catalog.Store{ID: "s", Name: "Магазин", WeightPrefix: "20", PriceType: "Цена продажи"}

// shelf is a small shop whose milk costs what the caller says.
func shelf(milk money.Amount) []catalog.Item {
	return []catalog.Item{
		{ID: "milk", Type: catalog.Product, Name: "Молоко пастеризованное 2,5% 930 мл «Ромашково»", Barcodes: []string{"4600439931256", "036000291452"},
			Code: "00017", Article: "МП-25", Prices: []catalog.Price{{Type: "Цена продажи", Value: milk}}, Rate: tax.VAT10, FolderID: "dairy", FolderPath: "/food/dairy/"},
		{ID: "kefir", Type: catalog.Product, Name: "Кефир 1% 930мл", Barcodes: []string{"4600000000022"}, Rate: tax.VAT10, FolderID: "dairy",
			Packs: []catalog.Pack{{ID: "box", Name: "короб", Barcode: "14600000000029", Quantity: 12 * qty.One}}},
		{ID: "honey", Type: catalog.Product, Name: "Мёд липовый", Code: "00123", ByWeight: true, Unit: "кг", Rate: tax.VAT22, FolderID: "food"},
		{ID: "nuts", Type: catalog.Product, Name: "Орехи", Code: "7", ByWeight: true, Unit: "кг", Rate: tax.VAT22},
		{ID: "bag", Type: catalog.Service, Name: "Пакет-майка Tide", Code: "20999", Rate: tax.None},
		{ID: "water", Type: catalog.Product, Name: "Вода", Barcodes: []string{"4600000000039"}, Tracking: "WATER", Rate: tax.VAT22},
	}
}

var shelves = []catalog.Folder{
	{ID: "dairy", Name: "Молочное", Path: "/food/dairy/", ParentID: "food"},
	{ID: "bread", Name: "Ёлки и хлеб", Path: "/food/bread/", ParentID: "food"},
	{ID: "food", Name: "Продукты", Path: "/food/"},
	{ID: "a", Name: "Бытовое", Path: "/a/"},
}

// fill builds a generation.
func fill(t testing.TB, db *DB, items ...catalog.Item) int64 {
	t.Helper()
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := complete(b, items)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func complete(b *Build, items []catalog.Item) (int64, error) {
	err := errors.Join(b.SetStore(store), b.PutFolders(shelves), b.PutItems(items),
		b.SetDiscounts([]catalog.Discount{{ID: "d", Name: "Скидка", Folders: []string{"food"}, Percent: 5000}}))
	if err != nil {
		return 0, errors.Join(err, b.Abort())
	}
	return b.Commit()
}

func TestEmpty(t *testing.T) {
	db := openDir(t, t.TempDir())
	if info := db.Current(); info.Generation != 0 {
		t.Errorf("current %+v", info)
	}
	if _, err := db.Lookup(t.Context(), 0, "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("lookup: %v", err)
	}
	if _, err := db.Item(t.Context(), 3, "1"); !errors.Is(err, ErrNotFound) {
		t.Errorf("item: %v", err)
	}
	found, err1 := db.Find(t.Context(), "молоко", 5)
	listed, err2 := db.List(t.Context(), "", "", 5)
	folders, err3 := db.Folders(t.Context())
	if err := errors.Join(err1, err2, err3); err != nil || len(found)+len(listed)+len(folders) > 0 {
		t.Errorf("found %v, listed %v, folders %v: %v", found, listed, folders, err)
	}
}

func TestLookup(t *testing.T) {
	db := openDir(t, t.TempDir())
	n := fill(t, db, shelf(8990)...)
	label := func(goods string, grams int) string {
		body := fmt.Sprintf("20%s%05d", goods, grams)
		return body + string(gs1.CheckDigit(body))
	}
	for _, v := range []struct {
		name, code, id, pack string
		qty                  qty.Milli
		err                  error
	}{
		{name: "barcode", code: "4600439931256", id: "milk", qty: qty.One},
		{name: "UPC-A kept as such", code: "036000291452", id: "milk", qty: qty.One},
		{name: "UPC-A read as EAN-13", code: "0036000291452", id: "milk", qty: qty.One},
		{name: "EAN-13 read as GTIN-14", code: "04600439931256", id: "milk", qty: qty.One},
		{name: "pack", code: "14600000000029", id: "kefir", pack: "box", qty: 12 * qty.One},
		{name: "code", code: "00017", id: "milk", qty: qty.One},
		{name: "article", code: "МП-25", id: "milk", qty: qty.One},
		{name: "scale label", code: label("00123", 1530), id: "honey", qty: 1530},
		{name: "scale label of a code without zeros", code: label("00007", 99999), id: "nuts", qty: 99999},
		{name: "scale label of what is not weighed", code: label("20999", 100), err: ErrNotFound},
		{name: "scale label of nothing known", code: label("55555", 100), err: ErrNotFound},
		{name: "scale label without weight", code: label("00123", 0), err: ErrNotFound},
		{name: "weight item by its code", code: "00123", id: "honey", qty: qty.One},
		{name: "marking code", code: "0104600000000039215abc\x1d93xyz", id: "water", qty: qty.One},
		{name: "misread", code: "4600439931257", err: ErrNotFound},
		{name: "beginning of a barcode", code: "460043993125", err: ErrNotFound},
		{name: "nothing", code: "", err: ErrNotFound},
		{name: "too long", code: strings.Repeat("1", 10_000), err: gs1.ErrTooLong},
	} {
		t.Run(v.name, func(t *testing.T) {
			for _, generation := range []int64{0, n, 99} {
				m, err := db.Lookup(t.Context(), generation, v.code)
				if !errors.Is(err, v.err) || (v.err == nil && err != nil) {
					t.Fatalf("generation %d: %v, want %v", generation, err, v.err)
				}
				if m.Item.ID != v.id || m.Qty != v.qty || m.PackID != v.pack || (err == nil && (m.Code != v.code || m.Generation != n)) {
					t.Errorf("generation %d: %+v", generation, m)
				}
			}
		})
	}
	// What was put comes back whole.
	for _, want := range shelf(8990) {
		got, err := db.Item(t.Context(), 0, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", want.ID, d)
		}
	}
}

func TestGenerations(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	news, cancel := db.Subscribe()
	defer cancel()
	var numbers []int64
	for i := range 4 {
		numbers = append(numbers, fill(t, db, shelf(money.Amount(1000+i))...))
		select {
		case info := <-news:
			if info.Generation != numbers[i] || info.Items != len(shelf(0)) || info.Folders != len(shelves) || !info.UpdatedAt.Equal(noon) || info.Store.Name != store.Name || len(info.Discounts) != 1 {
				t.Errorf("news %+v", info)
			}
		case <-t.Context().Done():
			t.Fatal("no news")
		}
	}
	price := func(db *DB, generation int64) money.Amount {
		m, err := db.Lookup(t.Context(), generation, "4600439931256")
		if err != nil {
			t.Fatal(err)
		}
		p, _ := m.Item.PriceOf("Цена продажи")
		return p
	}
	check := func(db *DB) {
		t.Helper()
		// The current and the one before are readable, older ones fall to the current.
		for i, want := range []money.Amount{1003, 1003, 1002, 1003} {
			if got := price(db, numbers[i]); got != want {
				t.Errorf("generation %d: price %d, want %d", numbers[i], got, want)
			}
		}
		if got := price(db, 0); got != 1003 || db.Current().Generation != numbers[3] {
			t.Errorf("current: price %d, %+v", got, db.Current())
		}
	}
	check(db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// Close waited for the removal of the older ones.
	if got := dirs(t, dir); !cmp.Equal(got, []string{"gen-000003", "gen-000004"}) {
		t.Errorf("directories %v", got)
	}
	db = openDir(t, dir)
	check(db)
	if n := fill(t, db, shelf(1)...); n <= numbers[3] {
		t.Errorf("generation %d after %d", n, numbers[3])
	}
}

func dirs(t testing.TB, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// A generation has customers in it: whatever the process's umask, its files are
// its owner's only.
func TestOwnerOnly(t *testing.T) {
	db := openDir(t, t.TempDir())
	fill(t, db, shelf(1)...)
	files, err := filepath.Glob(filepath.Join(db.dir, dirName(genPrefix, 1), "*"))
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, name := range append(files, filepath.Join(db.dir, stateFile), filepath.Join(db.dir, lockFile)) {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestClashes(t *testing.T) {
	db := openDir(t, t.TempDir())
	item := func(id, code string, barcodes ...string) catalog.Item {
		return catalog.Item{ID: id, Name: "Товар " + id, Code: code, Barcodes: barcodes}
	}
	boxed := item("5", "")
	boxed.Packs = []catalog.Pack{{ID: "p", Barcode: "111", Quantity: 6000}, {ID: "q", Barcode: "666", Quantity: 2500}}
	fill(t, db,
		boxed,
		item("1", "111", "222", "222"), // the same barcode twice is no clash
		item("2", "", "111", "222"),
		item("3", "333", "222"),
		item("1", "444", "222"), // came again: the later one counts
		item("4", "", "333"),    // an item's barcode goes before another's code
		catalog.Item{ID: "", Name: "x"}, catalog.Item{ID: "6"}, catalog.Item{ID: "7", Name: strings.Repeat("x", MaxName+1)},
		item("8", "", strings.Repeat("9", 256), ""),                                          // no scanner delivers these
		item("9", "", slices.Repeat([]string{strings.Repeat("8", MaxName)}, MaxBarcodes)...), // each within its limit, too large together
	)
	info := db.Current()
	// 111: pack of 5 and item 2. 222: items 2, 3 and 1, which now comes last.
	if info.Clashes != 3 || info.Repeated != 1 || info.Rejected != 4 || info.Items != 6 {
		t.Errorf("%d clashes, %d repeated, %d rejected, %d items", info.Clashes, info.Repeated, info.Rejected, info.Items)
	}
	for code, want := range map[string]string{"111": "2", "222": "2", "333": "4", "444": "1", "666": "5"} {
		m, err := db.Lookup(t.Context(), 0, code)
		if err != nil || m.Item.ID != want {
			t.Errorf("%s: item %q, %v; want %s", code, m.Item.ID, err, want)
		}
	}
	if i, err := db.Item(t.Context(), 0, "1"); err != nil || i.Code != "444" {
		t.Errorf("item 1: %+v, %v", i, err)
	}
}

func TestOneBuild(t *testing.T) {
	db := openDir(t, t.TempDir())
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Begin(t.Context()); !errors.Is(err, ErrBuilding) {
		t.Errorf("second build: %v", err)
	}
	if err := errors.Join(b.PutItems(shelf(1)), b.Abort(), b.Abort()); err != nil {
		t.Error(err)
	}
	if err := b.PutItems(shelf(1)); !errors.Is(err, ErrClosed) {
		t.Errorf("put after abort: %v", err)
	}
	if _, err := b.Commit(); !errors.Is(err, ErrClosed) {
		t.Errorf("commit after abort: %v", err)
	}
	if got := dirs(t, db.dir); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	fill(t, db, shelf(1)...)

	// A download that is called off takes its build along.
	ctx, cancel := context.WithCancel(t.Context())
	b, err = db.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := b.PutItems(shelf(2)); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
	if _, err := b.Commit(); !errors.Is(err, context.Canceled) {
		t.Errorf("commit: %v", err)
	}
	if db.Current().Generation != 2 { // the aborted build took 1
		t.Errorf("current %d", db.Current().Generation)
	}
	fill(t, db, shelf(3)...)
}

// Close ends a build, unblocks subscribers, and everything after it says so.
func TestClose(t *testing.T) {
	dir := t.TempDir()
	db := openDir(t, dir)
	fill(t, db, shelf(1)...)
	news, cancel := db.Subscribe()
	b, err := db.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.PutItems(shelf(2)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		for range news {
		}
		close(done)
	}()
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	<-done
	cancel()
	if err := b.PutItems(nil); !errors.Is(err, ErrClosed) {
		t.Errorf("put: %v", err)
	}
	if _, err := db.Lookup(t.Context(), 0, "1"); !errors.Is(err, ErrClosed) {
		t.Errorf("lookup: %v", err)
	}
	if _, err := db.Begin(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("begin: %v", err)
	}
	if ch, _ := db.Subscribe(); ch != nil {
		if _, open := <-ch; open {
			t.Error("subscribed to a closed catalogue")
		}
	}
	if got := dirs(t, dir); !cmp.Equal(got, []string{"gen-000001"}) {
		t.Errorf("left: %v", got)
	}
}

func TestLocked(t *testing.T) {
	dir := t.TempDir()
	openDir(t, dir)
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, ErrLocked) {
		t.Errorf("second open: %v", err)
	}
	if _, err := Open(t.Context(), Options{Dir: filepath.Join(dir, lockFile)}); err == nil {
		t.Error("opened a file")
	}
}

// Readers see one generation or the next, whole, while generations come and
// go; Close waits for them.
func TestConcurrent(t *testing.T) {
	db := openDir(t, t.TempDir())
	fill(t, db, shelf(1)...)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for pinned := int64(0); ; {
				select {
				case <-stop:
					return
				default:
				}
				m, err := db.Lookup(t.Context(), pinned, "4600439931256")
				if err != nil {
					t.Errorf("lookup: %v", err)
					return
				}
				pinned = m.Generation
				// The price is the generation's: nothing of another shines through.
				if p, _ := m.Item.PriceOf(store.PriceType); int64(p) != m.Generation {
					t.Errorf("price %d in generation %d", p, m.Generation)
				}
				found, err1 := db.Find(t.Context(), "мол", 3)
				listed, err2 := db.List(t.Context(), "dairy", "", 3)
				if err := errors.Join(err1, err2); err != nil || len(found) != 1 || len(listed) != 2 {
					t.Errorf("found %d, listed %d: %v", len(found), len(listed), err)
				}
			}
		})
	}
	for n := money.Amount(2); n < 7; n++ {
		if got := fill(t, db, shelf(n)...); got != int64(n) {
			t.Errorf("generation %d, want %d", got, n)
		}
	}
	close(stop)
	readers.Wait()
}
