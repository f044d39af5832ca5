package scanner

import (
	"bytes"
	"fmt"
)

// Suffix is what a scanner sends after each code.
type Suffix string

// The suffixes. None: a pause ends a code.
const (
	CR   Suffix = "cr"
	LF   Suffix = "lf"
	CRLF Suffix = "crlf"
	None Suffix = "none"
)

// Valid checks the suffix.
func (s Suffix) Valid() error {
	switch s {
	case CR, LF, CRLF, None:
		return nil
	}
	return fmt.Errorf("scanner: suffix %q, must be cr, lf, crlf or none", string(s))
}

// frame is what came between two ends.
type frame struct {
	data   []byte // nil when too long
	length int    // as received
	cut    bool   // a pause came where the suffix should have been
}

// framer cuts the stream into frames. It holds at most max+2 bytes, whatever
// comes: of a longer frame only the length is kept, up to its end.
type framer struct {
	suffix Suffix
	max    int
	buf    []byte
	length int  // of the frame so far
	last   byte // the byte before
}

// push takes bytes and calls out for every frame they end.
func (f *framer) push(p []byte, out func(frame)) {
	for _, b := range p {
		if f.ends(b) {
			f.finish(false, out)
		} else {
			f.add(b)
		}
		f.last = b
	}
}

// ends tells whether b is the last byte of a suffix.
func (f *framer) ends(b byte) bool {
	switch f.suffix {
	case CR:
		return b == '\r'
	case LF:
		return b == '\n'
	case CRLF:
		return b == '\n' && f.last == '\r'
	}
	return false
}

// silence tells that nothing more came for a while.
func (f *framer) silence(out func(frame)) {
	f.finish(f.suffix != None, out)
}

// open tells whether a frame has begun.
func (f *framer) open() bool { return f.length > 0 }

func (f *framer) add(b byte) {
	// A scanner set to CR LF where we expect one of them leaves the other
	// before or after a code. Neither is ever the beginning of one.
	if f.length == 0 && (b == '\r' || b == '\n') {
		return
	}
	f.length++
	// Two bytes more than allowed: they may be the odd CR or LF.
	if len(f.buf) < f.max+2 {
		f.buf = append(f.buf, b)
	}
}

func (f *framer) finish(cut bool, out func(frame)) {
	data, length := f.buf, f.length
	f.buf, f.length = f.buf[:0], 0
	if length == len(data) {
		data = bytes.TrimRight(data, "\r\n")
		length = len(data)
	}
	switch {
	case length == 0:
	case length > f.max:
		out(frame{length: length, cut: cut})
	default:
		out(frame{data: bytes.Clone(data), length: length, cut: cut})
	}
}
