package escpos

import (
	"fmt"
	"image"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/gs1"
	"github.com/kassa-pos/kassa/pos/qrcode"
)

// step is what is sent whole: a line, a band of an image, a command.
type step struct {
	bytes []byte
	lines int // of text that are out when it is
}

// Job is something to print, being laid out. Its methods keep the first error,
// which Print tells.
type Job struct {
	page  Page
	steps []step
	lines int
	size  int
	err   error
}

// NewJob begins a job for a page.
func NewJob(p Page) *Job {
	j := &Job{page: p, err: p.Check()}
	if j.err == nil {
		j.add(p.begin(), 0)
	}
	return j
}

// Err is what is wrong with the job so far.
func (j *Job) Err() error { return j.err }

// Lines is how many lines of text the job has.
func (j *Job) Lines() int { return j.lines }

// Bytes is the whole job as it is sent, without the questions between.
func (j *Job) Bytes() []byte {
	all := make([]byte, 0, j.size)
	for _, s := range j.steps {
		all = append(all, s.bytes...)
	}
	return all
}

// Columns is how many letters of a style fit on a line.
func (j *Job) Columns(s Style) int { return j.page.Columns(s) }

func (j *Job) add(b []byte, lines int) {
	if j.err != nil {
		return
	}
	if j.size+len(b) > MaxJob || j.lines+lines > MaxLines {
		j.err = fmt.Errorf("%w: at most %d bytes and %d lines", ErrTooBig, MaxJob, MaxLines)
		return
	}
	j.steps = append(j.steps, step{b, lines})
	j.size += len(b)
	j.lines += lines
}

// printable is text as the printer will show it, without anything that could
// steer it.
func (j *Job) printable(s string) string { return j.page.charset().Printable(text.Cut(s, MaxText)) }

// Line prints a text, wrapped at spaces. "" is an empty line.
func (j *Job) Line(s string, st Style) {
	if j.err != nil {
		return
	}
	for _, l := range text.Wrap(j.printable(s), j.Columns(st)) {
		j.line(l, st)
	}
}

// Row prints left and right on one line: what does not fit of left goes on
// lines of its own above.
func (j *Job) Row(left, right string, st Style) {
	if j.err != nil {
		return
	}
	left, right = j.printable(left), j.printable(right)
	room := j.Columns(st) - text.Width(right) - 1
	if room < 1 {
		j.Line(left, st)
		st.Align = Right
		j.Line(right, st)
		return
	}
	parts := []string{left}
	if text.Width(left) > room {
		parts = text.Wrap(left, j.Columns(st))
	}
	last := parts[len(parts)-1]
	if text.Width(last) > room {
		parts, last = append(parts, ""), ""
	}
	for _, p := range parts[:len(parts)-1] {
		j.line(p, st)
	}
	j.line(text.Row(last, right, j.Columns(st)), st)
}

// Rule prints a line of dashes.
func (j *Job) Rule() { j.line(strings.Repeat("-", j.page.Columns(Style{})), Style{}) }

// line prints what fits and is printable.
func (j *Job) line(s string, st Style) {
	if j.err != nil {
		return
	}
	b := append(st.on(), j.page.charset().Encode(strings.TrimRight(s, " "))...)
	j.add(append(append(b, lf), st.off()...), 1)
}

// Feed moves the paper by so many lines, at most 20 (ESC d).
func (j *Job) Feed(lines int) {
	if n := min(max(lines, 0), 20); n > 0 {
		j.add([]byte{esc, 'd', byte(n)}, 0)
	}
}

// Cut feeds the text past the cutter and cuts, leaving a bridge (GS V 66).
func (j *Job) Cut() { j.add([]byte{gs, 'V', 66, 0}, 0) }

// Kick opens a drawer.
func (j *Job) Kick(p Pulse) { j.add(p.bytes(), 0) }

// Beep sounds the buzzer so many times, 1..9, 200 ms each (ESC B; models without
// a buzzer ignore it).
func (j *Job) Beep(times int) { j.add([]byte{esc, 'B', byte(min(max(times, 1), 9)), 4}, 0) }

