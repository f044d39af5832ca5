// Package bench is the virtual bench: the fakes of all devices and of the
// cloud, put together on a directory, with their cables, their faults and the
// configuration of a till that is wired to them.
//
// What a device would keep without power is kept: the KKT's archive and body,
// the cloud's documents and tokens, the drawer. It is on disk before the till
// hears of it, so a SIGKILL is a power cut and nothing worse. Cables and what
// is in them are new at each start; their paths and ports stay.
//
// A Bench may be used concurrently.
package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
	demo "github.com/kassa-pos/kassa/cmd/kassalab/internal/shop"
	"github.com/kassa-pos/kassa/offline/moysklad/moyskladtest"
	"github.com/kassa-pos/kassa/offline/permit/permittest"
)

// Options of a bench.
type Options struct {
	Dir      string // its directory, made if need be
	Seed     int64  // which demo shop; 0: the one of last time, at first 1
	Listen   string // address of the page; port 0: the one of last time
	Version  string
	KKT      KKTOptions
	Terminal bool // there is a payment terminal
	Printer  bool // there is a receipt printer
	LCD      bool // the customer display is an LCD panel on I2C
	Belarus  bool // the shop is in Belarus: it has a register instead of a KKT
	Log      *slog.Logger
	Shop     func(seed uint64) demo.Shop // where the shop comes from; nil: the demo shop
}

// Bench is a running bench.
type Bench struct {
	home  *home.Home
	ports home.Ports
	shop  shop
	ready home.Ready
	watch *watch

	kkt     *kkt
	scanner *scanner
	display glass
	counter *counter
	gpio    *gpio
	cloud   *cloud
	ofd     *ofd
	permit  permits

	register *register // of a Belarusian shop, else nil

	withLCD bool

	withPrinter bool
	printer     *printer // nil: there is none

	withTerminal bool
	terminal     *payTerminal // nil: there is none

	closing sync.Once
	undo    []func() error // in the order of making
	err     error
}

// Open starts everything but the page.
func Open(o Options) (*Bench, error) {
	if !utf8.ValidString(o.Dir) {
		return nil, errors.New("the directory's path is not valid UTF-8, which configurations and JSON can not hold")
	}
	if err := o.KKT.Check(); err != nil {
		return nil, err
	}
	h, err := home.Open(o.Dir)
	if err != nil {
		return nil, err
	}
	b := &Bench{home: h, withTerminal: o.Terminal, withPrinter: o.Printer, withLCD: o.LCD, watch: newWatch(), permit: permits{&permittest.System{}}}
	b.later(h.Close)
	if err := b.start(o); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Bench) later(undo func() error) { b.undo = append(b.undo, undo) }

func (b *Bench) start(o Options) (err error) {
	if err := b.home.Forget(); err != nil {
		return err
	}
	if b.ports, err = b.home.Ports(o.Listen); err != nil {
		return err
	}
	if host, _, err := net.SplitHostPort(b.ports.Bench); err == nil && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		o.Log.Warn("the page has no login, and other machines can reach it", "address", b.ports.Bench)
	}
	if b.shop, err = openShop(b.home, o); err != nil {
		return err
	}
	if _, err := b.home.MakeDir("dev"); err != nil {
		return err
	}
	startKKT := func(log *slog.Logger) error { return b.startKKT(o.KKT, log) }
	for _, device := range []func(*slog.Logger) error{b.startGPIO, b.startCloud, b.startOFD, startKKT, b.startRegister, b.startScanner, b.startDisplay, b.startScale, b.startTerminal, b.startPrinter} {
		if err := device(o.Log); err != nil {
			return err
		}
	}
	b.ready = b.describe(o.Version)
	return b.wire()
}

