package shtrihtest

import (
	"bytes"
	"strings"
)

// tapeKept is how much of the paper is remembered at least, in bytes.
const tapeKept = 256 << 10

// tape is the printed paper. Positions count bytes since the first line ever.
type tape struct {
	from int64 // position of the first byte kept
	text []byte
	slip int64 // position where the last slip began
}

func (t *tape) restore(from int64, text []byte) { t.from, t.text = from, text }

func (t *tape) end() int64 { return t.from + int64(len(t.text)) }

func (t *tape) print(lines []string) {
	t.slip = t.end()
	for _, l := range lines {
		t.text = append(append(t.text, l...), '\n')
	}
	if len(t.text) > 2*tapeKept {
		cut := len(t.text) - tapeKept
		cut += bytes.IndexByte(t.text[cut:], '\n') + 1
		t.from, t.text = t.from+int64(cut), append([]byte(nil), t.text[cut:]...)
	}
}

// after gives what was printed after pos, as far as it is kept, and the
// position of the end.
func (t *tape) after(pos int64) (string, int64) {
	return string(t.text[max(0, min(pos, t.end())-t.from):]), t.end()
}

// Paper gives the printed paper as text, newest last, as much as is
// remembered.
func (d *Device) Paper() string {
	s, _ := d.PaperAfter(0)
	return s
}

// PaperAfter gives what was printed after pos as text, and the position to ask
// from next time. Positions count what is on the roll, not the text.
func (d *Device) PaperAfter(pos int64) (string, int64) {
	d.mu.Lock()
	raw, end := d.tape.after(pos)
	d.mu.Unlock()
	return plain(raw, d.o.Columns), end
}

// mayPrint tells whether a command that prints can run now; otherwise the code
// it is refused with. d.mu is held.
func (d *Device) mayPrint() byte {
	switch {
	case d.subMode() == subPrinting:
		return errPrinting
	case d.s.Sub == subWaitsB0:
		return errWaitsB0
	case d.s.Lid, d.s.Sub == subTorn:
		return errSubMode
	case d.s.Sub == subNoPaper:
		return errNoPaper
	}
	return 0
}

// issue registers a document and prints it, unless documents are not to be
// printed: none (2), or not this one (1).
func (d *Device) issue(title string, doc *Document, body func(*Document) []string) {
	const skipOne, skipAll = 1, 2
	mode := d.value(17, 1, noPrintField)[0]
	doc.Paperless = mode != 0
	d.register(doc)
	switch mode {
	case skipOne:
		d.s.Tables[cell(17, 1, noPrintField)] = []byte{0}
	case skipAll:
	default:
		d.print(d.slip(title, body(doc), doc))
	}
}

// print puts a slip on paper. When the paper ends in the middle the slip is
// torn, and printed again as a whole once there is paper and B0h. d.mu is held.
func (d *Device) print(lines []string) {
	var fitted []string
	for _, l := range lines {
		fitted = append(fitted, fit(l, d.o.Columns))
	}
	if d.o.PrintDelay > 0 {
		d.startPrinting()
	}
	if d.s.Left != plentyOfPaper && d.s.Left < len(fitted) {
		d.tape.print(append(fitted[:d.s.Left:d.s.Left], styled(Torn, "")))
		d.s.Torn, d.s.Sub, d.s.Left = strings.Join(fitted, "\n"), subTorn, 0
		return
	}
	if d.s.Left != plentyOfPaper {
		d.s.Left -= len(fitted)
		if d.s.Left == 0 {
			d.s.Sub = subNoPaper
		}
	}
	d.tape.print(fitted)
}

// continuePrint is B0h. d.mu is held.
func (d *Device) continuePrint() {
	if d.s.Sub != subWaitsB0 {
		return
	}
	d.s.Sub = subReady
	if d.s.Torn != "" {
		slip := strings.Split(d.s.Torn, "\n")
		d.s.Torn = ""
		d.print(slip)
	}
}

func trimNewline(s string) string { return strings.TrimSuffix(s, "\n") }

func rule(columns int) string { return strings.Repeat("-", columns) }
