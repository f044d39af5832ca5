// Package board tells which hardware the till runs on.
//
// The model comes from the device tree (/proc/device-tree/model, ARM boards)
// or from DMI (/sys/class/dmi/id, PCs and virtual machines). A profile holds
// what is known of a model: nothing in the till asks for a model by name, it
// asks the profile. An unknown board gets the generic profile and works, with
// every port and line given in the configuration.
//
// Sources: the kernel's Documentation/devicetree (root node "model"), the
// model strings of Raspberry Pi's device trees, SMBIOS 3 section 7.2.
package board

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/kassa-pos/kassa/board/serialport"
)

// maxText bounds a text read from the firmware, in bytes.
const maxText = 256

// Profile is what the till should know of a model.
type Profile struct {
	Name string // "raspberry-pi-4"

	// RTC: there is a battery-backed clock, or a place for its battery.
	// Without one the clock is wrong after every start without a network.
	RTC bool

	// UART is the lasting name of the serial port on the pin header, "" when
	// there is none.
	UART string

	// GPIO: there are lines for a drawer and lights.
	GPIO bool
}

// Board is this machine.
type Board struct {
	Model   string // as the firmware says it, "" when it does not
	Profile Profile
	Ports   []serialport.Port // as plugged in now
}

// profiles are matched by the beginning of the model, first match wins.
var profiles = []struct {
	prefix  string
	profile Profile
}{
	{"Raspberry Pi 5", Profile{Name: "raspberry-pi-5", RTC: true, UART: "/dev/ttyAMA0", GPIO: true}},
	{"Raspberry Pi Compute Module 5", Profile{Name: "raspberry-pi-5", RTC: true, UART: "/dev/ttyAMA0", GPIO: true}},
	{"Raspberry Pi 4", Profile{Name: "raspberry-pi-4", UART: "/dev/serial0", GPIO: true}},
	{"Raspberry Pi Compute Module 4", Profile{Name: "raspberry-pi-4", UART: "/dev/serial0", GPIO: true}},
	{"Raspberry Pi 3", Profile{Name: "raspberry-pi-3", UART: "/dev/serial0", GPIO: true}},
	{"Raspberry Pi Zero 2", Profile{Name: "raspberry-pi-zero-2", UART: "/dev/serial0", GPIO: true}},
	{"linux,dummy-virt", Profile{Name: "qemu", RTC: true}},
	{"QEMU", Profile{Name: "qemu", RTC: true}},
	{"Standard PC (", Profile{Name: "qemu", RTC: true}},
}

// Here looks at this machine.
func Here() (Board, error) { return Detect(os.DirFS("/")) }

// Detect looks at the machine whose file system is root. It opens no device.
// The error is about what could not be read; the Board is usable all the same.
func Detect(root fs.FS) (Board, error) {
	var errs []error
	model, tree, err := readModel(root)
	if err != nil {
		errs = append(errs, err)
	}
	b := Board{Model: model, Profile: profileOf(model, tree)}
	if b.Ports, err = serialport.List(root); err != nil {
		errs = append(errs, err)
	}
	if len(errs) > 0 {
		return b, fmt.Errorf("detect board: %w", errors.Join(errs...))
	}
	return b, nil
}

// readModel gives the model and whether a device tree gave it.
func readModel(root fs.FS) (model string, tree bool, err error) {
	for _, name := range []string{"proc/device-tree/model", "sys/firmware/devicetree/base/model"} {
		if model, err = readText(root, name); model != "" || err != nil {
			return model, true, err
		}
	}
	model, err = readText(root, "sys/class/dmi/id/product_name")
	if err != nil || model == "" {
		return "", false, err
	}
	vendor, err := readText(root, "sys/class/dmi/id/sys_vendor")
	if vendor == "QEMU" {
		return "QEMU " + model, false, err
	}
	return model, false, err
}

func profileOf(model string, tree bool) Profile {
	for _, p := range profiles {
		if strings.HasPrefix(model, p.prefix) {
			return p.profile
		}
	}
	if tree {
		return Profile{Name: "generic-arm", GPIO: true}
	}
	return Profile{Name: "generic-pc", RTC: true}
}

// readText reads a firmware text: NUL ends it, "" when the file is not there.
func readText(root fs.FS, name string) (string, error) {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close() // read only
	raw, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return "", err
	}
	text, _, _ := strings.Cut(string(raw), "\x00")
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(text), nil
}
