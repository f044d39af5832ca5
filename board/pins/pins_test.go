package pins

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/gpio/gpiotest"
	"periph.io/x/conn/v3/pin"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// trap is a pin as the kernel driver makes it: looking at an output releases it.
type trap struct {
	gpiotest.Pin
	mu      sync.Mutex
	levels  []gpio.Level // as driven
	touched string       // what was called that must not be
	failOut error        // the next Out of High changes the level and fails
}

func (p *trap) touch(what string) {
	p.mu.Lock()
	p.touched = what
	p.mu.Unlock()
}

func (p *trap) Read() gpio.Level { p.touch("Read"); return p.Pin.Read() }
func (p *trap) Func() pin.Func   { p.touch("Func"); return p.Pin.Func() }
func (p *trap) Function() string { p.touch("Function"); return p.Pin.Function() }
func (p *trap) String() string   { p.touch("String"); return "trap" }

func (p *trap) Out(l gpio.Level) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.levels = append(p.levels, l)
	if p.failOut != nil && l == gpio.High {
		return p.failOut
	}
	return nil
}

func (p *trap) driven() []gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]gpio.Level(nil), p.levels...)
}

// bench is a bank of given pins.
type bench struct {
	pins map[string]gpio.PinIO
	gone chan struct{}
}

func (b *bench) line(_ context.Context, name string) (gpio.PinIO, error) {
	if p := b.pins[name]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("no such line: %w", errNoLine)
}
func (b *bench) lost() <-chan struct{} { return b.gone }
func (b *bench) cause() error          { return errors.New("cut off") }
func (b *bench) close() error          { return nil }

func claimed(t *testing.T, pins map[string]gpio.PinIO, roles map[Role]string) (*Set, *bench) {
	t.Helper()
	b := &bench{pins: pins, gone: make(chan struct{})}
	s, err := claim(t.Context(), b, Options{Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	return s, b
}

func output(t *testing.T, s *Set, r Role) *Output {
	t.Helper()
	o, err := s.Output(r)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func same(a []gpio.Level, b ...gpio.Level) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

const hi, lo = gpio.High, gpio.Low

func TestPulse(t *testing.T) {
	for name, c := range map[string]struct {
		spec string
		want []gpio.Level // idle at Open, on, off, idle at Close
	}{
		"active high": {"A", []gpio.Level{lo, hi, lo, lo}},
		"active low":  {"!A", []gpio.Level{hi, lo, hi, hi}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &trap{}
				s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{Drawer: c.spec})
				o := output(t, s, Drawer)
				start := time.Now()
				done := make(chan error, 1)
				go func() { done <- o.Pulse(t.Context(), 150*time.Millisecond) }()
				synctest.Wait()
				if !o.On() {
					t.Error("not on during the pulse")
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if d := time.Since(start); d != 150*time.Millisecond {
					t.Errorf("on for %v", d)
				}
				if o.On() {
					t.Error("still on")
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if got := p.driven(); !same(got, c.want...) {
					t.Errorf("driven %v, want %v", got, c.want)
				}
				if p.touched != "" {
					t.Errorf("%s was called on an output", p.touched)
				}
			})
		})
	}
}

func TestPulseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &trap{}
		s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{Drawer: "A"})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		start := time.Now()
		if err := output(t, s, Drawer).Pulse(ctx, MaxPulse); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if d := time.Since(start); d != 50*time.Millisecond {
			t.Errorf("ended after %v", d)
		}
		if got := p.driven(); !same(got, lo, hi, lo) {
			t.Errorf("driven %v", got)
		}
	})
}

func TestCloseEndsPulsesAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &trap{}
		s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{Drawer: "A"})
		o := output(t, s, Drawer)
		pulse, wait := make(chan error, 1), make(chan error, 1)
		go func() { pulse <- o.Pulse(t.Context(), MaxPulse) }()
		go func() { wait <- s.Wait(t.Context()) }()
		synctest.Wait()
		start := time.Now()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-pulse; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if err := <-wait; !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		if time.Since(start) != 0 {
			t.Error("closing waited")
		}
		if got := p.driven(); !same(got, lo, hi, lo) {
			t.Errorf("driven %v", got)
		}
		if err := o.Pulse(t.Context(), time.Millisecond); !errors.Is(err, ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if got := p.driven(); got[len(got)-1] != lo {
			t.Error("a closed set was driven on")
		}
	})
}

