package shtrih

import (
	"encoding/binary"
	"errors"
)

// Special bytes of framing v2. Behind the start byte neither it nor the
// escape byte stands for itself.
const (
	start2    = 0x8F
	escape    = 0x9F
	escStart  = 0x81 // after escape: start2
	escEscape = 0x83 // after escape: escape
)

// ping asks a device for its last answer; it has no number and executes
// nothing.
var ping = []byte{start2, 0, 0, 0x0F, 0x1D}

// maxAnswer2 is the longest payload taken from a device, in bytes: devices
// name 1455 for commands, and their answers are no longer.
const maxAnswer2 = 4096

// frame2 is one frame of framing v2. A device that has executed nothing since
// it was switched on gives a number without a payload.
type frame2 struct {
	number  uint16
	payload []byte
}

// encodeFrame2 makes start byte, length, number, payload and CRC, all but the
// first stuffed. A payload of the wrong length is a mistake of this package.
func encodeFrame2(number uint16, payload []byte) []byte {
	if len(payload) == 0 || len(payload) > maxAnswer2 {
		panic("shtrih: payload length out of range")
	}
	body := make([]byte, 0, len(payload)+6)
	body = binary.LittleEndian.AppendUint16(body, uint16(len(payload)+2))
	body = binary.LittleEndian.AppendUint16(body, number)
	body = append(body, payload...)
	body = binary.LittleEndian.AppendUint16(body, crc16(body))
	f := make([]byte, 0, 2*len(body)+1)
	f = append(f, start2)
	for _, b := range body {
		switch b {
		case start2:
			f = append(f, escape, escStart)
		case escape:
			f = append(f, escape, escEscape)
		default:
			f = append(f, b)
		}
	}
	return f
}

// crc16 is CRC-16/CCITT, polynomial 1021h, beginning with FFFFh.
func crc16(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range b {
		crc = crc16Next(crc, c)
	}
	return crc
}

func crc16Next(crc uint16, b byte) uint16 {
	crc = crc<<8 | crc>>8
	crc ^= uint16(b)
	crc ^= (crc & 0xFF) >> 4
	crc ^= crc << 12
	return crc ^ (crc&0xFF)<<5
}

// errRestart: a start byte inside a frame, which begins another one.
var errRestart = errors.New("shtrih: frame begun anew")

// decodeFrame2 reads one whole frame from next, which gives the bytes after
// the start byte. It returns errFrame for what is no frame, or next's error.
// A start byte inside begins the frame anew.
func decodeFrame2(next func() (byte, error)) (frame2, error) {
	for {
		f, err := decodeBody2(func() (byte, error) { return unstuff(next) })
		if !errors.Is(err, errRestart) {
			return f, err
		}
	}
}

// unstuff gives one byte of what was meant.
func unstuff(next func() (byte, error)) (byte, error) {
	b, err := next()
	if err != nil {
		return 0, err
	}
	switch b {
	case start2:
		return 0, errRestart
	case escape:
	default:
		return b, nil
	}
	switch b, err = next(); {
	case err != nil:
		return 0, err
	case b == escStart:
		return start2, nil
	case b == escEscape:
		return escape, nil
	case b == start2:
		return 0, errRestart
	}
	return 0, errFrame
}

// decodeBody2 reads length, number, payload and CRC.
func decodeBody2(next func() (byte, error)) (f frame2, err error) {
	crc := uint16(0xFFFF)
	two := func() (v uint16) {
		for shift := 0; shift < 16 && err == nil; shift += 8 {
			var b byte
			if b, err = next(); err == nil {
				crc, v = crc16Next(crc, b), v|uint16(b)<<shift
			}
		}
		return v
	}
	n := two()
	if err == nil && (n < 2 || n > maxAnswer2+2) {
		return frame2{}, errFrame // an answer has a number
	}
	f.number = two()
	for len(f.payload) < int(n)-2 && err == nil {
		var b byte
		if b, err = next(); err == nil {
			crc, f.payload = crc16Next(crc, b), append(f.payload, b)
		}
	}
	want := crc
	if got := two(); err == nil && got != want {
		err = errFrame
	}
	if err != nil {
		return frame2{}, err
	}
	return f, nil
}
