package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/kassa-pos/kassa/pos/fault"
)

func TestPrinter(t *testing.T) {
	for _, good := range []string{
		"address = \"lp:///dev/usb/lp0\"",
		"address = \"tcp://10.0.0.5:9100\"\npaper = 58\ncodepage = \"cp1251\"\ntable = 46",
		"address = \"serial:///dev/ttyS1?baud=19200\"\nblind = true\ndrawer = true\ndraw_qr = true",
	} {
		if c, err := Parse([]byte("[printer]\n"+good), "/etc/kassa/kassa.toml"); err != nil || c.Printer == nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, key := range map[string]string{
		"paper = 80": "printer.address",
		"address = \"lp:///dev/usb/lp0\"\npaper = 57":                                             "printer.paper",
		"address = \"lp:///dev/usb/lp0\"\ncodepage = \"utf-8\"":                                   "printer.codepage",
		"address = \"lp:///dev/usb/lp0\"\ntable = 256":                                            "printer.table",
		"address = \"lp:///dev/usb/lp0?baud=9600\"":                                               "",
		"address = \"lp://host:9100\"":                                                            "",
		"address = \"evdev:///dev/input/event0\"":                                                 "printer.address",
		"address = \"lp:///dev/usb/lp0\"\nspeed = 1":                                              "printer.speed",
		"address = \"serial:///dev/a\"\n[scale]\naddress = \"serial:///dev/a\"\ndriver = \"cas\"": "printer.address",
	} {
		_, err := Parse([]byte("[printer]\n"+bad), "/etc/kassa/kassa.toml")
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v, want %s", bad, err, key)
		}
	}
	_, err := Parse([]byte("[kkt]\naddress = \"lp:///dev/usb/lp0\""), "/etc/kassa/kassa.toml")
	if !errors.Is(err, fault.New(fault.ConfigBad)) {
		t.Errorf("a KKT at a printer's address: %v", err)
	}
}
