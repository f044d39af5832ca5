package bench

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/peripherals/link"
)

// port opens a serial port of the bench as the till does.
func port(t *testing.T, path string) link.Conn {
	t.Helper()
	c, err := serialport.Opener{Path: path}.Open(within(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

// readAll reads n bytes in the background and gives them.
func readAll(t *testing.T, c link.Conn, n int) <-chan string {
	t.Helper()
	got := make(chan string, 1)
	go func() {
		buf := make([]byte, 0, n)
		for len(buf) < n {
			part := make([]byte, n-len(buf))
			m, err := c.Read(part)
			buf = append(buf, part[:m]...)
			if err != nil {
				break
			}
		}
		got <- string(buf)
	}()
	return got
}

func TestScanByteExact(t *testing.T) {
	b := start(t, t.TempDir())
	c := port(t, b.Ready().Scanner)
	codes := []string{"4600000000015", "0104600000000015215a\x1d93dGVz", "сыр \x7f\x03\x11\x13", strings.Repeat("9", 10_000)}
	want := strings.Join(codes, "\r") + "\r"
	got := readAll(t, c, len(want))
	sent, err := b.Scan(within(t), codes)
	if err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != want {
		t.Errorf("%d bytes arrived, %d were sent, or they differ", len(text), len(want))
	}
	for i, s := range sent {
		if s.Code != codes[i] || s.Bytes != len(codes[i])+1 || !s.Read {
			t.Errorf("sent %d: %d bytes, read %v", i, s.Bytes, s.Read)
		}
	}
	until(t, b, "the scans on the page", func(s State) bool { return len(s.Scanner.Sent) == len(codes) })
}

// A scan that nobody takes says so.
func TestScanWithNobodyThere(t *testing.T) {
	b := start(t, t.TempDir())
	sent, err := b.Scan(within(t), []string{"4600000000015"})
	if err != nil || len(sent) != 1 || sent[0].Read || b.State().Scanner.Sent[0].Read {
		t.Fatalf("%+v, %v; want one that is not read", sent, err)
	}
}

func TestScanThatDoesNotFit(t *testing.T) {
	b := start(t, t.TempDir())
	big := strings.Repeat("7", MaxCode)
	began := time.Now()
	_, err := b.Scan(within(t), []string{big, big, big, big, big})
	if err == nil || !strings.Contains(err.Error(), "nobody reads") {
		t.Errorf("%v, want an error that says nobody reads", err)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %v", took)
	}
}

func TestCodesRefused(t *testing.T) {
	b := start(t, t.TempDir())
	for name, codes := range map[string][]string{
		"none": {}, "empty": {""}, "CR": {"1\r2"}, "LF": {"1\n"}, "NUL": {"\x00"}, "not UTF-8": {"\xff"},
		"long": {strings.Repeat("1", MaxCode+1)}, "many": make([]string, MaxCodes+1), "good, then bad": {"1", ""},
	} {
		var bad *BadRequest
		if sent, err := b.Scan(within(t), codes); !errors.As(err, &bad) || sent != nil {
			t.Errorf("%s: %v, %v", name, sent, err)
		}
	}
}

// The port is pulled from under a till that reads: it sees its port go, and
// finds it again at the same path.
func TestScannerUnplugged(t *testing.T) {
	b := start(t, t.TempDir())
	c := port(t, b.Ready().Scanner)
	got := readAll(t, c, 1)
	if _, err := b.Fault(FaultRequest{Device: "scanner", Name: "unplug"}); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "" {
		t.Errorf("an unplugged scanner sent %q", text)
	}
	if _, err := b.Scan(within(t), []string{"1"}); !errors.Is(err, errUnplugged) {
		t.Errorf("scan: %v", err)
	}
	if _, err := b.Fault(FaultRequest{Device: "scanner", Name: "replug"}); err != nil {
		t.Fatal(err)
	}
	got = readAll(t, port(t, b.Ready().Scanner), 2)
	if _, err := b.Scan(within(t), []string{"1"}); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "1\r" {
		t.Errorf("after replug: %q", text)
	}
}

// A till that was killed leaves the port taken exclusively; the next one must
// get it all the same, root or not.
func TestExclusiveHoldIsTakenBack(t *testing.T) {
	b := start(t, t.TempDir())
	f, err := os.OpenFile(b.Ready().Scanner, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := ask(f, unix.TIOCEXCL); err != nil {
		t.Fatal(err)
	}
	if held, err := ask(f, unix.TIOCGEXCL); err != nil || held == 0 {
		t.Fatalf("not held: %d, %v", held, err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		held, err := ask(f, unix.TIOCGEXCL)
		if err != nil {
			t.Fatal(err)
		}
		if held == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the port stays taken")
		}
	}
}

func TestDisplay(t *testing.T) {
	b := start(t, t.TempDir())
	write := func(text string) {
		c := port(t, b.Ready().Display)
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// Epson: initialise, table 17 (cp866), clear; "МОЛОКО 2,5%", next line, "=89.90".
	write("\x1b@\x1bt\x11\x0c\x8c\x8e\x8b\x8e\x8a\x8e 2,5%\x1f$\x01\x02=89.90")
	until(t, b, "the picture", func(s State) bool {
		return s.Display.Lines[0] == "МОЛОКО 2,5%         " && s.Display.Lines[1] == "=89.90              " && s.Display.Unknown == 0
	})
	for _, name := range []string{"unplug", "replug"} {
		if _, err := b.Fault(FaultRequest{Device: "display", Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, b, "a display without power forgets", func(s State) bool {
		return s.Display.Plugged && strings.TrimSpace(strings.Join(s.Display.Lines, "")) == ""
	})
	write("again")
	until(t, b, "the picture after replug", func(s State) bool { return strings.HasPrefix(s.Display.Lines[0], "again") })
}

func openPins(t *testing.T, b *Bench) *pins.Set {
	t.Helper()
	roles := map[pins.Role]string{}
	for _, r := range append(pins.Outputs(), pins.Inputs()...) {
		roles[r] = string(r)
	}
	set, err := pins.Open(within(t), pins.Options{Address: uri("unix", b.Ready().GPIO), Roles: roles})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := set.Close(); err != nil && !errors.Is(err, pins.ErrLost) {
			t.Error(err)
		}
	})
	return set
}

func TestGPIO(t *testing.T) {
	b := start(t, t.TempDir())
	set := openPins(t, b)
	until(t, b, "the till", func(s State) bool { return s.GPIO.Clients == 1 })
	pulse := func(role pins.Role, d time.Duration) {
		out, err := set.Output(role)
		if err == nil {
			err = out.Pulse(within(t), d)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 3; n++ {
		pulse(pins.Drawer, 20*time.Millisecond)
		until(t, b, "the drawer springs open", func(s State) bool {
			return s.GPIO.DrawerOpen && s.GPIO.DrawerOpened == n && len(s.GPIO.Kicks) == n && s.GPIO.Inputs["drawer_sensor"]
		})
		if err := b.ShutDrawer(); err != nil {
			t.Fatal(err)
		}
		until(t, b, "the drawer is shut", func(s State) bool { return !s.GPIO.DrawerOpen && !s.GPIO.Inputs["drawer_sensor"] })
	}
	pulse(pins.Buzzer, 25*time.Millisecond)
	until(t, b, "a beep", func(s State) bool { return len(s.GPIO.Beeps) == 1 && s.GPIO.Beeps[0].Milliseconds >= 25 })
	led, err := set.Output(pins.LEDNetwork)
	if err == nil {
		err = led.Set(true)
	}
	if err != nil {
		t.Fatal(err)
	}
	until(t, b, "a lamp", func(s State) bool { return s.GPIO.LEDs["led_network"] && !s.GPIO.LEDs["led_error"] })
	if s := b.State().GPIO; s.DrawerOpened != 3 {
		t.Errorf("the drawer opened %d times, want 3", s.DrawerOpened)
	}
	if err := b.MoveInput("drawer", true); err == nil {
		t.Error("an output was moved by hand")
	}
}

// The KKT has a drawer connector of its own; it is the same drawer.
func TestDrawerOnTheKKT(t *testing.T) {
	b := start(t, t.TempDir())
	kick(t, b)
	until(t, b, "the drawer", func(s State) bool { return s.GPIO.DrawerOpen && s.KKT.DrawerPulses == 1 })
	if err := b.ShutDrawer(); err != nil {
		t.Fatal(err)
	}
	if s := b.KKTState(); s.DrawerOpen || b.State().GPIO.DrawerOpen {
		t.Errorf("the drawer is still open: %+v", s)
	}
}
