package pins

import (
	"context"
	"errors"
	"fmt"

	"periph.io/x/conn/v3/driver/driverreg"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpioreg"
	_ "periph.io/x/host/v3/gpioioctl" // the kernel's line names; the drivers that poke at registers are left out
)

// ErrNoGPIO: this machine has no GPIO that may be used.
var ErrNoGPIO = errors.New("pins: no GPIO on this machine")

// host is the machine's own GPIO.
type host struct{ never chan struct{} }

func openHost() (bank, error) {
	if _, err := driverreg.Init(); err != nil { // done once, then remembered
		return nil, fmt.Errorf("%w: %w", ErrNoGPIO, err)
	}
	if len(gpioreg.All()) == 0 {
		return nil, ErrNoGPIO
	}
	return &host{never: make(chan struct{})}, nil
}

func (h *host) line(_ context.Context, name string) (gpio.PinIO, error) {
	if p := gpioreg.ByName(name); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no line named %s", name)
}

// Soldered-on lines are not lost.
func (h *host) lost() <-chan struct{} { return h.never }
func (h *host) cause() error          { return nil }

// close keeps the lines: letting an output go would make it float.
func (h *host) close() error { return nil }
