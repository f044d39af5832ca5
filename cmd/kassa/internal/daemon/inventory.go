package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board"
	"github.com/kassa-pos/kassa/board/clock"
	"github.com/kassa-pos/kassa/board/input"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/power"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/signal"
)

// Machine tells what hangs on the machine whose file system is root, what the
// configuration uses it for, and what of it the till's user may not open. It
// opens nothing.
func Machine(root fs.FS, cfg *config.Config) []Finding {
	m := &inventory{root: root, used: uses(root, cfg)}
	b, err := profileOf(root, cfg)
	m.note("board", fmt.Sprintf("%s (%s)", or(b.Model, "unknown"), b.Profile.Name), err)
	m.header(b.Profile, cfg)
	m.clock(b.Profile.RTC)
	m.supply()
	for _, p := range b.Ports {
		m.device("serial port", p.Path(), p.Device, "dialout", serialLines(p.Path()))
	}
	found, err := input.List(root)
	if err != nil {
		m.note("scanners", "", err)
	}
	for _, f := range found {
		_, path, _ := strings.Cut(f.Address, "://")
		m.device("input "+f.Name, path, path, "input", "[scanner]\naddress = \""+f.Address+"\"")
	}
	m.all(root, "dev/watchdog[0-9]*", "watchdog", "", "# not under systemd, which has it already\n[watchdog]\ndevice = \"%s\"")
	m.all(root, "dev/i2c-*", "I2C bus", "i2c", "")
	m.all(root, "dev/gpiochip*", "GPIO", "gpio", "")
	m.missing(b, cfg)
	m.signals(cfg)
	return m.found
}

// header tells what the board's pin header has, and on which pins the
// configured lines are.
func (m *inventory) header(p board.Profile, cfg *config.Config) {
	var parts []string
	for _, x := range [][2]string{{"serial port", p.UART}, {"I2C", p.I2C}, {"watchdog", p.Watchdog}} {
		if x[1] != "" {
			parts = append(parts, x[0]+" "+x[1])
		}
	}
	if cfg.GPIO != nil {
		roles := cfg.GPIO.Roles()
		for _, role := range slices.Sorted(maps.Keys(roles)) {
			line, err := p.Line(strings.TrimPrefix(roles[role], "!"))
			if n := p.Pin(line); err == nil && n != 0 {
				parts = append(parts, fmt.Sprintf("%s on pin %d", role, n))
			}
		}
	}
	if len(parts) > 0 {
		m.note("header", strings.Join(parts, ", "), nil)
	}
}

