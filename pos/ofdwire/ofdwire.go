// Package ofdwire knows the outside of the messages that a fiscal storage (FN)
// exchanges with those behind it: its operator of fiscal data (OFD) and the
// marking system (ОИСМ). What is inside is encrypted and nobody's business on
// the way. A till that carries them needs the outside to tell where a message
// goes and where it ends.
//
// A message is a header of 30 bytes and a body:
//
//	0   4  signature: 2A 08 41 0A to the OFD, DD 80 CA A1 to the marking system
//	4   2  version of the session level: 81 A2 to the OFD, 82 A2 to the marking system
//	6   2  version of the fiscal data format: 01 05, 01 20; older devices 00 01
//	8  16  number of the FN, ASCII digits
//	24  2  bytes of the body, lowest first
//	26  2  flags, lowest first: bits 0-1 what the check covers (0 nothing,
//	       1 the header, 2 header and body), bit 2 there is a container, bit 4
//	       an answer is expected
//	28  2  check, lowest first: CRC-16/CCITT, first value FFFFh, of what the
//	       flags say without this field; 0 when nothing is covered
//
// Source: the tax service's description of the exchange between KKT and OFD,
// session level 1.1. That the marking system's messages have the same shape
// with their own signature, and what messages to a server of keys begin with,
// is not verified against a real device; a carrier must live with other
// signatures.
//
// Everything here is a pure function.
package ofdwire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Sizes in bytes.
const (
	HeaderSize = 30
	MaxBody    = 1<<16 - 1
	fnDigits   = 16
	crcAt      = 28
)

// ErrForm: bytes that are no message.
var ErrForm = errors.New("ofdwire: not a message")

// Kind says whom a message is for.
type Kind string

// The kinds.
const (
	OFD     Kind = "ofd"     // operator of fiscal data
	Marks   Kind = "marks"   // marking system
	Unknown Kind = "unknown" // another signature; the rest of the header holds
)

// What the check covers.
const (
	CoverNothing uint16 = 0
	CoverHeader  uint16 = 1
	CoverAll     uint16 = 2
	coverMask    uint16 = 3

	HasContainer  uint16 = 1 << 2
	ExpectsAnswer uint16 = 1 << 4
)

var signatures = map[Kind][6]byte{
	OFD:   {0x2A, 0x08, 0x41, 0x0A, 0x81, 0xA2},
	Marks: {0xDD, 0x80, 0xCA, 0xA1, 0x82, 0xA2},
}

// Header is the outside of a message.
type Header struct {
	Kind   Kind
	Format [2]byte // of the fiscal data, as it stands there
	FN     string  // sixteen digits
	Body   int     // bytes that follow the header
	Flags  uint16
	Check  uint16
}

// Size is the whole message's.
func (h Header) Size() int { return HeaderSize + h.Body }

// ParseHeader reads the first HeaderSize bytes of b. ErrForm when they are
// fewer, the number of the FN is none or the flags claim what does not exist.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, fmt.Errorf("%w: %d bytes", ErrForm, len(b))
	}
	h := Header{Kind: Unknown, Format: [2]byte(b[6:8]), FN: string(b[8 : 8+fnDigits]),
		Body: int(binary.LittleEndian.Uint16(b[24:])), Flags: binary.LittleEndian.Uint16(b[26:]), Check: binary.LittleEndian.Uint16(b[crcAt:])}
	for kind, s := range signatures {
		if [6]byte(b[:6]) == s {
			h.Kind = kind
		}
	}
	if !digits(h.FN) {
		return Header{}, fmt.Errorf("%w: FN number % X", ErrForm, b[8:8+fnDigits])
	}
	if h.Flags&coverMask == coverMask {
		return Header{}, fmt.Errorf("%w: flags %04X", ErrForm, h.Flags)
	}
	return h, nil
}

// Parse reads a whole message: its header, its length, its check. The body is
// a part of b.
func Parse(b []byte) (Header, []byte, error) {
	h, err := ParseHeader(b)
	switch {
	case err != nil:
		return h, nil, err
	case len(b) != h.Size():
		return h, nil, fmt.Errorf("%w: %d bytes, the header says %d", ErrForm, len(b), h.Size())
	case sum(b, h.Flags) != h.Check:
		return h, nil, fmt.Errorf("%w: check %04X, want %04X", ErrForm, h.Check, sum(b, h.Flags))
	}
	return h, b[HeaderSize:], nil
}

// Message builds a message of a known kind round body, checked as a whole.
// format is the version of the fiscal data, "1.05" or "1.2". The caller keeps
// to sixteen digits of FN and MaxBody.
func Message(kind Kind, format, fn string, body []byte) []byte {
	s := signatures[kind]
	b := append(make([]byte, 0, HeaderSize+len(body)), s[:]...)
	f := formats[format]
	b = append(append(b, f[:]...), fn...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(body)))
	b = binary.LittleEndian.AppendUint16(b, CoverAll|HasContainer|ExpectsAnswer)
	b = append(append(b, 0, 0), body...)
	binary.LittleEndian.PutUint16(b[crcAt:], sum(b, CoverAll))
	return b
}

var formats = map[string][2]byte{"1.0": {0x01, 0x00}, "1.05": {0x01, 0x05}, "1.1": {0x01, 0x10}, "1.2": {0x01, 0x20}}

// sum is the check of a message as far as flags say.
func sum(b []byte, flags uint16) uint16 {
	switch flags & coverMask {
	case CoverHeader:
		return CRC(b[:crcAt])
	case CoverAll:
		return CRC(b[:crcAt], b[HeaderSize:])
	}
	return 0
}

// CRC is CRC-16/CCITT (polynomial 1021h, first value FFFFh) of some pieces in
// a row.
func CRC(pieces ...[]byte) uint16 {
	crc := uint16(0xFFFF)
	for _, p := range pieces {
		for _, b := range p {
			crc ^= uint16(b) << 8
			for range 8 {
				if crc&0x8000 != 0 {
					crc = crc<<1 ^ 0x1021
				} else {
					crc <<= 1
				}
			}
		}
	}
	return crc
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
