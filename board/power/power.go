// Package power tells how the board is supplied and how hot it is.
//
// Most tills that die in the field die of a weak supply: the card writes
// garbage and the fiscal device falls off the USB. A Raspberry Pi knows when
// its supply drops below 4.63 V and says so; so does the thermal zone of every
// board. Power-fail of a supply with a battery is a line of the board (package
// pins), not this.
//
// Sources: the firmware's get_throttled bits (Raspberry Pi documentation,
// vcgencmd), read at /sys/devices/platform/soc/soc:firmware/get_throttled; the
// raspberrypi-hwmon driver ("rpi_volt", in0_lcrit_alarm) where that file is not
// there; the kernel's thermal sysfs, millidegrees Celsius.
package power

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// State is how the board is now. What a board does not tell is false or zero.
type State struct {
	Undervolted bool // the supply is too weak, now
	WasUnder    bool // it has been since the start
	Throttled   bool // the processor is slowed down, now
	Heat        int  // of the first thermal zone, thousandths of a degree Celsius; 0: not told
	Critical    int  // at which the board switches itself off; 0: not told
}

// Hot is how far below its critical temperature a board is warned of, in
// thousandths of a degree; where that is not told a Raspberry Pi's is taken,
// which slows down at 80 degrees.
const (
	hotBelow = 10_000
	hotAlone = 80_000
)

// Hot tells whether the board is close to slowing or switching itself off.
func (s State) Hot() bool {
	if s.Critical > 0 {
		return s.Heat >= s.Critical-hotBelow
	}
	return s.Heat >= hotAlone
}

// Where a board tells of itself.
const (
	throttled = "sys/devices/platform/soc/soc:firmware/get_throttled"
	alarms    = "sys/class/hwmon/hwmon*/name"
	zone      = "sys/class/thermal/thermal_zone0"
	maxText   = 64 // bytes of an entry
)

// Bits of get_throttled.
const (
	underNow     = 1 << 0
	throttledNow = 1 << 2
	softNow      = 1 << 3 // the soft temperature limit
	underSince   = 1 << 16
)

// Read asks the board whose file system is root. A file that is not there is
// no error; one that makes no sense is, and the rest of the State is good.
func Read(root fs.FS) (State, error) {
	var s State
	var errs []error
	bits, told, err := number(root, throttled, 16)
	switch {
	case err != nil:
		errs = append(errs, err)
	case told:
		s.Undervolted, s.WasUnder = bits&underNow != 0, bits&underSince != 0
		s.Throttled = bits&(throttledNow|softNow) != 0
	default:
		if s.Undervolted, err = alarm(root); err != nil {
			errs = append(errs, err)
		}
	}
	heat, _, err := number(root, zone+"/temp", 10)
	if err != nil {
		errs = append(errs, err)
	}
	s.Heat = int(heat)
	if s.Critical, err = critical(root); err != nil {
		errs = append(errs, err)
	}
	return s, errors.Join(errs...)
}

// alarm is the supply's, of kernels that have no get_throttled.
func alarm(root fs.FS) (bool, error) {
	names, err := fs.Glob(root, alarms)
	if err != nil {
		return false, fmt.Errorf("power: %w", err)
	}
	for _, path := range names {
		if name, err := text(root, path); err != nil || name != "rpi_volt" {
			continue // another sensor, or one that has just gone
		}
		low, _, err := number(root, strings.TrimSuffix(path, "name")+"in0_lcrit_alarm", 10)
		return low != 0, err
	}
	return false, nil
}

// critical finds the trip point of that type.
func critical(root fs.FS) (int, error) {
	types, err := fs.Glob(root, zone+"/trip_point_*_type")
	if err != nil {
		return 0, fmt.Errorf("power: %w", err)
	}
	for _, path := range types {
		if kind, err := text(root, path); err != nil || kind != "critical" {
			continue
		}
		at, _, err := number(root, strings.TrimSuffix(path, "type")+"temp", 10)
		return int(at), err
	}
	return 0, nil
}

func text(root fs.FS, path string) (string, error) {
	b, err := fs.ReadFile(root, path)
	if err != nil {
		return "", err
	}
	if len(b) > maxText {
		return "", fmt.Errorf("power: %s: %d bytes", path, len(b))
	}
	return strings.TrimSpace(string(b)), nil
}

// number reads an entry; told is false when there is none.
func number(root fs.FS, path string, base int) (n int64, told bool, err error) {
	s, err := text(root, path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("power: %w", err)
	}
	if n, err = strconv.ParseInt(strings.TrimPrefix(s, "0x"), base, 32); err != nil {
		return 0, false, fmt.Errorf("power: %s: %w", path, err)
	}
	return n, true, nil
}
