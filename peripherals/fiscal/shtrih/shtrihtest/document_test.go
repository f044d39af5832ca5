package shtrihtest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// docTag and itTag send a tag of the document or of the last item.
func docTag(id uint16, v ...byte) string {
	return "FF0C" + pwd + hex.EncodeToString(appendTLV(nil, id, v))
}
func itTag(id uint16, v ...byte) string {
	return "FF4D" + pwd + hex.EncodeToString(appendTLV(nil, id, v))
}

func cp866(s string) []byte { return text.CP866.Encode(s) }

// stlv is tags within a tag.
func stlv(tags ...tag) (b []byte) {
	for _, t := range tags {
		b = appendTLV(b, t.Tag, t.Value)
	}
	return b
}

// correct is FF4Ah: of own will, of sales, all in cash, all at 10 %.
func correct(sign byte, total, cash, vat10 uint64) string {
	b := append(le([]byte{0, sign}, total, 5), le(nil, cash, 5)...)
	b = append(b, make([]byte, 4*5+5)...)
	b = append(append(b, le(nil, vat10, 5)...), make([]byte, 4*5)...)
	return "FF4A" + pwd + hex.EncodeToString(append(b, 1))
}

var (
	dateTag   = tag{1178, le(nil, 20_000*86400, 4)}
	numberTag = tag{1179, []byte("15")}
	whyTag    = tag{1177, []byte("x")}
)

