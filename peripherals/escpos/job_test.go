package escpos_test

import (
	"errors"
	"image"
	"image/color"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
	"github.com/kassa-pos/kassa/peripherals/text"
)

// begin is ESC @, FS ., GS a 15 and ESC t of a code page.
func begin(table string) string { return "\x1b@\x1c.\x1da\x0f\x1bt" + table }

// Golden streams after Epson's "ESC/POS Command Reference for TM Printers".
func TestBytes(t *testing.T) {
	for _, c := range []struct {
		name string
		page escpos.Page
		make func(*escpos.Job)
		want string
	}{
		{"text in cp866", escpos.Page{}, func(j *escpos.Job) { j.Line("Да", escpos.Style{}) }, begin("\x11") + "\x84\xa0\n"},
		{"text in cp1251", escpos.Page{CodePage: "cp1251"}, func(j *escpos.Job) { j.Line("Да", escpos.Style{}) }, begin("\x2e") + "\xc4\xe0\n"},
		{"text in cp437", escpos.Page{CodePage: "cp437"}, func(j *escpos.Job) { j.Line("Да é", escpos.Style{}) }, begin("\x00") + "Da \x82\n"},
		{"text in cp1252 with its own number", escpos.Page{CodePage: "cp1252", Table: 6}, func(j *escpos.Job) { j.Line("é", escpos.Style{}) }, begin("\x06") + "\xe9\n"},
		{"ESC a, ESC E, ESC -, GS ! and back", escpos.Page{},
			func(j *escpos.Job) {
				j.Line("A", escpos.Style{Bold: true, Underline: true, Wide: 2, High: 3, Align: escpos.Center})
			},
			begin("\x11") + "\x1ba\x01\x1bE\x01\x1b-\x01\x1d!\x12A\n\x1d!\x00\x1b-\x00\x1bE\x00\x1ba\x00"},
		{"ESC M", escpos.Page{}, func(j *escpos.Job) { j.Line("A", escpos.Style{Small: true}) }, begin("\x11") + "\x1bM\x01A\n\x1bM\x00"},
		{"ESC d, GS V 66", escpos.Page{}, func(j *escpos.Job) { j.Feed(3); j.Cut() }, begin("\x11") + "\x1bd\x03\x1dVB\x00"},
		{"ESC p", escpos.Page{}, func(j *escpos.Job) { j.Kick(escpos.Pulse{}); j.Kick(escpos.Pulse{Second: true, On: 9999}) }, begin("\x11") + "\x1bp\x00\x4b\xfa\x1bp\x01\xff\xfa"},
		{"ESC B", escpos.Page{}, func(j *escpos.Job) { j.Beep(2) }, begin("\x11") + "\x1bB\x02\x04"},
		{"GS ( k", escpos.Page{}, func(j *escpos.Job) { j.QR("t=1", 4) }, begin("\x11") +
			"\x1ba\x01\x1d(k\x04\x001A2\x00\x1d(k\x03\x001C\x04\x1d(k\x03\x001E1\x1d(k\x06\x001P0t=1\x1d(k\x03\x001Q0\x1ba\x00"},
		{"GS k 67", escpos.Page{}, func(j *escpos.Job) { j.EAN("4607177964089") }, begin("\x11") + "\x1ba\x01\x1dhP\x1dw\x02\x1dH\x02\x1dkC\x0d4607177964089\x1ba\x00"},
		{"GS k 73", escpos.Page{}, func(j *escpos.Job) { j.Code128("A{1") }, begin("\x11") + "\x1ba\x01\x1dhP\x1dw\x02\x1dH\x02\x1dkI\x06{BA{{1\x1ba\x00"},
		{"GS v 0", escpos.Page{}, func(j *escpos.Job) { j.Image(corner{}) }, begin("\x11") + "\x1ba\x01\x1dv0\x00\x02\x00\x02\x00\x80\x00\x00\x00\x1ba\x00"},
	} {
		j := escpos.NewJob(c.page)
		c.make(j)
		if d := cmp.Diff(c.want, string(j.Bytes())); d != "" || j.Err() != nil {
			t.Errorf("%s: %v %s", c.name, j.Err(), d)
		}
	}
}

// corner is a picture of 9x2 with its first dot black.
type corner struct{}

