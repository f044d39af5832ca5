package escpostest

import (
	"fmt"
	"html"
	"strings"

	"github.com/kassa-pos/kassa/pos/qrcode"
)

// Row is a row of the paper.
type Row struct {
	Text                   string
	Bold, Underline, Small bool
	Wide, High             int // of text times the usual; High of a barcode or an image in dots, of a QR code its module
	Align                  byte
	QR, Barcode            string
	Bits                   []byte // of an image, Width bytes a row
	Width                  int
	Cut                    bool
}

// Rows is the paper from the top.
func (p *Printer) Rows() []Row {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Row(nil), p.rows...)
}

// Lines is the paper as text.
func (p *Printer) Lines() []string {
	var all []string
	for _, r := range p.Rows() {
		all = append(all, r.String())
	}
	return all
}

// Tear takes the paper off.
func (p *Printer) Tear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows, p.torn = nil, 0
	p.touch()
}

// margin is the white edge of the picture, in dots.
const margin = 16

// SVG draws the last rows of the paper, at most so many; 0: all that is kept.
// A unit is a dot of the printer.
func (p *Printer) SVG(rows int) string {
	p.mu.Lock()
	all, dots := append([]Row(nil), p.rows...), p.dots
	p.mu.Unlock()
	if rows > 0 && len(all) > rows {
		all = all[len(all)-rows:]
	}
	d := drawing{dots: dots, y: margin}
	for _, r := range all {
		d.row(r)
	}
	w, h := dots+2*margin, d.y+margin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"><rect width="100%%" height="100%%" fill="#fff"/><g fill="#111">%s</g></svg>`,
		w, h, w/2, h/2, d.b.String())
}

// drawing is a picture that grows downwards.
type drawing struct {
	b       strings.Builder
	dots, y int
}

// left is where something so wide begins.
func (d *drawing) left(width int, align byte) int {
	switch align {
	case 1:
		return margin + (d.dots-width)/2
	case 2:
		return margin + d.dots - width
	}
	return margin
}

func (d *drawing) row(r Row) {
	switch {
	case r.Cut:
		d.y += 24
		fmt.Fprintf(&d.b, `<path d="M0 %dH%d" stroke="#999" stroke-width="2" stroke-dasharray="12 8"/>`, d.y, d.dots+2*margin)
		d.y += 24
	case r.QR != "":
		d.qr(r)
	case r.Barcode != "":
		d.bars(r)
	case r.Bits != nil:
		d.bits(r)
	default:
		d.text(r)
	}
}

// text draws letters each in its cell, whatever font the viewer has.
func (d *drawing) text(r Row) {
	cell, high := 12*r.Wide, 24*r.High
	if r.Small {
		cell, high = 9*r.Wide, 17*r.High
	}
	d.y += high + 6
	s := []rune(r.Text)
	if len(s) == 0 {
		return
	}
	width := len(s) * cell
	x := d.left(width, r.Align)
	weight := "normal"
	if r.Bold {
		weight = "bold"
	}
	fmt.Fprintf(&d.b, `<text transform="translate(%d %d) scale(%g 1)" font-family="DejaVu Sans Mono,Liberation Mono,monospace" font-weight="%s" font-size="%d" textLength="%d" lengthAdjust="spacingAndGlyphs" xml:space="preserve">%s</text>`,
		x, d.y-high/5, float64(r.Wide)/float64(r.High), weight, high*4/5, width*r.High/r.Wide, html.EscapeString(r.Text))
	if r.Underline {
		fmt.Fprintf(&d.b, `<path d="M%d %dh%d" stroke="#111" stroke-width="2"/>`, x, d.y, width)
	}
}

func (d *drawing) qr(r Row) {
	code, err := qrcode.Encode(r.QR)
	if err != nil {
		return
	}
	module := r.High
	side := (code.Size() + 2*qrcode.Quiet) * module
	fmt.Fprintf(&d.b, `<path transform="translate(%d %d) scale(%d)" d="%s"/>`, d.left(side, r.Align), d.y, module, code.Path())
	d.y += side
}

// bars draws a code as its digits in a frame: the bars themselves are the
// printer's, and nothing here could make them wrong.
func (d *drawing) bars(r Row) {
	width := min(d.dots, 12*len(r.Barcode)+60)
	x := d.left(width, r.Align)
	d.y += 6
	for i, at := 0, x; at < x+width-4; i++ {
		w := 2 + int(r.Barcode[i%len(r.Barcode)])%3
		fmt.Fprintf(&d.b, `<path d="M%d %dh%dv%dh-%dz"/>`, at, d.y, w, r.High, w)
		at += w + 3 + i%3
	}
	d.y += r.High
	d.text(Row{Text: r.Barcode, Wide: 1, High: 1, Align: r.Align})
}

func (d *drawing) bits(r Row) {
	x0 := d.left(r.Width*8, r.Align)
	d.b.WriteString(`<path d="`)
	for y := range r.High {
		for x := 0; x < r.Width*8; x++ {
			run := 0
			for x+run < r.Width*8 && r.Bits[y*r.Width+(x+run)/8]&(0x80>>((x+run)%8)) != 0 {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&d.b, "M%d %dh%dv1h-%dz", x0+x, d.y+y, run, run)
				x += run
			}
		}
	}
	d.b.WriteString(`"/>`)
	d.y += r.High
}
