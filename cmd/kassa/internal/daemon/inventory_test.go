package daemon

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
)

// A technician's view of a Raspberry Pi with an adapter in use, a scanner that
// nobody has configured, a weak supply and a port that is not switched on.
func TestMachine(t *testing.T) {
	root := fstest.MapFS{
		"proc/device-tree/model":                        {Data: []byte("Raspberry Pi 4 Model B Rev 1.4\x00")},
		"dev/serial/by-id/usb-FTDI_A1-if00":             {Data: []byte("../../ttyUSB0"), Mode: os.ModeSymlink},
		"dev/ttyUSB0":                                   {Mode: os.ModeDevice | os.ModeCharDevice},
		"dev/input/by-id/usb-Honeywell_1450g-event-kbd": {Data: []byte("../event3"), Mode: os.ModeSymlink},
		"dev/watchdog0":                                 {Mode: os.ModeDevice | os.ModeCharDevice},
		"dev/i2c-1":                                     {Mode: os.ModeDevice | os.ModeCharDevice},
		"sys/devices/platform/soc/soc:firmware/get_throttled": {Data: []byte("50005\n")},
		"sys/class/thermal/thermal_zone0/temp":                {Data: []byte("83000\n")},
	}
	cfg, err := config.Parse([]byte("[kkt]\naddress = \"serial:///dev/serial/by-id/usb-FTDI_A1-if00?baud=115200\"\n[scale]\ndriver = \"cas\"\naddress = \"serial:///dev/serial0\"\n[display]\naddress = \"serial:///dev/ttyUSB7\"\n[gpio]\ntower_red = \"GPIO8\"\nbuzzer = \"!pin12\"\n[board]\nwatchdog = \"own_wdt\"\n[signals.when.help]\nred = \"fast\"\nwhite = \"on\"\n"), "/etc/kassa/kassa.toml")
	if err != nil {
		t.Fatal(err)
	}
	all := Machine(root, cfg)
	find := func(what string) Finding {
		t.Helper()
		for _, f := range all {
			if strings.HasPrefix(f.What, what) {
				return f
			}
		}
		t.Errorf("nothing is said of %q in %+v", what, all)
		return Finding{}
	}
	for what, want := range map[string]struct {
		state, hint, config string
		ok                  bool
	}{
		"board": {state: "raspberry-pi-4", ok: true},
		"serial port /dev/serial/by-id/usb-FTDI_A1-if00": {state: "used: KKT", ok: true},
		"input Honeywell 1450g":                          {state: "not used", config: "evdev:///dev/input/by-id/usb-Honeywell_1450g-event-kbd", ok: true},
		"supply":                                         {state: "too weak now", hint: "adapter"},
		"temperature":                                    {state: "83", hint: "air"},
		"scale /dev/serial0":                             {state: "no such device", hint: "enable_uart=1"},
		"customer display /dev/ttyUSB7":                  {state: "no such device", hint: "by-id"},
		"header":                                         {state: "serial port /dev/serial0, I2C /dev/i2c-1, watchdog own_wdt, buzzer on pin 12, tower_red on pin 24", ok: true},
		"signals":                                        {state: "lamps: tower_red;", hint: "signals.when.help wants a lamp that hangs on no line: gpio.tower_white"},
		"watchdog /dev/watchdog0":                        {state: "not used", config: "[watchdog]", ok: true},
	} {
		f := find(what)
		if !strings.Contains(f.State, want.state) || !strings.Contains(f.Hint, want.hint) || !strings.Contains(f.Config, want.config) || f.OK != want.ok && want.state != "not used" {
			t.Errorf("%s: %+v", what, f)
		}
	}
	if f := find("serial port /dev/serial/by-id"); f.Config != "" {
		t.Errorf("lines for what is used: %q", f.Config)
	}
	for _, f := range Machine(os.DirFS("/"), &config.Config{}) { // this machine: it answers
		if f.What == "" || f.State == "" {
			t.Errorf("%+v", f)
		}
	}
}

// Lines to paste are read by the configuration as they are.
func TestLinesToPaste(t *testing.T) {
	for _, table := range strings.Split(serialLines("/dev/serial/by-id/usb-X"), "\n[")[1:] {
		if _, err := config.Parse([]byte("["+table+"\n"), "/etc/kassa/kassa.toml"); err != nil {
			t.Errorf("%s: %v", table, err)
		}
	}
}
