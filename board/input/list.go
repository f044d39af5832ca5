package input

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Where devices are found.
const (
	byID     = "dev/input/by-id"
	byPath   = "dev/input/by-path"
	hidClass = "sys/class/hidraw"
	maxFound = 64 // of each kind
)

// Found is a device that may be a scanner.
type Found struct {
	Address string // "evdev:///dev/input/by-id/usb-...-event-kbd", as the configuration has it
	Name    string // what it calls itself, "" when it does not
}

// List finds keyboards, by lasting names, and HID scanners of the machine
// whose file system is root. A keyboard that people type on is among them:
// which one is a scanner, a person knows.
func List(root fs.FS) ([]Found, error) {
	var all []Found
	var errs []error
	seen := map[string]bool{}
	for _, dir := range []string{byID, byPath} {
		links, err := fs.ReadDir(root, dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("input: %w", err))
		}
		for _, l := range links {
			if !strings.HasSuffix(l.Name(), "-event-kbd") || len(all) >= maxFound {
				continue
			}
			node := path.Join(dir, l.Name())
			if to, err := fs.ReadLink(root, node); err == nil {
				if node := path.Base(to); seen[node] {
					continue // by its better name already
				} else {
					seen[node] = true
				}
			}
			name := strings.TrimSuffix(strings.TrimPrefix(l.Name(), "usb-"), "-event-kbd")
			all = append(all, Found{Address: "evdev:///" + node, Name: strings.ReplaceAll(name, "_", " ")})
		}
	}
	raw, err := fs.ReadDir(root, hidClass)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, fmt.Errorf("input: %w", err))
	}
	for _, d := range raw[:min(len(raw), maxFound)] {
		descriptor, err := fs.ReadFile(root, path.Join(hidClass, d.Name(), "device/report_descriptor"))
		if err != nil {
			continue // it has just gone
		}
		if _, _, err := scanReport(descriptor); err != nil {
			continue
		}
		all = append(all, Found{Address: "hidraw:///dev/" + d.Name(), Name: hidName(root, d.Name())})
	}
	return all, errors.Join(errs...)
}

// hidName is the device's own name.
func hidName(root fs.FS, node string) string {
	text, err := fs.ReadFile(root, path.Join(hidClass, node, "device/uevent"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "HID_NAME="); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}
