// Package hd44780test is an emulated HD44780 panel behind a PCF8574, as an I2C
// bus: it forgets everything when its power goes, ignores what it is told
// before it was set up, and shows what a person would see.
package hd44780test

import (
	"context"
	"errors"
	"sync"

	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
)

var (
	// ErrGone: nobody answers at the address.
	ErrGone = errors.New("hd44780test: no acknowledgement")
	// ErrAddress: a write to another device.
	ErrAddress = errors.New("hd44780test: another device's address")
)

// Panel is the emulated panel.
type Panel struct {
	address       uint16
	columns, rows int

	mu      sync.Mutex
	gone    bool
	opened  int
	last    byte // the expander's lines
	half    int  // -1: none waiting; else the upper half taken
	four    bool // 4-bit mode
	on      bool
	picture [128]byte
	glyphs  [64]byte
	at      byte
	drawing bool
	bytes   int // ever written
	lit     bool
	changed chan struct{} // closed at the next change of the picture
}

// New makes a panel without power history.
func New(address uint16, columns, rows int) *Panel {
	p := &Panel{address: address, columns: columns, rows: rows, changed: make(chan struct{})}
	p.PowerCycle()
	return p
}

// PowerCycle makes it forget its mode and its picture.
func (p *Panel) PowerCycle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.half, p.four, p.on, p.at, p.drawing, p.glyphs = -1, false, false, 0, false, [64]byte{}
	for i := range p.picture {
		p.picture[i] = ' '
	}
	p.touch()
}

// Changed is closed at the next change of what is seen. Take it before Codes.
func (p *Panel) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

func (p *Panel) touch() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Unplug takes it off the bus, or puts it back.
func (p *Panel) Unplug(gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = gone
}

// Open implements the driver's Opener.
func (p *Panel) Open(context.Context) (i2c.BusCloser, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opened++
	return p, nil
}

// String names the bus.
func (p *Panel) String() string { return "emulated I2C" }

// Close closes the bus.
func (p *Panel) Close() error { return nil }

// SetSpeed implements i2c.Bus.
func (p *Panel) SetSpeed(physic.Frequency) error { return nil }

// Tx implements i2c.Bus: every byte sets the expander's lines.
func (p *Panel) Tx(addr uint16, w, _ []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.gone:
		return ErrGone
	case addr != p.address:
		return ErrAddress
	}
	for _, b := range w {
		p.bytes++
		p.lit = b&0x08 != 0
		if fell := p.last&0x04 != 0 && b&0x04 == 0; fell && p.last&0x02 == 0 {
			p.take(p.last&0xF0, p.last&0x01 != 0)
		}
		p.last = b
	}
	p.touch()
	return nil
}

// take is E falling with these upper four lines.
func (p *Panel) take(v byte, data bool) {
	if !p.four {
		if !data && v == 0x20 {
			p.four, p.half = true, -1
		}
		return // 8-bit instructions of a 4-bit bus: only the mode matters
	}
	if p.half < 0 {
		p.half = int(v)
		return
	}
	v = byte(p.half) | v>>4
	p.half = -1
	switch {
	case data && p.drawing:
		p.glyphs[p.at&0x3F] = v & 0x1F
		p.at = (p.at + 1) & 0x3F
	case data:
		p.picture[p.at] = v
		p.at = (p.at + 1) & 0x7F
	case v&0x80 != 0:
		p.at, p.drawing = v&0x7F, false
	case v&0x40 != 0:
		p.at, p.drawing = v&0x3F, true
	case v&0x20 != 0:
		p.four = v&0x10 == 0
	case v&0xF8 == 0x08:
		p.on = v&0x04 != 0
	case v == 0x01:
		for i := range p.picture {
			p.picture[i] = ' '
		}
		p.at = 0
	}
}

// Codes are the characters' codes as they stand on the glass, row by row; nil
// while it is off.
func (p *Panel) Codes() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.on || !p.lit {
		return nil
	}
	all := make([][]byte, p.rows)
	for i, at := range []int{0, 0x40, p.columns, 0x40 + p.columns}[:p.rows] {
		all[i] = append([]byte(nil), p.picture[at:at+p.columns]...)
	}
	return all
}

// Glyph is what is drawn in a slot.
func (p *Panel) Glyph(slot int) (rows [8]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	copy(rows[:], p.glyphs[slot*8:])
	return rows
}

// Traffic tells how often the bus was opened and how much was written.
func (p *Panel) Traffic() (opened, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.opened, p.bytes
}
