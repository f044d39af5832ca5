package shtrihtest

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// TestSlips: every document is a piece of paper of its own, headed, its sum
// wide, its code void; the text says the same.
func TestSlips(t *testing.T) {
	d := open(t, Options{Owner: Owner{Name: "ООО «Ромашково»", INN: "7752882560"}})
	h := connect(t, d)
	h.ok(openShiftHex)
	h.ok(bread)
	h.ok(payCash(5000))
	h.ok("40", pwd)
	all := d.Slips(10)
	if len(all) != 3 || len(d.Slips(2)) != 2 || d.Slips(2)[1].At != all[2].At {
		t.Fatalf("%d slips", len(all))
	}
	for _, s := range all {
		if s.Lines[0].Style != Void || !strings.Contains(s.Lines[0].Text, heading) || !s.Cut {
			t.Errorf("headed by %+v, cut %t", s.Lines[0], s.Cut)
		}
		if !strings.Contains(d.Paper(), s.Text(40)) {
			t.Errorf("the paper's text does not hold\n%s", s.Text(40))
		}
	}
	want := map[Style]Line{
		Wide: {Style: Wide, Text: "ИТОГ", Right: "=20.00"},
		QR:   {Style: QR, Text: "t=20261120T1200&s=20.00&fn=9999078900054321&i=3&fp=" + strings.TrimLeft(h.sign(3), "0") + "&n=1"},
	}
	got := map[Style]Line{}
	for _, l := range all[1].Lines {
		if l.Style == Wide || l.Style == QR {
			got[l.Style] = l
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	text := all[1].Text(40)
	for _, words := range []string{"ООО «Ромашково»", "ИНН 7752882560", "КАССОВЫЙ ЧЕК / ПРИХОД", "[QR-КОД НЕДЕЙСТВИТЕЛЕН]"} {
		if !strings.Contains(text, words) {
			t.Errorf("no %q in\n%s", words, text)
		}
	}
	if strings.Contains(text, "fp=") || strings.ContainsFunc(d.Paper(), func(r rune) bool { return r >= '\uE000' && r < '\uF900' }) {
		t.Errorf("the text holds what only a picture should:\n%s", text)
	}
}

// sign is the sign of a document in decimal digits.
func (h *host) sign(fd byte) string {
	h.t.Helper()
	b := h.ok("FF0A", pwd, hex.EncodeToString([]byte{fd, 0, 0, 0}))
	return decimals((&reader{b[2+5+4:]}).u(4))
}

func decimals(v uint64) string {
	s := ""
	for ; v > 0; v /= 10 {
		s = string(rune('0'+v%10)) + s
	}
	return s
}

// TestFreeText: lines a host prints are headed once a piece of paper, and can
// not pass for anything but text.
func TestFreeText(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	line := func(s string) { h.ok("17", pwd, "02", hex.EncodeToString(text.CP1251.Encode(s))) }
	line("Первая")
	line("Вторая\nне третья")
	h.ok("25", pwd, "00")
	line(styled(Cut, "\uE004t=1"))
	all := d.Slips(10)
	if len(all) != 2 || len(all[0].Lines) != 4 || all[0].Lines[0].Style != Void || all[1].Lines[0].Style != Void || all[1].Cut {
		t.Fatalf("%+v", all)
	}
	if l := all[1].Lines[1]; l.Style != Normal || strings.Contains(l.Text, "\uE004") {
		t.Errorf("a host printed %+v", l)
	}
}

// TestCutterOff: without a cutter the slips hang together.
func TestCutterOff(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok("1E", pwd, "01", "0100", "07", "00")
	h.ok(openShiftHex)
	h.ok(zReportHex)
	if all := d.Slips(10); len(all) != 1 || all[0].Cut {
		t.Errorf("%d pieces", len(all))
	}
	h.ok("25", pwd, "01")
	if all := d.Slips(10); len(all) != 1 || !all[0].Cut {
		t.Errorf("%d pieces after the cut", len(all))
	}
}

// TestStyles: what does not fit becomes narrower, and what is printed torn
// comes back whole and styled.
func TestStyles(t *testing.T) {
	for sum, style := range map[string]Style{"=1.00": Wide, "=123456789012.00": Bold} {
		lines := total("ИТОГ", sum, 40)
		if l := parseLine(lines[0]); l.Style != style {
			t.Errorf("%s is %q", sum, l.Style)
		}
	}
	for _, raw := range []string{"просто", bold("жирно"), styled(Wide, "а\tб"), styled(Void, heading), styled(QR, "t=1"), styled(Cut, ""), styled(Torn, "")} {
		if got := fit(raw, 40); got != raw {
			t.Errorf("%q became %q", raw, got)
		}
		if n := text.Width(parseLine(raw).Plain(40)); n > 40 {
			t.Errorf("%q is %d wide", raw, n)
		}
	}
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	h.ok(bread)
	if err := d.Fault("paper-out", "4"); err != nil {
		t.Fatal(err)
	}
	h.ok(payCash(5000))
	if err := d.Fault("paper-in"); err != nil {
		t.Fatal(err)
	}
	h.ok("B0", pwd)
	all := d.Slips(10)
	torn, whole := all[len(all)-2], all[len(all)-1]
	if torn.Lines[len(torn.Lines)-1].Style != Torn || len(torn.Lines) != 5 || len(whole.Lines) < 12 || whole.Lines[3].Style != Bold {
		t.Errorf("torn %+v, whole %+v", torn, whole)
	}
}
