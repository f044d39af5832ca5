package escpos

import (
	"fmt"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// Page is what a printer's paper is like and how letters are sent to it.
type Page struct {
	Paper    int    // millimetres: 58 or 80; 0 is 80
	CodePage string // "cp866", "cp1251", "cp437" or "cp1252"; "" is cp866
	Table    int    // the printer's number of that page (ESC t), 0: Epson's
	DrawQR   bool   // QR codes as images: the printer has none of its own
}

// family is a code page and its number with Epson.
type family struct {
	page  text.Charset
	table byte
}

var families = map[string]family{
	"cp866": {text.CP866, 17}, "cp1251": {text.CP1251, 46}, "cp437": {text.CP437, 0}, "cp1252": {text.CP1252, 16},
}

// Check tells what is wrong with a page: ErrPage.
func (p Page) Check() error {
	if _, ok := families[p.codePage()]; !ok {
		return fmt.Errorf("%w: %.20q", ErrPage, p.CodePage)
	}
	if p.Paper != 0 && p.Paper != 58 && p.Paper != 80 {
		return fmt.Errorf("%w: %d mm", ErrPage, p.Paper)
	}
	if p.Table < 0 || p.Table > 255 {
		return fmt.Errorf("%w: table %d", ErrPage, p.Table)
	}
	return nil
}

func (p Page) codePage() string {
	if p.CodePage == "" {
		return "cp866"
	}
	return p.CodePage
}

func (p Page) charset() text.Charset { return families[p.codePage()].page }

func (p Page) table() byte {
	if p.Table != 0 {
		return byte(p.Table)
	}
	return families[p.codePage()].table
}

// Dots is the width that can be printed, at 8 dots a millimetre.
func (p Page) Dots() int {
	if p.Paper == 58 {
		return 384
	}
	return 576
}

// Columns is how many letters of a style fit on a line: 12 dots each, 9 in
// font B.
func (p Page) Columns(s Style) int {
	cell := 12
	if s.Small {
		cell = 9
	}
	return p.Dots() / cell / s.wide()
}