func TestPulseLimits(t *testing.T) {
	p := &trap{}
	s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{Drawer: "A"})
	o := output(t, s, Drawer)
	for _, d := range []time.Duration{-1, 0, MaxPulse + 1, time.Hour} {
		if err := o.Pulse(t.Context(), d); !errors.Is(err, ErrTooLong) {
			t.Errorf("%v: %v", d, err)
		}
	}
	if err := o.Set(true); !errors.Is(err, ErrTooLong) {
		t.Errorf("the drawer's coil held: %v", err)
	}
	if got := p.driven(); !same(got, lo) {
		t.Errorf("driven %v", got)
	}
}

func TestPulseIsReleasedAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("ioctl failed")
		p := &trap{}
		s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{Drawer: "A"})
		p.failOut = broken
		if err := output(t, s, Drawer).Pulse(t.Context(), MaxPulse); !errors.Is(err, broken) {
			t.Error(err)
		}
		if got := p.driven(); !same(got, lo, hi, lo) {
			t.Errorf("driven %v", got)
		}
	})
}

func TestSetTakesAPulseOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &trap{}
		s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{LEDError: "A"})
		o := output(t, s, LEDError)
		done := make(chan error, 1)
		go func() { done <- o.Pulse(t.Context(), 100*time.Millisecond) }()
		synctest.Wait()
		if err := o.Set(true); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if !o.On() {
			t.Error("the pulse switched off what was switched on later")
		}
	})
}

func TestClaimErrors(t *testing.T) {
	for name, c := range map[string]struct {
		roles map[Role]string
		want  string
	}{
		"two roles":    {map[Role]string{Drawer: "A", Buzzer: "!A"}, "both"},
		"no such line": {map[Role]string{Drawer: "Z"}, "no such line"},
		"empty":        {map[Role]string{Drawer: "!"}, "bad line name"},
		"injection":    {map[Role]string{Drawer: "A 1\nout B"}, "bad line name"},
		"long":         {map[Role]string{Drawer: strings.Repeat("A", MaxLine+1)}, "bad line name"},
		"unknown role": {map[Role]string{"rocket": "A"}, "unknown role"},
	} {
		b := &bench{pins: map[string]gpio.PinIO{"A": &trap{}}}
		if _, err := claim(t.Context(), b, Options{Roles: c.roles}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, _ := claimed(t, map[string]gpio.PinIO{"A": &trap{}}, map[Role]string{Drawer: "A"})
	if _, err := s.Output(Buzzer); !errors.Is(err, ErrNoRole) {
		t.Error(err)
	}
	if err := s.Watch(t.Context(), KeyLock, nil); !errors.Is(err, ErrNoRole) {
		t.Error(err)
	}
	if !s.Has(Drawer) || s.Has(Buzzer) {
		t.Error("Has is wrong")
	}
	for _, address := range []string{"tcp://x", "unix://host/x", "unix:", "/plain", "unix:///" + filepath.Join(t.TempDir(), "none")} {
		if s, err := Open(t.Context(), Options{Address: address}); err == nil {
			s.Close()
			t.Errorf("%s opened", address)
		}
	}
}

// deaf is an input whose waits do not wait, as a line without edges.
type deaf struct{ gpiotest.Pin }

func (d *deaf) WaitForEdge(time.Duration) bool { return false }

func TestWatchGivesUpOnADeafPin(t *testing.T) {
	p := &deaf{gpiotest.Pin{EdgesChan: make(chan gpio.Level)}}
	s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{KeyLock: "A"})
	if err := s.Watch(t.Context(), KeyLock, func(bool) {}); !errors.Is(err, ErrEdge) {
		t.Fatal(err)
	}
}

// patient checks how it is waited for.
type patient struct {
	gpiotest.Pin
	mu  sync.Mutex
	bad []time.Duration
}

func (p *patient) WaitForEdge(d time.Duration) bool {
	if d <= 0 {
		p.mu.Lock()
		p.bad = append(p.bad, d)
		p.mu.Unlock()
	}
	return p.Pin.WaitForEdge(d)
}

func TestWatchSmoothsBounces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &patient{Pin: gpiotest.Pin{EdgesChan: make(chan gpio.Level)}}
		s, _ := claimed(t, map[string]gpio.PinIO{"A": p}, map[Role]string{KeyLock: "!A"})
		ctx, cancel := context.WithCancel(t.Context())
		var got []bool
		done := make(chan error, 1)
		go func() { done <- s.Watch(ctx, KeyLock, func(on bool) { got = append(got, on) }) }()
		synctest.Wait()
		for range 3 { // longer than any single wait
			time.Sleep(edgeWait)
		}
		for _, l := range []gpio.Level{lo, hi, lo, hi, lo} { // pressed, bouncing
			p.EdgesChan <- l
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		p.EdgesChan <- hi // released
		time.Sleep(time.Second)
		cancel()
		start := time.Now()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if d := time.Since(start); d > edgeWait {
			t.Errorf("cancelling took %v", d)
		}
		if len(got) != 3 || got[0] || !got[1] || got[2] {
			t.Errorf("reported %v, want false true false", got)
		}
		if len(p.bad) > 0 {
			t.Errorf("waited for %v", p.bad)
		}
	})
}

