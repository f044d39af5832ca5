package board

import (
	"fmt"
	"slices"
	"strings"
)

// The header of 40 pins that all Raspberry Pis of today have: the number of the
// processor's line on each pin (Raspberry Pi documentation, "GPIO and the
// 40-pin header").
var raspberryPins = map[int]int{3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11, 24: 8, 26: 7,
	27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21}

// mainlineNames are lines that the kernel's own device trees call by their
// second use (gpio-line-names of bcm2711-rpi-4-b.dts and its relatives); the
// makers' trees call them GPIOn.
var mainlineNames = map[int][]string{0: {"ID_SDA", "ID_SD", "ID_SDA0"}, 1: {"ID_SCL", "ID_SC", "ID_SCL0"}, 2: {"SDA1"}, 3: {"SCL1"}, 4: {"GPIO_GCLK"}, 7: {"SPI_CE1_N"}, 8: {"SPI_CE0_N"},
	9: {"SPI_MISO"}, 10: {"SPI_MOSI"}, 11: {"SPI_SCLK"}, 14: {"TXD1", "TXD0"}, 15: {"RXD1", "RXD0"}}

// raspberry is what Raspberry Pis have in common; chip is the label of the
// lines' controller.
func raspberry(name, uart, chip string, rtc bool) Profile {
	p := Profile{Name: name, RTC: rtc, UART: uart, I2C: "/dev/i2c-1", Setup: "enable_uart=1 and dtparam=i2c_arm=on in config.txt, no console=serial0 in cmdline.txt",
		Watchdog: "bcm2835_wdt", LEDs: []string{"ACT", "PWR"}, GPIO: true, Header: map[int]string{}, Aliases: map[string][]string{}}
	for pin, n := range raspberryPins {
		line := fmt.Sprintf("GPIO%d", n)
		p.Header[pin] = line
		p.Aliases[line] = append(slices.Clone(mainlineNames[n]), fmt.Sprintf("%s/%d", chip, n))
	}
	return p
}

// The chips of Raspberry Pis.
const (
	chip2835 = "pinctrl-bcm2835"
	chip2711 = "pinctrl-bcm2711"
	chipRP1  = "pinctrl-rp1"
	serial0  = "/dev/serial0" // whichever UART is on pins 8 and 10
)

// numbered is a header whose lines have no names: pins and the offset of each
// line in the chip called label.
func numbered(label string, pins map[int]int) map[int]string {
	header := map[int]string{}
	for pin, offset := range pins {
		header[pin] = fmt.Sprintf("%s/%d", label, offset)
	}
	return header
}

// The headers of Orange Pis, by the makers' manuals: a line's number is
// 32 a bank (PA is the first; of RK3588 each bank is a chip of its own).
const chipH616 = "300b000.pinctrl"

var (
	zero2WPins = map[int]int{3: 264, 5: 263, 7: 269, 8: 224, 10: 225, 11: 226, 12: 257, 13: 227, 15: 261, 16: 270, 18: 228, 19: 231, 21: 232, 22: 262, 23: 230, 24: 229, 26: 233,
		27: 266, 28: 265, 29: 256, 31: 271, 32: 267, 33: 268, 35: 258, 36: 76, 37: 272, 38: 260, 40: 259}
	zero3Pins   = map[int]int{3: 229, 5: 228, 7: 73, 8: 226, 10: 227, 11: 70, 12: 75, 13: 69, 15: 72, 16: 79, 18: 78, 19: 231, 21: 232, 22: 71, 23: 230, 24: 233, 26: 74}
	orange5Pins = map[int]int{3: 47, 5: 46, 7: 54, 8: 131, 10: 132, 11: 138, 12: 29, 13: 139, 15: 28, 16: 59, 18: 58, 19: 49, 21: 48, 22: 92, 23: 50, 24: 52, 26: 35}
)

// banked splits numbers over chips of 32 lines, "gpio0" to "gpio4".
func banked(pins map[int]int) map[int]string {
	header := map[int]string{}
	for pin, n := range pins {
		header[pin] = fmt.Sprintf("gpio%d/%d", n/32, n%32)
	}
	return header
}

