package bench

import (
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/board/i2cbus"
	shown "github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/hd44780"
)

// TestLCD: what a till writes to the panel over the virtual bus is on the glass,
// letters that the panel's ROM has not dot by dot; and the bus is pulled, hung
// and slowed.
func TestLCD(t *testing.T) {
	b := startWith(t, Options{Dir: t.TempDir(), LCD: true})
	panel, err := hd44780.New(i2cbus.Opener{Path: b.Ready().Display}, hd44780.Options{Address: lcdAddress, Columns: lcdColumns, Rows: lcdRows, ROM: lcdROM})
	if err != nil {
		t.Fatal(err)
	}
	if err := panel.Show(within(t), shown.Frame{Lines: []string{"ЩИ 12.50", "", "", "A & B"}}); err != nil {
		t.Fatal(err)
	}
	s := b.State().Display
	if len(s.Lines) != lcdRows || !strings.HasPrefix(s.Lines[0], "▯▯ 12.50") || !strings.HasPrefix(s.Lines[3], "A & B") {
		t.Errorf("%q", s.Lines)
	}
	if p := string(s.Picture); strings.Count(p, `class="dot"`) < 20 || !strings.Contains(p, "&amp;") {
		t.Errorf("%.300s", p)
	}
	for _, name := range []string{"unplug", hang} {
		if _, err := b.Fault(FaultRequest{Device: "display", Name: name}); err != nil {
			t.Fatal(err)
		}
		if err := panel.Show(within(t), shown.Frame{Lines: []string{"x " + name, "", "", ""}}); err == nil {
			t.Errorf("%s: shown", name)
		}
		if _, err := b.Fault(FaultRequest{Device: "display", Name: "mend"}); err != nil {
			t.Fatal(err)
		}
		if err := panel.Show(within(t), shown.Frame{Lines: []string{"x " + name, "", "", ""}}); err != nil {
			t.Errorf("after %s: %v", name, err)
		}
	}
	if _, err := b.Fault(FaultRequest{Device: "display", Name: slow}); err != nil {
		t.Fatal(err)
	}
	if err := panel.Show(within(t), shown.Frame{Lines: []string{"slow", "", "", ""}}); err != nil {
		t.Errorf("slow: %v", err)
	}
	if err := panel.Halt(); err != nil {
		t.Error(err)
	}
}
