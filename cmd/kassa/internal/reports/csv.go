package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/pos/money"
)

// CSV says how a table is written for a spreadsheet.
type CSV struct {
	Language string // "ru": columns part with ; and kopecks with a comma; "en": a comma and a dot
	BOM      bool   // begin with a UTF-8 byte order mark, which Excel needs to read Cyrillic
}

// Write writes a report as RFC 4180 has it: a header, a record a row, lines
// end in CR LF. The last record is the total.
func (c CSV) Write(w io.Writer, r SalesReport) error {
	if c.BOM {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if c.Language != "en" {
		out.Comma = ';'
	}
	records := [][]string{c.header(r.By)}
	for i := range r.Rows {
		row := &r.Rows[i]
		records = append(records, c.record(r.By, row.Key, Title(r.By, row, c.Language), row))
	}
	total := Row{Figure: r.Total}
	records = append(records, c.record(r.By, "", titles["total"].in(c.Language), &total))
	return out.WriteAll(records)
}

// FileName is what a report's table is called.
func (r SalesReport) FileName() string {
	name := "sales-" + string(r.By)
	switch {
	case r.Shift != 0:
		name += fmt.Sprintf("-shift-%d", r.Shift)
	case r.From == r.To:
		name += "-" + r.From
	default:
		name += "-" + r.From + "-" + r.To
	}
	return name + ".csv"
}

// quantities tells whether a report has a column of them.
func quantities(by By) bool { return by == ByGoods }

func (c CSV) header(by By) []string {
	h := []string{titles["key"].in(c.Language), titles[string(by)].in(c.Language)}
	if quantities(by) {
		h = append(h, titles["qty"].in(c.Language), titles["unit"].in(c.Language))
	}
	for _, name := range []string{"sales", "sold", "returns", "returned", "corrections", "corrected", "discount", "sum"} {
		h = append(h, titles[name].in(c.Language))
	}
	return h
}

func (c CSV) record(by By, key, name string, r *Row) []string {
	rec := []string{harmless(key), harmless(name)}
	if quantities(by) {
		rec = append(rec, c.decimal(r.Qty.String()), harmless(r.Unit))
	}
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	return append(rec, count(r.Sales), c.sum(r.Sold), count(r.Returns), c.sum(r.Returned), count(r.Corrections), c.sum(r.Corrected), c.sum(r.Discount), c.sum(r.Sum))
}

func (c CSV) sum(a money.Amount) string { return c.decimal(a.String()) }

func (c CSV) decimal(s string) string {
	if c.Language == "en" {
		return s
	}
	return strings.Replace(s, ".", ",", 1)
}

// harmless keeps a spreadsheet from taking an item's name for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

type words struct{ ru, en string }

func (w words) in(lang string) string {
	if lang == "en" {
		return w.en
	}
	return w.ru
}

// titles are a table's own words.
var titles = map[string]words{
	"key": {"Код", "Key"}, "hour": {"Час", "Hour"}, "day": {"День", "Day"}, "goods": {"Товар", "Item"}, "payment": {"Оплата", "Payment"}, "cashier": {"Кассир", "Cashier"},
	"qty": {"Количество", "Quantity"}, "unit": {"Единица", "Unit"}, "sales": {"Продаж", "Sales"}, "sold": {"Продано", "Sold"}, "returns": {"Возвратов", "Returns"},
	"returned": {"Возвращено", "Returned"}, "corrections": {"Коррекций", "Corrections"}, "corrected": {"Исправлено", "Corrected"}, "discount": {"Скидка", "Discount"},
	"sum": {"Выручка", "Revenue"}, "total": {"Итого", "Total"},

	"CASH": {"Наличные", "Cash"}, "ELECTRON": {"Карта", "Card"}, KeyQR: {"По QR-коду", "By QR code"}, "ADVANCE": {"Аванс", "Prepaid"}, "CREDIT": {"В долг", "On credit"},
	"COUNTEROFFER": {"Встречное предоставление", "Something in return"}, KeyRounding: {"Округление чеков", "Rounding of receipts"},
}

// Word is a word of the reports: a title of a column, a way to pay.
func Word(key, lang string) string { return titles[key].in(lang) }

// Title is a row's name as people read it: "10:00", "Наличные", an item's name.
func Title(by By, r *Row, lang string) string {
	switch {
	case by == ByHour:
		return r.Key + ":00"
	case by == ByPayment || r.Key == KeyRounding:
		if w, ok := titles[r.Key]; ok {
			return w.in(lang)
		}
	}
	if r.Name == "" {
		return "—"
	}
	return r.Name
}
