// Package i2cbus opens the board's I2C buses as periph's i2c.Bus.
//
// A bus is named by its device file, /dev/i2c-1 on a Raspberry Pi's header,
// which needs "dtparam=i2c_arm=on" in config.txt and the group i2c. The kernel
// bounds every transfer by a time-out of its own, a second as a rule.
//
// periph's own driver of these buses is not used: its package brings sysfs's
// GPIO along, whose pins have the names of the lines that package pins drives
// by the newer interface, and either would win.
//
// Source: the kernel's Documentation/i2c/dev-interface.rst.
package i2cbus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/i2c"
	"periph.io/x/conn/v3/physic"
)

var (
	// ErrName: not the path of an I2C bus.
	ErrName = errors.New("i2cbus: want a path such as /dev/i2c-1")
	// ErrUnsupported: the till's devices need no such transfer.
	ErrUnsupported = errors.New("i2cbus: only plain writes or plain reads")
)

const prefix = "/dev/i2c-"

// selectDevice chooses whom the next transfer is for (I2C_SLAVE).
const selectDevice = 0x0703

// Opener opens the bus at Path.
type Opener struct{ Path string }

func (o Opener) String() string { return "I2C " + o.Path }

// Open opens the bus.
func (o Opener) Open(ctx context.Context) (i2c.BusCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if virtual(o.Path) {
		return dial(ctx, o.Path)
	}
	text, ok := strings.CutPrefix(o.Path, prefix)
	if n, err := strconv.Atoi(text); !ok || err != nil || n < 0 || n > 255 {
		return nil, fmt.Errorf("%w, not %.60q", ErrName, o.Path)
	}
	f, err := os.OpenFile(o.Path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("i2cbus: %w", err)
	}
	return &bus{f: f}, nil
}

// bus is an open bus.
type bus struct {
	mu  sync.Mutex
	f   *os.File
	now int // the device that is chosen, 0 none
}

var _ i2c.BusCloser = (*bus)(nil)

func (b *bus) String() string { return "I2C " + b.f.Name() }
func (b *bus) Close() error   { return b.f.Close() }

// SetSpeed is the device tree's business.
func (b *bus) SetSpeed(physic.Frequency) error { return ErrUnsupported }

// Tx writes or reads; both in one transfer is not supported.
func (b *bus) Tx(addr uint16, w, r []byte) error {
	if len(w) > 0 && len(r) > 0 || addr == 0 || addr > 0x7F {
		return ErrUnsupported
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now != int(addr) {
		if err := unix.IoctlSetInt(int(b.f.Fd()), selectDevice, int(addr)); err != nil {
			return fmt.Errorf("i2cbus: device %#x: %w", addr, err)
		}
		b.now = int(addr)
	}
	var err error
	if len(w) > 0 {
		_, err = b.f.Write(w)
	} else if len(r) > 0 {
		_, err = b.f.Read(r)
	}
	if err != nil {
		return fmt.Errorf("i2cbus: device %#x: %w", addr, err)
	}
	return nil
}
