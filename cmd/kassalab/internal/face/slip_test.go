package face

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
	"github.com/kassa-pos/kassa/pos/tax"
)

// TestPaper: a receipt on the page is headed in the page's language, names the
// bench's shop, has a void code and can be copied as text.
func TestPaper(t *testing.T) {
	b := start(t)
	p := &page{bench: b}
	printer := shtrih.New(link.TCP{Addr: b.Ready().KKT.TCP}, shtrih.Options{})
	defer func() {
		if err := printer.Halt(); err != nil {
			t.Error(err)
		}
	}()
	total := money.Amount(1234_00)
	receipt := &doc.Receipt{TaxSystem: small().Store.TaxSystem, Gross: total, Total: total, Payments: []doc.Payment{{Type: doc.PayCash, Sum: total}},
		VAT:   []doc.VATSum{{Rate: tax.None, Total: total}},
		Lines: []doc.Line{{Name: "<b>Хлеб</b>", Qty: qty.One, BasePrice: total, Price: total, Gross: total, Total: total, Rate: tax.None, Method: 4, Kind: 1}}}
	for _, op := range []kkt.Operation{{Kind: kkt.OpOpenShift}, {Kind: kkt.OpSale, Receipt: receipt}} {
		op.ID, op.Cashier = uuid.Must(uuid.NewV7()), doc.Cashier{Name: "Кузнецова Мария"}
		mark, err := printer.Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := printer.Prepare(t.Context(), mark, op); err != nil {
			t.Fatal(err)
		}
		if _, err := printer.Commit(t.Context(), mark, op); err != nil {
			t.Fatal(err)
		}
	}
	if err := printer.Barcode(t.Context(), "2999999999991"); err != nil {
		t.Fatal(err)
	}
	for lang, words := range map[string][]string{
		"ru": {"ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ</p>", "QR-код недействителен"},
		"en": {"TEST, NOT A FISCAL DOCUMENT</p>", "the QR code is void"},
	} {
		panels, err := p.panels(pages[""], lang)
		if err != nil {
			t.Fatal(err)
		}
		html := panels[0].HTML
		words = append(words, small().Store.Organization, "ИНН "+small().Store.INN, `<p class="wide"><b>ИТОГ</b><b>=1234.00</b></p>`, `class="strike"`, `<figcaption>2999999999991</figcaption>`, "|2999999999991|",
			"[QR-КОД НЕДЕЙСТВИТЕЛЕН]", "&lt;b&gt;Хлеб")
		for _, w := range words {
			if !strings.Contains(html, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, html)
			}
		}
		if n := strings.Count(html, "<article"); n != 3 || strings.Count(html, `data-slip="`) != n || strings.Count(html, `class="void"`) != n {
			t.Errorf("%s: %d slips\n%s", lang, n, html)
		}
		if strings.Contains(html, "fp=") || strings.Contains(html, "style=") {
			t.Errorf("%s: the page says what the code would, or has styles its policy forbids", lang)
		}
	}
}