// The profiles, by name.
var (
	pi5    = raspberry("raspberry-pi-5", "/dev/ttyAMA0", chipRP1, true)
	cm5    = raspberry("raspberry-pi-cm5", "/dev/ttyAMA0", chipRP1, true)
	pi4    = raspberry("raspberry-pi-4", serial0, chip2711, false)
	cm4    = raspberry("raspberry-pi-cm4", serial0, chip2711, false)
	cm4io  = raspberry("raspberry-pi-cm4-io", serial0, chip2711, true) // a PCF85063 with a battery
	pi3    = raspberry("raspberry-pi-3", serial0, chip2835, false)
	zero2  = raspberry("raspberry-pi-zero-2", serial0, chip2835, false)
	orange = "the overlays of the header's UART and I2C (orangepi-config, or armbian-config)"

	zero2W = Profile{Name: "orange-pi-zero-2w", UART: "/dev/ttyS5", I2C: "/dev/i2c-1", Setup: orange, Watchdog: "sunxi-wdt", LEDs: []string{"green:status"}, GPIO: true, Header: numbered(chipH616, zero2WPins)}
	zero3  = Profile{Name: "orange-pi-zero-3", UART: "/dev/ttyS5", I2C: "/dev/i2c-3", Setup: orange, Watchdog: "sunxi-wdt", LEDs: []string{"green:status", "red:power"}, GPIO: true, Header: numbered(chipH616, zero3Pins)}
	opi3   = Profile{Name: "orange-pi-3", Setup: orange, Watchdog: "sunxi-wdt", GPIO: true}
	opi5   = Profile{Name: "orange-pi-5", RTC: true, UART: "/dev/ttyS0", I2C: "/dev/i2c-5", Setup: orange, Watchdog: "dw_wdt", LEDs: []string{"green:status"}, GPIO: true, Header: banked(orange5Pins)}
	qemu   = Profile{Name: "qemu", RTC: true, Watchdog: "i6300esb"}
	arm    = Profile{Name: "generic-arm", GPIO: true}
	pc     = Profile{Name: "generic-pc", RTC: true, Watchdog: "iTCO_wdt"}
)

// compatibles are matched by an entry of the device tree's root "compatible",
// which the firmware does not change: first match wins.
var compatibles = []struct {
	entry   string
	profile Profile
}{
	{"raspberrypi,5-compute-module", cm5}, {"raspberrypi,5-model-b", pi5}, {"raspberrypi,500", pi5},
	{"raspberrypi,4-compute-module-io", cm4io}, {"raspberrypi,4-compute-module", cm4}, {"raspberrypi,4-model-b", pi4}, {"raspberrypi,400", pi4},
	{"raspberrypi,3-model-b-plus", pi3}, {"raspberrypi,3-model-b", pi3}, {"raspberrypi,3-model-a-plus", pi3}, {"raspberrypi,model-zero-2-w", zero2},
	{"xunlong,orangepi-zero2w", zero2W}, {"xunlong,orangepi-zero3", zero3},
	{"xunlong,orangepi-3", opi3}, {"xunlong,orangepi-3-lts", opi3}, {"xunlong,orangepi-3b", opi3},
	{"xunlong,orangepi-5", opi5}, {"xunlong,orangepi-5b", opi5},
}

// models are matched by the beginning of the model, first match wins: of
// device trees without an entry above, and of PCs.
var models = []struct {
	prefix  string
	profile Profile
}{
	{"Raspberry Pi 5", pi5}, {"Raspberry Pi Compute Module 5", cm5},
	{"Raspberry Pi Compute Module 4 IO", cm4io}, {"Raspberry Pi Compute Module 4", cm4}, {"Raspberry Pi 4", pi4},
	{"Raspberry Pi 3", pi3}, {"Raspberry Pi Zero 2", zero2},
	{"OrangePi Zero 2W", zero2W}, {"OrangePi Zero3", zero3}, {"Xunlong Orange Pi Zero3", zero3}, {"OrangePi 3", opi3}, {"Xunlong Orange Pi 3", opi3},
	{"Xunlong Orange Pi 5 Plus", arm}, {"Xunlong Orange Pi 5 Max", arm}, {"Xunlong Orange Pi 5 Ultra", arm}, // headers of 40 pins, other lines
	{"Xunlong Orange Pi 5", opi5},
	{"linux,dummy-virt", qemu}, {"QEMU", qemu}, {"Standard PC (", qemu},
}

// known are all profiles.
func known() []Profile {
	return []Profile{pi5, cm5, pi4, cm4, cm4io, pi3, zero2, zero2W, zero3, opi3, opi5, qemu, arm, pc}
}

// Names lists the profiles.
func Names() []string {
	var all []string
	for _, p := range known() {
		all = append(all, p.Name)
	}
	return all
}

// Named finds a profile.
func Named(name string) (Profile, bool) {
	i := slices.IndexFunc(known(), func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return known()[i], true
}

// profileOf chooses by the tree's compatible entries, then by the model.
func profileOf(model string, compatible []string, tree bool) Profile {
	for _, c := range compatibles {
		if slices.Contains(compatible, c.entry) {
			return c.profile
		}
	}
	for _, m := range models {
		if strings.HasPrefix(model, m.prefix) {
			return m.profile
		}
	}
	if tree {
		return arm
	}
	return pc
}
