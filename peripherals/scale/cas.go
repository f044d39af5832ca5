package scale

import (
	"fmt"
	"strings"

	"github.com/kassa-pos/kassa/pos/qty"
)

// cas is the protocol of CAS: ENQ is answered by ACK when the scale can tell
// its weight, then DC1 by SOH STX, state, sign, weight, unit, BCC, ETX EOT.
type cas struct{}

// Characters.
const (
	soh = 0x01
	stx = 0x02
	etx = 0x03
	eot = 0x04
	enq = 0x05
	ack = 0x06
	dc1 = 0x11
)

// casShort and casLong are the lengths of the answer with six and with seven
// characters of weight.
const (
	casShort = 15
	casLong  = 16
)

func (cas) ask(s *stream) (Reading, error) {
	if err := s.send(enq); err != nil {
		return Reading{}, err
	}
	b, err := s.read(1)
	if err != nil {
		return Reading{}, err
	}
	if b[0] != ack {
		return Reading{}, fmt.Errorf("%w: %02X in place of ACK", ErrGarbage, b[0])
	}
	if err := s.send(dc1); err != nil {
		return Reading{}, err
	}
	frame, err := s.read(casShort)
	if err != nil {
		return Reading{}, err
	}
	if frame[casShort-1] == etx { // and not EOT: a character more
		last, err := s.read(1)
		if err != nil {
			return Reading{}, err
		}
		frame = append(frame, last...)
	}
	return casReading(frame)
}

// casReading reads an answer.
func casReading(b []byte) (Reading, error) {
	n := len(b)
	if n != casShort && n != casLong || b[0]&0x7F != soh || b[1] != stx || b[n-2] != etx || b[n-1] != eot {
		return Reading{}, fmt.Errorf("%w: % X", ErrGarbage, b)
	}
	body := b[2 : n-3]
	check := byte(0)
	for _, c := range body {
		check ^= c
	}
	if check != b[n-3] {
		return Reading{}, fmt.Errorf("%w: check byte %02X, computed %02X", ErrGarbage, b[n-3], check)
	}
	r := Reading{Stable: body[0] == 'S'}
	if body[0] != 'S' && body[0] != 'U' {
		return Reading{}, fmt.Errorf("%w: state %q", ErrGarbage, body[0])
	}
	text, unit := strings.TrimSpace(string(body[2:len(body)-2])), strings.TrimSpace(string(body[len(body)-2:]))
	switch body[1] {
	case 'F':
		return Reading{Trouble: Overload}, nil
	case '-', ' ', '0':
	default:
		return Reading{}, fmt.Errorf("%w: sign %q", ErrGarbage, body[1])
	}
	w, err := casWeight(text, unit)
	if err != nil {
		return Reading{}, err
	}
	if r.Weight = w; body[1] == '-' && w != 0 {
		r.Weight, r.Trouble = -w, Below
	}
	return r, nil
}

// casWeight reads "12.345" kg or "123.7" g; parts of a gram are rounded half
// up.
func casWeight(text, unit string) (qty.Milli, error) {
	garbage := fmt.Errorf("%w: weight %q %q", ErrGarbage, text, unit)
	whole, frac, _ := strings.Cut(text, ".")
	digits := 0 // after the point, of a gram's thousandths in kilograms
	switch unit {
	case "kg":
		digits = 3
	case "g":
	default:
		return 0, garbage
	}
	if whole == "" || strings.Trim(whole+frac, "0123456789") != "" || len(whole)+len(frac) > 7 {
		return 0, garbage
	}
	var v int64
	for _, c := range whole {
		v = v*10 + int64(c-'0')
	}
	half := false
	for i := range max(digits, len(frac)) {
		c := byte('0')
		if i < len(frac) {
			c = frac[i]
		}
		switch {
		case i < digits:
			v = v*10 + int64(c-'0')
		case i == digits:
			half = c >= '5'
		}
	}
	if half {
		v++
	}
	return qty.Milli(v), nil
}
