package serialport

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Port is a serial port of this machine.
type Port struct {
	Device string   // the kernel's name, which changes from boot to boot: "/dev/ttyUSB0"
	Names  []string // lasting names: by-id (the adapter), then by-path (the socket)
}

// Path is the best name for a configuration.
func (p Port) Path() string {
	if len(p.Names) > 0 {
		return p.Names[0]
	}
	return p.Device
}

// onBoard matches ports that are soldered on and keep their names.
var onBoard = []string{"ttyAMA*", "ttyS[0-9]", "ttyACM*", "ttyUSB*"}

// MaxPorts bounds a listing.
const MaxPorts = 256

// List finds the serial ports in root, the machine's file system
// (os.DirFS("/")). Ports with lasting names come first. Asking is cheap and
// opens nothing; ask again to notice hot-plugged adapters.
func List(root fs.FS) ([]Port, error) {
	byDevice := map[string]*Port{}
	for _, dir := range []string{"dev/serial/by-id", "dev/serial/by-path"} {
		entries, err := fs.ReadDir(root, dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue // udev makes it with the first adapter
		}
		if err != nil {
			return nil, fmt.Errorf("list serial ports: %w", err)
		}
		for _, e := range entries[:min(len(entries), MaxPorts)] {
			to, err := fs.ReadLink(root, path.Join(dir, e.Name()))
			if err != nil {
				continue // unplugged since, or no link
			}
			dev := "/" + path.Join(dir, to)
			p := byDevice[dev]
			if p == nil {
				p = &Port{Device: dev}
				byDevice[dev] = p
			}
			p.Names = append(p.Names, "/"+path.Join(dir, e.Name()))
		}
	}
	for _, pattern := range onBoard {
		found, err := fs.Glob(root, "dev/"+pattern)
		if err != nil {
			return nil, fmt.Errorf("list serial ports: %w", err)
		}
		for _, name := range found[:min(len(found), MaxPorts)] {
			if dev := "/" + name; byDevice[dev] == nil && real(root, name) {
				byDevice[dev] = &Port{Device: dev}
			}
		}
	}
	all := make([]Port, 0, len(byDevice))
	for _, p := range byDevice {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Port) int {
		if d := min(len(b.Names), 1) - min(len(a.Names), 1); d != 0 {
			return d
		}
		return strings.Compare(a.Path(), b.Path())
	})
	return all, nil
}

// real tells a UART that is there from the kernel's placeholders: a PC has 32
// ttyS nodes whatever is soldered on, and the empty ones have type 0.
func real(root fs.FS, dev string) bool {
	name := path.Base(dev)
	if !strings.HasPrefix(name, "ttyS") {
		return true
	}
	kind, err := fs.ReadFile(root, path.Join("sys/class/tty", name, "type"))
	return err == nil && strings.TrimSpace(string(kind)) != "0"
}
