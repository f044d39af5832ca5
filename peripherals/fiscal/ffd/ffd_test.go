package ffd

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/kkt"
)

func tlv(id uint16, value ...byte) []byte {
	return append([]byte{byte(id), byte(id >> 8), byte(len(value)), byte(len(value) >> 8)}, value...)
}

func say(id uint16, s string) []byte { return tlv(id, text.CP866.Encode(s)...) }

// TestValues: how each kind of value reads, hostile ones included.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		id    uint16
		value string // hexadecimal
		want  string
	}{
		{1077, "31043E0BBFF2", "1040957426"}, // of a real device
		{1077, "3104", "3104"},
		{1038, "0C000000", "12"},
		{1020, "", "0.00"},
		{1020, "4E", "0.78"},
		{1020, "0F27", "99.99"},
		{1020, "FFFFFFFFFFFFFFFF", "18446744073709551615"},
		{1020, "000000000000000001", "000000000000000001"},
		{1023, "0359010000000000", "0.345"},
		{1023, "03B80B", "3.000"},
		{1023, "0005", "5"},
		{1023, "06", "0.000000"},
		{1023, "FF01", "FF01"},
		{1023, "", ""},
		{1012, "80071561", "12.08.2021 11:35"},
		{1012, "FFFFFFFFFFFFFFFF", "18446744073709551615"},
		{1178, "80071561", "12.08.2021"},
		{1054, "02", "возврат прихода"},
		{1054, "09", "9"},
		{1055, "01", "ОСН"},
		{1055, "00", "нет"},
		{1062, "24", "УСН доход минус расход, Патент"},
		{1057, "80", "бит 7"},
		{1199, "0B", "НДС 22%"},
		{2106, "0F", "код проверен, подпись верна, статус проверен, статус верен"},
		{2108, "0B", "кг"},
		{1209, "04", "1.2"},
		{1021, "91AEA1AEABA5A220882E", "Соболев И."},
		{1021, "410A1B42", "A  B"},
		{1018, "373730373038333839332020", "7707083893"},
		{1162, "444D04A1", "444D04A1"},
		{2000, hex.EncodeToString([]byte("0104606203103348215=EfODA\x1d93UpGb")), "0104606203103348215=EfODA"},
		{9999, "CAFE", "CAFE"},
	} {
		value, err := hex.DecodeString(c.value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Describe(tlv(c.id, value...))
		if err != nil || len(got) != 1 || got[0].ID != c.id {
			t.Errorf("%d %s: %+v, %v", c.id, c.value, got, err)
			continue
		}
		if got[0].Value != c.want {
			t.Errorf("%d %s: %q, want %q", c.id, c.value, got[0].Value, c.want)
		}
	}
}

func TestNesting(t *testing.T) {
	item := append(say(1030, "Сыр"), tlv(1256, say(1227, "ООО «Пример»")...)...)
	got, err := Describe(append(tlv(1059, item...), tlv(1054, 1)...))
	if err != nil {
		t.Fatal(err)
	}
	want := []kkt.Tag{
		{ID: 1059, Name: "предмет расчета", Tags: []kkt.Tag{
			{ID: 1030, Name: "наименование предмета расчета", Value: "Сыр"},
			{ID: 1256, Name: "сведения о покупателе (клиенте)", Tags: []kkt.Tag{{ID: 1227, Name: "покупатель (клиент)", Value: "ООО \"Пример\""}}},
		}},
		{ID: 1054, Name: "признак расчета", Value: "приход"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBroken(t *testing.T) {
	deep := tlv(1059)
	for range maxDepth + 1 {
		deep = tlv(1059, deep...)
	}
	many := []byte(strings.Repeat(string(tlv(1)), MaxTags+1))
	for name, b := range map[string][]byte{
		"half a head": {1, 2, 3}, "short value": {0xF6, 3, 2, 0, 1}, "inside a group": tlv(1059, 1, 2, 3), "too deep": deep, "too many": many,
	} {
		if _, err := Describe(b); !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := Describe(append(tlv(1054, 1), 7)); err == nil || len(got) != 1 {
		t.Errorf("what was read is lost: %+v, %v", got, err)
	}
}

// TestDictionary: every tag has a Russian name, every list of values an owner
// that uses it.
func TestDictionary(t *testing.T) {
	if len(tags) < 150 {
		t.Errorf("only %d tags", len(tags))
	}
	for id, i := range tags {
		if !strings.ContainsFunc(i.name, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) || i.name != Name(id) {
			t.Errorf("%d: name %q", id, i.name)
		}
		if i.values != nil && i.kind != count && i.kind != flags {
			t.Errorf("%d: values of a tag that is no number", id)
		}
	}
	if Name(9) != "" {
		t.Error("an unknown tag has a name")
	}
}

func FuzzDescribe(f *testing.F) {
	f.Add(append(tlv(1059, append(say(1030, "Сыр"), tlv(1023, 3, 0x59, 1)...)...), tlv(1077, 0x31, 4, 0x3E, 0xB, 0xBF, 0xF2)...))
	f.Add(tlv(1012, 0x80, 7, 0x15, 0x61))
	f.Add(tlv(2000, 'A', 0x1D, 'B'))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Describe(b)
		if err == nil && (len(got) == 0) != (len(b) == 0) {
			t.Errorf("% X reads as %+v", b, got)
		}
		printable(t, got)
	})
}

func printable(t *testing.T, list []kkt.Tag) {
	for _, tag := range list {
		if strings.ContainsFunc(tag.Value, unicode.IsControl) {
			t.Errorf("%d: %q", tag.ID, tag.Value)
		}
		printable(t, tag.Tags)
	}
}
