package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
	"github.com/kassa-pos/kassa/pos/fault"
)

const cafeFile = `{"kassa_catalog": 1,
"store": {"id": "s", "name": "Кафе", "price_type": "Розница", "currency": "RUB", "tax_system": 1, "discount_strategy": "bySum",
 "cashiers": [{"id": "c", "name": "Иванова А.", "pin": "2468", "role": "owner"}]},
"folders": [{"id": "f1", "name": "Горячее"}, {"id": "f2", "name": "Супы", "parent_id": "f1"}, {"id": "f3", "name": "Напитки"}],
"items": [
{"id": "soup", "name": "Борщ", "barcodes": ["4600000000015"], "prices": [{"value": 30000}], "rate": "10", "folder_id": "f2", "unit": "шт"},
{"id": "tea", "name": "Чай", "barcodes": ["4600000000022"], "prices": [{"value": 10000}], "rate": "22", "folder_id": "f3", "unit": "шт"},
{"id": "gum", "name": "Жвачка", "barcodes": ["4600000000039"], "prices": [{"value": 5000}], "rate": "22", "unit": "шт"}
]}`

// slip is what came out of a printer since it was torn off last.
func slip(p *escpostest.Printer) string { return strings.Join(p.Lines(), "\n") }

// TestKitchen is a cafe with a kitchen that has a printer of its own and a bar
// that prints on the till's: sent by hand, as a table is put aside and with the
// sale; called off; and through a kitchen printer without paper, one that hangs,
// one whose answer is lost with the till's power. No sale waits for a cook.
func TestKitchen(t *testing.T) {
	plainOnly(t)
	r := newRig(t, "")
	if err := os.RemoveAll(filepath.Join(r.dir, "data", "catalog")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cafe.json")
	if err := os.WriteFile(file, []byte(cafeFile), 0o600); err != nil {
		t.Fatal(err)
	}
	r.ok("catalog", "import", file)
	bar := r.printing("")
	kit := r.printingAs("[[kitchen.station]]\nname = \"Кухня\"\nfolders = [\"Горячее\"]\n[kitchen.station.printer]\n",
		"[[kitchen.station]]\nname = \"Бар\"\nfolders = [\"f3\"]\n")
	r.start("")
	state := func() (k api.KitchenState) {
		t.Helper()
		out, err := r.client.Call(t.Context(), "GET", "/api/v1/kitchen", nil)
		if err == nil {
			err = json.Unmarshal(out, &k)
		}
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	comes := func(p *escpostest.Printer, words ...string) {
		t.Helper()
		missing := ""
		r.await("a ticket", func() bool {
			missing = ""
			for _, w := range append(words, "~cut~") {
				if !strings.Contains(slip(p), w) {
					missing = w
					return false
				}
			}
			return true
		})
		if missing != "" {
			t.Errorf("no %q on\n%s", missing, slip(p))
		}
		p.Tear()
	}
	r.must("POST", "/api/v1/login", map[string]string{"pin": "2468"})
	r.run("shift", "open")

	// By hand, with a note; then more, and less.
	r.scanned("4600000000015", "4600000000022", "4600000000039")
	r.run("cheque", "note", "1", "без", "сметаны")
	r.run("kitchen", "send")
	comes(kit, "Кухня", "№ 1", "1 x Борщ", "! без сметаны", "Иванова А.", "НЕ ФИСКАЛЬНЫЙ")
	comes(bar, "Бар", "№ 1", "1 x Чай")
	r.refused(fault.KitchenKnows, "kitchen", "send")
	r.scanned("2*4600000000022")
	r.run("cheque", "remove", "1")
	r.run("kitchen", "send")
	comes(kit, "ADDITION 2", "CANCEL 1 x Борщ")
	comes(bar, "ADDITION 2", "2 x Чай")

	// The sale takes what was not sent along.
	r.scanned("4600000000015")
	r.run("pay", "cash", "5000")
	comes(kit, "№ 1", "ADDITION 3", "1 x Борщ")

	// A table, put aside: without paper in the kitchen, which is told and stops
	// nobody. It comes by itself.
	kit.Break(escpostest.PaperOut)
	r.scanned("4600000000015")
	r.run("cheque", "park", "Стол 4")
	r.await("a warning", func() bool {
		s, err := r.status()
		told := false
		for _, w := range s.Warnings {
			told = told || w.Code == string(fault.KitchenWaits)
		}
		return err == nil && told
	})
	r.sell()
	if out := r.ok("kitchen"); !strings.Contains(out, "2 waiting") || !strings.Contains(out, string(fault.PrinterPaper)) {
		t.Errorf("kitchen:\n%s", out)
	}
	kit.Mend(escpostest.PaperOut)
	comes(kit, "Стол 4", "№ 2", "1 x Борщ", "№ 3")

	// It hangs, and nobody waits for it; it is slow, and the power goes in the
	// middle of a ticket: the cook gets it again, and sees that it is a repeat.
	kit.Break(escpostest.Hang)
	r.sell()
	r.await("it is told", func() bool { return state().Stations[0].Code != "" })
	kit.Mend(escpostest.Hang)
	kit.Break(escpostest.Slow)
	r.await("half a ticket", func() bool { return len(kit.Rows()) > 2 })
	r.kill()
	kit.MendAll()
	kit.Tear()
	r.start("")
	comes(kit, "REPEAT", "№ 4")
	if s := state(); len(s.Stations[0].Waiting) != 0 || len(s.Recent) < 6 || s.Recent[0].Order != 4 {
		t.Errorf("%+v", s)
	}
	r.must("POST", "/api/v1/login", map[string]string{"pin": "2468"})

	// A copy of one, a waiting one called off, a cheque thrown away.
	r.run("kitchen", "again", state().Recent[0].ID.String())
	comes(kit, "COPY", "№ 4")
	kit.Break(escpostest.Cover)
	r.scanned("4600000000015")
	r.run("kitchen", "send")
	r.await("it waits", func() bool { return len(state().Stations[0].Waiting) == 1 })
	id := state().Stations[0].Waiting[0].ID.String()
	r.run("kitchen", "drop", id)
	r.refused(fault.KitchenNone, "kitchen", "drop", id)
	r.refused(fault.KitchenNone, "kitchen", "again", "x")
	kit.MendAll()
	r.run("cheque", "void")
	comes(kit, "ORDER CANCELLED", "CANCEL 1 x Борщ")
	r.stop()
	r.agree()
}
