package watchdog

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// cardReset in the boot status: the machine was restarted by its watchdog
// (WDIOF_CARDRESET).
const cardReset = 0x20

// magicClose disarms: the last byte written before the device is closed.
const magicClose = "V"

// device is /dev/watchdogN. Opening it arms it.
type device struct {
	f       *os.File
	timeout time.Duration
	bit     bool
}

// OpenDevice arms the device at path and asks it for a time-out. A device
// keeps what it has when it can not do as asked; Timeout tells.
func OpenDevice(path string, timeout time.Duration) (Hardware, error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	d := &device{f: f}
	fd := int(f.Fd())
	if timeout > 0 {
		err = unix.IoctlSetPointerInt(fd, unix.WDIOC_SETTIMEOUT, int(timeout/time.Second))
		if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOTTY) {
			return nil, errors.Join(fmt.Errorf("watchdog: set %s to %v: %w", path, timeout, err), d.Close(true))
		}
	}
	seconds, err := unix.IoctlGetInt(fd, unix.WDIOC_GETTIMEOUT)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("watchdog: %s does not tell its time-out: %w", path, err), d.Close(true))
	}
	d.timeout = time.Duration(seconds) * time.Second
	if status, err := unix.IoctlGetInt(fd, unix.WDIOC_GETBOOTSTATUS); err == nil {
		d.bit = status&cardReset != 0
	} // not every driver remembers
	return d, nil
}

func (d *device) Feed() error {
	if err := unix.IoctlWatchdogKeepalive(int(d.f.Fd())); err != nil {
		return fmt.Errorf("watchdog: feed: %w", err)
	}
	return nil
}

func (d *device) Timeout() time.Duration { return d.timeout }
func (d *device) Bit() bool              { return d.bit }

func (d *device) Close(disarm bool) error {
	var err error
	if disarm {
		_, err = d.f.WriteString(magicClose)
	}
	return errors.Join(err, d.f.Close())
}
