// Package hd44780 drives character displays with Hitachi's HD44780 controller,
// or one of its many copies, behind a PCF8574 on I2C: the cheap 16x2 and 20x4
// panels.
//
// The expander's eight lines are wired as on nearly every such board: P0 is RS,
// P1 R/W, P2 E, P3 the backlight, P4 to P7 the data's upper half, so a
// character goes out as two halves. Addresses are 20h to 27h (PCF8574, mostly
// 27h) and 38h to 3Fh (PCF8574A, mostly 3Fh).
//
// Quirks:
//
//   - The panel answers nothing that is worth waiting for, and a replugged or
//     browned-out one has forgotten its mode: at every heartbeat it is set up
//     and drawn again, from whatever half of a byte it may be in.
//   - The rows of a 16x4 panel are 00h, 40h, 10h, 50h in its memory, of a 20x4
//     one 00h, 40h, 14h, 54h.
//   - The character ROM differs. A00 (Japanese, the most common) and A02 have
//     no Cyrillic that could be used; MELT's and Winstar's Cyrillic ROM has.
//     Where letters are missing they are written in capitals: half of those
//     look like Latin ones, eight of the rest are drawn at a time in the
//     panel's own memory, and what still does not fit is transliterated.
//   - Clearing takes 1.5 ms and flickers; rows are overwritten instead. At 100
//     kHz a character takes 0.4 ms on the bus, ten times what the controller
//     needs, so nothing else is waited for.
//
// Sources: Hitachi HD44780U data sheet (initialising by instruction, 4-bit
// interface, character patterns), NXP PCF8574 data sheet, MELT MT-16S2.
//
// A Panel is used by one goroutine at a time, except for Halt and String.
package hd44780

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"periph.io/x/conn/v3/i2c"

	"github.com/kassa-pos/kassa/peripherals/display"
)

// DefaultHeartbeat is the longest time between two whole pictures.
const DefaultHeartbeat = 5 * time.Second

// Addresses of the expanders.
const (
	firstPlain, lastPlain = 0x20, 0x27
	firstA, lastA         = 0x38, 0x3F
)

// Options say what the panel is.
type Options struct {
	Address   uint16 // 0: 27h
	Columns   int    // 0: 16
	Rows      int    // 0: 2
	ROM       ROM    // "": A00
	Heartbeat time.Duration
	Log       *slog.Logger // nil: none
}

// Opener opens the bus, again after every loss.
type Opener interface {
	Open(ctx context.Context) (i2c.BusCloser, error)
	String() string
}

// Panel is a display.
type Panel struct {
	open Opener
	o    Options
	rows []byte // where each begins
	log  *slog.Logger

	// of Show, by one goroutine
	shown  [][]byte // rows as sent; nil when unknown
	glyphs []glyph  // in the panel's memory
	whole  time.Time

	mu  sync.Mutex
	bus i2c.BusCloser // nil when not connected
}

var _ display.Display = (*Panel)(nil)

// ErrSize: there is no such panel.
var ErrSize = errors.New("hd44780: no such panel")

// New makes a display on a bus. It opens nothing yet.
func New(open Opener, o Options) (*Panel, error) {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&o.Columns, 16)
	def(&o.Rows, 2)
	if o.Address == 0 {
		o.Address = lastPlain
	}
	if o.ROM == "" {
		o.ROM = A00
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = DefaultHeartbeat
	}
	p := &Panel{open: open, o: o, log: o.Log}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	switch {
	case !o.ROM.valid():
		return nil, fmt.Errorf("%w: character ROM %.20q", ErrSize, string(o.ROM))
	case (o.Address < firstPlain || o.Address > lastPlain) && (o.Address < firstA || o.Address > lastA):
		return nil, fmt.Errorf("%w: address %#x", ErrSize, o.Address)
	case o.Columns != 16 && o.Columns != 20, o.Rows != 1 && o.Rows != 2 && o.Rows != 4:
		return nil, fmt.Errorf("%w: %dx%d", ErrSize, o.Columns, o.Rows)
	}
	p.rows = []byte{0x00, 0x40, byte(o.Columns), 0x40 + byte(o.Columns)}[:o.Rows]
	return p, nil
}

func (p *Panel) String() string {
	return fmt.Sprintf("hd44780 %dx%d at %#x on %s", p.o.Columns, p.o.Rows, p.o.Address, p.open)
}

// Show implements display.Display. The bus has a time-out of its own, the
// kernel's; ctx is looked at between rows.
func (p *Panel) Show(ctx context.Context, f display.Frame) error {
	bus, err := p.connect(ctx)
	if err != nil {
		return err
	}
	if err := p.draw(ctx, bus, f); err != nil {
		p.shown = nil
		return errors.Join(fmt.Errorf("hd44780: %w", err), p.Halt())
	}
	return nil
}

func (p *Panel) connect(ctx context.Context) (i2c.BusCloser, error) {
	p.mu.Lock()
	bus := p.bus
	p.mu.Unlock()
	if bus != nil {
		return bus, nil
	}
	bus, err := p.open.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("hd44780: %w", err)
	}
	p.mu.Lock()
	p.bus = bus
	p.mu.Unlock()
	p.shown = nil
	return bus, nil
}

// Halt implements display.Display.
func (p *Panel) Halt() error {
	p.mu.Lock()
	bus := p.bus
	p.bus = nil
	p.mu.Unlock()
	if bus == nil {
		return nil
	}
	return bus.Close()
}

// draw sends what has changed, or everything.
func (p *Panel) draw(ctx context.Context, bus i2c.Bus, f display.Frame) error {
	lines, glyphs := p.o.ROM.encode(f.Fit(p.o.Columns, p.o.Rows))
	w := &wires{bus: bus, address: p.o.Address}
	if p.shown == nil || time.Since(p.whole) >= p.o.Heartbeat {
		if err := w.initialise(ctx); err != nil {
			return err
		}
		p.shown, p.glyphs, p.whole = make([][]byte, p.o.Rows), nil, time.Now()
	}
	for i, g := range glyphs {
		if i < len(p.glyphs) && p.glyphs[i] == g {
			continue
		}
		if err := w.define(i, g); err != nil {
			return err
		}
	}
	// A slot that has got another letter changes wherever it stands, which is
	// what the new rows want.
	p.glyphs = glyphs
	for i, line := range lines {
		if err := ctx.Err(); err != nil {
			return err
		}
		if string(p.shown[i]) == string(line) {
			continue
		}
		if err := w.write(p.rows[i], line); err != nil {
			return err
		}
		p.shown[i] = line
	}
	return nil
}
