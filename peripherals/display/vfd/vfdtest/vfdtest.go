// Package vfdtest is a customer display made of software: it takes the bytes
// a driver sends and keeps the picture that the glass would show.
//
// It understands the Epson and CD5220 commands for text: initialise, clear,
// character tables, overwrite and scroll modes, cursor movements, whole-line
// writes. Brightness and blinking are taken and not shown. What it does not
// know is counted, so that a test can demand there be none.
//
// An Emulator may be used concurrently.
package vfdtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/text/encoding/charmap"
)

// MaxSize bounds columns and rows.
const MaxSize = 80

// readSize is how many bytes are taken from the link at once.
const readSize = 512

// Emulator is a display.
type Emulator struct {
	columns, rows int

	mu      sync.Mutex
	cells   []byte // as sent, in the table of the moment they were sent
	pages   []byte // that table, for each cell
	table   byte
	x, y    int
	mode    byte   // 1 overwrite, 2 scroll vertically, 3 scroll horizontally
	over    bool   // mode 3: the last column was written and the cursor stayed
	cursor  bool   // shown
	pending []byte // a command whose end has not come
	unknown int
	changed chan struct{}
}

// New makes a display that was just switched on: blank, table 0 (cp437).
func New(columns, rows int) (*Emulator, error) {
	if columns < 1 || rows < 1 || columns > MaxSize || rows > MaxSize {
		return nil, fmt.Errorf("vfdtest: no display of %dx%d", rows, columns)
	}
	e := &Emulator{columns: columns, rows: rows, changed: make(chan struct{})}
	e.reset()
	return e, nil
}

// Serve shows what arrives until r ends. Closing r is how to stop it.
func (e *Emulator) Serve(r io.Reader) error {
	buf := make([]byte, readSize)
	for {
		n, err := r.Read(buf)
		if _, werr := e.Write(buf[:n]); werr != nil {
			return werr
		}
		switch {
		case err == io.EOF, errors.Is(err, io.ErrClosedPipe), errors.Is(err, os.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("vfdtest: %w", err)
		}
	}
}

// Write shows p. It takes everything and never fails.
func (e *Emulator) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range p {
		e.take(b)
	}
	close(e.changed)
	e.changed = make(chan struct{})
	return len(p), nil
}

// PowerCycle forgets everything, as a display without power does.
func (e *Emulator) PowerCycle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reset()
	close(e.changed)
	e.changed = make(chan struct{})
}

// Changed returns a channel that is closed when something arrives. Take it
// before looking at the picture.
func (e *Emulator) Changed() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}

// Unknown counts bytes and commands that mean nothing to this display.
func (e *Emulator) Unknown() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.unknown
}

// CursorShown tells whether the cursor is visible.
func (e *Emulator) CursorShown() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cursor
}

// Picture gives the rows as a person sees them, each of exactly the display's
// width.
func (e *Emulator) Picture() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows := make([]string, e.rows)
	for y := range rows {
		var s strings.Builder
		for x := range e.columns {
			i := y*e.columns + x
			s.WriteRune(page(e.pages[i]).DecodeByte(e.cells[i]))
		}
		rows[y] = s.String()
	}
	return rows
}

// page gives Epson's character table of a number; others look like cp437.
func page(table byte) *charmap.Charmap {
	switch table {
	case 2:
		return charmap.CodePage850
	case 3:
		return charmap.CodePage860
	case 4:
		return charmap.CodePage863
	case 5:
		return charmap.CodePage865
	case 16:
		return charmap.Windows1252
	case 17:
		return charmap.CodePage866
	case 18:
		return charmap.CodePage852
	case 19:
		return charmap.CodePage858
	case 46:
		return charmap.Windows1251
	}
	return charmap.CodePage437
}

func (e *Emulator) reset() {
	n := e.columns * e.rows
	e.cells, e.pages = make([]byte, n), make([]byte, n)
	e.pending = nil
	e.table, e.mode, e.cursor = 0, 1, true
	e.clear()
}

func (e *Emulator) clear() {
	for i := range e.cells {
		e.cells[i], e.pages[i] = ' ', e.table
	}
	e.x, e.y, e.over = 0, 0, false
}
