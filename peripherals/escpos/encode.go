package escpos

// The control characters of the commands.
const (
	dle = 0x10
	esc = 0x1B
	fs  = 0x1C
	gs  = 0x1D
	lf  = 0x0A

	eot = 0x04
	enq = 0x05
	dc4 = 0x14
)

// Align is where a line stands.
type Align byte

// The alignments, as ESC a has them.
const (
	Left Align = iota
	Center
	Right
)

// MaxScale is how many times wider or higher a letter can be.
const MaxScale = 8

// Style is how a line looks. The zero Style is plain text at the left.
type Style struct {
	Bold, Underline bool
	Wide, High      int // times the usual size, 0 and 1 are the usual; up to MaxScale
	Align           Align
	Small           bool // font B
}

func (s Style) wide() int { return min(max(s.Wide, 1), MaxScale) }
func (s Style) high() int { return min(max(s.High, 1), MaxScale) }

// on gives the commands that lead to a style from the plain one: ESC a, ESC M,
// ESC E, ESC -, GS !.
func (s Style) on() []byte {
	var b []byte
	if s.Align != Left {
		b = append(b, esc, 'a', byte(min(s.Align, Right)))
	}
	if s.Small {
		b = append(b, esc, 'M', 1)
	}
	if s.Bold {
		b = append(b, esc, 'E', 1)
	}
	if s.Underline {
		b = append(b, esc, '-', 1)
	}
	if size := byte((s.wide()-1)<<4 | (s.high() - 1)); size != 0 {
		b = append(b, gs, '!', size)
	}
	return b
}

// off gives the commands back to the plain style.
func (s Style) off() []byte {
	var b []byte
	if s.wide() > 1 || s.high() > 1 {
		b = append(b, gs, '!', 0)
	}
	if s.Underline {
		b = append(b, esc, '-', 0)
	}
	if s.Bold {
		b = append(b, esc, 'E', 0)
	}
	if s.Small {
		b = append(b, esc, 'M', 0)
	}
	if s.Align != Left {
		b = append(b, esc, 'a', 0)
	}
	return b
}

// Commands without variable parts, by their names in Epson's reference.
var (
	askPaper    = []byte{gs, 'r', 1}    // GS r 1: paper sensor status, through the buffer
	statusBack  = []byte{gs, 'a', 0x0F} // GS a: tell of drawer, line, error and paper
	clearBuffer = []byte{dle, dc4, 8, 1, 3, 20, 1, 6, 2, 8}
)

// realtime asks at once: DLE EOT n.
func realtime(n byte) []byte { return []byte{dle, eot, n} }

// begin is ESC @ (initialize), FS . (no Kanji), GS a (status back), ESC t (code
// page): a job assumes nothing of the one before.
func (p Page) begin() []byte {
	return append([]byte{esc, '@', fs, '.'}, append(append([]byte(nil), statusBack...), esc, 't', p.table())...)
}

// Pulse opens a drawer on the printer's connector (ESC p).
type Pulse struct {
	Second bool // the connector's other pin, 5; usually it is 2
	On     int  // milliseconds, 20..510; 0: DefaultPulse
}

// DefaultPulse is long enough for usual drawers, in milliseconds.
const DefaultPulse = 150

// bytes is ESC p m t1 t2, in units of 2 ms. The rest after the pulse is as
// long again, and as long as can be said at least 500 ms.
func (p Pulse) bytes() []byte {
	on := p.On
	if on == 0 {
		on = DefaultPulse
	}
	pin := byte(0)
	if p.Second {
		pin = 1
	}
	return []byte{esc, 'p', pin, byte(min(max(on, 20), 510) / 2), 250}
}

// qrNative is GS ( k: functions 165 (model 2), 167 (module size), 169
// (correction M), 180 (store) and 181 (print).
func qrNative(text string, module int) []byte {
	n := len(text) + 3
	b := []byte{gs, '(', 'k', 4, 0, 49, 65, 50, 0,
		gs, '(', 'k', 3, 0, 49, 67, byte(module),
		gs, '(', 'k', 3, 0, 49, 69, 49,
		gs, '(', 'k', byte(n), byte(n >> 8), 49, 80, 48}
	b = append(b, text...)
	return append(b, gs, '(', 'k', 3, 0, 49, 81, 48)
}

// barcode is GS h, GS w, GS H 2 (digits below) and GS k in its second form.
func barcode(kind byte, data []byte, high int) []byte {
	b := []byte{gs, 'h', byte(high), gs, 'w', 2, gs, 'H', 2, gs, 'k', kind, byte(len(data))}
	return append(b, data...)
}

// raster is GS v 0: bits, a row after the other, width in bytes.
func raster(bits []byte, width, rows int) []byte {
	b := []byte{gs, 'v', '0', 0, byte(width), byte(width >> 8), byte(rows), byte(rows >> 8)}
	return append(b, tame(bits)...)
}

// tame sets a dot where the bits would make a real-time command.
func tame(bits []byte) []byte {
	out := append([]byte(nil), bits...)
	for i := 1; i < len(out); i++ {
		if out[i-1] == dle && (out[i] == eot || out[i] == enq || out[i] == dc4) {
			out[i] |= 0x08
		}
	}
	return out
}
