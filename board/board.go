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

// Board is this machine.
type Board struct {
	Model   string // as the firmware says it, "" when it does not
	Profile Profile
	Ports   []serialport.Port // as plugged in now
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
	compatible, err := readCompatible(root)
	if err != nil {
		errs = append(errs, err)
	}
	b := Board{Model: model, Profile: profileOf(model, compatible, tree)}
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

// readCompatible reads the tree's root "compatible": strings, a NUL after each.
func readCompatible(root fs.FS) ([]string, error) {
	f, err := root.Open("proc/device-tree/compatible")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	raw, err := io.ReadAll(io.LimitReader(f, maxText))
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00"), nil
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
