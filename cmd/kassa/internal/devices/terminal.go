package devices

import (
	"context"
	"time"

	"github.com/kassa-pos/kassa/peripherals/terminal"
)

// KindTerminal is the group of payment terminals.
const KindTerminal Kind = "terminal"

const (
	terminalEvery = 15 * time.Second // an idle terminal is asked how it is
	terminalLimit = 10 * time.Second // ..and answers within
)

// Terminal is a payment terminal whose state is watched. Who moves money with it
// owns the driver.
type Terminal struct{ driver terminal.Terminal }

// NewTerminal makes a device of a driver.
func NewTerminal(driver terminal.Terminal) *Terminal { return &Terminal{driver} }

// Name is the terminal's name: there is one.
func (t *Terminal) Name() string { return "terminal" }

// Kind is KindTerminal.
func (t *Terminal) Kind() Kind { return KindTerminal }

// Run asks the terminal how it is until it does not answer.
func (t *Terminal) Run(ctx context.Context, ready func()) error {
	tick := time.NewTicker(terminalEvery)
	defer tick.Stop()
	for {
		ask, cancel := context.WithTimeout(ctx, terminalLimit)
		_, err := t.driver.Status(ask)
		cancel()
		if err != nil {
			return err
		}
		ready()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
