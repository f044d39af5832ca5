package slips

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

var moment = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)

// paper is what a job looks like on paper.
func paper(t *testing.T, j *escpos.Job) (*escpostest.Printer, string) {
	t.Helper()
	if j.Err() != nil {
		t.Fatal(j.Err())
	}
	p := escpostest.New(80)
	_ = p.Serve(&tray{in: j.Bytes()}) // ends with what there is
	if s := p.State(); s.Unknown+s.Waiting+s.Lost != 0 {
		t.Errorf("%+v", s)
	}
	return p, strings.Join(p.Lines(), "\n")
}

type tray struct{ in []byte }

func (c *tray) Read(b []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, errors.New("end")
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}
func (c *tray) Write(b []byte) (int, error) { return len(b), nil }

func documents() []doc.Document {
	all := []doc.Document{}
	for i, typ := range doc.Types() {
		d := doc.Document{Type: typ, Name: "K1-" + string(rune('A'+i)), Time: moment, ShiftNumber: 3, Cashier: doc.Cashier{Name: "Иванова А."}}
		switch {
		case typ.Receipt():
			d.Receipt = &doc.Receipt{Lines: []doc.Line{{Name: "Молоко", Qty: 2000, Unit: "шт", Price: 7990, Total: 15980}}, Total: 15980,
				Payments: []doc.Payment{{Type: doc.PayCash, Sum: 15980, Change: 4020}, {Type: doc.PayCounter}}}
			d.Fiscal = &doc.Fiscal{FN: "9999078900001234", FD: 17, Sign: 1234567890, Time: moment}
		case typ == doc.CashIncome || typ == doc.CashOutcome:
			d.Cash = &doc.Cash{Sum: 10000, Description: "размен"}
		case typ == doc.Accept || typ == doc.Inventory || typ == doc.WriteOff || typ == doc.Return || typ == doc.Revaluation || typ == doc.OpenTare:
			d.Stock = &doc.Stock{Positions: []doc.StockPosition{{Name: "Хлеб", Qty: 5000, Unit: "шт", Sum: 25000}}, Sum: 25000}
		default:
			d.Shift = &doc.Shift{OpenedAt: moment, Sales: doc.Turnover{Count: 2, Total: 15980, Cash: 15980}, Revenue: 15980, Drawer: 15980}
		}
		all = append(all, d)
	}
	return all
}

// No slip can be taken for a receipt: each says so twice, in letters of double
// height, and none has a QR code that proves one.
func TestNothingLooksFiscal(t *testing.T) {
	for lang, words := range map[string]string{"ru": "НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", "en": "NOT FISCAL / НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ"} {
		m := Maker{Language: lang, Zone: time.UTC, Shop: "Магазин", Currency: "RUB"}
		jobs := map[string]*escpos.Job{"order": m.Order("Стол 5", []doc.Line{{Name: "Суп", Qty: 1000, Price: 100, Total: 100}}, 100, moment), "test": m.Test(moment)}
		for _, d := range documents() {
			jobs[string(d.Type)] = m.Copy(&d)
		}
		for name, j := range jobs {
			p, text := paper(t, j)
			said := 0
			for _, r := range p.Rows() {
				if r.Text == words && r.High == 2 && r.Bold {
					said++
				}
				if strings.Contains(r.QR, "fn=") {
					t.Errorf("%s: %s", name, r.QR)
				}
			}
			if said != 2 {
				t.Errorf("%s, %s: it says %d times that it is not fiscal:\n%s", lang, name, said, text)
			}
		}
	}
}

func TestCopySaysWhatWasSold(t *testing.T) {
	m := Maker{Language: "ru", Zone: time.UTC, Shop: "Магазин", Currency: "RUB"}
	want := map[doc.Type][]string{
		doc.Sell:       {"КОПИЯ", "Продажа K1-", "1. Молоко", "79.90", "159.80", "Наличными", "Сдача", "40.20", "ФН 9999078900001234 ФД 17 ФП 1234567890", "~cut~"},
		doc.ZReport:    {"Z-отчёт", "Продажи (2)", "Выручка", "159.80"},
		doc.Accept:     {"Приёмка", "1. Хлеб", "250.00"},
		doc.CashIncome: {"Внесение", "100.00", "размен"},
	}
	for _, d := range documents() {
		_, text := paper(t, m.Copy(&d))
		for _, w := range want[d.Type] {
			if !strings.Contains(text, w) {
				t.Errorf("%s lacks %q:\n%s", d.Type, w, text)
			}
		}
		if m.say(string(d.Type)) == "" {
			t.Errorf("%s has no name", d.Type)
		}
	}
}

func TestLabels(t *testing.T) {
	m := Maker{Language: "ru", Zone: time.UTC, Currency: "RUB"}
	for name, c := range map[string]struct {
		item  catalog.Item
		price money.Amount
		want  []string
	}{
		"EAN-13":     {catalog.Item{Name: "Молоко топлёное", Barcodes: []string{"4607177964089"}, Unit: "шт"}, 7990, []string{"Молоко топлёное", "79.90 руб.", "за 1 шт", "[4607177964089]", "23.11.2026", "~cut~"}},
		"other code": {catalog.Item{Name: "Сыр", Barcodes: []string{"AB-1{"}}, 1, []string{"[AB-1{]", "0.01 руб."}},
		"Cyrillic":   {catalog.Item{Name: "Сыр", Barcodes: []string{"КОД"}}, 1, []string{"КОД"}},
		"no barcode": {catalog.Item{Name: "Сыр", Code: "00077"}, 999999999999, []string{"00077", "9999999999.99 руб."}},
	} {
		p, text := paper(t, m.Labels([]Label{{c.item, c.price, 2}}, moment))
		for _, w := range c.want {
			if strings.Count(text, w) != 2 {
				t.Errorf("%s: not two of %q:\n%s", name, w, text)
			}
		}
		if p.State().Cuts != 2 {
			t.Errorf("%s: %d cuts", name, p.State().Cuts)
		}
	}
}

func TestTextsAreWhole(t *testing.T) {
	for key, both := range texts {
		if both[0] == "" || both[1] == "" {
			t.Errorf("%s: %q", key, both)
		}
	}
}
