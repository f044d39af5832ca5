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
	ru, en := Layout{20, 2, "ru"}, Layout{20, 2, "en"}
	wide, narrow, one := Layout{20, 4, "ru"}, Layout{8, 2, "ru"}, Layout{16, 1, "ru"}
	for name, c := range map[string]struct {
		got  Frame
		want []string
	}{
		"line": {ru.Line("Молоко 3,2% Домик в деревне", qty.One, 8990, 13500), []string{
			"Молоко 3,2% Домик в ",
			"89.90   Итого 135.00"}},
		"several": {ru.Line("Хлеб", 2*qty.One, 4500, 18000), []string{
			"Хлеб                ",
			"2x45.00 Итого 180.00"}},
		"weight": {ru.Line("Яблоки\n  сезонные", 1234, 12990, 116029), []string{
			"Яблоки сезонные     ",
			"1.234x129.90 1160.29"}},
		"dear": {ru.Line("Сервер", 3500, 1234567890, 9999999999), []string{
			"Сервер              ",
			"         99999999.99"}},
		"total":       {ru.Total(123456), []string{"К ОПЛАТЕ            ", "             1234.56"}},
		"total en":    {en.Total(100), []string{"TO PAY              ", "                1.00"}},
		"change":      {ru.Change(45050, 50000, 4950), []string{"Итого         450.50", "СДАЧА          49.50"}},
		"change wide": {wide.Change(45050, 50000, 4950), []string{"Итого         450.50", "Внесено       500.00", "СДАЧА          49.50", strings.Repeat(" ", 20)}},
		"thanks":      {ru.ThankYou(), []string{"Спасибо за покупку! ", strings.Repeat(" ", 20)}},
		"idle":        {ru.Idle("Магазин у дома на Садовой"), []string{" Магазин у дома на  ", "      Садовой       "}},
		"welcome":     {en.Idle(" "), []string{"      Welcome!      ", strings.Repeat(" ", 20)}},
		"wide line": {wide.Line("Молоко ультрапастеризованное Домик в деревне", qty.One, 8990, 8990), []string{
			"Молоко              ",
			"ультрапастеризованно",
			"е Домик в деревне   ",
			"89.90    Итого 89.90"}},
		"narrow":     {narrow.Line("Хлеб", qty.One, 4500, 450000), []string{"Хлеб    ", " 4500.00"}},
		"too narrow": {narrow.Total(9999999999), []string{"К ОПЛАТЕ", "********"}},
		"one row":    {one.Line("Хлеб", qty.One, 4500, 9000), []string{"45.00      90.00"}},
		"one total":  {one.Total(9000), []string{"К ОПЛАТЕ   90.00"}},
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
		q := qty.Milli(rapid.Int64Range(1, int64(qty.Max)).Draw(t, "quantity"))
		for what, f := range map[string]Frame{
			"line": l.Line(name, q, 100, sum), "total": l.Total(sum), "change": l.Change(1, 2, sum),
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
			if what == "line" || what == "total" || what == "change" {
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
