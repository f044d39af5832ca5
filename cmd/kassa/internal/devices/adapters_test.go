package devices

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/vfd"
	"github.com/kassa-pos/kassa/peripherals/display/vfd/vfdtest"
	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/scanner"
	"github.com/kassa-pos/kassa/peripherals/signal"
	"github.com/kassa-pos/kassa/pos/fault"
)

const soon = 15 * time.Second

// until waits for what is true after some change; look again at every tick
// too, for not everything can be waited for.
func until(t *testing.T, what string, changed func() <-chan struct{}, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(soon)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var c <-chan struct{}
		if changed != nil {
			c = changed()
		}
		if ok() {
			return
		}
		select {
		case <-c:
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("never: " + what)
		}
	}
}

func phase(m *Manager, name string) Phase {
	for _, s := range m.States() {
		if s.Name == name {
			return s.Phase
		}
	}
	return ""
}

func plug(t *testing.T, name string) *boardtest.PTY {
	t.Helper()
	p, err := boardtest.NewPTY()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if err := p.Link(name); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScannerOverAReplug(t *testing.T) {
	port := filepath.Join(t.TempDir(), "scanner")
	scans := make(chan scanner.Scan, 16)
	dev, err := NewScanner(serialport.Opener{Path: port}, scanner.Options{Name: "counter", Suffix: scanner.CR}, func(s scanner.Scan) { scans <- s })
	if err != nil {
		t.Fatal(err)
	}
	m, stop := run(t, Options{Longest: 100 * time.Millisecond}, dev)
	until(t, "absent", nil, func() bool { return phase(m, "counter") == Absent })
	for i := range 2 {
		cable := plug(t, port)
		until(t, "ready", nil, func() bool { return phase(m, "counter") == Ready })
		code := fmt.Sprintf("460717796408%d", i)
		if _, err := cable.Write([]byte(code + "\r")); err != nil {
			t.Fatal(err)
		}
		select {
		case s := <-scans:
			if string(s.Data) != code || s.Device != "counter" {
				t.Errorf("%+v", s)
			}
		case <-time.After(soon):
			t.Fatal("no scan")
		}
		if err := cable.Close(); err != nil {
			t.Fatal(err)
		}
		until(t, "absent again", nil, func() bool { return phase(m, "counter") == Absent })
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// Three scanners are clicked at once, one of them is pulled out and plugged in
// again: every code arrives whole, in its order, under its scanner's name.
func TestScannersAtOnce(t *testing.T) {
	const codes = 100 // of each
	dir := t.TempDir()
	scans := make(chan scanner.Scan, 4*codes)
	names := []string{"counter", "hand", "scale"}
	cables := map[string]*boardtest.PTY{}
	var devs []Device
	for _, name := range names {
		cables[name] = plug(t, filepath.Join(dir, name))
		dev, err := NewScanner(serialport.Opener{Path: filepath.Join(dir, name)}, scanner.Options{Name: name, Suffix: scanner.CR}, func(s scanner.Scan) { scans <- s })
		if err != nil {
			t.Fatal(err)
		}
		devs = append(devs, dev)
	}
	m, stop := run(t, Options{Longest: 100 * time.Millisecond}, devs...)
	ready := func(name string) {
		t.Helper()
		until(t, name+" is ready", nil, func() bool { return phase(m, name) == Ready })
	}
	for _, name := range names {
		ready(name)
	}
	var clicking sync.WaitGroup
	click := func(name string, from, to int) {
		clicking.Go(func() {
			for i := from; i < to; i++ {
				if _, err := fmt.Fprintf(cables[name], "%s-%03d\r", name, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	got, want := map[string][]string{}, map[string][]string{}
	hear := func(n int) {
		t.Helper()
		limit := time.NewTimer(soon)
		defer limit.Stop()
		for range n {
			select {
			case s := <-scans:
				got[s.Device] = append(got[s.Device], string(s.Data))
			case <-limit.C:
				t.Fatalf("scans are missing: %v", got)
			}
		}
	}
	for _, name := range names {
		click(name, 0, codes/2)
		for i := range codes {
			want[name] = append(want[name], fmt.Sprintf("%s-%03d", name, i))
		}
	}
	hear(len(names) * codes / 2)
	clicking.Wait()
	click("counter", codes/2, codes)
	click("scale", codes/2, codes)
	if err := cables["hand"].Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "hand is absent", nil, func() bool { return phase(m, "hand") == Absent })
	hear(codes)
	clicking.Wait()
	cables["hand"] = plug(t, filepath.Join(dir, "hand"))
	ready("hand")
	click("hand", codes/2, codes)
	hear(codes / 2)
	clicking.Wait()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestDisplayOverAReplug(t *testing.T) {
	port := filepath.Join(t.TempDir(), "display")
	driver, err := vfd.New(serialport.Opener{Path: port}, vfd.Options{Heartbeat: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l := display.Layout{Columns: 20, Rows: 2, Language: "ru"}
	dev := NewDisplay(driver, DisplayOptions{Name: "customer", First: l.Idle(""), Last: l.ThankYou(), Farewell: 20 * time.Second})
	m, stop := run(t, Options{Longest: 100 * time.Millisecond, StopTimeout: 30 * time.Second}, dev)
	var glass *vfdtest.Emulator
	shows := func(f display.Frame) func() bool {
		return func() bool { return cmp.Equal(glass.Picture(), f.Fit(20, 2)) }
	}
	connect := func() (*boardtest.PTY, chan error) {
		if glass, err = vfdtest.New(20, 2); err != nil {
			t.Fatal(err)
		}
		cable := plug(t, port)
		served := make(chan error, 1)
		g := glass
		go func() { served <- g.Serve(cable) }()
		return cable, served
	}
	cable, served := connect()
	until(t, "idle text", glass.Changed, shows(l.Idle("")))
	for i := range 100 { // faster than the line: the last one counts
		dev.Show(l.Line(display.Item{Name: fmt.Sprint("Товар ", i), Qty: 1000, Price: 100, Net: 100}, 100))
	}
	until(t, "last line", glass.Changed, shows(l.Line(display.Item{Name: "Товар 99", Qty: 1000, Price: 100, Net: 100}, 100)))
	if err := cable.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	until(t, "loss noticed", nil, func() bool { return phase(m, "customer") != Ready })
	dev.Show(l.Total(12345, 0)) // nobody sees it yet
	cable, served = connect()
	until(t, "total after the replug", glass.Changed, shows(l.Total(12345, 0)))
	if err := stop(); err != nil {
		t.Error(err)
	}
	until(t, "farewell", glass.Changed, shows(l.ThankYou()))
	if err := cable.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if glass.Unknown() > 0 {
		t.Errorf("%d unknown commands", glass.Unknown())
	}
}

func TestShowNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := link.NewPair() // nobody reads the other end
		driver, err := vfd.New(pair, vfd.Options{})
		if err != nil {
			t.Fatal(err)
		}
		dev := NewDisplay(driver, DisplayOptions{Name: "d"})
		_, stop := run(t, Options{}, dev)
		synctest.Wait()
		start := time.Now()
		for range 1000 {
			dev.Show(display.Frame{Lines: []string{"x"}})
		}
		if time.Since(start) != 0 {
			t.Error("it blocked")
		}
		start = time.Now()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if time.Since(start) != 0 {
			t.Errorf("stopping took %v", time.Since(start))
		}
	})
}

// A program that ends in the middle of a picture still says goodbye.
func TestFarewellAfterAPictureCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := link.NewPair()
		driver, err := vfd.New(pair, vfd.Options{WriteTimeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		l := display.Layout{Columns: 20, Rows: 2}
		dev := NewDisplay(driver, DisplayOptions{Name: "d", Last: l.ThankYou()})
		_, stop := run(t, Options{}, dev)
		first, err := pair.Accept(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := first.Read(make([]byte, 1000)); err != nil { // the first picture, whole
			t.Fatal(err)
		}
		dev.Show(l.Total(100, 0)) // hangs in the write
		synctest.Wait()
		glass, err := vfdtest.New(20, 2)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() {
			second, err := pair.Accept(t.Context())
			if err == nil {
				err = glass.Serve(second)
			}
			served <- err
		}()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(l.ThankYou().Lines, glass.Picture()); d != "" {
			t.Error(d)
		}
	})
}

func TestOutputs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gpio")
	keys := make(chan bool, 16)
	dev, err := NewOutputs(OutputsOptions{
		Name: "board",
		Pins: pins.Options{Address: "unix://" + path, Roles: map[pins.Role]string{
			pins.Drawer: "D", pins.Buzzer: "B", pins.LEDError: "!E", pins.LEDNetwork: "N", pins.KeyLock: "!K",
		}},
		DrawerPulse: 50 * time.Millisecond,
		Input:       func(role pins.Role, on bool) { keys <- on },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Kick(); !errors.Is(err, fault.New(fault.DeviceDown)) {
		t.Errorf("kick without a board: %v", err)
	}
	dev.Beep(signal.TakenBeep)              // dropped
	dev.Light(pins.LEDNetwork, signal.On)   // kept
	dev.Light(pins.Drawer, signal.On)       // no lamp
	dev.Light(pins.LEDPrinter, signal.Fast) // not configured
	m, stop := run(t, Options{Longest: 100 * time.Millisecond}, dev)
	until(t, "absent", nil, func() bool { return phase(m, "board") == Absent })

	b, err := boardtest.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	until(t, "lamp", b.Changed, func() bool { return b.Level("N") })
	if !b.Level("E") || b.Level("D") {
		t.Errorf("idle levels %v", b.Outputs())
	}
	pulses := func(line string) (n int) {
		all, _ := b.Pulses()
		for _, p := range all {
			if p.Line == line {
				n++
			}
		}
		return n
	}
	if pulses("B") > 0 {
		t.Error("a beep from before the connection sounded")
	}
	dev.Beep(signal.Unknown)
	if err := dev.Kick(); err != nil {
		t.Fatal(err)
	}
	until(t, "pulses", b.Changed, func() bool { return pulses("D") == 1 && pulses("B") == 3 })
	all, _ := b.Pulses()
	for _, p := range all {
		if p.Line == "D" && (p.Width < 50*time.Millisecond || p.Width > pins.MaxPulse) {
			t.Errorf("drawer's pulse of %v", p.Width)
		}
	}
	for range maxBeeps {
		dev.Beep(signal.TakenBeep)
	}
	until(t, "beeps", b.Changed, func() bool { return pulses("B") >= 3+2 })
	all, _ = b.Pulses()
	var over time.Time // the beep before
	for _, p := range all {
		if p.Line != "B" {
			continue
		}
		if silence := p.At.Sub(over); silence < 50*time.Millisecond {
			t.Errorf("%v of silence between two beeps", silence)
		}
		over = p.At.Add(p.Width)
	}
	dev.Light(pins.LEDError, signal.Fast)
	until(t, "blinking", b.Changed, func() bool { return pulses("E") >= 2 })
	dev.Light(pins.LEDError, signal.Off)

	if on := <-keys; on {
		t.Error("the key is pressed from the start")
	}
	if err := b.Set("K", false); err != nil {
		t.Fatal(err)
	}
	select {
	case on := <-keys:
		if !on {
			t.Error("pressing is not heard")
		}
	case <-time.After(soon):
		t.Fatal("pressing is not heard")
	}

	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "loss", nil, func() bool { return phase(m, "board") != Ready })
	if err := dev.Kick(); !errors.Is(err, fault.New(fault.DeviceDown)) {
		t.Errorf("kick after the loss: %v", err)
	}
	if b, err = boardtest.Listen(path); err != nil {
		t.Fatal(err)
	}
	until(t, "lamp after the return", b.Changed, func() bool { return b.Level("N") && phase(m, "board") == Ready })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if got := b.Outputs(); got["D"] || got["B"] || got["N"] || !got["E"] {
		t.Errorf("left as %v, want all idle", got)
	}
	if n := pulses("D"); n != 0 {
		t.Errorf("the drawer opened %d times by itself", n)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func TestKicksAndBeepsAreBounded(t *testing.T) {
	dev, err := NewOutputs(OutputsOptions{Name: "board", Pins: pins.Options{Roles: map[pins.Role]string{pins.Drawer: "D", pins.Buzzer: "B"}}})
	if err != nil {
		t.Fatal(err)
	}
	dev.connect(true) // and nobody takes anything
	for i := range maxKicks + 1 {
		if err := dev.Kick(); (err == nil) != (i < maxKicks) || err != nil && !errors.Is(err, fault.New(fault.Busy)) {
			t.Errorf("kick %d: %v", i, err)
		}
	}
	for range 100 {
		dev.Beep(signal.TakenBeep)
	}
	if len(dev.beeps) != maxBeeps {
		t.Errorf("%d beeps wait", len(dev.beeps))
	}
	dev.connect(false)
	if len(dev.beeps)+len(dev.kicks) != 0 {
		t.Error("what waited was kept for later")
	}
	bare, err := NewOutputs(OutputsOptions{Name: "bare"})
	if err != nil {
		t.Fatal(err)
	}
	bare.connect(true)
	if err := bare.Kick(); !errors.Is(err, fault.New(fault.DeviceDown)) {
		t.Errorf("kick without a drawer: %v", err)
	}
	if _, err := NewOutputs(OutputsOptions{DrawerPulse: time.Hour}); err == nil {
		t.Error("an hour's pulse accepted")
	}
}

func TestAnOldKickIsNotDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gpio")
	b, err := boardtest.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	set, err := pins.Open(t.Context(), pins.Options{Address: "unix://" + path, Roles: map[pins.Role]string{pins.Drawer: "D"}})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	dev, err := NewOutputs(OutputsOptions{Name: "board", Pins: pins.Options{Roles: map[pins.Role]string{pins.Drawer: "D"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	dev.kicks <- time.Now().Add(-kickLife - time.Second)
	go func() { done <- dev.runDrawer(ctx, set) }()
	dev.kicks <- time.Now() // taken after the old one
	until(t, "the second pulse", b.Changed, func() bool { _, n := b.Pulses(); return n == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, n := b.Pulses(); n != 1 {
		t.Errorf("%d pulses", n)
	}
}
