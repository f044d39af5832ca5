package text

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		page Charset
		in   string
		want string // as the page shows it
	}{
		{CP866, "Соболев И.", "Соболев И."},
		{CP866, "Ёлка ёж Ўў", "Ёлка ёж Ўў"},
		{CP866, "Гродзенскі", "Гродзенскi"},
		{CP1251, "Гродзенскі", "Гродзенскі"},
		{CP866, "«Дом» — 5 ₽", "\"Дом\" - 5 р."},
		{CP1251, "«Дом» — 5 ₽", "«Дом» — 5 р."},
		{CP866, "Café Nestlé™", "Cafe Nestletm"},
		{CP1251, "Молоко\t3,2%\x00\r\n", "Молоко 3,2%   "},
		{CP1251, "й", "й"}, // decomposed: и + breve
		{CP866, "世界", "??"},
		{CP866, "\xff\xfe", "??"},
		{CP866, "№ 5", "№ 5"},
		{CP437, "Щётка «Ёж» 5 ₽, объём № 1", "Shchyotka «Yozh» 5 r., obyom N 1"},
		{CP1252, "Їжак — Café", "Izhak — Café"},
	} {
		if got := c.page.Printable(c.in); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.page, c.in, got, c.want)
		}
	}
	if got, want := CP866.Encode("Соболев И."), []byte{0x91, 0xAE, 0xA1, 0xAE, 0xAB, 0xA5, 0xA2, 0x20, 0x88, 0x2E}; !bytes.Equal(got, want) {
		t.Errorf("cp866: % X, want % X", got, want)
	}
	if got := CP1251.DecodeZ([]byte{0xD1, 0xCB, 0xD3, 0, 0xFF}); got != "СЛУ" {
		t.Errorf("DecodeZ: %q", got)
	}
	if got := CP1251.EncodeMax("аб  вг", 4); CP1251.Decode(got) != "аб" {
		t.Errorf("EncodeMax: %q", CP1251.Decode(got))
	}
}

func TestSubstitutesExistInEveryPage(t *testing.T) {
	for r, sub := range substitutes {
		for _, s := range sub {
			for _, c := range []Charset{CP866, CP1251, CP437, CP1252} {
				if in, cyrillic := spelt(s); cyrillic && in != "" && (c == CP437 || c == CP1252) {
					continue
				}
				if _, ok := c.page.EncodeRune(s); !ok {
					t.Errorf("%s has no %q, the substitute of %q", c, s, r)
				}
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want []string
	}{
		{"", 5, []string{""}},
		{"   ", 5, []string{""}},
		{"молоко топлёное 3,2%", 10, []string{"молоко", "топлёное", "3,2%"}},
		{"молоко 3,2%", 11, []string{"молоко 3,2%"}},
		{"абвгдежз", 3, []string{"абв", "где", "жз"}},
		{"а абвгд е", 3, []string{"а", "абв", "гд", "е"}},
	} {
		if d := cmp.Diff(c.want, Wrap(c.in, c.n)); d != "" {
			t.Errorf("Wrap(%q, %d): %s", c.in, c.n, d)
		}
	}
	if got := Row("Итого", "12.50", 12); got != "Итого  12.50" {
		t.Errorf("Row: %q", got)
	}
	if got := Row("Очень длинное имя", "12.50", 12); got != "Очень  12.50" {
		t.Errorf("Row: %q", got)
	}
	if got := Row("имя", "1234567890", 4); got != "1234" {
		t.Errorf("Row: %q", got)
	}
	if got := Center("аб", 5); got != " аб  " {
		t.Errorf("Center: %q", got)
	}
}

func TestLayoutProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := rapid.String().Draw(t, "s"), rapid.IntRange(1, 48).Draw(t, "n")
		lines := Wrap(s, n)
		for _, l := range lines {
			if Width(l) > n {
				t.Fatalf("%q is wider than %d", l, n)
			}
		}
		glue := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := glue(strings.Join(lines, "")); got != glue(s) {
			t.Fatalf("wrapping changed the text: %q, was %q", got, glue(s))
		}
		left, right := rapid.String().Draw(t, "left"), rapid.String().Draw(t, "right")
		if w := Width(Row(left, right, n)); w != n {
			t.Fatalf("a row of %d columns, want %d", w, n)
		}
		if w := Width(Center(s, n)); w != n {
			t.Fatalf("centred to %d columns, want %d", w, n)
		}
		for _, c := range []Charset{CP866, CP1251, CP437, CP1252} {
			p := c.Printable(s)
			if !utf8.ValidString(p) || c.Printable(p) != p {
				t.Fatalf("%s: printable %q of %q is not stable", c, p, s)
			}
		}
	})
}
