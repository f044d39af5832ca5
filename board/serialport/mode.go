package serialport

import (
	"fmt"
	"net/url"
	"strconv"

	"go.bug.st/serial"
)

// The speeds a Mode may have, in baud.
const (
	MinBaud     = 300
	MaxBaud     = 4_000_000
	DefaultBaud = 9600
)

// Parity of a character.
type Parity string

// The parities.
const (
	NoParity   Parity = "none"
	EvenParity Parity = "even"
	OddParity  Parity = "odd"
)

// Mode is how characters travel. Zero fields mean 9600 8N1. There is no flow
// control: none of the till's devices wants it, and a cable without the wires
// would stop for ever.
type Mode struct {
	Baud     int    // MinBaud..MaxBaud
	DataBits int    // 7 or 8
	Parity   Parity // none, even, odd
	StopBits int    // 1 or 2
}

// ParseMode reads the query part of a port's address, for example
// "baud=115200&parity=even&data=7&stop=2". Unknown or repeated keys are errors.
func ParseMode(query url.Values) (Mode, error) {
	var m Mode
	for key, values := range query {
		if len(values) != 1 {
			return Mode{}, fmt.Errorf("serialport: %s is given %d times", key, len(values))
		}
		var err error
		switch v := values[0]; key {
		case "baud":
			m.Baud, err = strconv.Atoi(v)
		case "data":
			m.DataBits, err = strconv.Atoi(v)
		case "stop":
			m.StopBits, err = strconv.Atoi(v)
		case "parity":
			m.Parity = Parity(v)
		default:
			return Mode{}, fmt.Errorf("serialport: unknown setting %q (baud, data, parity, stop)", key)
		}
		if err != nil {
			return Mode{}, fmt.Errorf("serialport: %s %q is not a number", key, values[0])
		}
	}
	m = m.filled()
	_, err := m.native()
	return m, err
}

// String is the usual short form: "9600 8N1".
func (m Mode) String() string {
	m = m.filled()
	p := map[Parity]string{NoParity: "N", EvenParity: "E", OddParity: "O"}[m.Parity]
	return fmt.Sprintf("%d %d%s%d", m.Baud, m.DataBits, p, m.StopBits)
}

func (m Mode) filled() Mode {
	if m.Baud == 0 {
		m.Baud = DefaultBaud
	}
	if m.DataBits == 0 {
		m.DataBits = 8
	}
	if m.Parity == "" {
		m.Parity = NoParity
	}
	if m.StopBits == 0 {
		m.StopBits = 1
	}
	return m
}

// native checks m and gives the library's form of it. The modem lines are
// left as opening sets them: pseudo terminals have none and refuse.
func (m Mode) native() (*serial.Mode, error) {
	m = m.filled()
	n := &serial.Mode{BaudRate: m.Baud, DataBits: m.DataBits}
	if m.Baud < MinBaud || m.Baud > MaxBaud {
		return nil, fmt.Errorf("serialport: %d baud, must be %d..%d", m.Baud, MinBaud, MaxBaud)
	}
	if m.DataBits != 7 && m.DataBits != 8 {
		return nil, fmt.Errorf("serialport: %d data bits, must be 7 or 8", m.DataBits)
	}
	switch m.Parity {
	case NoParity:
		n.Parity = serial.NoParity
	case EvenParity:
		n.Parity = serial.EvenParity
	case OddParity:
		n.Parity = serial.OddParity
	default:
		return nil, fmt.Errorf("serialport: parity %q, must be none, even or odd", string(m.Parity))
	}
	switch m.StopBits {
	case 1:
		n.StopBits = serial.OneStopBit
	case 2:
		n.StopBits = serial.TwoStopBits
	default:
		return nil, fmt.Errorf("serialport: %d stop bits, must be 1 or 2", m.StopBits)
	}
	return n, nil
}
