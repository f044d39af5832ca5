package vfd

import (
	"bytes"
	"time"
)

// Control bytes of both dialects.
const (
	esc = 0x1B
	us  = 0x1F
	cr  = 0x0D
)

// message gives the bytes that bring the display from what it shows to rows.
func (d *VFD) message(rows [][]byte, now time.Time) []byte {
	var msg []byte
	all := d.shown == nil || now.Sub(d.whole) >= d.o.Heartbeat
	if d.shown == nil {
		msg = append(msg, esc, '@')
	}
	if all {
		msg = d.settings(msg)
		d.whole = now
	}
	for i, row := range rows {
		if all || !bytes.Equal(row, d.shown[i]) {
			msg = d.row(msg, i, row)
		}
	}
	return msg
}

// settings are those a power cut makes the display forget.
func (d *VFD) settings(msg []byte) []byte {
	msg = append(msg, esc, 't', byte(d.o.Table))
	if d.o.Dialect == CD5220 {
		return append(msg, esc, '_', 0) // no cursor
	}
	return append(msg, us, 1, us, 'C', 0) // overwrite, no cursor
}

// row overwrites one row. The text has no control bytes: the character set
// makes spaces of them.
func (d *VFD) row(msg []byte, i int, text []byte) []byte {
	if d.o.Dialect == CD5220 {
		msg = append(msg, esc, 'Q', 'A'+byte(i))
		return append(append(msg, text...), cr)
	}
	msg = append(msg, us, '$', 1, byte(i+1))
	return append(msg, text...)
}
