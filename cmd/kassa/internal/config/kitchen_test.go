package config

import (
	"strings"
	"testing"
)

func TestKitchen(t *testing.T) {
	const own = "[kitchen.station.printer]\naddress = \"tcp://10.0.0.7:9100\"\n"
	station := func(text string) string { return "[[kitchen.station]]\n" + text + "\n" }
	c, err := Parse([]byte("[kitchen]\non_pay = false\n"+station("name = \"a\"\nfolders = [\"x\"]")+own+station("name = \"b\"\nrest = true")+"[printer]\naddress = \"tcp://10.0.0.8:9100\"\n"), "/etc/kassa/kassa.toml")
	if err != nil || !c.Kitchen.Parking() || c.Kitchen.Paying() || len(c.Kitchen.Stations) != 2 || c.Kitchen.Stations[1].Printer != nil {
		t.Fatalf("%+v %v", c, err)
	}
	if c, err = Parse(nil, "/etc/kassa/kassa.toml"); err != nil || c.Kitchen.Parking() || c.Kitchen.Paying() {
		t.Fatalf("no kitchen: %v", err)
	}
	for bad, key := range map[string]string{
		"[kitchen]\n":                                   "kitchen.station",
		station("folders = [\"x\"]") + own:              "kitchen.station[1].name",
		station("name = \"a\"") + own:                   "kitchen.station[1].folders",
		station("name = \"a\"\nrest = true"):            "kitchen.station[1].printer",
		station("name = \"a\"\nrest = true\nspeed = 1"): "speed",
		station("name = \"a\"\nrest = true") + "[kitchen.station.printer]\naddress = \"lp:///dev/usb/lp0\"\npaper = 57\n":                                 "kitchen.station[1].printer.paper",
		station("name = \"a\"\nrest = true") + "[kitchen.station.printer]\naddress = \"lp:///dev/usb/lp0\"\ndrawer = true\n":                              "kitchen.station[1].printer.drawer",
		station("name = \"a\"\nrest = true") + own + station("name = \"a\"\nfolders = [\"x\"]") + own:                                                     "kitchen.station[2].name",
		station("name = \"a\"\nrest = true") + own + station("name = \"b\"\nrest = true") + own:                                                           "kitchen.station[2].rest",
		station("name = \"a\"\nrest = true") + "[kitchen.station.printer]\naddress = \"lp:///dev/usb/lp0\"\n[printer]\naddress = \"lp:///dev/usb/lp0\"\n": "kitchen.station[1].printer.address",
		strings.Repeat(station("name = \"a\"\nfolders = [\"x\"]")+own, 9):                                                                                 "kitchen.station",
	} {
		if _, err := Parse([]byte(bad), "/etc/kassa/kassa.toml"); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v, want %s", bad, err, key)
		}
	}
}
