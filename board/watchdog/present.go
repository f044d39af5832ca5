package watchdog

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// Present is a watchdog of the machine as the kernel tells of it.
type Present struct {
	Device   string        // "/dev/watchdog0"
	Identity string        // "Broadcom BCM2835 Watchdog timer"; "" where the kernel does not tell
	Active   bool          // somebody has armed it
	Timeout  time.Duration // 0 where the kernel does not tell
}

const (
	watchdogRoot = "sys/class/watchdog"
	maxEntry     = 128 // bytes
)

// List finds the watchdogs of the machine whose file system is root. It opens
// none: opening one arms it.
func List(root fs.FS) ([]Present, error) {
	dirs, err := fs.Glob(root, watchdogRoot+"/watchdog[0-9]*")
	if err != nil {
		return nil, fmt.Errorf("watchdog: %w", err)
	}
	var all []Present
	for _, dir := range dirs {
		entry := func(name string) string {
			text, err := fs.ReadFile(root, path.Join(dir, name))
			if err != nil || len(text) > maxEntry {
				return "" // kernels without WATCHDOG_SYSFS tell nothing
			}
			return strings.TrimSpace(string(text))
		}
		p := Present{Device: "/dev/" + path.Base(dir), Identity: entry("identity"), Active: entry("state") == "active"}
		if seconds, err := strconv.Atoi(entry("timeout")); err == nil {
			p.Timeout = time.Duration(seconds) * time.Second
		}
		all = append(all, p)
	}
	return all, nil
}
