package hd44780

import (
	"context"
	"time"

	"periph.io/x/conn/v3/i2c"
)

// The expander's lines.
const (
	lineRS    = 1 << 0 // data, not an instruction
	lineE     = 1 << 2 // taken when it falls
	lineLight = 1 << 3
)

// Instructions.
const (
	entryMode   = 0x06 // to the right, the picture stays
	displayOn   = 0x0C // no cursor
	functionSet = 0x28 // 4 bits, two rows, 5x8
	setGlyph    = 0x40 // | address in the memory of characters
	setCursor   = 0x80 // | address in the picture
)

// Waits of the initialisation, from the data sheet with some room.
const (
	firstWait = 5 * time.Millisecond
	nextWait  = 200 * time.Microsecond
)

// wires is the panel as the bus sees it.
type wires struct {
	bus     i2c.Bus
	address uint16
}

func (w *wires) tx(b []byte) error { return w.bus.Tx(w.address, b, nil) }

// half is the upper half of a byte with E raised and lowered.
func half(b []byte, v byte) []byte { return append(b, v|lineE, v) }

// octet is a whole byte in two halves.
func octet(b []byte, v, rs byte) []byte {
	b = half(b, v&0xF0|lineLight|rs)
	return half(b, v<<4|lineLight|rs)
}

// initialise brings the controller into 4-bit mode from whatever it is in.
func (w *wires) initialise(ctx context.Context) error {
	for _, step := range []struct {
		v    byte
		wait time.Duration
	}{{0x30, firstWait}, {0x30, nextWait}, {0x30, nextWait}, {0x20, nextWait}} {
		if err := w.tx(half(nil, step.v|lineLight)); err != nil {
			return err
		}
		select {
		case <-time.After(step.wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	var b []byte
	for _, v := range []byte{functionSet, displayOn, entryMode} {
		b = octet(b, v, 0)
	}
	return w.tx(b)
}

// define draws a glyph into one of the eight slots.
func (w *wires) define(slot int, g glyph) error {
	b := octet(nil, setGlyph|byte(slot)<<3, 0)
	for _, row := range g.rows {
		b = octet(b, row, lineRS)
	}
	return w.tx(b)
}

// write puts characters at an address of the picture.
func (w *wires) write(at byte, line []byte) error {
	b := octet(nil, setCursor|at, 0)
	for _, c := range line {
		b = octet(b, c, lineRS)
	}
	return w.tx(b)
}
