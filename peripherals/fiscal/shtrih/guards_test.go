package shtrih

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// TestProductCode: tag 1162 of what scanners give.
func TestProductCode(t *testing.T) {
	for in, want := range map[string]string{
		"0104606203103348215=EfODA\x1d91EE10\x1d92abc":      "444D 043077198874 353D45664F4441",
		"\x1d0104606203103348215=EfODA\x1d93UpGb":           "444D 043077198874 353D45664F4441",
		"]d20104606203103348215=EfODA":                      "444D 043077198874 353D45664F4441",
		"0104606203103348" + "21" + strings.Repeat("x", 30): "444D 043077198874 " + strings.Repeat("78", 20),
		"04606203103348a3=EfODAB=UpGbL":                     "444D 043077198874 61333D45664F44",
		"4606203103348":                                     "450D 043077198874",
		"46062033":                                          "4508 000002BED9D1",
		"14606203103348":                                    "490E 0D48C58C2874",
		"RU-401301-AAA0001234":                              "5246 " + hex.EncodeToString([]byte("RU-401301-AAA0001234")),
		"0104606203103348" + "91EE10":                       "0000 " + hex.EncodeToString([]byte("010460620310334891EE10")),
		"что-то другое, и притом такое, что никуда не поместится целиком": "",
	} {
		got, err := productCode(in)
		if err != nil || len(got) > maxProduct {
			t.Errorf("%q: %X, %v", in, got, err)
		}
		if spaceless := strings.ToUpper(strings.ReplaceAll(want, " ", "")); want != "" && fmt.Sprintf("%X", got) != spaceless {
			t.Errorf("%q: %X, want %s", in, got, spaceless)
		}
	}
	for _, in := range []string{"", "\x1d", "]d2"} {
		if got, err := productCode(in); err == nil {
			t.Errorf("%q: %X", in, got)
		}
	}
}

func FuzzProductCode(f *testing.F) {
	f.Add("0104606203103348215=EfODA\x1d93UpGb")
	f.Add("04606203103348a3=EfODAB=UpGbL")
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := productCode(s); (err == nil) != (len(b) >= 2) || len(b) > maxProduct {
			t.Errorf("%q: %X, %v", s, b, err)
		}
	})
}

