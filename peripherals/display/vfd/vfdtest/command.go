package vfdtest

// Control bytes.
const (
	bs  = 0x08
	ht  = 0x09
	lf  = 0x0A
	hom = 0x0B
	clr = 0x0C
	cr  = 0x0D
	can = 0x18
	esc = 0x1B
	us  = 0x1F
)

// take handles the next byte; e.mu is held. Commands are collected until they
// are whole.
func (e *Emulator) take(b byte) {
	if len(e.pending) == 0 {
		switch {
		case b == esc || b == us:
			e.pending = append(e.pending, b)
		case b < 0x20:
			e.control(b)
		default:
			e.put(b)
		}
		return
	}
	e.pending = append(e.pending, b)
	c := e.pending
	if need := e.length(c); need == 0 {
		e.unknown++
	} else if len(c) < need {
		return
	} else if c[0] == esc {
		e.escape(c)
	} else {
		e.unit(c)
	}
	e.pending = e.pending[:0]
}

// length tells how long the command that begins with c is, 0 when there is no
// such command.
func (e *Emulator) length(c []byte) int {
	if c[0] == us {
		switch c[1] {
		case 1, 2, 3, lf, cr, 'B', '@':
			return 2
		case 'C', 'X', 'E', 'r', 'v': // X, E, r, v: brightness, blinking, reverse, DTR
			return 3
		case '$':
			return 4
		}
		return 0
	}
	switch c[1] {
	case '@', 0x11, 0x12, 0x13:
		return 2
	case 't', 'R', '_', '=', '*', 'W':
		return 3
	case 'Q':
		return e.lineLength(c)
	}
	return 0
}

// lineLength is length for ESC Q A|B text CR: it ends with its CR, or when
// the line is full and no CR follows.
func (e *Emulator) lineLength(c []byte) int {
	switch {
	case len(c) == 2:
		return 3
	case c[2] != 'A' && c[2] != 'B':
		return 0
	case len(c) > 3 && c[len(c)-1] == cr:
		return len(c)
	case len(c) > 3+e.columns:
		return 0
	}
	return len(c) + 1
}

func (e *Emulator) escape(c []byte) {
	switch c[1] {
	case '@':
		e.reset()
	case 't':
		e.table = c[2]
	case '_':
		e.cursor = c[2] != 0
	case 'Q':
		e.line(int(c[2]-'A'), c[3:len(c)-1])
	}
}

func (e *Emulator) unit(c []byte) {
	switch c[1] {
	case 1, 2, 3:
		e.mode = c[1]
	case lf:
		e.y = (e.y + e.rows - 1) % e.rows
	case cr:
		e.x = e.columns - 1
	case 'B':
		e.x, e.y = 0, e.rows-1
	case 'C':
		e.cursor = c[2] != 0
	case '$':
		x, y := int(c[2]), int(c[3])
		if x < 1 || x > e.columns || y < 1 || y > e.rows {
			e.unknown++
			return
		}
		e.x, e.y = x-1, y-1
	}
}

func (e *Emulator) control(b byte) {
	switch b {
	case bs:
		if e.x > 0 {
			e.x--
		}
	case ht:
		e.advance()
	case lf:
		e.down()
	case hom:
		e.x, e.y = 0, 0
	case clr:
		e.clear()
	case cr:
		e.x = 0
	case can:
		e.line(e.y, nil)
		e.x = 0
	default:
		e.unknown++
	}
}

// line replaces a row.
func (e *Emulator) line(y int, text []byte) {
	if y >= e.rows {
		e.unknown++
		return
	}
	for x := range e.columns {
		i := y*e.columns + x
		e.cells[i], e.pages[i] = ' ', e.table
		if x < len(text) {
			e.cells[i] = text[x]
		}
	}
}

func (e *Emulator) put(b byte) {
	sideways := e.mode == 3
	if sideways && e.over && e.x == e.columns-1 {
		start, end := e.y*e.columns, (e.y+1)*e.columns
		copy(e.cells[start:end], e.cells[start+1:end])
		copy(e.pages[start:end], e.pages[start+1:end])
	}
	i := e.y*e.columns + e.x
	e.cells[i], e.pages[i] = b, e.table
	e.over = sideways && e.x == e.columns-1
	if !e.over {
		e.advance()
	}
}

func (e *Emulator) advance() {
	if e.x++; e.x == e.columns {
		e.x = 0
		e.down()
	}
}

// down moves to the next row: round again, or scrolling in mode 2.
func (e *Emulator) down() {
	if e.y++; e.y < e.rows {
		return
	}
	if e.mode != 2 {
		e.y = 0
		return
	}
	e.y = e.rows - 1
	copy(e.cells, e.cells[e.columns:])
	copy(e.pages, e.pages[e.columns:])
	e.line(e.y, nil)
}
