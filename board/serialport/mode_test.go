package serialport_test

import (
	"net/url"
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/board/serialport"
)

func TestUnusualSpeeds(t *testing.T) {
	p := cable(t)
	for _, m := range []serialport.Mode{
		{Baud: 4800, DataBits: 7, Parity: serialport.EvenParity, StopBits: 2},
		{Baud: 250000}, // not in the kernel's table
		{Baud: 115200, Parity: serialport.OddParity},
	} {
		c, err := serialport.Opener{Path: p.Path, Mode: m}.Open(t.Context())
		if err != nil {
			t.Errorf("%v: %v", m, err)
			continue
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestParseMode(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "9600 8N1",
		"baud=115200":                           "115200 8N1",
		"baud=4800&data=7&parity=even&stop=2":   "4800 7E2",
		"parity=odd":                            "9600 8O1",
		"baud=0":                                "9600 8N1",
		"baud=12":                               "",
		"baud=fast":                             "",
		"baud=9600&baud=1200":                   "",
		"parity=mark":                           "",
		"data=9":                                "",
		"stop=3":                                "",
		"flow=hardware":                         "",
		"baud=99999999999999999999999999999999": "",
	} {
		q, err := url.ParseQuery(in)
		if err != nil {
			t.Fatal(err)
		}
		m, err := serialport.ParseMode(q)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q accepted as %v", in, m)
		case want != "" && (err != nil || m.String() != want):
			t.Errorf("%q: %v %v, want %s", in, m, err, want)
		}
	}
}

func TestList(t *testing.T) {
	link := func(to string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte(to), Mode: os.ModeSymlink | 0o777}
	}
	root := fstest.MapFS{
		"dev/serial/by-id/usb-Honeywell_3320-if00": link("../../ttyACM0"),
		"dev/serial/by-path/pci-0:1.2":             link("../../ttyACM0"),
		"dev/serial/by-path/pci-0:1.3":             link("../../ttyUSB1"),
		"dev/serial/by-id/plain":                   {},
		"dev/ttyACM0":                              {},
		"dev/ttyUSB1":                              {},
		"dev/ttyAMA0":                              {},
		"dev/ttyS0":                                {},
		"dev/ttyS1":                                {},
		"sys/class/tty/ttyS0/type":                 {Data: []byte("4\n")},
		"sys/class/tty/ttyS1/type":                 {Data: []byte("0\n")},
	}
	got, err := serialport.List(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []serialport.Port{
		{Device: "/dev/ttyACM0", Names: []string{"/dev/serial/by-id/usb-Honeywell_3320-if00", "/dev/serial/by-path/pci-0:1.2"}},
		{Device: "/dev/ttyUSB1", Names: []string{"/dev/serial/by-path/pci-0:1.3"}},
		{Device: "/dev/ttyAMA0"},
		{Device: "/dev/ttyS0"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got, err := serialport.List(fstest.MapFS{}); err != nil || len(got) != 0 {
		t.Errorf("a machine without ports: %v %v", got, err)
	}
	if _, err := serialport.List(os.DirFS("/")); err != nil {
		t.Errorf("this machine: %v", err)
	}
}

// TestAnotherSpeed: a port at another speed is the same port, and the one it
// was made from stays as it is.
func TestAnotherSpeed(t *testing.T) {
	o := serialport.Opener{Path: "/dev/ttyX", Mode: serialport.Mode{DataBits: 7, Parity: serialport.EvenParity, StopBits: 2}}
	if o.Baud() != serialport.DefaultBaud {
		t.Errorf("%d baud", o.Baud())
	}
	got, ok := o.At(115200).(serialport.Opener)
	if !ok || got.Path != o.Path || got.Baud() != 115200 || got.Mode.Parity != serialport.EvenParity || o.Baud() != serialport.DefaultBaud {
		t.Errorf("%v from %v", got, o)
	}
}