// TestDocumentRules walks through what a till may and may not do beyond a
// plain receipt, in the formats.
func TestDocumentRules(t *testing.T) {
	long := []byte(strings.Repeat("x", 65))
	for _, c := range []struct {
		name  string
		o     Options
		steps []step
	}{
		{"corrections 1.05", Options{FFD: "1.05"}, []step{
			{"shift closed", "FF35" + pwd, errMode},
			{"", openShiftHex, 0},
			{"of nothing", correct(1, 100, 100, 0), errFNState},
			{"with items", "8D" + pwd + "80", errParams},
			{"begin", "FF35" + pwd, 0},
			{"twice", "FF35" + pwd, errOperation},
			{"a receipt over it", openSale, errOperation},
			{"no ground", correct(1, 100, 100, 0), errMissing},
			{"empty ground", docTag(1174), errParams},
			{"a date with hours", docTag(1174, stlv(tag{1178, le(nil, 20_000*86400+1, 4)})...), errParams},
			{"a stranger in it", docTag(1174, stlv(dateTag, tag{1021, []byte("x")})...), errParams},
			{"1173 as a tag", docTag(1173, 0), errParams},
			{"ground", docTag(1174, stlv(whyTag, dateTag, numberTag)...), 0},
			{"of a return", correct(2, 100, 100, 0), errParams},
			{"of nothing", correct(1, 0, 0, 0), errZero},
			{"paid less", correct(1, 100, 99, 0), errPaidLess},
			{"paid more", correct(1, 100, 101, 0), errParams},
			{"VAT of more", correct(1, 100, 100, 101), errParams},
			{"paid out of nothing", correct(3, 100, 100, 9), errNoCash},
			{"at last", correct(1, 100, 100, 9), 0},
			{"again", correct(1, 100, 100, 9), errFNState},
		}},
		{"corrections 1.2", Options{}, []step{
			{"", openShiftHex, 0},
			{"without items", "FF35" + pwd, errSetting},
			{"kind 84h", "8D" + pwd + "84", errParams},
			{"with items", "8D" + pwd + "80", 0},
			{"", bread, 0},
			{"no ground", payCash(2000), errMissing},
			{"own, no number", docTag(1174, stlv(dateTag)...), 0},
			{"no type", payCash(2000), errMissing},
			{"type 2", docTag(1173, 2), errParams},
			{"by order", docTag(1173, 1), 0},
			{"by order, no number", payCash(2000), errMissing},
			{"cancel", cancelHex, 0},
			{"", "8D" + pwd + "80", 0},
			{"", bread, 0},
			{"", docTag(1174, stlv(dateTag)...), 0},
			{"own", docTag(1173, 0), 0},
			{"", payCash(2000), 0},
		}},
		{"state of settlements", Options{}, []step{
			{"not begun", "FF38" + pwd, errFNState},
			{"begin", "FF37" + pwd, 0},
			{"cash meanwhile", "50" + pwd + "0100000000", errOperation},
			{"cashier", docTag(1021, 'x'), 0},
			{"", "FF38" + pwd, 0},
			{"", "FF37" + pwd, 0},
			{"given up", "FF08" + pwd, 0},
			{"", openShiftHex, 0},
			{"", openSale, 0},
			{"in a receipt", "FF37" + pwd, errMode},
		}},
		{"tags", Options{}, []step{
			{"", openShiftHex, 0},
			{"", openSale, 0},
			{"too long", docTag(1021, long...), errParams},
			{"empty", docTag(1021), errParams},
			{"no phone", docTag(1008, []byte("8912")...), errParams},
			{"phone", docTag(1008, []byte("+79121234567")...), 0},
			{"twice", docTag(1008, []byte("+79121234567")...), errParams},
			{"an item's", docTag(1222, 32), errParams},
			{"1.05's buyer", docTag(1227, 'x'), errParams},
			{"1.05's agent", docTag(1057, 32), errParams},
			{"buyer", docTag(1256, stlv(tag{1227, cp866("ООО")}, tag{1228, []byte("7707083893  ")})...), 0},
			{"the device's own", docTag(1020, 1), errParams},
			{"one nobody knows", docTag(1999, 1), 0},
			{"item's before items", itTag(1222, 32), errOperation},
			{"", bread, 0},
			{"document's to an item", itTag(1021, 'x'), errParams},
			{"two agents", itTag(1222, 3), errParams},
			{"agent", itTag(1222, 32), 0},
			{"country of letters", itTag(1230, 'R', 'U', 'S'), errParams},
			{"INN of ten", itTag(1226, []byte("7707083893")...), errParams},
			{"unit in words", itTag(1197, 'x'), errParams},
			{"measure 1", itTag(2108, 1), errParams},
			{"1162", itTag(1162, 1), errParams},
			{"other operator", "FF4D" + "05000000" + "C604010020", errOperator},
			{"buffer of nothing", "FF64" + pwd, errParams},
		}},
		{"tags 1.05", Options{FFD: "1.05"}, []step{
			{"", openShiftHex, 0},
			{"", openSale, 0},
			{"1.2's buyer", docTag(1256, stlv(tag{1227, cp866("ООО")})...), errParams},
			{"buyer", docTag(1227, cp866("ООО")...), 0},
			{"agent", docTag(1057, 32), 0},
			{"", bread, 0},
			{"measure", itTag(2108, 0), errParams},
			{"permit", itTag(1260, stlv(tag{1262, []byte("030")})...), errParams},
			{"unit", itTag(1197, 'x'), 0},
		}},
		{"machine", Options{Automatic: true}, []step{
			{"", openShiftHex, 0},
			{"", bread, 0},
			{"no number of the machine", payCash(2000), errMissing},
			{"", docTag(1036, []byte("1001")...), 0},
			{"", payCash(2000), 0},
		}},
		{"nothing", Options{}, []step{
			{"", openShiftHex, 0},
			{"", item("01", one, "0000000000", notGivenHex, general, usual), 0},
			{"forbidden", "1E" + pwd + "01" + "0100" + "17" + "01", 0},
			{"", payCash(0), errZero},
			{"allowed", "1E" + pwd + "01" + "0100" + "17" + "00", 0},
			{"", payCash(0), 0},
		}},
		{"VAT by the host", Options{}, []step{
			{"", "1E" + pwd + "01" + "0100" + "0E" + "01", 0},
			{"", openShiftHex, 0},
			{"", bread, 0},
			{"22 % has no place", payCash(2000), errSetting},
			{"", cancelHex, 0},
			{"", item("01", one, cheap, notGivenHex, "02", usual), 0},
			{"", payCash(100), 0},
		}},
		{"registers", Options{}, []step{
			{"the drawer", "1A" + pwd + "F1", 0},
			{"in two bytes", "1A" + pwd + "F100", 0},
			{"another", "1A" + pwd + "01", errParams},
		}},
		{"no registers", Options{NoRegisters: true}, []step{{"the drawer", "1A" + pwd + "F1", errUnsupported}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := connect(t, open(t, c.o))
			for i, s := range c.steps {
				if got := h.code(s.send); got != s.code {
					t.Fatalf("step %d, %s: answered %02X, want %02X", i+1, s.what, got, s.code)
				}
			}
		})
	}
}

// TestMissingTagIsNamed: A4h carries the number of the tag.
func TestMissingTagIsNamed(t *testing.T) {
	h := connect(t, open(t, Options{FFD: "1.05"}))
	h.ok(openShiftHex)
	h.ok("FF35", pwd)
	if a := h.ask(correct(1, 100, 100, 0)); !bytes.Equal(a, unhex(t, "FF4A", "A4", "9604")) {
		t.Errorf("% X", a)
	}
	h.ok(docTag(1174, stlv(whyTag, numberTag)...))
	if a := h.ask(correct(1, 100, 100, 0)); !bytes.Equal(a, unhex(t, "FF4A", "A4", "9A04")) {
		t.Errorf("% X", a)
	}
}

