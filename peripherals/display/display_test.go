package display

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

func TestFrames(t *testing.T) {
	of := func(columns, rows int, language string) Layout {
		return Layout{Columns: columns, Rows: rows, Language: language}
	}
	ru, en := of(20, 2, "ru"), of(20, 2, "en")
	wide, narrow, one := of(20, 4, "ru"), of(8, 2, "ru"), of(16, 1, "ru")
	for name, c := range map[string]struct {
		got  Frame
		want []string
	}{
		"line": {ru.Line(Item{Name: "Молоко 3,2% Домик в деревне", Qty: qty.One, Price: 8990, Net: 8990}, 13500), []string{
			"Молоко 3,2% Домик в ",
			"89.90   Итого 135.00"}},
		"several": {ru.Line(Item{Name: "Хлеб", Qty: 2 * qty.One, Price: 4500, Net: 4500}, 18000), []string{
			"Хлеб                ",
			"2x45.00 Итого 180.00"}},
		"weight": {ru.Line(Item{Name: "Яблоки\n  сезонные", Qty: 1530, Unit: "кг", Price: 12990, Net: 12990}, 116029), []string{
			"Яблоки сезо 1,530 кг",
			"x129.90      1160.29"}},
		"weight en": {en.Line(Item{Name: "Apples", Qty: 300, Unit: "kg", Price: 12990, Net: 12990}, 3897), []string{
			"Apples      0.300 kg",
			"x129.90  Total 38.97"}},
		"discount": {ru.Line(Item{Name: "Хлеб", Qty: 2 * qty.One, Price: 4990, Net: 4491, Discount: 998}, 8982), []string{
			"Хлеб                ",
			"2x49.90 -9.98  89.82"}},
		"dearer": {ru.Line(Item{Name: "Хлеб", Qty: qty.One, Price: 4990, Net: 5490, Discount: -500}, 5490), []string{
			"Хлеб                ",
			"49.90 +5.00    54.90"}},
		"discount without room": {ru.Line(Item{Name: "Часы", Qty: 12 * qty.One, Price: 499900, Net: 449910, Discount: 599880}, 5398920), []string{
			"Часы                ",
			"12x4499.10  53989.20"}},
		"wide weight with a discount": {wide.Line(Item{Name: "Сыр Российский молодой", Qty: 1530, Unit: "кг", Price: 79900, Net: 71910, Discount: 12225}, 110022), []string{
			"Сыр Российский      ",
			"1,530 кг            ",
			"x799.00 -122.25     ",
			"Итого        1100.22"}},
		"wide weight": {wide.Line(Item{Name: "Сыр Российский молодой", Qty: 1530, Unit: "кг", Price: 79900, Net: 79900}, 122247), []string{
			"Сыр Российский      ",
			"молодой             ",
			"1,530 кг x799.00    ",
			"Итого        1222.47"}},
		"total with a discount": {ru.Total(123456, 5000), []string{"Скидка         50.00", "К ОПЛАТЕ     1234.56"}},
		"dear": {ru.Line(Item{Name: "Сервер", Qty: 3500, Price: 1234567890, Net: 1234567890}, 9999999999), []string{
			"Сервер              ",
			"         99999999.99"}},
		"total":       {ru.Total(123456, 0), []string{"К ОПЛАТЕ            ", "             1234.56"}},
		"total en":    {en.Total(100, 0), []string{"TO PAY              ", "                1.00"}},
		"change":      {ru.Change(45050, 50000, 4950), []string{"Итого         450.50", "СДАЧА          49.50"}},
		"change wide": {wide.Change(45050, 50000, 4950), []string{"Итого         450.50", "Внесено       500.00", "СДАЧА          49.50", strings.Repeat(" ", 20)}},
		"thanks":      {ru.ThankYou(), []string{"Спасибо за покупку! ", strings.Repeat(" ", 20)}},
		"idle":        {ru.Idle("Магазин у дома на Садовой"), []string{" Магазин у дома на  ", "      Садовой       "}},
		"code":        {ru.Scan(12345), []string{"СКАНИРУЙТЕ QR       ", "К ОПЛАТЕ      123.45"}},
		"one code":    {one.Scan(12345), []string{"QR        123.45"}},
		"welcome":     {en.Idle(" "), []string{"      Welcome!      ", strings.Repeat(" ", 20)}},
		"wide line": {wide.Line(Item{Name: "Молоко ультрапастеризованное Домик в деревне", Qty: qty.One, Price: 8990, Net: 8990}, 8990), []string{
			"Молоко              ",
			"ультрапастеризованно",
			"е Домик в деревне   ",
			"89.90    Итого 89.90"}},
		"narrow":     {narrow.Line(Item{Name: "Хлеб", Qty: qty.One, Price: 4500, Net: 4500}, 450000), []string{"Хлеб    ", " 4500.00"}},
		"too narrow": {narrow.Total(9999999999, 0), []string{"К ОПЛАТЕ", "********"}},
		"one row":    {one.Line(Item{Name: "Хлеб", Qty: qty.One, Price: 4500, Net: 4500}, 9000), []string{"45.00      90.00"}},
		"one total":  {one.Total(9000, 0), []string{"К ОПЛАТЕ   90.00"}},
	} {
		if d := cmp.Diff(c.want, c.got.Lines); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestEveryLayoutFitsAndKeepsTheMoney(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Layout{
			Columns:  rapid.IntRange(MinColumns, MaxColumns).Draw(t, "columns"),
			Rows:     rapid.IntRange(MinRows, MaxRows).Draw(t, "rows"),
			Language: rapid.SampledFrom([]string{"ru", "en", "xx"}).Draw(t, "language"),
		}
		sum := money.Amount(rapid.Int64Range(0, 9_999_999_999).Draw(t, "sum"))
		name := rapid.String().Draw(t, "name")
		off := money.Amount(rapid.Int64Range(-100_000, 100_000).Draw(t, "discount"))
		q := qty.Milli(rapid.Int64Range(1, int64(qty.Max)).Draw(t, "quantity"))
		for what, f := range map[string]Frame{
			"line": l.Line(Item{name, q, rapid.SampledFrom([]string{"", "кг"}).Draw(t, "unit"), 100, 90, off}, sum), "total": l.Total(sum, off), "change": l.Change(1, 2, sum), "code": l.Scan(sum),
			"idle": l.Idle(name), "thanks": l.ThankYou(),
		} {
			if len(f.Lines) != l.Rows {
				t.Fatalf("%s: %d rows of %d", what, len(f.Lines), l.Rows)
			}
			for _, line := range f.Lines {
				if utf8.RuneCountInString(line) != l.Columns {
					t.Fatalf("%s: %q is not %d wide", what, line, l.Columns)
				}
			}
			if what == "line" || what == "total" || what == "change" || what == "code" {
				all := strings.Join(f.Lines, "\n")
				if !strings.Contains(all, sum.String()) && !strings.Contains(all, "********") {
					t.Fatalf("%s: %v is neither shown nor starred in %q", what, sum, all)
				}
			}
		}
	})
}

func TestFit(t *testing.T) {
	f := Frame{Lines: []string{"абвгдежзик", "", "лишнее"}}
	if d := cmp.Diff([]string{"абвгдежз", "        "}, f.Fit(8, 2)); d != "" {
		t.Error(d)
	}
	if !f.Equal(Frame{Lines: f.Lines}) || f.Equal(Frame{}) {
		t.Error("Equal is wrong")
	}
}