func (b *Bench) startCloud(log *slog.Logger) error {
	l, err := b.home.Listen("cloud", b.ports.Cloud)
	if err != nil {
		return err
	}
	b.cloud, err = newCloud(l, b.home.Path(cloudFile), b.shop.account, b.watch.touch, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	b.later(b.cloud.close)
	return nil
}

func (b *Bench) startOFD(log *slog.Logger) error {
	l, err := b.home.Listen("OFD", b.ports.OFD)
	if err != nil {
		return err
	}
	b.ofd, err = newOFD(l, b.home.Path(ofdFile), b.watch.touch, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	b.later(b.ofd.close)
	return nil
}

func (b *Bench) startScanner(*slog.Logger) error {
	b.scanner = newScanner(b.home.Path("dev", "scanner"), b.watch.touch)
	b.later(b.scanner.cable.unplug)
	return b.scanner.cable.plug()
}

func (b *Bench) startDisplay(log *slog.Logger) error {
	if b.withLCD {
		l, err := newLCD(b.home.Path("i2c.sock"), b.watch.touch)
		if err != nil {
			return err
		}
		b.display = l
		b.later(l.close)
		return nil
	}
	d, err := newDisplay(b.home.Path("dev", "display"), b.watch.touch, log)
	if err != nil {
		return err
	}
	b.display = d
	b.later(d.close)
	return d.cable.plug()
}

func (b *Bench) startScale(*slog.Logger) error {
	b.counter = newCounter(b.home.Path("dev", "scale"), b.watch.touch)
	b.later(b.counter.cable.unplug)
	return b.counter.cable.plug()
}

func (b *Bench) startGPIO(log *slog.Logger) (err error) {
	b.gpio, err = newGPIO(b.home, b.watch.touch, log)
	if err != nil {
		return err
	}
	b.later(b.gpio.close)
	return nil
}

// describe is the ready line.
func (b *Bench) describe(version string) home.Ready {
	return home.Ready{
		Config:   b.home.Path(configFile),
		Bench:    "http://" + reachable(b.ports.Bench) + "/",
		Cloud:    b.cloud.url,
		KKT:      home.Ways{TCP: b.kkt.tcp, PTY: b.kkt.cable.link},
		Scanner:  b.scanner.cable.link,
		Display:  b.display.port(),
		PIN:      b.shop.pin,
		Senior:   b.shop.seniorPIN,
		Codes:    b.shop.codes(),
		OFD:      b.ports.OFD,
		GPIO:     b.gpio.path,
		Console:  "http://" + b.ports.Console + "/",
		Version:  version,
		Register: b.registerURL(),
		Terminal: b.terminal.address(),
		Printer:  b.printer.address(),
	}
}

func (b *Bench) registerURL() string {
	if b.register == nil {
		return ""
	}
	return b.register.url
}

// reachable is an address to call for one to listen on.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return addr
}

// wire writes the till's configuration.
func (b *Bench) wire() error {
	wires := wiring{
		Dir: b.home.Dir(), Data: b.home.Path(tillDir), Console: b.ports.Console, KKT: b.kkt.tcp, KKTPort: b.kkt.cable.link,
		Scanner: b.scanner.cable.link, Display: b.display.port(), LCD: b.withLCD, Scale: b.counter.cable.link, Terminal: b.terminal.address(), Printer: b.printer.address(), GPIO: b.gpio.path, Inputs: Inputs(), LEDs: append(LEDs(), Tower()...),
		Cloud: b.cloud.url, Store: b.shop.store, Credentials: b.home.Path(credentialsFile),
		Report: "http://" + b.ports.Bench + ReportPath, ReportKeys: b.home.Path(reportKeysFile),
		Permit: "http://" + reachable(b.ports.Bench) + strings.TrimSuffix(PermitPath, "/"), PermitKeys: b.home.Path(permitKeysFile),
		Senior: b.shop.senior, SeniorPIN: b.shop.seniorPIN,
	}
	if b.register != nil {
		wires.Register, wires.RegisterPIN = b.register.url, b.home.Path(registerPINFile)
	}
	text, err := wires.config()
	if err != nil {
		return err
	}
	if err := b.home.Write(credentialsFile, credentials(b.shop.account.Login, b.shop.account.Password)); err != nil {
		return err
	}
	if err := b.home.Write(reportKeysFile, reportKeys()); err != nil {
		return err
	}
	if err := b.home.Write(permitKeysFile, permitKeys()); err != nil {
		return err
	}
	return b.home.Write(configFile, text)
}

// Announce tells other programs that the bench is ready, and how to reach it.
func (b *Bench) Announce() (home.Ready, error) { return b.ready, b.home.WriteReady(b.ready) }

// Wait lasts as long as the bench: until ctx ends, which is no error, or one
// of its servers does.
func (b *Bench) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-b.cloud.died:
		return err
	case err := <-b.kkt.died:
		return err
	case err := <-b.ofd.died:
		return err
	case err := <-b.register.ends():
		return err
	}
}

// ListenPage opens the page's port.
func (b *Bench) ListenPage() (net.Listener, error) { return b.home.Listen("page", b.ports.Bench) }

