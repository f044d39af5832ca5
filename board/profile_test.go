package board

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var lineName = regexp.MustCompile(`^(GPIO[0-9]+|[a-z0-9.-]+/[0-9]+)$`)

func TestProfilesMakeSense(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range known() {
		if p.Name == "" || seen[p.Name] {
			t.Errorf("%+v", p)
		}
		seen[p.Name] = true
		lines := map[string]int{}
		for pin, line := range p.Header {
			if pin < 1 || pin > 40 || !lineName.MatchString(line) || lines[line] != 0 {
				t.Errorf("%s: pin %d is %q, as pin %d", p.Name, pin, line, lines[line])
			}
			if slices.Contains([]int{1, 2, 4, 6, 9, 14, 17, 20, 25, 30, 34, 39}, pin) {
				t.Errorf("%s: pin %d is a supply or ground", p.Name, pin)
			}
			lines[line] = pin
		}
		if strings.HasPrefix(p.Name, "raspberry") && (len(p.Header) != 28 || p.I2C == "" || p.UART == "" || p.Watchdog == "" || !p.GPIO) {
			t.Errorf("%s: %d pins, %+v", p.Name, len(p.Header), p)
		}
		if again, ok := Named(p.Name); !ok || again.Name != p.Name {
			t.Errorf("%s is not found", p.Name)
		}
	}
	for _, want := range []string{"raspberry-pi-5", "raspberry-pi-cm5", "raspberry-pi-cm4-io", "orange-pi-5"} {
		if p, _ := Named(want); !p.RTC {
			t.Errorf("%s has a clock", want)
		}
	}
	for _, want := range []string{"raspberry-pi-4", "raspberry-pi-3", "raspberry-pi-zero-2", "raspberry-pi-cm4", "orange-pi-zero-3"} {
		if p, _ := Named(want); p.RTC {
			t.Errorf("%s has no clock", want)
		}
	}
}

// The well-known pins, where a mistake in a table would show.
func TestHeaderPins(t *testing.T) {
	for _, c := range []struct {
		profile string
		pin     int
		line    string
		alias   string // one of them
	}{
		{"raspberry-pi-4", 11, "GPIO17", "pinctrl-bcm2711/17"}, {"raspberry-pi-4", 24, "GPIO8", "SPI_CE0_N"}, {"raspberry-pi-3", 40, "GPIO21", "pinctrl-bcm2835/21"},
		{"raspberry-pi-5", 12, "GPIO18", "pinctrl-rp1/18"}, {"raspberry-pi-zero-2", 3, "GPIO2", "SDA1"},
		{"orange-pi-zero-2w", 3, "300b000.pinctrl/264", ""}, {"orange-pi-zero-2w", 36, "300b000.pinctrl/76", ""}, {"orange-pi-zero-3", 7, "300b000.pinctrl/73", ""},
		{"orange-pi-5", 3, "gpio1/15", ""}, {"orange-pi-5", 22, "gpio2/28", ""}, {"orange-pi-5", 8, "gpio4/3", ""},
	} {
		p, _ := Named(c.profile)
		if p.Header[c.pin] != c.line || p.Pin(c.line) != c.pin || c.alias != "" && !slices.Contains(p.Aliases[c.line], c.alias) {
			t.Errorf("%s: pin %d is %q with %v, want %q with %q", c.profile, c.pin, p.Header[c.pin], p.Aliases[c.line], c.line, c.alias)
		}
	}
}

func TestLine(t *testing.T) {
	p, _ := Named("raspberry-pi-4")
	for spec, want := range map[string]string{"pin11": "GPIO17", "!pin11": "!GPIO17", "GPIO17": "GPIO17", "!GPIO17": "!GPIO17", "pinctrl-x/3": "pinctrl-x/3", "pinky": "pinky"} {
		if got, err := p.Line(spec); got != want || err != nil {
			t.Errorf("%s: %q %v, want %q", spec, got, err, want)
		}
	}
	for _, spec := range []string{"pin1", "!pin39", "pin99", "pin0"} {
		if got, err := p.Line(spec); err == nil {
			t.Errorf("%s is %q", spec, got)
		}
	}
}

func TestOverride(t *testing.T) {
	p, err := arm.With(Override{Profile: "raspberry-pi-3", UART: "/dev/ttyX", Header: map[string]string{"11": "LINE", "41": "MORE"}})
	if err != nil || p.Name != "raspberry-pi-3" || p.UART != "/dev/ttyX" || p.I2C != "/dev/i2c-1" || p.Header[11] != "LINE" || p.Header[41] != "MORE" || p.Header[13] != "GPIO27" {
		t.Errorf("%+v %v", p, err)
	}
	if known, _ := Named("raspberry-pi-3"); known.Header[11] != "GPIO17" {
		t.Error("an override changed the profile for everybody")
	}
	if p, err := pc.With(Override{Header: map[string]string{"1": "X"}}); err != nil || !p.GPIO || p.Header[1] != "X" {
		t.Errorf("%+v %v", p, err)
	}
	for _, o := range []Override{{Profile: "toaster"}, {Header: map[string]string{"x": "L"}}, {Header: map[string]string{"0": "L"}}, {Header: map[string]string{"101": "L"}}, {Header: map[string]string{"3": ""}}} {
		if _, err := pc.With(o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
}
