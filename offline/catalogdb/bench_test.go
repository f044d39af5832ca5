package catalogdb

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// benchItem is the n-th item of a large shop: the words of names repeat as
// they do in trade, a few are in very many names and most in few.
func benchItem(n int) catalog.Item {
	nouns := []string{"Молоко", "Кефир", "Сок", "Печенье", "Шампунь", "Кружка", "Корм для кошек", "Крупа гречневая", "Чай чёрный", "Мыло жидкое", "Батарейка", "Тетрадь", "Сыр", "Хлеб"}
	sorts := []string{"пастеризованное", "яблочный", "с шоколадом", "увлажняющий", "белая", "с курицей", "классическое", "бергамот"}
	var seed [16]byte
	binary.BigEndian.PutUint64(seed[:], uint64(n)*0x9e3779b97f4a7c15)
	folder := fmt.Sprintf("00000000-0000-4000-8000-%012d", n%700)
	body := fmt.Sprintf("46%010d", n)
	return catalog.Item{
		ID: uuid.UUID(seed).String(), Type: catalog.Product,
		Name: fmt.Sprintf("%s %s %d,%d%% %d г «Марка %d»", nouns[n%len(nouns)], sorts[n/7%len(sorts)], n%9, n%10, 50+n%40*25, n/50%20_000),
		Code: strconv.Itoa(100_000 + n), Article: fmt.Sprintf("А-%07d", n), Barcodes: []string{body + string(gs1.CheckDigit(body))},
		Prices: []catalog.Price{{Type: "Цена продажи", Value: money.Amount(1000 + n%90_000)}, {Type: "Оптовая", Value: money.Amount(900 + n%90_000)}},
		Rate:   tax.VAT22, FolderID: folder, FolderPath: "/00000000-0000-4000-8000-999999999999/" + folder + "/", Unit: "шт", Kind: 1,
	}
}

// load builds a catalogue of n items, page by page as a download does.
func load(b testing.TB, db *DB, n int) {
	build, err := db.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	page := make([]catalog.Item, 0, 1000)
	for i := range n {
		if page = append(page, benchItem(i)); len(page) == cap(page) || i == n-1 {
			if err := build.PutItems(page); err != nil {
				b.Fatal(err)
			}
			page = page[:0]
		}
	}
	if err := build.SetStore(store); err != nil {
		b.Fatal(err)
	}
	if _, err := build.Commit(); err != nil {
		b.Fatal(err)
	}
}

// TestImport: ten thousand items go in and every one is found again by id,
// code, article, barcode and name.
func TestImport(t *testing.T) {
	const items = 10_000
	db := openDir(t, t.TempDir())
	load(t, db, items)
	if info := db.Current(); info.Items != items || info.Clashes+info.Repeated+info.Rejected != 0 {
		t.Fatalf("%+v", info)
	}
	for n := range items {
		want := benchItem(n)
		for _, code := range []string{want.Barcodes[0], want.Code, want.Article} {
			m, err := db.Lookup(t.Context(), 0, code)
			if err != nil || m.Item.ID != want.ID {
				t.Fatalf("%s: %+v, %v", code, m.Item, err)
			}
		}
		if n%97 == 0 {
			got, err := db.Find(t.Context(), want.Name, 5)
			if err != nil || !slices.ContainsFunc(got, func(i catalog.Item) bool { return i.Name == want.Name }) {
				t.Fatalf("%s: %v, %v", want.Name, ids(got), err)
			}
		}
	}
}

// BenchmarkMillion measures what the budgets are about, on a million items.
// Each figure is a metric: import and open in seconds, anonymous memory and
// disk in bytes, 99th percentiles of the calls in microseconds.
func BenchmarkMillion(b *testing.B) {
	const items = 1_000_000
	dir := b.TempDir()
	db := openDir(b, dir)
	began := time.Now()
	load(b, db, items)
	imported := time.Since(began)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory() // the import's garbage is not what is measured
	began = time.Now()
	db = openDir(b, dir)
	opened := time.Since(began)
	b.Run("store", func(b *testing.B) {
		for b.Loop() {
			db.Current()
		}
		b.ReportMetric(imported.Seconds(), "s/import")
		b.ReportMetric(opened.Seconds(), "s/open")
		b.ReportMetric(float64(diskSize(b, dir)), "disk-B")
		b.ReportMetric(float64(rssAnon(b)), "anon-B")
	})
	p99 := func(name string, fn func(i int) error) {
		b.Run(name, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := fn(len(times)); err != nil {
					b.Fatal(err)
				}
				times = append(times, time.Since(began))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "us-p99")
		})
	}
	p99("lookup", func(i int) error {
		_, err := db.Lookup(b.Context(), 0, benchItem(i * 7919 % items).Barcodes[0])
		return err
	})
	p99("list", func(i int) error {
		_, err := db.List(b.Context(), benchItem(i).FolderID, "", 50)
		return err
	})
	for _, typed := range []string{"м", "мол", "молоко марка 123", "с ш 2,5", "vjkjrj", "46000", "сыр белая 5 275", "молоко сок"} {
		p99("find "+typed, func(int) error { _, err := db.Find(b.Context(), typed, 20); return err })
	}
	p99("find any", func(i int) error { _, err := db.Find(b.Context(), benchItem(i*104729%items).Name, 20); return err })
}

func diskSize(b *testing.B, dir string) (size int64) {
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// rssAnon is the anonymous memory of this process in bytes.
func rssAnon(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	var kilobytes int64
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes << 10
}
