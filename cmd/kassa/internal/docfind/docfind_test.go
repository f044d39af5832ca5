package docfind

import (
	"testing"
	"time"

	"github.com/kassa-pos/kassa/pos/doc"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 3*3600))

func sale() *doc.Document {
	return &doc.Document{Type: doc.Sell, Number: 417, Name: "K1-000417", Cashier: doc.Cashier{Name: "Анна Кузнецова"},
		Fiscal:  &doc.Fiscal{FD: 88, Sign: 3456789012},
		People:  &doc.People{Contact: "+79161234567", Customer: "Сидоров", Buyer: &doc.Buyer{Name: "ООО «Ромашка»", INN: "7701234567"}},
		Receipt: &doc.Receipt{Total: 188_65, Lines: []doc.Line{{Name: "Молоко «Луговое»", Barcode: "4600000000041", Code: "00004", Total: 88_65}, {Name: "Хлеб", Total: 100_00}}}}
}

func TestMatch(t *testing.T) {
	for text, want := range map[string]bool{
		"417": true, "№417": true, "88": true, "3456789012": true, "188,65": true, "188.65": true, "88,65": true, "100": true, "4600000000041": true, "молоко": true, "ЛУГОВОЕ": true,
		"кузнецова": true, "сидоров": true, "+79161234567": true, "ромашка": true, "7701234567": true, "000417": true, "продажа": true, "молоко хлеб 417": true, "": true,
		"молоко сыр": false, "418": false, "188,66": false, "460000000004": false, "возврат": false,
	} {
		q := Parse(text, now)
		if got := q.Match(sale(), "Продажа"); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	q := Parse("5,00", now)
	if !q.Match(&doc.Document{Type: doc.CashIncome, Cash: &doc.Cash{Sum: 5_00}}, "") || !q.Match(&doc.Document{Type: doc.ZReport, Shift: &doc.Shift{Revenue: -5_00}}, "") ||
		q.Match(&doc.Document{Type: doc.OpenSession, Shift: &doc.Shift{Revenue: 5_00}}, "") {
		t.Error("sums of cash and shifts")
	}
	if q = Parse("тара", now); !q.Match(&doc.Document{Type: doc.Accept, Stock: &doc.Stock{Positions: []doc.StockPosition{{Name: "Тара"}}}}, "") {
		t.Error("goods of stock documents")
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string][2]string{
		"20.11.2026": {"2026-11-20", "2026-11-21"}, "20.11.26 хлеб": {"2026-11-20", "2026-11-21"}, "2026-11-20": {"2026-11-20", "2026-11-21"}, "20.11": {"2026-11-20", "2026-11-21"},
		"23.11": {"2025-11-23", "2025-11-24"}, "20.11 03.11": {"2026-11-03", "2026-11-21"}, "1.2.2026": {"2026-02-01", "2026-02-02"}, "хлеб 12,50": {"0001-01-01", "0001-01-01"},
	} {
		q := Parse(text, now)
		if q.Since.Format(time.DateOnly) != want[0] || q.Until.Format(time.DateOnly) != want[1] {
			t.Errorf("%q: from %s to %s", text, q.Since, q.Until)
		}
	}
}

// FuzzParse: whatever is typed can be looked for.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"молоко 20.11", "99.99", "№ « »", "9223372036854775808", "2026-02-30", "\xff 1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		q := Parse(s, now)
		if len(q.words) > MaxWords || q.Since.After(q.Until) {
			t.Errorf("%q: %+v", s, q)
		}
		q.Match(sale(), "Продажа")
	})
}
