package board

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestDetect(t *testing.T) {
	for name, c := range map[string]struct {
		root           fstest.MapFS
		model, profile string
	}{
		"pi 5":       {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi 5 Model B Rev 1.0\x00")}, "Raspberry Pi 5 Model B Rev 1.0", "raspberry-pi-5"},
		"pi 4":       {fstest.MapFS{"sys/firmware/devicetree/base/model": text("Raspberry Pi 4 Model B Rev 1.4\x00")}, "Raspberry Pi 4 Model B Rev 1.4", "raspberry-pi-4"},
		"pi 3":       {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi 3 Model B Plus Rev 1.3\x00")}, "Raspberry Pi 3 Model B Plus Rev 1.3", "raspberry-pi-3"},
		"zero 2":     {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi Zero 2 W Rev 1.0\x00")}, "Raspberry Pi Zero 2 W Rev 1.0", "raspberry-pi-zero-2"},
		"other arm":  {fstest.MapFS{"proc/device-tree/model": text("Xunlong Orange Pi Zero3\x00")}, "Xunlong Orange Pi Zero3", "generic-arm"},
		"qemu arm":   {fstest.MapFS{"proc/device-tree/model": text("linux,dummy-virt\x00")}, "linux,dummy-virt", "qemu"},
		"qemu pc":    {fstest.MapFS{"sys/class/dmi/id/product_name": text("Standard PC (Q35 + ICH9, 2009)\n"), "sys/class/dmi/id/sys_vendor": text("QEMU\n")}, "QEMU Standard PC (Q35 + ICH9, 2009)", "qemu"},
		"pc":         {fstest.MapFS{"sys/class/dmi/id/product_name": text("NUC7i3\n")}, "NUC7i3", "generic-pc"},
		"nothing":    {fstest.MapFS{}, "", "generic-pc"},
		"hostile":    {fstest.MapFS{"proc/device-tree/model": text("\x1b[31m\xffBoard\r\n")}, "[31mBoard", "generic-arm"},
		"pi in both": {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi 4"), "sys/class/dmi/id/product_name": text("PC")}, "Raspberry Pi 4", "raspberry-pi-4"},
	} {
		b, err := Detect(c.root)
		if err != nil || b.Model != c.model || b.Profile.Name != c.profile {
			t.Errorf("%s: %q %q %v, want %q %q", name, b.Model, b.Profile.Name, err, c.model, c.profile)
		}
	}
}

func TestOnlyPisWithAClockHaveOne(t *testing.T) {
	for _, p := range profiles {
		if strings.HasPrefix(p.prefix, "Raspberry") && p.profile.RTC != strings.HasSuffix(p.prefix, "5") {
			t.Errorf("%s: RTC %v", p.prefix, p.profile.RTC)
		}
	}
}

func TestLongModelIsCut(t *testing.T) {
	b, err := Detect(fstest.MapFS{"proc/device-tree/model": text(strings.Repeat("x", 1<<20))})
	if err != nil || len(b.Model) != maxText {
		t.Errorf("%d bytes, %v", len(b.Model), err)
	}
}

// sick fails to open anything.
type sick struct{}

func (sick) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

func TestUnreadableMachine(t *testing.T) {
	b, err := Detect(sick{})
	if !errors.Is(err, fs.ErrPermission) || b.Profile.Name == "" {
		t.Errorf("%+v %v", b, err)
	}
}

func TestHere(t *testing.T) {
	b, err := Here()
	if err != nil || b.Profile.Name == "" {
		t.Errorf("%+v %v", b, err)
	}
}