// TestNotices: the two orders of the date, and answers of any length.
func TestNotices(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	head := "01 0500 07000000"
	for _, c := range []struct {
		data  string
		since string
		fill  int
	}{
		{head + "1A0B130A1E 09", "2026-11-19 10:30", 9}, // year first
		{head + "130B1A0A1E 09", "2026-11-19 10:30", 9}, // day first
		{head + "0A0B1A0A1E 09", "2026-11-10 10:30", 9}, // 2010 is too long ago
		{head + "FFFFFFFFFF 64", "", 100},
		{head + "0000000000 00", "", 0},
		{head + "1A0B130A1E", "2026-11-19 10:30", 0}, // no fill
		{head + "1A0B", "", 0},                       // cut short
		{head + "1A0B130A1E 09 EEEEEE", "2026-11-19 10:30", 9},
	} {
		n, err := parseNotices(unhex(t, c.data), now, time.UTC)
		since := ""
		if !n.Since.IsZero() {
			since = n.Since.Format("2006-01-02 15:04")
		}
		if err != nil || since != c.since || n.Fill != c.fill || n.Queued != 5 || n.First != 7 || !n.Supported {
			t.Errorf("%s: %+v, %v", c.data, n, err)
		}
	}
	if _, err := parseNotices(unhex(t, "01 0500"), now, time.UTC); !errors.Is(err, fiscal.ErrGarbage) {
		t.Errorf("three bytes: %v", err)
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestMarkAnswers: a check's answer in all its lengths.
func TestMarkAnswers(t *testing.T) {
	for data, want := range map[string]string{
		"00 01 05 00":                  "0 1 5 FN 0 result 0",
		"03 00 04 00":                  "3 0 4 FN 0 result 3",
		"01 00 04 01 FF":               "1 0 4 FN 255 result 1",
		"03 00 04 02 20 05":            "3 0 4 FN 32 result 3",
		"03 00 04 02 00 0F":            "3 0 4 FN 0 result 15",
		"03 00 04 01 00":               "3 0 4 FN 0 result 3",
		"03 00 04 02 00 0F EE EE":      "3 0 4 FN 0 result 15",
		"00 01 01 07 00 05 3908010000": "0 1 1 FN 0 result 5",
	} {
		c, err := parseMarkCheck(unhex(t, data))
		if got := fmt.Sprintf("%d %d %d FN %d result %d", c.Local, c.Reason, c.Type, c.FN, c.Result); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", data, got, err, want)
		}
	}
	for _, data := range []string{"", "03", "03 00 04", "03 00 04 05 00 0F"} {
		if c, err := parseMarkCheck(unhex(t, data)); !errors.Is(err, fiscal.ErrGarbage) {
			t.Errorf("%s: %+v, %v", data, c, err)
		}
	}
}

// TestNestedArchive: an item comes as one answer, or as its head with its tags
// after it; the document is the same either way.
func TestNestedArchive(t *testing.T) {
	item := func(name string, result byte) []byte {
		return append(textTag(1030, name, 128).encode(), tlv{tagMarkResult, []byte{result}}.encode()...)
	}
	whole := [][]byte{tlv{tagItem, item("A", 15)}.encode(), tlv{tagItem, textTag(1030, "B", 9).encode()}.encode(), tlv{tagItem, item("C", 3)}.encode()}
	head := tlv{tagItem, item("A", 15)}.encode()[:4]
	parts := append([][]byte{head}, textTag(1030, "A", 9).encode(), tlv{tagMarkResult, []byte{15}}.encode())
	parts = append(parts, whole[1:]...)
	for name, answers := range map[string][][]byte{"whole": whole, "in parts": parts} {
		next := 0
		p := scripted(script{
			"\xFF\x01": says(fnAnswer(5)...),
			"\xFF\x0A": says(append([]byte{0, 3, 0, 26, 11, 20, 12, 0, 9, 0, 0, 0, 1, 2, 3, 4, 1}, 1, 0, 0, 0, 0)...),
			"\xFF\x3A": says(0, 3, 0, 9, 0),
			"\xFF\x3B": func([]byte) []byte {
				if next == len(answers) {
					return []byte{codeNoData}
				}
				next++
				return append([]byte{0}, answers[next-1]...)
			},
		})
		d, err := p.Document(context.Background(), 9)
		if err != nil || len(d.Tags) != 3 || len(d.Tags[0].Tags) != 2 || d.Tags[0].Tags[0].Value != "A" {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
		got, err := scanTags(answers)
		if err != nil || got.items != 3 || len(got.checks) != 2 || got.checks[1] != 15 || got.checks[3] != 3 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// tableScript answers as a device with one table of one field.
func tableScript(rows byte, field []byte, cell func([]byte) []byte, write func([]byte) []byte) script {
	name := func(s string) []byte { return append(text.CP1251.Encode(s), make([]byte, 40-len([]rune(s)))...) }
	return script{
		"\x2D": func(b []byte) []byte {
			if b[5] != 1 {
				return []byte{codeNoTable}
			}
			return append(append([]byte{0}, name("ТАБЛИЦА")...), rows, 0, 1)
		},
		"\x2E": says(append(append([]byte{0}, name("ПОЛЕ")...), field...)...),
		"\x1F": cell,
		"\x1E": write,
	}
}

// TestHostileTables: what devices say of their tables is not believed blindly.
func TestHostileTables(t *testing.T) {
	ctx := context.Background()
	ref := kkt.SettingRef{Table: "таблица", Row: 1, Field: "поле"}
	ok := says(0)
	t.Run("too many rows", func(t *testing.T) {
		s := tableScript(0, []byte{0, 1, 0, 9}, says(0, 5), ok)
		was := s["\x2D"]
		s["\x2D"] = func(b []byte) []byte {
			a := was(b)
			if len(a) > 1 {
				a[41], a[42] = 0xFF, 0xFF
			}
			return a
		}
		if all, err := scripted(s).Settings(ctx, ""); !errors.Is(err, fiscal.ErrGarbage) {
			t.Errorf("%d settings, %v", len(all), err)
		}
	})
	t.Run("no range", func(t *testing.T) {
		p := scripted(tableScript(1, []byte{0, 2}, says(0, 0xFF, 0xFF), ok))
		if all, err := p.Settings(ctx, ""); err != nil || all[0].Max != 65535 || all[0].Value != "65535" {
			t.Errorf("%+v, %v", all, err)
		}
		if err := p.Set(ctx, ref, "65535"); err != nil {
			t.Error(err)
		}
		if err := p.Set(ctx, ref, "65536"); !errors.Is(err, fiscal.ErrBadValue) {
			t.Error(err)
		}
	})
	t.Run("a number of 20 bytes", func(t *testing.T) {
		p := scripted(tableScript(1, []byte{0, 20}, says(0, 1, 2, 3), ok))
		if all, err := p.Settings(ctx, ""); err != nil || all[0].Value != "010203" {
			t.Errorf("%+v, %v", all, err)
		}
		if err := p.Set(ctx, ref, "1"); !errors.Is(err, fiscal.ErrBadValue) {
			t.Error(err)
		}
	})
	t.Run("a short cell", func(t *testing.T) {
		if all, err := scripted(tableScript(1, []byte{0, 4, 0, 0, 0, 0, 9, 0, 0, 0}, says(0, 7), ok)).Settings(ctx, "#1"); err != nil || all[0].Value != "7" {
			t.Errorf("%+v, %v", all, err)
		}
	})
	t.Run("not what was written", func(t *testing.T) {
		if err := scripted(tableScript(1, []byte{0, 1, 0, 9}, says(0, 5), ok)).Set(ctx, ref, "6"); !errors.Is(err, fiscal.ErrGarbage) {
			t.Error(err)
		}
	})
	for code, class := range map[byte]fiscal.Class{codeReadOnly: fiscal.UserAction, codeLocked: fiscal.UserAction} {
		var e *fiscal.DeviceError
		err := scripted(tableScript(1, []byte{0, 1, 0, 9}, says(0, 5), says(code))).Set(ctx, ref, "6")
		if !errors.As(err, &e) || e.Class != class || !strings.Contains(err.Error(), "ПОЛЕ") || !errors.Is(err, fiscal.ErrRefused) {
			t.Errorf("%02X: %v", code, err)
		}
	}
}

// TestWidth: 26h in all its forms.
func TestWidth(t *testing.T) {
	for name, c := range map[string]struct {
		answer []byte
		want   int
	}{
		"32 columns": {[]byte{0, 0x80, 1, 12, 24, 3}, 32}, "unknown": {[]byte{codeUnsupported}, 40}, "short": {[]byte{0, 0x80}, 40},
		"no width of a character": {[]byte{0, 0x80, 1, 0, 24, 3}, 40}, "absurd": {[]byte{0, 0xFF, 0xFF, 1, 1, 1}, 40}, "longer": {[]byte{0, 0x80, 1, 8, 24, 3, 9, 9}, 48},
	} {
		got, err := scripted(script{"\x26": says(c.answer...)}).width(context.Background())
		if err != nil || got != c.want {
			t.Errorf("%s: %d, %v, want %d", name, got, err, c.want)
		}
	}
}

// TestTrust: flags of sensors a model does not have mean nothing.
func TestTrust(t *testing.T) {
	const both = flagLid | flagDrawer
	for name, c := range map[string]struct {
		m    model
		want uint16
	}{
		"tells nothing": {model{}, flagLid}, "has both": {model{true, modelLid | modelDrawer}, both},
		"has neither": {model{true, 0}, 0}, "drawer only": {model{true, modelDrawer}, flagDrawer},
	} {
		if got := c.m.trust(both | 2); got != c.want|2 {
			t.Errorf("%s: %04X, want %04X", name, got, c.want|2)
		}
	}
}

// TestOldLine: a model without fonts prints by 17h.
func TestOldLine(t *testing.T) {
	var sent []byte
	p := scripted(script{
		"\x10": says(0, 30, 0x92, 2, modeClosed, subReady, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"\x17": func(b []byte) []byte { sent = b; return []byte{0, 30} },
	})
	if err := p.Print(context.Background(), []string{"Привет"}); err != nil {
		t.Fatal(err)
	}
	if len(sent) != 46 || sent[5] != onReceipt || text.CP1251.DecodeZ(sent[6:]) != "Привет" {
		t.Errorf("% X", sent)
	}
}

// TestWhyBad: every bad check has a reason, no other one has.
func TestWhyBad(t *testing.T) {
	for result := range 32 {
		c := doc.MarkCheck{Result: result}
		if (whyBad(c) != "") != c.Bad() {
			t.Errorf("%02X: %q", result, whyBad(c))
		}
	}
}
