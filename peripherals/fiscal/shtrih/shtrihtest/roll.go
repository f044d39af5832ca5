package shtrihtest

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// Style is how a line looks on paper.
type Style string

// The styles.
const (
	Normal Style = ""
	Bold   Style = "bold"
	Wide   Style = "wide" // twice as wide, so half as many characters
	Void   Style = "void" // the heading that says what this device is
	QR     Style = "qr"   // a square code; this device prints it void
	Bars   Style = "bars" // the digits of a barcode
	Cut    Style = "cut"  // where the cutter went through
	Torn   Style = "torn" // where the paper ended
)

// Line is one line of paper.
type Line struct {
	Style Style  `json:"style,omitempty"`
	Text  string `json:"text"`
	Right string `json:"right,omitempty"` // what stands at the right edge of a wide line
}

// Slip is a piece of paper: a document, or lines up to a cut.
type Slip struct {
	At    int64  `json:"at"` // position on the roll
	Lines []Line `json:"lines"`
	Cut   bool   `json:"cut"` // off; else it still hangs in the printer
}

// On the roll a line's style is one character of Unicode's private area before
// its text: no device's code page has it, so no host can print it.
var styleMarks = map[Style]rune{Bold: '\uE001', Wide: '\uE002', Void: '\uE003', QR: '\uE004', Cut: '\uE005', Torn: '\uE006', Bars: '\uE007'}

// heading is on top of everything this device prints.
const heading = "ТЕСТ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ"

func styled(s Style, line string) string { return string(styleMarks[s]) + line }

func bold(line string) string { return styled(Bold, line) }

// total is a line of double width with a sum at its edge; in ordinary width
// when it is too long.
func total(name, sum string, w int) []string {
	if text.Width(name)+1+text.Width(sum) <= w/2 {
		return []string{styled(Wide, name+"\t"+sum)}
	}
	var lines []string
	for _, l := range pair(name, sum, w) {
		lines = append(lines, bold(l))
	}
	return lines
}

// parseLine reads a line of the roll.
func parseLine(raw string) Line {
	first, n := utf8.DecodeRuneInString(raw)
	for style, mark := range styleMarks {
		if first == mark {
			left, right, _ := strings.Cut(raw[n:], "\t")
			return Line{Style: style, Text: left, Right: right}
		}
	}
	return Line{Text: raw}
}

// fit makes a line no longer than the paper is wide.
func fit(raw string, w int) string {
	raw = strings.ReplaceAll(raw, "\n", " ")
	l := parseLine(raw)
	switch l.Style {
	case Normal:
		return text.Cut(raw, w)
	case Bold, Void:
		return styled(l.Style, text.Cut(l.Text, w))
	}
	return raw
}

// Plain is the line as text w columns wide.
func (l Line) Plain(w int) string {
	switch l.Style {
	case Wide:
		return text.Row(l.Text, l.Right, w)
	case QR:
		return text.Center("[QR-КОД НЕДЕЙСТВИТЕЛЕН]", w)
	case Bars:
		return text.Center("|"+l.Text+"|", w)
	case Cut:
		return strings.Repeat("-", w)
	case Torn:
		return strings.Repeat("~", w)
	}
	return l.Text
}

// plain is a part of the roll as text.
func plain(raw string, w int) string {
	var b strings.Builder
	for l := range strings.Lines(raw) {
		b.WriteString(parseLine(strings.TrimSuffix(l, "\n")).Plain(w))
		b.WriteByte('\n')
	}
	return b.String()
}

// slips cuts a part of the roll that begins at position at into pieces.
func slips(raw string, at int64) []Slip {
	var all []Slip
	var now Slip
	end := func(cut bool) {
		if len(now.Lines) > 0 {
			now.Cut = cut
			all = append(all, now)
		}
		now = Slip{At: at}
	}
	end(false)
	for l := range strings.Lines(raw) {
		line := parseLine(strings.TrimSuffix(l, "\n"))
		at += int64(len(l))
		if line.Style != Cut {
			now.Lines = append(now.Lines, line)
		}
		if line.Style == Cut || line.Style == Torn {
			end(true)
		}
	}
	end(false)
	return all
}

// Slips gives the latest pieces of paper, at most so many, newest last.
func (d *Device) Slips(most int) []Slip {
	d.mu.Lock()
	raw, end := d.tape.after(0)
	d.mu.Unlock()
	all := slips(raw, end-int64(len(raw)))
	return all[max(0, len(all)-most):]
}

// Text is the slip as text w columns wide.
func (s Slip) Text(w int) string {
	var b strings.Builder
	for _, l := range s.Lines {
		b.WriteString(l.Plain(w))
		b.WriteByte('\n')
	}
	return b.String()
}

func (doc *Document) isReceipt() bool { return doc.Form == formReceipt || doc.Form == formCorrection }

// qr is what the code of a receipt would say, were it one.
func (d *Device) qr(doc *Document) string {
	return styled(QR, fmt.Sprintf("t=%s&s=%s&fn=%s&i=%d&fp=%d&n=%d", doc.Time.Format("20060102T1504"), doc.Total, d.s.FN, doc.FD, doc.Sign, doc.OpType))
}

// afterCut tells whether a new piece of paper begins. d.mu is held.
func (t *tape) afterCut() bool {
	raw := strings.TrimSuffix(string(t.text), "\n")
	style := parseLine(raw[strings.LastIndexByte(raw, '\n')+1:]).Style
	return raw == "" || style == Cut || style == Torn
}