func (corner) ColorModel() color.Model { return color.GrayModel }
func (corner) Bounds() image.Rectangle { return image.Rect(0, 0, 9, 2) }
func (corner) At(x, y int) color.Color {
	if x == 0 && y == 0 {
		return color.Black
	}
	return color.White
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		paper int
		style escpos.Style
		want  int
	}{{80, escpos.Style{}, 48}, {58, escpos.Style{}, 32}, {80, escpos.Style{Small: true}, 64}, {58, escpos.Style{Small: true}, 42}, {80, escpos.Style{Wide: 2}, 24}, {58, escpos.Style{Wide: 8}, 4}} {
		if got := (escpos.Page{Paper: c.paper}).Columns(c.style); got != c.want {
			t.Errorf("%d mm %+v: %d columns, want %d", c.paper, c.style, got, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		make func(*escpos.Job)
		want error
	}{
		"a wrong check digit":   {func(j *escpos.Job) { j.EAN("4607177964080") }, escpos.ErrCode},
		"letters":               {func(j *escpos.Job) { j.EAN("46071779640AB") }, escpos.ErrCode},
		"an empty code":         {func(j *escpos.Job) { j.Code128("") }, escpos.ErrCode},
		"Cyrillic in a code":    {func(j *escpos.Job) { j.Code128("Ж") }, escpos.ErrCode},
		"a long code":           {func(j *escpos.Job) { j.Code128(strings.Repeat("1", escpos.MaxBarcode+1)) }, escpos.ErrCode},
		"a long QR":             {func(j *escpos.Job) { j.QR(strings.Repeat("1", escpos.MaxQR+1), 0) }, escpos.ErrCode},
		"a command inside a QR": {func(j *escpos.Job) { j.QR("a\x10\x14\x01", 0) }, escpos.ErrCode},
		"a wide picture":        {func(j *escpos.Job) { j.Image(image.NewGray(image.Rect(0, 0, 577, 1))) }, escpos.ErrTooBig},
		"a high picture":        {func(j *escpos.Job) { j.Image(image.NewGray(image.Rect(0, 0, 8, escpos.MaxRows+1))) }, escpos.ErrTooBig},
		"too many lines": {func(j *escpos.Job) {
			for range escpos.MaxLines + 1 {
				j.Line("", escpos.Style{})
			}
		}, escpos.ErrTooBig},
		"too many bytes": {func(j *escpos.Job) {
			for range 10 {
				j.Image(image.NewGray(image.Rect(0, 0, 576, 1000)))
			}
		}, escpos.ErrTooBig},
	} {
		j := escpos.NewJob(escpos.Page{})
		if c.make(j); !errors.Is(j.Err(), c.want) {
			t.Errorf("%s: %v, want %v", name, j.Err(), c.want)
		}
	}
	for _, p := range []escpos.Page{{Paper: 57}, {CodePage: "utf-8"}, {Table: 256}} {
		if err := escpos.NewJob(p).Err(); !errors.Is(err, escpos.ErrPage) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

// Whatever a name says, it is only printed: it opens no drawer, cuts nothing
// and asks nothing, and every line of the job is a line of the paper.
func TestHostileTextIsOnlyPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		page := escpos.Page{Paper: rapid.SampledFrom([]int{58, 80}).Draw(t, "paper"), CodePage: rapid.SampledFrom([]string{"cp866", "cp1251", "cp437", "cp1252"}).Draw(t, "page")}
		j := escpos.NewJob(page)
		hostile := rapid.OneOf(rapid.String(), rapid.Just("\x1bp\x00\x19\xfa"), rapid.Just("\x10\x14\x01\x00\x01"), rapid.Just("\x1dVB\x00"))
		for range rapid.IntRange(1, 5).Draw(t, "n") {
			st := escpos.Style{Bold: rapid.Bool().Draw(t, "b"), Wide: rapid.IntRange(-1, 9).Draw(t, "w"), High: rapid.IntRange(-1, 9).Draw(t, "h"), Align: escpos.Align(rapid.IntRange(0, 2).Draw(t, "a"))}
			j.Line(hostile.Draw(t, "line"), st)
			j.Row(hostile.Draw(t, "left"), hostile.Draw(t, "right"), st)
		}
		if j.Err() != nil {
			t.Fatal(j.Err())
		}
		p := escpostest.New(page.Paper)
		_ = p.Serve(&tray{in: j.Bytes()}) // ends with what there is
		s := p.State()
		if s.Kicks+s.Cuts+s.Beeps+s.Unknown+s.Waiting+s.Lost != 0 {
			t.Fatalf("the text did something: %+v", s)
		}
		rows := p.Rows()
		if len(rows) != j.Lines() {
			t.Fatalf("%d rows of paper, %d lines", len(rows), j.Lines())
		}
		for _, r := range rows {
			if text.Width(r.Text)*12*r.Wide > page.Dots() {
				t.Fatalf("%q is wider than the paper", r.Text)
			}
		}
	})
}

// A picture holds any bytes; none of them is a command.
func TestPicturesDoNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := image.NewGray(image.Rect(0, 0, 80, 30))
		bytes := rapid.SliceOfN(rapid.SampledFrom([]byte{0x10, 0x04, 0x05, 0x14, 0x01, 0x02, 0x08, 0x00, 0xFF}), 300, 300).Draw(t, "bytes")
		for i := range m.Pix {
			if bytes[i/8]&(0x80>>(i%8)) == 0 {
				m.Pix[i] = 0xFF
			}
		}
		j := escpos.NewJob(escpos.Page{})
		j.Image(m)
		j.Line("after", escpos.Style{})
		p := escpostest.New(80)
		_ = p.Serve(&tray{in: j.Bytes()})
		if s := p.State(); s.Kicks+s.Unknown+s.Waiting != 0 || !strings.HasSuffix(strings.Join(p.Lines(), "|"), "image 80x6]|after") {
			t.Fatalf("%+v %q", s, p.Lines())
		}
	})
}

// tray is a link that holds bytes and swallows answers.
type tray struct{ in []byte }

func (c *tray) Read(b []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, errors.New("end")
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}
func (c *tray) Write(b []byte) (int, error) { return len(b), nil }

func TestRow(t *testing.T) {
	j := escpos.NewJob(escpos.Page{Paper: 58})
	j.Row("Молоко", "79.90", escpos.Style{})
	j.Row("Очень длинное название товара в две строки", "1 234.00", escpos.Style{})
	p := escpostest.New(58)
	_ = p.Serve(&tray{in: j.Bytes()})
	want := []string{"Молоко                     79.90", "Очень длинное название товара в", "две строки              1 234.00"}
	if d := cmp.Diff(want, p.Lines()); d != "" {
		t.Error(d)
	}
}

func TestDrawnQR(t *testing.T) {
	j := escpos.NewJob(escpos.Page{Paper: 58, DrawQR: true})
	j.QR("https://example.org/pay?id=1", 6)
	p := escpostest.New(58)
	_ = p.Serve(&tray{in: j.Bytes()})
	if j.Err() != nil || p.State().Unknown > 0 || !strings.HasPrefix(p.Lines()[0], "[image 224x24]") {
		t.Errorf("%v %+v %q", j.Err(), p.State(), p.Lines())
	}
}