// Close stops all devices, the last first. It may be called again.
func (b *Bench) Close() error {
	b.closing.Do(func() {
		for i := len(b.undo) - 1; i >= 0; i-- {
			b.err = errors.Join(b.err, b.undo[i]())
		}
		if b.err != nil {
			b.err = fmt.Errorf("close bench: %w", b.err)
		}
	})
	return b.err
}

// Ready is the ready line.
func (b *Bench) Ready() home.Ready { return b.ready }

// Changed is closed at the next change of anything. Take it before State.
func (b *Bench) Changed() <-chan struct{} { return b.watch.next() }

// State is the bench as it is now.
func (b *Bench) State() State {
	return State{KKT: b.kkt.state(), Scanner: b.scanner.state(), Display: b.display.state(), Scale: b.counter.state(), GPIO: b.gpio.state(),
		Cloud: b.cloud.state(), OFD: b.ofd.state(), Register: b.register.state(), Terminal: b.terminal.state(), Printer: b.printer.state(), Faults: b.Faults()}
}

// devices are what can be broken, in the order of the page.
func (b *Bench) devices() map[string]breakable {
	return map[string]breakable{"kkt": b.kkt, "scanner": b.scanner, "display": b.display, "scale": b.counter, "gpio": b.gpio, "cloud": b.cloud, "ofd": b.ofd, "permit": b.permit, "register": b.register, "terminal": b.terminal, "printer": b.printer}
}

// Faults lists what can go wrong and what does at the moment.
func (b *Bench) Faults() []Fault {
	var all []Fault
	for _, name := range []string{"register", "kkt", "ofd", "permit", "cloud", "scanner", "display", "scale", "terminal", "printer", "gpio"} {
		all = append(all, b.devices()[name].faults()...)
	}
	return all
}

// Fault breaks or mends something and gives the list that results.
func (b *Bench) Fault(r FaultRequest) ([]Fault, error) {
	if r.Name == mended && len(r.Args) == 0 && b.devices()[r.Device] != nil && len(b.devices()[r.Device].faults()) > 0 {
		err := b.whole(r.Device)
		b.watch.touch()
		return b.Faults(), err
	}
	r, err := r.translate()
	if err == nil {
		err = r.check(b.Faults())
	}
	if err == nil {
		err = b.devices()[r.Device].fault(r.Name, r.Args)
	}
	if err != nil {
		return nil, err
	}
	b.watch.touch()
	return b.Faults(), nil
}

// Scan sends codes down the scanner's line.
func (b *Bench) Scan(ctx context.Context, codes []string) ([]Sent, error) {
	return b.scanner.scan(ctx, codes)
}

// ShutDrawer closes the cash drawer; both its connectors feel it.
func (b *Bench) ShutDrawer() error {
	b.gpio.shut()
	return b.kkt.device.Fault("drawer-close")
}

// MoveInput brings one of Inputs to a level.
func (b *Bench) MoveInput(line string, high bool) error { return b.gpio.move(line, high) }

// Goods finds goods of the demo shop by name or code; without a text it gives
// the dozen to begin with.
func (b *Bench) Goods(find string) []Goods { return b.shop.find(find) }

// CloudDocuments gives everything the cloud has, oldest first.
func (b *Bench) CloudDocuments() []moyskladtest.Stored { return nonNil(b.cloud.fake.Documents()) }

// SetCloud changes what a person sets in the cloud.
func (b *Bench) SetCloud(name, value string) (moyskladtest.State, error) {
	if err := b.cloud.fake.Set(name, value); err != nil {
		return moyskladtest.State{}, &BadRequest{Text: err.Error()}
	}
	return b.cloud.fake.State(), nil
}

// CloudBooks adds up what the cloud holds.
func (b *Bench) CloudBooks() moyskladtest.Books {
	books := b.cloud.fake.Books()
	books.Kinds, books.Shifts, books.Goods, books.Refusals = nonNil(books.Kinds), nonNil(books.Shifts), nonNil(books.Goods), nonNil(books.Refusals)
	return books
}

// QueueFiscal has the cloud want a sale of another till registered.
func (b *Bench) QueueFiscal(q moyskladtest.Order) (moyskladtest.Stored, error) {
	d, err := b.cloud.fake.QueueFiscal(q)
	if errors.Is(err, moyskladtest.ErrOrder) {
		return d, &BadRequest{Text: err.Error()}
	}
	return d, err
}

// CloudState gives the cloud's counters.
func (b *Bench) CloudState() moyskladtest.State { return b.cloud.fake.State() }

// nonNil makes an empty list of none: JSON should say [].
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
