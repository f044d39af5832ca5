package shtrihtest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/text"
)

// What the device prints with.
const (
	fonts     = 7 // numbered from 1
	charWidth = 12
	maxFeed   = 255
)

var paperCommands = map[uint16]handler{
	0x12: {min: 6, max: 255, operator: true, prints: true, run: (*Device).printLine},
	0x17: {min: 6, max: 255, operator: true, prints: true, run: (*Device).printLine},
	0x25: {min: 6, operator: true, prints: true, run: (*Device).cut},
	0x26: {min: 6, system: true, run: (*Device).fontInfo},
	0x29: {min: 7, operator: true, prints: true, run: (*Device).feed},
	0x2F: {min: 7, max: 255, operator: true, prints: true, run: (*Device).printFont},
	0xC2: {min: 10, operator: true, prints: true, run: (*Device).barcode},
	0x8C: {min: 5, operator: true, prints: true, run: (*Device).copyReceipt},
}

func (d *Device) printLine(in *call) ([]byte, byte) {
	in.byte()
	return d.printText(in.b)
}

func (d *Device) printFont(in *call) ([]byte, byte) {
	in.byte()
	if font := in.byte(); font < 1 || font > fonts {
		return nil, errParams
	}
	return d.printText(in.b)
}

func (d *Device) printText(b []byte) ([]byte, byte) {
	return d.printFree(text.CP1251.DecodeZ(b))
}

// printFree prints what is no document.
func (d *Device) printFree(line string) ([]byte, byte) {
	lines := []string{line}
	if d.tape.afterCut() { // a piece of paper of its own
		lines = append([]string{d.head()}, lines...)
	}
	d.print(lines)
	return nil, 0
}

// barcode is C2h: twelve digits of an EAN-13, which is printed with its check
// digit beneath.
func (d *Device) barcode(in *call) ([]byte, byte) {
	n := in.u(5)
	if n > 999_999_999_999 {
		return nil, errParams
	}
	code, sum := fmt.Sprintf("%012d", n), 0
	for i := range len(code) {
		sum += int(code[i]-'0') * (1 + 2*(i%2))
	}
	return d.printFree(styled(Bars, code+strconv.Itoa((10-sum%10)%10)))
}

// fontInfo is 26h: the paper's width and the characters' size in dots. The
// second font is twice as wide.
func (d *Device) fontInfo(in *call) ([]byte, byte) {
	font := in.byte()
	if font < 1 || font > fonts {
		return nil, errParams
	}
	width := byte(charWidth)
	if font == 2 {
		width *= 2
	}
	return append(le(nil, uint64(d.o.Columns*charWidth), 2), width, 24, fonts), 0
}

// feed is 29h. A receipt that is open is printed at its end: its paper can not
// be moved before.
func (d *Device) feed(in *call) ([]byte, byte) {
	in.byte()
	n := int(in.byte())
	if d.s.Receipt != nil {
		return nil, errMode
	}
	d.print(strings.Split(strings.Repeat("\n", n), "\n")[:n])
	return nil, 0
}

func (d *Device) cut(in *call) ([]byte, byte) {
	if in.byte() > 1 {
		return nil, errParams
	}
	if d.s.Health.Cutter {
		return nil, errCutter
	}
	d.print([]string{"", styled(Cut, "")})
	return nil, 0
}

// copyReceipt is 8Ch: the last receipt again, as a copy.
func (d *Device) copyReceipt(*call) ([]byte, byte) {
	if d.s.Receipt != nil {
		return nil, errMode
	}
	for i := len(d.docs) - 1; i >= 0; i-- {
		if doc := &d.docs[i]; doc.Form == formReceipt {
			d.s.DocNo++
			lines := d.slip(title(doc), d.receiptLines(doc), doc)
			d.print(slices.Insert(lines, 1, bold(text.Center("КОПИЯ ЧЕКА", d.o.Columns)))) // below the heading
			return nil, 0
		}
	}
	return nil, errNothing
}