// QR prints a QR code in the middle; module is the size of a dot of it, 1..16,
// 0 a usual one.
func (j *Job) QR(s string, module int) {
	if j.err != nil {
		return
	}
	if module == 0 {
		module = 6
	}
	module = min(max(module, 1), 16)
	for _, c := range []byte(s) {
		if c < 0x20 || c > 0x7E {
			j.err = fmt.Errorf("%w: a QR code with a byte %02Xh", ErrCode, c)
			return
		}
	}
	if s == "" || len(s) > MaxQR {
		j.err = fmt.Errorf("%w: a QR code of %d bytes, 1 to %d", ErrCode, len(s), MaxQR)
		return
	}
	if j.page.DrawQR {
		j.drawQR(s, module)
		return
	}
	b := append([]byte{esc, 'a', byte(Center)}, qrNative(s, module)...)
	j.add(append(b, esc, 'a', byte(Left)), 0)
}

// drawQR is QR for printers that can not.
func (j *Job) drawQR(s string, module int) {
	code, err := qrcode.Encode(s)
	if err != nil {
		j.err = fmt.Errorf("%w: %w", ErrCode, err)
		return
	}
	side := code.Size() + 2*qrcode.Quiet
	module = max(1, min(module, j.page.Dots()/side))
	m := mono{w: side * module, h: side * module, dark: func(x, y int) bool {
		return code.Dark(x/module-qrcode.Quiet, y/module-qrcode.Quiet)
	}}
	j.bands(m)
}

// EAN prints an EAN-13 or EAN-8 with its digits below (GS k 67, 68).
func (j *Job) EAN(code string) {
	if j.err != nil {
		return
	}
	kind := map[int]byte{13: 67, 8: 68}[len(code)]
	if kind == 0 || !gs1.Valid(code) {
		j.err = fmt.Errorf("%w: %.20q is no EAN-13 or EAN-8", ErrCode, code)
		return
	}
	j.bars(kind, []byte(code))
}

// Code128 prints any code of printable Latin letters and digits (GS k 73).
func (j *Job) Code128(code string) {
	if j.err != nil {
		return
	}
	if code == "" || len(code) > MaxBarcode || strings.ContainsFunc(code, func(r rune) bool { return r < 0x20 || r > 0x7E }) {
		j.err = fmt.Errorf("%w: %.50q as Code 128", ErrCode, code)
		return
	}
	j.bars(73, []byte("{B"+strings.ReplaceAll(code, "{", "{{")))
}

func (j *Job) bars(kind byte, data []byte) {
	b := append([]byte{esc, 'a', byte(Center)}, barcode(kind, data, 80)...)
	j.add(append(b, esc, 'a', byte(Left)), 1)
}

// bandRows is the height of a band: 576 dots wide it has 1.7 KB, less than any
// printer's buffer.
const bandRows = 24

// mono is a picture of two colours.
type mono struct {
	w, h int
	dark func(x, y int) bool
}

// Image prints a picture in the middle, dark where it is darker than grey. It
// must not be wider than the paper; nothing of it is copied but the bits.
func (j *Job) Image(m image.Image) {
	r := m.Bounds()
	switch {
	case j.err != nil:
	case r.Empty() || r.Dx() > j.page.Dots() || r.Dy() > MaxRows:
		j.err = fmt.Errorf("%w: an image of %dx%d dots, at most %dx%d", ErrTooBig, r.Dx(), r.Dy(), j.page.Dots(), MaxRows)
	default:
		j.bands(mono{r.Dx(), r.Dy(), func(x, y int) bool { return dark(m, r.Min.X+x, r.Min.Y+y) }})
	}
}

// dark tells whether a dot is printed: what can be seen through is paper.
func dark(m image.Image, x, y int) bool {
	r, g, b, a := m.At(x, y).RGBA()
	return a >= 1<<15 && (299*r+587*g+114*b)/1000 < 1<<15
}

// bands prints a picture band by band, each a step.
func (j *Job) bands(m mono) {
	width := (m.w + 7) / 8
	j.add([]byte{esc, 'a', byte(Center)}, 0)
	for top := 0; top < m.h; top += bandRows {
		rows := min(bandRows, m.h-top)
		bits := make([]byte, width*rows)
		for y := range rows {
			for x := range m.w {
				if m.dark(x, top+y) {
					bits[y*width+x/8] |= 0x80 >> (x % 8)
				}
			}
		}
		j.add(raster(bits, width, rows), 0)
	}
	j.add([]byte{esc, 'a', byte(Left)}, 0)
}
