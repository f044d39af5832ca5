package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/kassa-pos/kassa/board/i2cbus"
	"github.com/kassa-pos/kassa/board/input"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/board/usblp"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/api"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/cloudkkt"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/console"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/devices"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/ikassakkt"
	"github.com/kassa-pos/kassa/offline/ikassa/register"
	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/ofd/relay"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/hd44780"
	"github.com/kassa-pos/kassa/peripherals/display/vfd"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/fiscal/shtrih"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/link/record"
	"github.com/kassa-pos/kassa/peripherals/scale"
	"github.com/kassa-pos/kassa/peripherals/scanner"
	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// hardware is every device of the configuration. The fiscal printer is the
// loop's; the rest run under the device manager.
type hardware struct {
	d       *daemon
	manager *devices.Manager
	fiscal  till.Fiscal      // nil: none configured
	carried fiscal.Exchanger // the same device
	relay   *relay.Relay     // nil: none configured
	watch   *kktWatch        // nil: no device that tells of itself
	display *devices.Display
	scale   *devices.Scale // nil: none configured
	outputs *devices.Outputs
	printer *devices.Printer // nil: none configured

	stations map[string]*devices.Printer // the kitchen's, by name

	terminal terminal.Terminal // nil: none configured
	manual   *terminal.Manual  // the same, when it is a person's
	scans    chan till.Scan
	felt     *felt
	signals  *signals
}

// maxScansWaiting bounds scans between a scanner and the till's inbox.
const maxScansWaiting = 64

