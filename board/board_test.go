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
		"other arm":  {fstest.MapFS{"proc/device-tree/model": text("Banana Pi BPI-M5\x00"), "proc/device-tree/compatible": text("bananapi,bpi-m5\x00amlogic,sm1\x00")}, "Banana Pi BPI-M5", "generic-arm"},
		"zero 2w":    {fstest.MapFS{"proc/device-tree/model": text("OrangePi Zero 2W\x00"), "proc/device-tree/compatible": text("xunlong,orangepi-zero2w\x00allwinner,sun50i-h618\x00")}, "OrangePi Zero 2W", "orange-pi-zero-2w"},
		"zero 3":     {fstest.MapFS{"proc/device-tree/model": text("orangepi zero3\x00"), "proc/device-tree/compatible": text("xunlong,orangepi-zero3\x00allwinner,sun50i-h618\x00")}, "orangepi zero3", "orange-pi-zero-3"},
		"opi 3":      {fstest.MapFS{"proc/device-tree/model": text("OrangePi 3\x00")}, "OrangePi 3", "orange-pi-3"},
		"opi 3b":     {fstest.MapFS{"proc/device-tree/model": text("Xunlong Orange Pi 3B v1.1\x00")}, "Xunlong Orange Pi 3B v1.1", "orange-pi-3"},
		"opi 5":      {fstest.MapFS{"proc/device-tree/model": text("Xunlong Orange Pi 5\x00"), "proc/device-tree/compatible": text("xunlong,orangepi-5\x00rockchip,rk3588s\x00")}, "Xunlong Orange Pi 5", "orange-pi-5"},
		"opi 5 plus": {fstest.MapFS{"proc/device-tree/model": text("Xunlong Orange Pi 5 Plus\x00"), "proc/device-tree/compatible": text("xunlong,orangepi-5-plus\x00rockchip,rk3588\x00")}, "Xunlong Orange Pi 5 Plus", "generic-arm"},
		"cm 4":       {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi Compute Module 4 Rev 1.1\x00"), "proc/device-tree/compatible": text("raspberrypi,4-compute-module\x00brcm,bcm2711\x00")}, "Raspberry Pi Compute Module 4 Rev 1.1", "raspberry-pi-cm4"},
		"cm 4 on io": {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi Compute Module 4 Rev 1.0\x00"), "proc/device-tree/compatible": text("raspberrypi,4-compute-module-io\x00raspberrypi,4-compute-module\x00brcm,bcm2711\x00")}, "Raspberry Pi Compute Module 4 Rev 1.0", "raspberry-pi-cm4-io"},
		"cm 5":       {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi Compute Module 5 Rev 1.0\x00"), "proc/device-tree/compatible": text("raspberrypi,5-compute-module\x00brcm,bcm2712\x00")}, "Raspberry Pi Compute Module 5 Rev 1.0", "raspberry-pi-cm5"},
		"cm 5 lite":  {fstest.MapFS{"proc/device-tree/model": text("Raspberry Pi Compute Module 5 Lite Rev 1.0\x00")}, "Raspberry Pi Compute Module 5 Lite Rev 1.0", "raspberry-pi-cm5"},
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
