package serialport

import "os"

// Modem are the lines that the other end drives.
type Modem struct{ CTS, DSR, RI, DCD bool }

// Lines is a port whose control lines can be looked at and moved. The ports
// that an Opener opens are some; a pseudo terminal has no such lines and says
// so with an error.
type Lines interface {
	SetDTR(on bool) error
	Modem() (Modem, error)
}

var _ Lines = (*conn)(nil)

// SetDTR tells the other end that somebody is here, or is not.
func (c *conn) SetDTR(on bool) error {
	return c.atLines(func() error { return c.port.SetDTR(on) })
}

// Modem reads the lines of the other end.
func (c *conn) Modem() (m Modem, err error) {
	err = c.atLines(func() error {
		bits, err := c.port.GetModemStatusBits()
		if err == nil {
			m = Modem{CTS: bits.CTS, DSR: bits.DSR, RI: bits.RI, DCD: bits.DCD}
		}
		return err
	})
	return m, err
}

// atLines does something with the port that Close must not overtake: it waits
// for a Read that is under way, at most a slice.
func (c *conn) atLines(do func() error) error {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.mu.Lock()
	closed := c.isClosed
	c.mu.Unlock()
	if closed {
		return c.fail("control", os.ErrClosed)
	}
	if err := do(); err != nil {
		return c.fail("control", err)
	}
	return nil
}
