package board

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// Profile is what the till should know of a model.
type Profile struct {
	Name string // "raspberry-pi-4"

	// RTC: there is a battery-backed clock, or a place for its battery.
	// Without one the clock is wrong after every start without a network.
	RTC bool

	// UART is the lasting name of the serial port on the pin header, "" when
	// there is none. I2C is the bus there.
	UART, I2C string

	// Setup is what switches UART and I2C on, for a person.
	Setup string

	// Watchdog is the driver's name, "" when it is not known.
	Watchdog string

	// LEDs are the board's own lamps below /sys/class/leds.
	LEDs []string

	// GPIO: there are lines for a drawer and lights.
	GPIO bool

	// Header names the lines on the pin header, by the pin's number. A name that
	// the kernel does not know may have others in Aliases, the best first:
	// another name, or "label/offset" of a chip whose lines have none.
	Header  map[int]string
	Aliases map[string][]string
}

// Override is what a configuration knows better; what is "" or nil is left.
type Override struct {
	Profile             string // another board's, by name
	UART, I2C, Watchdog string
	Header              map[string]string // by the pin's number
}

// With is the profile with what an Override says.
func (p Profile) With(o Override) (Profile, error) {
	if o.Profile != "" {
		other, ok := Named(o.Profile)
		if !ok {
			return p, fmt.Errorf("board: no profile is called %.40q: there are %s", o.Profile, strings.Join(Names(), ", "))
		}
		p = other
	}
	for _, x := range []struct {
		field *string
		value string
	}{{&p.UART, o.UART}, {&p.I2C, o.I2C}, {&p.Watchdog, o.Watchdog}} {
		if x.value != "" {
			*x.field = x.value
		}
	}
	if len(o.Header) > 0 {
		p.Header = maps.Clone(p.Header)
		if p.Header == nil {
			p.Header = map[int]string{}
		}
		p.GPIO = true
	}
	for text, line := range o.Header {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > MaxPin || line == "" {
			return p, fmt.Errorf("board: header pin %.20q is %.60q: want a number up to %d and a line", text, line, MaxPin)
		}
		p.Header[n] = line
	}
	return p, nil
}

// MaxPin is the highest number of a header's pin.
const MaxPin = 100

// pinPrefix begins a line that is named by its place on the header.
const pinPrefix = "pin"

// Line is the line that a configuration means: "pin11" is the header's, with
// the leading "!" of an active-low one left alone; anything else is a name.
func (p Profile) Line(spec string) (string, error) {
	name, low := strings.CutPrefix(spec, "!")
	text, ok := strings.CutPrefix(name, pinPrefix)
	n, err := strconv.Atoi(text)
	if !ok || err != nil {
		return spec, nil
	}
	line := p.Header[n]
	if line == "" {
		return "", fmt.Errorf("board: %s has no line on pin %d of its header", p.Name, n)
	}
	if low {
		line = "!" + line
	}
	return line, nil
}

// Pin is the header's pin of a line, 0 when it is not there.
func (p Profile) Pin(line string) int {
	for n, name := range p.Header {
		if name == line {
			return n
		}
	}
	return 0
}
