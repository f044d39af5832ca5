package escpostest

import (
	"bytes"
	"fmt"

	"golang.org/x/text/encoding/charmap"
)

// look is how the next letters look.
type look struct {
	bold, underline, small bool
	wide, high             int
	align                  byte
	page                   *charmap.Charmap
	kanji                  bool
	qr                     string
	qrModule               int
	barHigh                int
	text                   []byte
}

func fresh() look {
	return look{wide: 1, high: 1, page: charmap.CodePage437, kanji: true, qrModule: 3, barHigh: 162}
}

// tables are Epson's numbers of the code pages it has.
var tables = map[byte]*charmap.Charmap{0: charmap.CodePage437, 16: charmap.Windows1252, 17: charmap.CodePage866, 46: charmap.Windows1251}

// command obeys the first command of b and tells its length; 0: it is not
// whole yet.
func (p *Printer) command(b []byte) int {
	switch b[0] {
	case esc:
		return p.escape(b)
	case gs:
		return p.group(b)
	case fs:
		if len(b) < 2 {
			return 0
		}
		if b[1] == '.' {
			p.look.kanji = false
		} else {
			p.unknown++
		}
		return 2
	case '\n':
		p.endLine()
	case '\r':
	default:
		if b[0] < 0x20 {
			p.unknown++
			break
		}
		p.look.text = append(p.look.text, b[0])
	}
	return 1
}

// escapes are the lengths of the ESC commands.
var escapes = map[byte]int{'@': 2, '!': 3, 'E': 3, '-': 3, 'M': 3, 'a': 3, 't': 3, 'd': 3, 'J': 3, '2': 2, '3': 3, 'B': 4, 'p': 5, 'R': 3}

func (p *Printer) escape(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	n, known := escapes[b[1]]
	switch {
	case !known:
		p.unknown++
		return 2
	case len(b) < n:
		return 0
	}
	l := &p.look
	switch b[1] {
	case '@':
		text := l.text // a line that has begun stays
		*l = fresh()
		l.text, l.kanji = text[:0], true
	case 'E':
		l.bold = b[2]&1 != 0
	case '-':
		l.underline = b[2]&3 != 0
	case 'M':
		l.small = b[2]&1 != 0
	case 'a':
		l.align = b[2] % 48
	case 't':
		if page, ok := tables[b[2]]; ok {
			l.page = page
		} else {
			p.unknown++
		}
	case 'd':
		for range b[2] {
			p.put(Row{})
		}
	case 'B':
		p.beeps += int(b[2])
	case 'p':
		p.kicks++
	}
	return n
}

func (p *Printer) group(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	switch b[1] {
	case '!':
		p.look.wide, p.look.high = int(b[2]>>4&7)+1, int(b[2]&7)+1
		return 3
	case 'r':
		p.answer(p.paperByte())
		return 3
	case 'a':
		p.auto = b[2]
		p.tell()
		return 3
	case 'h':
		p.look.barHigh = int(b[2])
		return 3
	case 'w', 'H', 'B', 'I':
		return 3
	case 'V':
		n := 3
		if b[2] >= 65 {
			n = 4
		}
		if len(b) < n {
			return 0
		}
		p.cuts++
		p.put(Row{Cut: true})
		return n
	case 'k':
		return p.bars(b)
	case '(':
		return p.extended(b)
	case 'v':
		return p.picture(b)
	}
	p.unknown++
	return 2
}

// paperByte is the answer to GS r 1.
func (p *Printer) paperByte() byte {
	v := byte(0)
	if p.paperLow() {
		v |= 0x03
	}
	if p.paperOut() {
		v |= 0x0C
	}
	return v
}

// bars is GS k in its second form.
func (p *Printer) bars(b []byte) int {
	if len(b) < 4 || len(b) < 4+int(b[3]) {
		return 0
	}
	data := b[4 : 4+int(b[3])]
	switch b[2] {
	case 67, 68:
	case 73:
		data = bytes.ReplaceAll(bytes.TrimPrefix(data, []byte("{B")), []byte("{{"), []byte("{"))
	default:
		p.unknown++
	}
	p.put(Row{Barcode: string(data), High: p.look.barHigh, Align: p.look.align})
	return 4 + int(b[3])
}

// extended is GS ( k: QR codes; other functions are skipped.
func (p *Printer) extended(b []byte) int {
	if len(b) < 5 {
		return 0
	}
	n := 5 + int(b[3]) + int(b[4])<<8
	if len(b) < n {
		return 0
	}
	d := b[5:n]
	switch {
	case b[2] != 'k' || len(d) < 3 || d[0] != 49:
		p.unknown++
	case d[1] == 67:
		p.look.qrModule = int(d[2])
	case d[1] == 80:
		p.look.qr = string(d[3:])
	case d[1] == 81:
		p.put(Row{QR: p.look.qr, High: p.look.qrModule, Align: p.look.align})
	}
	return n
}

// picture is GS v 0.
func (p *Printer) picture(b []byte) int {
	if len(b) < 8 {
		return 0
	}
	width, rows := int(b[4])|int(b[5])<<8, int(b[6])|int(b[7])<<8
	n := 8 + width*rows
	if len(b) < n {
		return 0
	}
	p.put(Row{Bits: append([]byte(nil), b[8:n]...), Width: width, High: rows, Align: p.look.align})
	return n
}

// endLine prints the letters of the line, broken where the paper ends.
func (p *Printer) endLine() {
	l := &p.look
	var s []rune
	for _, c := range l.text {
		if l.kanji && c >= 0x81 {
			s = append(s, '漢') // what such a printer makes of it
			continue
		}
		s = append(s, l.page.DecodeByte(c))
	}
	l.text = l.text[:0]
	cell := 12
	if l.small {
		cell = 9
	}
	columns := max(1, p.dots/cell/l.wide)
	for first := true; first || len(s) > 0; first = false {
		n := min(len(s), columns)
		p.put(Row{Text: string(s[:n]), Bold: l.bold, Underline: l.underline, Small: l.small, Wide: l.wide, High: l.high, Align: l.align})
		s = s[n:]
	}
}

func (p *Printer) put(r Row) {
	if r.Wide == 0 {
		r.Wide = 1
	}
	if r.High == 0 {
		r.High = 1
	}
	p.rows = append(p.rows, r)
	if extra := len(p.rows) - maxRows; extra > 0 {
		p.rows, p.torn = p.rows[extra:], p.torn+extra
	}
	if p.left > 0 && !r.Cut {
		p.left--
	}
}

// String tells a row in a line, as tests compare it.
func (r Row) String() string {
	switch {
	case r.Cut:
		return "~cut~"
	case r.QR != "":
		return "[QR " + r.QR + "]"
	case r.Barcode != "":
		return "[" + r.Barcode + "]"
	case r.Bits != nil:
		return fmt.Sprintf("[image %dx%d]", r.Width*8, r.High)
	}
	return r.Text
}
