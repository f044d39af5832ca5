package scale

import (
	"encoding/binary"
	"fmt"

	"github.com/kassa-pos/kassa/pos/qty"
)

// massa is Massa-K's protocol 100. A frame is F8 55 CE, the length of what
// follows up to the CRC (16 bits, low byte first), a command, its data, and
// the CRC of command and data (low byte first).
type massa struct{}

// Commands.
const (
	massaGet   = 0x23 // CMD_GET_MASSA
	massaAck   = 0x24 // CMD_ACK_MASSA: weight, division, stable, net, zero, and mostly tare
	massaError = 0x28 // CMD_ERROR: a code
)

// Error codes of CMD_ERROR that a till can tell apart.
const (
	massaOver    = 0x08 // more than the scale's limit
	massaLoaded  = 0x18 // something lay on it when it was switched on
	massaNoCell  = 0x17
	massaBroken  = 0x19
	massaNotNow  = 0x09 // not in its weighing mode
	massaAckMin  = 9    // without tare
	massaAckFull = 13
)

var massaHead = [3]byte{0xF8, 0x55, 0xCE}

// MassaFrame makes a frame of a command and its data, in both directions.
func MassaFrame(body ...byte) []byte {
	b := append(massaHead[:len(massaHead):len(massaHead)], 0, 0)
	binary.LittleEndian.PutUint16(b[3:], uint16(len(body)))
	b = append(b, body...)
	return binary.LittleEndian.AppendUint16(b, massaCRC(body))
}

// massaCRC is the protocol's own: CRC-16-CCITT of what came before, with the
// byte added after the register was moved.
func massaCRC(body []byte) (crc uint16) {
	for _, c := range body {
		var a uint16
		temp := crc & 0xFF00
		for range 8 {
			carry := (temp^a)&0x8000 != 0
			a <<= 1
			if carry {
				a ^= 0x1021
			}
			temp <<= 1
		}
		crc = a ^ crc<<8 ^ uint16(c)
	}
	return crc
}

func (massa) ask(s *stream) (Reading, error) {
	if err := s.send(MassaFrame(massaGet)...); err != nil {
		return Reading{}, err
	}
	head, err := s.read(5)
	if err != nil {
		return Reading{}, err
	}
	n := int(binary.LittleEndian.Uint16(head[3:]))
	if [3]byte(head) != massaHead || n < 1 || n > maxFrame {
		return Reading{}, fmt.Errorf("%w: it begins with % X", ErrGarbage, head)
	}
	rest, err := s.read(n + 2)
	if err != nil {
		return Reading{}, err
	}
	return massaReading(rest[:n], binary.LittleEndian.Uint16(rest[n:]))
}

// massaReading reads the body of an answer.
func massaReading(body []byte, crc uint16) (Reading, error) {
	if got := massaCRC(body); got != crc {
		return Reading{}, fmt.Errorf("%w: CRC %04X, computed %04X", ErrGarbage, crc, got)
	}
	switch {
	case body[0] == massaError && len(body) >= 2:
		return massaTrouble(body[1])
	case body[0] != massaAck || len(body) != massaAckMin && len(body) != massaAckFull:
		return Reading{}, fmt.Errorf("%w: command %02X of %d bytes", ErrGarbage, body[0], len(body))
	}
	units := int64(int32(binary.LittleEndian.Uint32(body[1:])))
	var grams int64
	switch division := body[5]; division {
	case 0: // 100 mg
		grams = (units + 5) / 10
		if units < 0 {
			grams = -((-units + 5) / 10)
		}
	case 1, 2, 3, 4: // 1 g to 1 kg
		grams = units
		for range division - 1 {
			grams *= 10
		}
	default:
		return Reading{}, fmt.Errorf("%w: division %d", ErrGarbage, division)
	}
	r := Reading{Weight: qty.Milli(grams), Stable: body[6] == 1}
	if grams < 0 {
		r.Trouble = Below
	}
	return r, nil
}

func massaTrouble(code byte) (Reading, error) {
	switch code {
	case massaOver:
		return Reading{Trouble: Overload}, nil
	case massaLoaded, massaNoCell, massaBroken, massaNotNow:
		return Reading{Trouble: Faulty}, nil
	}
	return Reading{}, fmt.Errorf("%w: error %02X", ErrGarbage, code)
}
