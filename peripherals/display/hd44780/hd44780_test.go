package hd44780

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/hd44780/hd44780test"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reads is the picture as a person reads it: slots as the letters drawn there.
func reads(p *hd44780test.Panel, rom ROM) []string {
	var all []string
	for _, row := range p.Codes() {
		var b strings.Builder
		for _, c := range row {
			switch {
			case c < slots:
				b.WriteRune(letterOf(p.Glyph(int(c))))
			case rom == Cyrillic && c >= 0xA0:
				for r, code := range cyrillic {
					if code == c {
						b.WriteRune(r)
					}
				}
			default:
				b.WriteByte(c)
			}
		}
		all = append(all, b.String())
	}
	return all
}

func letterOf(rows [8]byte) rune {
	for r, g := range drawn {
		if g == rows {
			return r
		}
	}
	return '¿'
}

func show(t *testing.T, p *Panel, lines ...string) {
	t.Helper()
	if err := p.Show(t.Context(), display.Frame{Lines: lines}); err != nil {
		t.Fatal(err)
	}
}

func TestPictures(t *testing.T) {
	for name, c := range map[string]struct {
		o     Options
		lines []string
		want  []string
	}{
		"Latin":            {Options{}, []string{"Welcome!", "Total 12.50"}, []string{"Welcome!        ", "Total 12.50     "}},
		"look-alikes":      {Options{}, []string{"Масло"}, []string{"MACЛO           ", "                "}},
		"drawn":            {Options{}, []string{"Итого 307,25", "Сдача"}, []string{"ИTOГO 307,25    ", "CДAЧA           "}},
		"Cyrillic ROM":     {Options{ROM: Cyrillic}, []string{"Съешь ещё булок", "Щука ×2"}, []string{"Cъeшь eщё бyлoк ", "Щyкa x2         "}},
		"too many letters": {Options{Columns: 20}, []string{"БББГГГДДДЖЖЖЗЗЗИИИЙЙ", "ЛЛЛЦ"}, []string{"БББГГГДДДЖЖЖЗЗЗИИИЙЙ", "ЛЛЛC                "}},
		"four rows":        {Options{Columns: 20, Rows: 4}, []string{"1", "2", "3", "4"}, []string{"1" + strings.Repeat(" ", 19), "2" + strings.Repeat(" ", 19), "3" + strings.Repeat(" ", 19), "4" + strings.Repeat(" ", 19)}},
		"four short rows":  {Options{Rows: 4}, []string{"1", "2", "3", "4"}, []string{"1               ", "2               ", "3               ", "4               "}},
		"signs":            {Options{}, []string{"«A» — №5 \\~ 漢"}, []string{"\"A\" - N5 /- ?   ", "                "}},
		"Belarusian":       {Options{ROM: A02}, []string{"Кошт ў гр. \\~"}, []string{"KOШT Y ГP. \\~   ", "                "}},
	} {
		c.o.Address = 0x3F
		glass := hd44780test.New(0x3F, max(c.o.Columns, 16), max(c.o.Rows, 2))
		p, err := New(glass, c.o)
		if err != nil {
			t.Fatal(err)
		}
		show(t, p, c.lines...)
		if got := reads(glass, c.o.ROM); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if err := p.Halt(); err != nil {
			t.Error(err)
		}
	}
}

// Whatever is shown after whatever, the glass reads the last frame.
func TestAnyFrames(t *testing.T) {
	letters := []rune("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ 0123456789,.:")
	rapid.Check(t, func(rt *rapid.T) {
		glass := hd44780test.New(0x27, 20, 4)
		p, err := New(glass, Options{Columns: 20, Rows: 4})
		if err != nil {
			rt.Fatal(err)
		}
		for range rapid.IntRange(1, 5).Draw(rt, "frames") {
			lines := rapid.SliceOfN(rapid.StringOfN(rapid.SampledFrom(letters), 0, 22, -1), 0, 5).Draw(rt, "lines")
			f := display.Frame{Lines: lines}
			if err := p.Show(context.Background(), f); err != nil {
				rt.Fatal(err)
			}
			want, own := A00.encode(f.Fit(20, 4))
			if got := glass.Codes(); !slices.EqualFunc(got, want, func(a, b []byte) bool { return string(a) == string(b) }) {
				rt.Fatalf("%q, want %q", got, want)
			}
			for i, g := range own {
				if glass.Glyph(i) != g.rows {
					rt.Fatalf("slot %d is not %c", i, g.letter)
				}
			}
		}
	})
}

// A panel that was without power, even in the middle of a byte, is drawn again
// by the next heartbeat; an unplugged one is told of and drawn when it is back.
func TestPowerAndPlug(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		glass := hd44780test.New(0x27, 16, 2)
		p, err := New(glass, Options{})
		if err != nil {
			t.Fatal(err)
		}
		show(t, p, "Итого 5")
		want := reads(glass, A00)
		_, before := glass.Traffic()
		show(t, p, "Итого 5")
		if _, after := glass.Traffic(); after != before {
			t.Errorf("%d bytes for the same picture", after-before)
		}
		glass.PowerCycle()
		if got := reads(glass, A00); got != nil {
			t.Errorf("a panel without power shows %q", got)
		}
		<-time.After(DefaultHeartbeat)
		show(t, p, "Итого 5")
		if got := reads(glass, A00); !slices.Equal(got, want) {
			t.Errorf("after power: %q", got)
		}
		if err := glass.Tx(0x27, []byte{0x0C, 0x08}, nil); err != nil { // half a byte: out of step
			t.Fatal(err)
		}
		<-time.After(DefaultHeartbeat)
		show(t, p, "Итого 5")
		if got := reads(glass, A00); !slices.Equal(got, want) {
			t.Errorf("out of step: %q", got)
		}
		glass.Unplug(true)
		if err := p.Show(t.Context(), display.Frame{Lines: []string{"Итого 6"}}); !errors.Is(err, hd44780test.ErrGone) {
			t.Errorf("unplugged: %v", err)
		}
		glass.Unplug(false)
		glass.PowerCycle()
		show(t, p, "Итого 6")
		if got := reads(glass, A00); got[0] != "ИTOГO 6         " {
			t.Errorf("plugged in again: %q", got)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Show(gone, display.Frame{Lines: []string{"7"}}); !errors.Is(err, context.Canceled) {
			t.Errorf("without time: %v", err)
		}
	})
}

func TestNoSuchPanel(t *testing.T) {
	glass := hd44780test.New(0x27, 16, 2)
	for _, o := range []Options{{Columns: 40}, {Rows: 3}, {Address: 0x50}, {ROM: "b00"}} {
		if _, err := New(glass, o); !errors.Is(err, ErrSize) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