func newHardware(d *daemon) (*hardware, error) {
	h := &hardware{d: d, scans: make(chan till.Scan, maxScansWaiting), felt: newFelt()}
	h.signals = newSignals(h)
	h.manager = devices.New(devices.Options{Log: d.log, Changed: func(s devices.State) { d.log.Info("device", "dev", s.Name, "state", s.String()) }})
	for _, add := range []func() error{h.addKKT, h.addScanners, h.addDisplay, h.addScale, h.addPrinter, h.addKitchen, h.addTerminal, h.addOutputs} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// opener makes the link an address means.
func opener(u config.URI) (link.Opener, error) {
	switch u.Scheme {
	case "tcp":
		return link.TCP{Addr: u.Host}, nil
	case "evdev":
		return input.Keyboard{Path: u.Path}, nil
	case "hidraw":
		return input.HID{Path: u.Path}, nil
	}
	if u.Scheme == "lp" {
		return usblp.Opener{Path: u.Path}, nil
	}
	mode, err := serialport.ParseMode(u.Query)
	if err != nil {
		return nil, err
	}
	return serialport.Opener{Path: u.Path, Mode: mode}, nil
}

func (h *hardware) addKKT() error {
	k := h.d.cfg.KKT
	if k == nil {
		return nil
	}
	if k.Cloud() {
		h.fiscal = cloudkkt.New(cloudkkt.Options{Client: func() *moysklad.Client { return h.d.cloud.attachedClient() }, Settled: func() bool { return h.d.cloud.settled() }})
		return nil
	}
	if k.Register() {
		reg, err := newRegister(k, h.d.path(secretsDir), h.d.now().Location(), h.d.log)
		if err == nil {
			h.fiscal = ikassakkt.New(reg, h.d.now)
		}
		return err
	}
	p, err := newKKT(k, h.d.records, shtrih.Options{Log: h.d.log, Now: h.d.now})
	if err != nil {
		return err
	}
	h.fiscal, h.carried, h.relay = p, p, h.newRelay()
	h.watch = &kktWatch{device: p, now: h.d.now, visit: func(ctx context.Context, firm bool, do func(context.Context) error) error {
		return h.d.loop.Visit(ctx, firm, do)
	}}
	return nil
}

// registerFile keeps the token of a register's login, in a directory of secrets.
const registerFile = "register.json"

// newRegister makes the client of a configured Belarusian register; secrets is
// where it keeps its token, "" for nowhere.
func newRegister(k *config.KKT, secrets string, zone *time.Location, log *slog.Logger) (*register.Client, error) {
	pin, err := config.LoadRegisterPIN(k.Credentials)
	if err != nil {
		return nil, err
	}
	o := register.Options{Address: k.Address.String(), PIN: string(pin), Zone: zone, Log: log}
	if secrets != "" {
		o.Keep = filepath.Join(secrets, registerFile)
	}
	return register.New(o), nil
}

var _ shtrih.Tunable = serialport.Opener{} // its speed can be looked for

// newKKT makes the driver of a configured device; o is completed.
func newKKT(k *config.KKT, written *recordings, o shtrih.Options) (*shtrih.Printer, error) {
	open, err := opener(k.Address)
	if err != nil {
		return nil, err
	}
	open = written.wrap("kkt", k.Driver, open, shtrih.Redact)
	o.Password, o.Protocol = uint32(k.Password), shtrih.Protocol(k.Protocol)
	if k.Speed == "auto" {
		o.Speeds = shtrih.UsualSpeeds
	}
	return shtrih.New(open, o), nil
}

func (h *hardware) addScanners() error {
	for _, s := range h.d.cfg.Scanners {
		open, err := opener(s.Address)
		if err != nil {
			return err
		}
		open = h.d.records.wrap(s.Name, "scanner", open, scanner.Redact(scanner.Suffix(s.Suffix)))
		dev, err := devices.NewScanner(open, scanner.Options{Name: s.Name, Suffix: scanner.Suffix(s.Suffix), MaxBytes: till.MaxCode, Log: h.d.log}, h.scanned)
		if err != nil {
			return err
		}
		if err := h.manager.Add(dev); err != nil {
			return err
		}
	}
	return nil
}

// scanned hands a code on without waiting. A scanner that floods faster than
// codes are taken is told so on the screen by the till's own queue limit.
func (h *hardware) scanned(s scanner.Scan) {
	ev := till.Scan{Code: string(s.Data), Device: s.Device, Misread: s.Incomplete}
	if s.TooLong {
		ev = till.Scan{Device: s.Device, Length: max(s.Length, till.MaxCode+1)}
	}
	select {
	case h.scans <- ev:
	default:
		h.d.log.Error("scans come faster than they can be taken", "dev", s.Device)
		h.Beep(till.SignalError)
	}
}

// forward moves scans into the till's inbox, waiting while that is full.
func (h *hardware) forward(ctx context.Context) {
	for {
		select {
		case ev := <-h.scans:
			if err := h.d.loop.Send(ctx, ev); err != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (h *hardware) addDisplay() error {
	c := h.d.cfg.Display
	if c == nil {
		return nil
	}
	driver, err := newDisplay(c, h.d.records, h.d.log)
	if err != nil {
		return err
	}
	layout := h.d.layout()
	h.display = devices.NewDisplay(driver, devices.DisplayOptions{Name: "display", First: layout.Idle(c.Idle), Last: layout.Idle(c.Idle),
		Alive: func() bool { return h.d.still() < api.MaxStill }, Silent: layout.Silent()})
	return h.manager.Add(h.display)
}

// newDisplay makes the driver of a configured customer display.
func newDisplay(c *config.Display, written *recordings, log *slog.Logger) (display.Display, error) {
	if c.Driver == config.HD44780 {
		address, err := c.I2CAddress()
		if err != nil {
			return nil, err
		}
		return hd44780.New(i2cbus.Opener{Path: c.Address.Path}, hd44780.Options{Address: address, Columns: c.Columns, Rows: c.Rows, ROM: hd44780.ROM(c.ROM), Log: log})
	}
	open, err := opener(c.Address)
	if err != nil {
		return nil, err
	}
	open = written.wrap("display", c.Driver, open, record.All)
	dialect := vfd.Epson
	if c.Driver == string(vfd.CD5220) {
		dialect = vfd.CD5220
	}
	return vfd.New(open, vfd.Options{Dialect: dialect, Columns: c.Columns, Rows: c.Rows, CodePage: c.CodePage, Table: c.Table, Log: log})
}

func (h *hardware) addScale() error {
	c := h.d.cfg.Scale
	if c == nil {
		return nil
	}
	open, err := opener(c.Address)
	if err != nil {
		return err
	}
	open = h.d.records.wrap("scale", c.Driver, open, record.All)
	if h.scale, err = devices.NewScale("scale", open, scale.Options{Protocol: scale.Protocol(c.Driver), Log: h.d.log}); err != nil {
		return err
	}
	return h.manager.Add(h.scale)
}

// scaleNow is the scale to look at; nil when there is none.
func (d *daemon) scaleNow() func() (scale.Reading, bool) {
	if d.devices.scale == nil {
		return nil
	}
	return d.devices.scale.Reading
}

// weighs is the scale as the till's port; nil when there is none.
func (h *hardware) weighs() till.Scale {
	if h.scale == nil {
		return nil
	}
	return h.scale
}

func (h *hardware) addOutputs() error {
	g := h.d.cfg.GPIO
	if g == nil {
		return nil
	}
	var err error
	h.outputs, err = devices.NewOutputs(devices.OutputsOptions{Name: "gpio", DrawerPulse: g.Pulse(), Log: h.d.log, Input: h.felt.input, Pins: pinsOf(h.d.cfg, h.d.log)})
	if err != nil {
		return err
	}
	return h.manager.Add(h.outputs)
}

// run keeps the devices running until ctx ends.
func (h *hardware) run(ctx context.Context) {
	h.d.start(ctx, h.forward)
	h.d.start(ctx, h.signals.run)
	h.d.start(ctx, h.feel)
	if h.watch != nil {
		h.d.start(ctx, h.watch.run)
	}
	if err := h.manager.Run(ctx); err != nil {
		h.d.log.Error("devices", "err", err)
	}
}

// OpenDrawer implements loop.Outputs.
func (h *hardware) OpenDrawer() bool {
	if h.outputs == nil || !h.outputs.Has(pins.Drawer) {
		return h.kickPrinter()
	}
	if err := h.outputs.Kick(); err != nil {
		h.d.log.Warn("drawer did not open, trying the fiscal device's", "dev", "gpio", "err", err)
		return false
	}
	return true
}

// states lists the devices; the fiscal printer's state is the till's.
func (h *hardware) states() []devices.State { return h.manager.States() }

func (h *hardware) warnings() []fault.Warning {
	var all []fault.Warning
	for _, s := range h.states() {
		if w, bad := s.Warning(); bad {
			all = append(all, w)
		}
	}
	if h.printer != nil {
		all = append(all, h.printer.Warnings()...)
	}
	if h.d.tickets != nil {
		all = append(all, h.d.tickets.Warnings()...)
	}
	if h.watch != nil {
		all = append(all, h.watch.warnings()...)
	}
	if h.relay != nil {
		all = append(all, h.relay.Warnings()...)
	}
	return all
}

// consoleDevice puts a device's phase into the console's words.
func consoleDevice(s devices.State) console.Device {
	state := console.DeviceDown
	switch s.Phase {
	case devices.Ready:
		state = console.DeviceReady
	case devices.Opening:
		state = console.DeviceConnecting
	}
	why := s.Why
	if s.Hung {
		why = fmt.Sprintf("%s (hung)", why)
	}
	return console.Device{Name: s.Name, State: state, Why: why}
}
