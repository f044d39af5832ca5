package shtrihtest

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// TestTornSlip: paper ends in the middle of a receipt; the receipt is
// registered, and printed again as a whole after B0h.
func TestTornSlip(t *testing.T) {
	d := open(t, Options{})
	h := connect(t, d)
	h.ok(openShiftHex)
	h.ok(bread)
	if err := d.Fault("paper-out", "6"); err != nil {
		t.Fatal(err)
	}
	_, from := d.PaperAfter(0)
	h.ok(payCash(2000))
	torn, _ := d.PaperAfter(from)
	if strings.Count(torn, "\n") != 7 || strings.Contains(torn, "ФП") {
		t.Errorf("torn:\n%s", torn)
	}
	for send, want := range map[string]byte{openSale: errSubMode, "B0" + pwd: errNoPaper, "FF01" + pwd: 0} {
		if got := h.code(send); got != want {
			t.Errorf("%.4s without paper: %02X, want %02X", send, got, want)
		}
	}
	if err := d.Fault("paper-in"); err != nil {
		t.Fatal(err)
	}
	if got := h.code(openSale); got != errWaitsB0 {
		t.Errorf("before B0h: %02X", got)
	}
	_, from = d.PaperAfter(0)
	h.ok("B0", pwd)
	whole, _ := d.PaperAfter(from)
	for _, want := range []string{"ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ", "Хлеб", "ИТОГ", "=20.00", "СУММА НДС 22%", "ФН 9999078900054321", "ФД 3", "ФП "} {
		if !strings.Contains(whole, want) {
			t.Errorf("no %q in\n%s", want, whole)
		}
	}
	for l := range strings.Lines(d.Paper()) {
		if text.Width(strings.TrimSuffix(l, "\n")) > 40 {
			t.Errorf("%q is wider than the paper", l)
		}
	}
	if d.State().SubMode != subReady || len(d.Documents()) != 3 {
		t.Errorf("%+v", d.State())
	}
	h.ok(openSale)
}

// TestTape: positions hold when the beginning is forgotten.
func TestTape(t *testing.T) {
	var tp tape
	var from int64
	for i := range 20_000 {
		tp.print([]string{strings.Repeat("ы", 20)})
		got, next := tp.after(from)
		if want := int64(41); next-from != want || len(got) != int(want) {
			t.Fatalf("line %d: %d bytes from %d to %d", i, len(got), from, next)
		}
		from = next
	}
	all, end := tp.after(0)
	if len(all) < tapeKept-100 || len(all) > 2*tapeKept || int64(len(all)) != end-tp.from || !strings.HasPrefix(all, "ы") {
		t.Errorf("%d bytes kept of %d", len(all), end)
	}
	if s, _ := tp.after(end + 5); s != "" {
		t.Errorf("from beyond the end: %q", s)
	}
}

// TestFaults: the list is what Fault takes.
func TestFaults(t *testing.T) {
	for _, f := range Faults() {
		d := open(t, Options{})
		if f.Text == "" || strings.ToLower(f.Name) != f.Name {
			t.Errorf("%+v", f)
		}
		arg := map[string]string{"DURATION": "10m", "DAYS": "10", "PERCENT": "95", "NUMBER": "7", "MS": "5", "on|off": "on", "[CODE]": "FF45", "[LINES]": "3", "[TIMES]": "2"}[f.Args]
		changed := d.Changed()
		var err error
		if arg == "" {
			err = d.Fault(f.Name)
		} else {
			err = d.Fault(f.Name, arg)
		}
		if err != nil {
			t.Errorf("%+v: %v", f, err)
		}
		select {
		case <-changed:
		default:
			t.Errorf("%s changes nothing for a watcher", f.Name)
		}
		if err := d.Fault(f.Name, "1", "2"); err == nil {
			t.Errorf("%s takes two arguments", f.Name)
		}
		if err := d.Fault(f.Name, "!"); err == nil {
			t.Errorf("%s takes nonsense", f.Name)
		}
	}
	d := open(t, Options{})
	if err := d.Fault("no such"); err == nil {
		t.Error("an unknown fault")
	}
	if err := d.Fault("delay", "5"); err != nil {
		t.Fatal(err)
	}
	if got := d.State().Faults; len(got) != 1 || got[0] != "delay" {
		t.Errorf("%q", got)
	}
}
