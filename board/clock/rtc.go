package clock

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// RTC is a clock of the machine that goes on without the machine.
type RTC struct {
	Device string    // "/dev/rtc0"
	Name   string    // the driver's: "rtc-ds1307 1-0068"
	Time   time.Time // it tells; zero: it does not, as after its battery was changed
	Taken  bool      // the kernel took the time from it at the start
}

// RTCs are the clocks of the machine whose file system is root. It sets none.
func RTCs(root fs.FS) ([]RTC, error) {
	names, err := fs.Glob(root, rtcRoot+"/rtc*")
	if err != nil {
		return nil, fmt.Errorf("clock: %w", err)
	}
	var all []RTC
	for _, dir := range names {
		entry := func(name string) string {
			text, err := fs.ReadFile(root, path.Join(dir, name))
			if err != nil || len(text) > maxRTC {
				return ""
			}
			return strings.TrimSpace(string(text))
		}
		r := RTC{Device: "/dev/" + path.Base(dir), Name: entry("name"), Taken: entry("hctosys") == "1"}
		if seconds, err := strconv.ParseInt(entry("since_epoch"), 10, 64); err == nil && seconds > 0 {
			r.Time = time.Unix(seconds, 0)
		}
		all = append(all, r)
	}
	return all, nil
}

const maxRTC = 64 // bytes of an entry
