package ofdwire

import (
	"encoding/binary"
	"fmt"
)

// ContainerSize is the header of a container, in bytes.
const ContainerSize = 32

// Forms of documents that a container may name, beside the FFD's own.
const FormTicket = 7 // the operator's confirmation

const (
	containerType    = 0xA5
	containerVersion = 1
)

// Container is the body of a message: one document of an FN, or the answer to
// one. On a real FN what follows its header is encrypted. Emulators leave it
// open. The header:
//
//	0   2  bytes of the container in all, lowest first
//	2   2  check, lowest first: CRC-16/CCITT of everything but this field
//	4   1  A5h
//	5   1  form of the document
//	6   1  version, 1
//	7   2  of the FN's own use
//	9   8  number of the FN, two digits a byte
//	17  3  number of the document, highest first
//	20 12  of the FN's own use
//
// UNVERIFIED: that the check covers all, and the FN's number as packed digits.
type Container struct {
	Form byte
	FN   string
	FD   uint32 // below 1<<24
	Own  [12]byte
	Body []byte
}

// Encode lays the container out. The caller keeps to sixteen digits of FN.
func (c Container) Encode() []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(ContainerSize+len(c.Body)))
	b = append(b, 0, 0, containerType, c.Form, containerVersion, 0, 0)
	for i := 0; i+1 < len(c.FN); i += 2 {
		b = append(b, (c.FN[i]-'0')<<4|(c.FN[i+1]-'0'))
	}
	b = append(b, byte(c.FD>>16), byte(c.FD>>8), byte(c.FD))
	b = append(append(b, c.Own[:]...), c.Body...)
	binary.LittleEndian.PutUint16(b[2:], CRC(b[:2], b[4:]))
	return b
}

// ParseContainer reads what Encode wrote. ErrForm when it is something else.
func ParseContainer(b []byte) (Container, error) {
	if len(b) < ContainerSize || int(binary.LittleEndian.Uint16(b)) != len(b) {
		return Container{}, fmt.Errorf("%w: container of %d bytes", ErrForm, len(b))
	}
	if got, want := binary.LittleEndian.Uint16(b[2:]), CRC(b[:2], b[4:]); got != want {
		return Container{}, fmt.Errorf("%w: container's check %04X, want %04X", ErrForm, got, want)
	}
	if b[4] != containerType || b[6] != containerVersion {
		return Container{}, fmt.Errorf("%w: container %02X of version %d", ErrForm, b[4], b[6])
	}
	c := Container{Form: b[5], FD: uint32(b[17])<<16 | uint32(b[18])<<8 | uint32(b[19]), Own: [12]byte(b[20:32]), Body: b[ContainerSize:]}
	for _, packed := range b[9:17] {
		c.FN += string([]byte{'0' + packed>>4, '0' + packed&0x0F})
	}
	if !digits(c.FN) {
		return Container{}, fmt.Errorf("%w: container of FN % X", ErrForm, b[9:17])
	}
	return c, nil
}
