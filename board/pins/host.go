package pins

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	"periph.io/x/host/v3/gpioioctl" // the kernel's line names; the drivers that poke at registers are left out
)

// ErrNoGPIO: this machine has no GPIO that may be used.
var ErrNoGPIO = errors.New("pins: no GPIO on this machine")

// host is the machine's own GPIO.
type host struct {
	named func(string) gpio.PinIO // nil: no line has the name
	chips []chip
	never chan struct{}
}

// chip is a controller of lines.
type chip struct {
	label string
	lines []gpio.PinIO
}

func openHost() (bank, error) {
	if _, err := driverreg.Init(); err != nil { // done once, then remembered
		return nil, fmt.Errorf("%w: %w", ErrNoGPIO, err)
	}
	h := &host{named: gpioreg.ByName, never: make(chan struct{})}
	for _, c := range gpioioctl.Chips {
		lines := make([]gpio.PinIO, 0, c.LineCount())
		for _, l := range c.Lines() {
			lines = append(lines, l)
		}
		h.chips = append(h.chips, chip{c.Label(), lines})
	}
	if len(gpioreg.All()) == 0 && len(h.chips) == 0 {
		return nil, ErrNoGPIO
	}
	return h, nil
}

// line finds a line by its name, or as "label/offset" of a chip: the lines of
// many boards have no names.
func (h *host) line(_ context.Context, name string) (gpio.PinIO, error) {
	if p := h.named(name); p != nil {
		return p, nil
	}
	if label, text, ok := strings.Cut(name, "/"); ok {
		offset, err := strconv.Atoi(text)
		for _, c := range h.chips {
			if err == nil && c.label == label && offset >= 0 && offset < len(c.lines) {
				return c.lines[offset], nil
			}
		}
	}
	return nil, fmt.Errorf("%w %s", errNoLine, name)
}

// Soldered-on lines are not lost.
func (h *host) lost() <-chan struct{} { return h.never }
func (h *host) cause() error          { return nil }

// close keeps the lines: letting an output go would make it float.
func (h *host) close() error { return nil }
