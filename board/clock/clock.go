// Package clock tells how far the machine's clock can be trusted.
//
// A board without a battery wakes up in the past (at best at the moment it was
// last shut down) and is right only after a time server has been heard. A till
// sells all the same: what it needs is to know, so that documents are flagged,
// the operator is warned, and a clock that jumps is noticed.
//
// Three things are known of a clock here. Whether the kernel says that it is
// disciplined by a time server (adjtimex(2): STA_UNSYNC is off, whoever serves
// the time: systemd-timesyncd, chrony). Whether the machine has a clock of its
// own with a battery (/sys/class/rtc with hctosys 1: the kernel took the time
// from it at the start). And by how much the clock jumps against the monotonic
// one, which nobody sets. What no clock may be earlier than (the last
// document, the fiscal device's last, the build) the till knows itself.
//
// Sources: adjtimex(2), the kernel's Documentation/ABI/testing/rtc-cdev and
// drivers/rtc (hctosys).
package clock

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Trust is whose word the time is.
type Trust string

// From the best to none.
const (
	Synced   Trust = "synced"   // a time server's, now
	Battery  Trust = "battery"  // the machine's own clock, since the start
	Nobodys  Trust = "nobody's" // what was on the disk, or 1970
	maxEntry       = 16         // bytes of a file below /sys
	rtcRoot        = "sys/class/rtc"
)

// Adjtimex asks the kernel about its clock and returns the clock's state.
type Adjtimex func(*unix.Timex) (state int, err error)

// Here is whose word this machine's time is. On an error the time is nobody's.
func Here(root fs.FS) (Trust, error) { return Read(unix.Adjtimex, root) }

// Read is Here with the kernel's answers given.
func Read(ask Adjtimex, root fs.FS) (Trust, error) {
	var t unix.Timex
	state, err := ask(&t)
	if err != nil {
		err = fmt.Errorf("clock: adjtimex: %w", err)
	} else if state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0 {
		return Synced, nil
	}
	clocks, readErr := fs.Glob(root, rtcRoot+"/rtc*/hctosys")
	if readErr != nil {
		return Nobodys, fmt.Errorf("clock: %w", readErr)
	}
	for _, path := range clocks {
		text, readErr := fs.ReadFile(root, path)
		if readErr != nil {
			return Nobodys, fmt.Errorf("clock: %w", readErr)
		}
		if len(text) <= maxEntry && strings.TrimSpace(string(text)) == "1" {
			return Battery, err
		}
	}
	return Nobodys, err
}

// Monotonic is the time since an unknown moment on the clock that nobody sets
// and that goes on while the machine sleeps (CLOCK_BOOTTIME).
func Monotonic() (time.Duration, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0, fmt.Errorf("clock: %w", err)
	}
	return time.Duration(ts.Nano()), nil
}

// MinJump is the least that counts as a jump: less is a time server's work.
const MinJump = 30 * time.Second

// Guard notices jumps. Its zero value is ready; one goroutine at a time.
type Guard struct {
	wall time.Time
	mono time.Duration
	seen bool
}

// Look compares the clock with the monotonic one since the last look. The jump
// is 0, or what the clock has gained (lost: negative) beside the time that
// has passed.
func (g *Guard) Look(wall time.Time, mono time.Duration) (jump time.Duration) {
	wall = wall.Round(0)
	if g.seen {
		if jump = wall.Sub(g.wall) - (mono - g.mono); jump.Abs() < MinJump {
			jump = 0
		}
	}
	g.wall, g.mono, g.seen = wall, mono, true
	return jump
}