func TestWaitTellsOfALostBoard(t *testing.T) {
	s, b := claimed(t, map[string]gpio.PinIO{"A": &trap{}}, map[Role]string{Drawer: "A"})
	close(b.gone)
	if err := s.Wait(t.Context()); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "cut off") {
		t.Error(err)
	}
}

func TestHostWithoutGPIO(t *testing.T) {
	s, err := Open(t.Context(), Options{Roles: map[Role]string{Drawer: "no-such-line"}})
	if err == nil {
		s.Close()
		t.Fatal("opened a line that does not exist")
	}
	if s2, err := Open(t.Context(), Options{}); err == nil {
		t.Log("this machine has GPIO")
		if err := s2.Close(); err != nil {
			t.Error(err)
		}
	} else if !errors.Is(err, ErrNoGPIO) {
		t.Error(err)
	}
}

// A line is found by its name, by another of its names, or by its place on a
// chip whose lines have none.
func TestLinesByOtherNames(t *testing.T) {
	lines := []gpio.PinIO{&trap{}, &trap{}, &trap{}}
	h := &host{named: func(name string) gpio.PinIO {
		if name == "SPI_CE0_N" {
			return lines[0]
		}
		return nil
	}, chips: []chip{{"300b000.pinctrl", lines[1:2]}, {"gpio1", lines}}, never: make(chan struct{})}
	aliases := map[string][]string{"GPIO8": {"CE0", "SPI_CE0_N", "gpio1/2"}, "GPIO9": {"gpio1/1"}}
	for name, want := range map[string]gpio.PinIO{"SPI_CE0_N": lines[0], "GPIO8": lines[0], "GPIO9": lines[1], "300b000.pinctrl/0": lines[1], "gpio1/2": lines[2]} {
		got, err := find(t.Context(), h, append([]string{name}, aliases[name]...))
		if got != want || err != nil {
			t.Errorf("%s: %v %v", name, got == want, err)
		}
	}
	for _, name := range []string{"GPIO7", "gpio1/3", "gpio1/-1", "gpio1/x", "gpio2/0", "/", ""} {
		if _, err := find(t.Context(), h, append([]string{name}, "other")); !errors.Is(err, errNoLine) || !strings.HasSuffix(err.Error(), name) {
			t.Errorf("%q: %v", name, err)
		}
	}
	s, err := claim(t.Context(), h, Options{Roles: map[Role]string{TowerRed: "!GPIO8"}, Aliases: aliases})
	if err != nil || !s.Has(TowerRed) || len(lines[0].(*trap).driven()) != 1 || lines[0].(*trap).driven()[0] != hi {
		t.Errorf("%v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