// inventory collects findings.
type inventory struct {
	root  fs.FS
	used  map[string]string // by the device itself: what for
	found []Finding
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func (m *inventory) note(what, state string, err error) {
	f := Finding{What: what, State: state, OK: err == nil}
	if err != nil {
		f.State = strings.TrimSpace(state + " " + err.Error())
	}
	m.found = append(m.found, f)
}

func (m *inventory) clock(battery bool) {
	trust, err := clock.Here(m.root)
	state := map[clock.Trust]string{clock.Synced: "a time server is heard", clock.Battery: "from the battery-backed clock", clock.Nobodys: "nothing confirms the time"}[trust]
	f := Finding{What: "clock", State: state, OK: err == nil} // a till without a network is no broken one
	if err != nil {
		f.State += ": " + err.Error()
	}
	if trust == clock.Nobodys {
		f.Hint = "a network with a time server, or a clock module with a battery"
		if battery {
			f.Hint = "a battery for the board's clock, or a network with a time server"
		}
	}
	m.found = append(m.found, f)
}

func (m *inventory) supply() {
	s, err := power.Read(m.root)
	f := Finding{What: "supply", State: "nothing to complain of", OK: true}
	switch {
	case err != nil:
		f.State, f.OK = err.Error(), false
	case s.Undervolted:
		f.State, f.OK, f.Hint = "too weak now", false, "another adapter or a shorter, thicker cable: 5 V, 3 A"
	case s.WasUnder:
		f.State, f.OK, f.Hint = "was too weak since the start", false, "another adapter or a shorter, thicker cable: 5 V, 3 A"
	}
	m.found = append(m.found, f)
	if s.Heat > 0 {
		h := Finding{What: "temperature", State: fmt.Sprintf("%d °C", s.Heat/1000), OK: !s.Hot()}
		if !h.OK {
			h.Hint = "a cooler, or air around the case"
		}
		m.found = append(m.found, h)
	}
}

// device is one that may be used; real is what a link leads to.
func (m *inventory) device(what, path, real, group, lines string) {
	f := Finding{What: what + " " + path, State: "not used", OK: true, Config: lines}
	for _, name := range []string{path, real, resolve(m.root, path)} {
		if purpose, ok := m.used[name]; ok {
			f.State, f.Config = "used: "+purpose, ""
		}
	}
	if err := unix.Access(real, unix.R_OK|unix.W_OK); errors.Is(err, unix.EACCES) {
		f.OK, f.State = false, f.State+"; the till's user may not open it"
		if f.Hint = "a udev rule that lets the till's user open it"; group != "" {
			f.Hint = "put the till's user into the group " + group + ", or write a udev rule"
		}
	}
	m.found = append(m.found, f)
}

// all are devices of one kind by their names.
func (m *inventory) all(root fs.FS, pattern, what, group, lines string) {
	nodes, err := fs.Glob(root, pattern)
	if err != nil {
		m.note(what, "", err)
	}
	for _, n := range nodes {
		text := lines
		if text != "" {
			text = fmt.Sprintf(lines, "/"+n)
		}
		m.device(what, "/"+n, "/"+n, group, text)
	}
}

// missing tells of what is configured and not there, with what mends it on
// this board.
func (m *inventory) missing(b board.Board, cfg *config.Config) {
	for path, purpose := range configured(cfg) {
		if _, err := fs.Stat(m.root, strings.TrimPrefix(path, "/")); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f := Finding{What: purpose + " " + path, State: "there is no such device", Hint: "is it plugged in? the table above has what is"}
		switch base := filepath.Base(path); {
		case b.Profile.Setup != "" && (path == b.Profile.UART || path == b.Profile.I2C || base == "serial0" || strings.HasPrefix(base, "ttyAMA")):
			f.Hint = "switch it on: " + b.Profile.Setup
		case strings.HasPrefix(base, "ttyUSB") || strings.HasPrefix(base, "ttyACM"):
			f.Hint = "such names change from boot to boot: use one below /dev/serial/by-id"
		}
		m.found = append(m.found, f)
	}
}

// signals tells of lamps that are spoken of and hang nowhere, when the board
// has any.
func (m *inventory) signals(cfg *config.Config) {
	if cfg.GPIO == nil {
		return
	}
	lines := cfg.GPIO.Roles()
	var there []string
	for _, lamp := range signal.Lamps() {
		if role := string(lampRoles[lamp]); lines[role] != "" {
			there = append(there, role)
		}
	}
	f := Finding{What: "signals", State: fmt.Sprintf("lamps: %s; the cloud's silence is told after %v", or(strings.Join(there, ", "), "none"), cfg.Signals.Offline()), OK: true}
	for situation := range cfg.Signals.When {
		for lamp, light := range cfg.Signals.Plan().Shows[signal.Situation(situation)].Lamps {
			if role := string(lampRoles[lamp]); light != signal.Off && lines[role] == "" {
				f.OK, f.Hint = false, "signals.when."+situation+" wants a lamp that hangs on no line: gpio."+role
			}
		}
	}
	if lines[string(pins.Buzzer)] == "" {
		f.State += "; no buzzer"
	}
	m.found = append(m.found, f)
}

// configured are the device files of a configuration and what they are for.
func configured(cfg *config.Config) map[string]string {
	all := map[string]string{}
	add := func(u config.URI, purpose string) {
		if u.Path != "" && u.Scheme != "unix" {
			all[u.Path] = purpose
		}
	}
	if cfg.KKT != nil {
		add(cfg.KKT.Address, "KKT")
	}
	for _, s := range cfg.Scanners {
		add(s.Address, "scanner "+s.Name)
	}
	if cfg.Display != nil {
		add(cfg.Display.Address, "customer display")
	}
	if cfg.Scale != nil {
		add(cfg.Scale.Address, "scale")
	}
	if cfg.Watchdog != nil {
		all[cfg.Watchdog.Device] = "watchdog"
	}
	return all
}

// uses is configured by the devices that the links lead to as well.
func uses(root fs.FS, cfg *config.Config) map[string]string {
	all := map[string]string{}
	for path, purpose := range configured(cfg) {
		all[path] = purpose
		all[resolve(root, path)] = purpose
	}
	return all
}

// resolve follows one link.
func resolve(root fs.FS, path string) string {
	to, err := fs.ReadLink(root, strings.TrimPrefix(path, "/"))
	if err != nil {
		return path
	}
	if filepath.IsAbs(to) {
		return to
	}
	return filepath.Join(filepath.Dir(path), to)
}

// serialLines are what a port may be.
func serialLines(path string) string {
	address := "serial://" + path
	return "# whichever hangs on it\n[kkt]\naddress = \"" + address + "?baud=115200\"\n[scanner]\naddress = \"" + address + "?baud=9600\"\n[scale]\ndriver = \"massa-k\"\naddress = \"" + address + "?baud=57600\"\n[display]\naddress = \"" + address + "?baud=9600\""
}