// TestItemLimit: the device takes a thousand items and no more.
func TestItemLimit(t *testing.T) {
	h := connect(t, open(t, Options{}))
	h.ok(openShiftHex)
	for range maxItems {
		h.ok(item("01", one, cheap, notGivenHex, general, usual))
	}
	if got := h.code(item("01", one, cheap, notGivenHex, general, usual)); got != errTooMany {
		t.Errorf("one more: %02X", got)
	}
	h.ok(payCash(maxItems * 100))
}

// TestSmallModel: some models leave out the number and the operator of a
// movement of cash; the drawer moves all the same.
func TestSmallModel(t *testing.T) {
	d := open(t, Options{NoNumbers: true})
	h := connect(t, d)
	if a := h.ok("50", pwd, "6400000000"); !bytes.Equal(a, []byte{30, 0, 0}) {
		t.Errorf("% X", a)
	}
	if a := h.ok("11", pwd); a[9] != 0 || a[10] != 0 {
		t.Errorf("number % X", a[9:11])
	}
	if a := h.ok("1A", pwd, "F1"); !bytes.Equal(a, []byte{30, 100, 0, 0, 0, 0, 0}) || d.State().Cash != 100 {
		t.Errorf("% X", a)
	}
}

// TestLongItem: what is longer than an answer is read head first, tag by tag.
func TestLongItem(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	h.ok(bread)
	h.ok(itTag(1224, stlv(tag{1225, bytes.Repeat([]byte("s"), 200)})...))
	h.ok(itTag(1191, bytes.Repeat([]byte("a"), 64)...))
	h.ok(payCash(2000))
	h.ok("FF3A", pwd, "03000000")
	var got []byte
	heads := 0
	for {
		a := h.ask("FF3B", pwd)
		if a[2] != 0 {
			break
		}
		if v := a[3:]; len(v) == 4 && (v[2] != 0 || v[3] != 0) {
			heads++
			if want := fmt.Sprintf("%X", le(nil, 1059, 2)); fmt.Sprintf("%X", v[:2]) != want {
				t.Errorf("head of % X", v)
			}
		}
		got = append(got, a[3:]...)
	}
	if whole := d.Documents()[2].TLV; heads != 1 || !bytes.Equal(got, whole) {
		t.Errorf("%d heads; read\n% X\nof\n% X", heads, got, whole)
	}
}

// TestDump: unknown tags and broken runs are shown as they are.
func TestDump(t *testing.T) {
	b := stlv(tag{1021, cp866("Иванова")}, tag{1999, []byte{1, 2}}, tag{1023, fvln(1500, 3)}, tag{1256, stlv(tag{1228, []byte("7707083893  ")})})
	want := "1021 КАССИР: Иванова\n1999 : 0102\n1023 КОЛИЧЕСТВО: 1.5\n1256 СВЕДЕНИЯ О ПОКУПАТЕЛЕ\n  1228 ИНН ПОКУПАТЕЛЯ: 7707083893\n"
	if got := Dump(b); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := Dump(b[:5]); !strings.HasPrefix(got, "?? ") {
		t.Error(got)
	}
}

// FuzzTags: no tag, however wild, may do worse than a refusal, and what is
// taken is archived whole.
func FuzzTags(f *testing.F) {
	f.Add(appendTLV(nil, 1021, cp866("Иванова")), false)
	f.Add(appendTLV(nil, 1256, stlv(tag{1227, cp866("ООО")})), false)
	f.Add(appendTLV(nil, 1224, stlv(tag{1225, []byte("x")})), true)
	f.Add([]byte{0xA8, 4, 0xFF, 0xFF, 1}, true)
	f.Fuzz(func(t *testing.T, b []byte, ofItem bool) {
		d := open(t, Options{})
		for _, s := range []string{openShiftHex, bread} {
			d.run(unhex(t, s))
		}
		head := "FF0C" + pwd
		if ofItem {
			head = "FF4D" + pwd
		}
		a := d.run(append(unhex(t, head), b...))
		if len(a) < 3 {
			t.Fatalf("% X", a)
		}
		closed := d.run(unhex(t, payCash(2000)))
		if docs := d.Documents(); a[2] == 0 && closed[2] == 0 {
			if !bytes.Contains(docs[2].TLV, b) && !ofItem {
				for _, one := range docs[2].Tags { // the cashier's name has a place of its own
					if !bytes.Contains(docs[2].TLV, appendTLV(nil, one.Tag, one.Value)) && one.Tag != 1021 {
						t.Errorf("tag %d is not archived", one.Tag)
					}
				}
			}
			Dump(docs[2].TLV)
		}
	})
}
