package config

import (
	"github.com/kassa-pos/kassa/board"
)

// Board is what is known better than the profile of the machine says; all of
// it may be left out.
type Board struct {
	Profile  string            `toml:"profile"`  // another board's, by name
	UART     string            `toml:"uart"`     // the serial port of the header
	I2C      string            `toml:"i2c"`      // the bus of the header
	Watchdog string            `toml:"watchdog"` // its driver
	Header   map[string]string `toml:"header"`   // lines by the number of the header's pin
}

// On is a machine's profile with what the file says.
func (b Board) On(p board.Profile) (board.Profile, error) {
	return p.With(board.Override{Profile: b.Profile, UART: b.UART, I2C: b.I2C, Watchdog: b.Watchdog, Header: b.Header})
}

func (b Board) check(k *check) {
	if _, err := b.On(board.Profile{}); err != nil {
		k.bad("board", "так платы не описывают (%v)", "%v", err)
	}
}
