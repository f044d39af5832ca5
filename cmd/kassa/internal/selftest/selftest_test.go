package selftest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
	"periph.io/x/conn/v3/i2c"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/board/serialport"
	"github.com/kassa-pos/kassa/cmd/kassa/internal/config"
	"github.com/kassa-pos/kassa/peripherals/display"
	"github.com/kassa-pos/kassa/peripherals/display/hd44780/hd44780test"
	"github.com/kassa-pos/kassa/peripherals/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a machine made of fakes, healthy until a test spoils it.
type stage struct {
	t       *testing.T
	o       Options
	board   *boardtest.Board
	panel   *hd44780test.Panel
	gun     *boardtest.PTY
	kbd     *keyboard
	files   fstest.MapFS
	answers map[string]Answer // by a part of the question; else Yes
	shown   string            // on the display
	kkt     KKT
	kktErr  error
	cut     map[string]bool // what is not so: "loop", "sensor", "display", "shut"

	mu    sync.Mutex
	asked []string
	told  []string
	pull  bool // the trigger, as soon as the port is open
}

// port is the gun's.
type port struct{ s *stage }

func (p port) String() string { return "the gun's port" }

func (p port) Open(ctx context.Context) (link.Conn, error) {
	conn, err := serialport.Opener{Path: p.s.gun.Path}.Open(ctx)
	p.s.mu.Lock()
	pull := p.s.pull
	p.s.pull = false
	p.s.mu.Unlock()
	if err == nil && pull {
		_, err = p.s.gun.Write([]byte("4600000000015\r"))
	}
	return conn, err
}

func (s *stage) Tell(text string) { s.mu.Lock(); s.told = append(s.told, text); s.mu.Unlock() }

func (s *stage) Ask(_ context.Context, q string) Answer {
	s.mu.Lock()
	s.asked = append(s.asked, q)
	s.pull = strings.Contains(q, "scan") && strings.Contains(q, "hand:")
	s.mu.Unlock()
	if s.cut["shut"] && strings.Contains(q, "by a pulse") {
		mustSet(s, "S", true)
	}
	for part, a := range s.answers {
		if strings.Contains(q, part) {
			return a
		}
	}
	return Yes
}

// keyboard is a scanner on evdev: one may have it, unless its grab is broken.
type keyboard struct {
	mu     sync.Mutex
	taken  bool
	ungrab bool
	gone   bool
}

type keys struct {
	link.Conn
	k *keyboard
}

func (k *keyboard) String() string { return "evdev fake" }

func (k *keyboard) Open(ctx context.Context) (link.Conn, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.gone:
		return nil, &fs.PathError{Op: "open", Path: "/dev/input/x", Err: fs.ErrNotExist}
	case k.taken && !k.ungrab:
		return nil, fmt.Errorf("grab: %w", unix.EBUSY)
	}
	k.taken = true
	pair := link.NewPair()
	near, err := pair.Open(ctx)
	if err != nil {
		return nil, err
	}
	far, err := pair.Accept(ctx)
	if err != nil {
		return nil, err
	}
	go func() {
		if _, err := far.Write([]byte("4600000000015\r")); err != nil {
			return // nobody wanted it
		}
	}()
	return keys{near, k}, nil
}

func (c keys) Close() error {
	c.k.mu.Lock()
	c.k.taken = false
	c.k.mu.Unlock()
	return c.Conn.Close()
}

// glass is a display that tells what it was shown.
type glass struct{ s *stage }

func (g glass) String() string { return "glass" }
func (g glass) Halt() error    { return nil }
func (g glass) Show(_ context.Context, f display.Frame) error {
	if g.s.cut["display"] {
		return serialport.ErrGone
	}
	g.s.shown = strings.Join(f.Lines, " ")
	return nil
}

const wiring = `language = "en"
[[scanner]]
name = "hand"
address = "serial:///dev/hand?baud=9600"
[[scanner]]
name = "stand"
address = "evdev:///dev/input/by-id/stand-event-kbd"
[display]
driver = "hd44780"
address = "i2c:///dev/i2c-1?address=0x27"
columns = 16
[gpio]
drawer = "D"
drawer_sensor = "S"
buzzer = "B"
led_error = "E"
key_lock = "K"
tower_green = "G"
`

func newStage(t *testing.T) *stage {
	t.Helper()
	c, err := config.Parse([]byte(wiring), filepath.Join(t.TempDir(), "k.toml"))
	if err != nil {
		t.Fatal(err)
	}
	c.Data = t.TempDir()
	s := &stage{t: t, answers: map[string]Answer{}, cut: map[string]bool{}, kbd: &keyboard{}, panel: hd44780test.New(0x27, 16, 2),
		kkt: KKT{State: "SHTRIH-M, FN 9999"}, files: fstest.MapFS{}}
	file := func(path, text string) { s.files[path] = &fstest.MapFile{Data: []byte(text)} }
	file("sys/class/watchdog/watchdog0/identity", "Broadcom BCM2835 Watchdog timer\n")
	file("sys/class/rtc/rtc0/name", "rtc-ds1307\n")
	file("sys/class/rtc/rtc0/since_epoch", fmt.Sprintln(time.Now().Unix()))
	file("sys/class/thermal/thermal_zone0/temp", "48000\n")
	file("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
	if s.gun, err = boardtest.NewPTY(); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "gpio")
	if s.board, err = boardtest.Listen(socket); err != nil {
		t.Fatal(err)
	}
	s.wire()
	t.Cleanup(func() {
		if err := errors.Join(s.board.Close(), s.gun.Close()); err != nil {
			t.Error(err)
		}
	})
	s.o = Options{Config: c, Root: s.files, Person: s, Barcode: "4600000000015", Loops: []Loop{{pins.LEDError, pins.KeyLock}}, ScanTime: 20 * time.Second, LampTime: time.Millisecond,
		Link: func(u config.URI) (link.Opener, error) {
			if u.Scheme == "evdev" {
				return s.kbd, nil
			}
			return port{s}, nil
		},
		Pins: func(ctx context.Context) (*pins.Set, error) {
			roles := map[pins.Role]string{}
			for role, line := range c.GPIO.Roles() {
				roles[pins.Role(role)] = line
			}
			return pins.Open(ctx, pins.Options{Address: "unix://" + socket, Roles: roles})
		},
		I2C:     func(ctx context.Context, _ string) (i2c.BusCloser, error) { return s.panel.Open(ctx) },
		Display: func() (display.Display, error) { return glass{s}, nil },
		KKT:     func(context.Context) (KKT, error) { return s.kkt, s.kktErr },
	}
	return s
}

// wire lets the lock key follow the error lamp, and the drawer's sensor its
// coil, until the test ends.
func (s *stage) wire() {
	stop, done := make(chan struct{}), make(chan struct{})
	s.t.Cleanup(func() { close(stop); <-done })
	go func() {
		defer close(done)
		for {
			changed := s.board.Changed()
			s.mu.Lock()
			loop, sensor := !s.cut["loop"], !s.cut["sensor"]
			s.mu.Unlock()
			if _, driven := s.board.Outputs()["E"]; driven && loop {
				_ = s.board.Set("K", s.board.Level("E")) // refused once the test is over
			}
			if s.board.Level("D") && sensor {
				_ = s.board.Set("S", true)
			}
			select {
			case <-changed:
			case <-stop:
				return
			}
		}
	}()
}

// row finds a row and tells its failed findings as one text.
func row(t *testing.T, r Report, name string) (Row, string) {
	t.Helper()
	i := slices.IndexFunc(r.Rows, func(x Row) bool { return x.Name == name })
	if i < 0 {
		t.Fatalf("no row %s", name)
	}
	text := ""
	for _, f := range r.Rows[i].Findings {
		text += fmt.Sprintf("%s %s: %s -> %s\n", f.Verdict, f.What, f.State, f.Hint)
	}
	return r.Rows[i], text
}

func TestAHealthyMachine(t *testing.T) {
	s := newStage(t)
	report := Run(t.Context(), s.o)
	if len(report.Rows) != 10 || !report.OK {
		t.Errorf("%d rows, ok %v", len(report.Rows), report.OK)
	}
	for i, r := range report.Rows {
		if r.Name != Rows()[i] {
			t.Errorf("row %d is %s", i, r.Name)
		}
		if _, text := row(t, report, r.Name); r.Verdict != OK {
			t.Errorf("%s is %s:\n%s", r.Name, r.Verdict, text)
		}
	}
	for _, want := range []string{"grabbed, nobody else gets it", "read the code 4600000000015", "both edges came", "opened, the sensor saw it", "a durable 4 KB"} {
		if !slices.ContainsFunc(s.told, func(x string) bool { return strings.Contains(x, want) }) {
			t.Errorf("nothing says %q: %s", want, strings.Join(s.told, "\n"))
		}
	}
	if !strings.Contains(s.shown, "Till") {
		t.Errorf("the display shows %q", s.shown)
	}
	for line, high := range s.board.Outputs() {
		if high {
			t.Errorf("%s is left on", line)
		}
	}
	left, err := os.ReadDir(s.o.Config.Data)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// Each thing that can be wrong is found in its row, and the advice is there in
// both languages.
func TestWhatIsWrongIsFound(t *testing.T) {
	slow := func() func() time.Time { // each look at the clock is 0.2 s later
		at := time.Now()
		return func() time.Time { at = at.Add(200 * time.Millisecond); return at }
	}
	for name, c := range map[string]struct {
		spoil     func(*stage)
		row, hint string // a part of the advice
		verdict   Verdict
	}{
		"another has the keyboard": {func(s *stage) { s.kbd.taken = true }, "scanners", "another program has it", Failed},
		"a grab without effect":    {func(s *stage) { s.kbd.ungrab = true }, "scanners", "serial mode", Failed},
		"no keyboard":              {func(s *stage) { s.kbd.gone = true }, "scanners", "is it plugged in", Failed},
		"another code":             {func(s *stage) { s.o.Barcode = "4600000000022" }, "scanners", "prefix", Failed},
		"not what is printed":      {func(s *stage) { s.o.Barcode = ""; s.answers["printed under"] = No }, "scanners", "prefix", Failed},
		"nobody scans":             {func(s *stage) { s.answers["scan the code"] = No }, "scanners", "", Unseen},
		"an unused scanner":        {unusedScanner, "scanners", "[scanner] address = \"evdev:///dev/input/by-id/usb-X-event-kbd\"", Failed},
		"no port":                  {func(s *stage) { s.gun.Path = "/dev/nowhere" }, "ports", "is it plugged in", Failed},
		"a panel that is gone":     {func(s *stage) { s.panel.Unplug(true) }, "i2c", "0x3f", Failed},
		"no bus": {func(s *stage) {
			s.o.I2C = func(context.Context, string) (i2c.BusCloser, error) { return nil, fs.ErrNotExist }
		}, "i2c", "dtparam=i2c_arm", Failed},
		"no GPIO":                     {func(s *stage) { s.o.Pins = func(context.Context) (*pins.Set, error) { return nil, pins.ErrNoGPIO } }, "gpio", "gpioinfo", Failed},
		"a cut loop":                  {func(s *stage) { s.cut["loop"] = true }, "gpio", "wire led_error to key_lock", Failed},
		"a loop from nowhere":         {func(s *stage) { s.o.Loops[0].Out = pins.LEDPower }, "gpio", "--loop", Failed},
		"a lamp that is dark":         {func(s *stage) { s.answers["shine"] = No }, "lights", "lamps' supply", Failed},
		"a drawer that jams":          {func(s *stage) { s.cut["sensor"] = true }, "drawer", "shut the drawer", Failed},
		"an open drawer":              {func(s *stage) { s.cut["shut"] = true }, "drawer", "shut the drawer", Failed},
		"a drawer nobody wants":       {func(s *stage) { s.answers["by a pulse"] = No }, "drawer", "", Skipped},
		"a display that is unplugged": {func(s *stage) { s.cut["display"] = true }, "display", "cable", Failed},
		"wrong letters":               {func(s *stage) { s.answers["display show"] = No }, "display", "codepage", Failed},
		"no watchdog":                 {func(s *stage) { delete(s.files, "sys/class/watchdog/watchdog0/identity") }, "board", "dtparam=watchdog=on", Failed},
		"a dead clock":                {func(s *stage) { delete(s.files, "sys/class/rtc/rtc0/since_epoch") }, "board", "battery", Failed},
		"a clock that is wrong":       {func(s *stage) { s.files["sys/class/rtc/rtc0/since_epoch"].Data = []byte("1000000000") }, "board", "hwclock --systohc", Failed},
		"a weak supply":               {func(s *stage) { s.files["sys/devices/platform/soc/soc:firmware/get_throttled"].Data = []byte("50005") }, "board", "thicker cable", Failed},
		"heat":                        {func(s *stage) { s.files["sys/class/thermal/thermal_zone0/temp"].Data = []byte("84000") }, "board", "cooler", Failed},
		"a worn card":                 {func(s *stage) { s.o.Now = slow() }, "disk", "high endurance", Failed},
		"a dead card":                 {func(s *stage) { s.o.Sync = func(int) error { return unix.EIO } }, "disk", "change the card", Failed},
		"a full card":                 {func(s *stage) { s.o.Sync = func(int) error { return unix.ENOSPC } }, "disk", "make room", Failed},
		"no journal yet":              {func(s *stage) { s.o.Config.Data += "/none" }, "disk", "", Skipped},
		"a silent KKT":                {func(s *stage) { s.kktErr = errors.New("no answer") }, "kkt", "cable", Failed},
		"a KKT that complains":        {func(s *stage) { s.kkt.Wrong = []string{"the FN is full"} }, "kkt", "kassa kkt", Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.mu.Lock()
			c.spoil(s)
			s.mu.Unlock()
			s.o.Only = []string{c.row}
			report := Run(t.Context(), s.o)
			got, text := row(t, report, c.row)
			if got.Verdict != c.verdict || !strings.Contains(text, c.hint) || report.OK != (c.verdict != Failed) && c.verdict == Failed {
				t.Errorf("%s is %s, ok %v:\n%s", c.row, got.Verdict, report.OK, text)
			}
			for line, high := range s.board.Outputs() {
				if high {
					t.Errorf("%s is left on", line)
				}
			}
		})
	}
}

func mustSet(s *stage, line string, high bool) {
	if err := s.board.Set(line, high); err != nil {
		s.t.Error(err)
	}
}

func unusedScanner(s *stage) {
	s.o.Config.Scanners = nil
	s.files["dev/input/by-id/usb-X-event-kbd"] = &fstest.MapFile{}
}

// With nobody to ask everything that needs no eyes is done all the same.
func TestAlone(t *testing.T) {
	s := newStage(t)
	s.o.Alone = true
	report := Run(t.Context(), s.o)
	if !report.OK || len(s.asked) != 0 || len(s.told) == 0 {
		t.Errorf("ok %v, %d asked, %d told", report.OK, len(s.asked), len(s.told))
	}
	for name, want := range map[string]Verdict{"scanners": OK, "gpio": OK, "lights": Unseen, "drawer": OK, "display": Unseen, "disk": OK} {
		if r, text := row(t, report, name); r.Verdict != want {
			t.Errorf("%s is %s:\n%s", name, r.Verdict, text)
		}
	}
}

// What a running till holds is left alone.
func TestInUse(t *testing.T) {
	s := newStage(t)
	s.o.InUse = true
	report := Run(t.Context(), s.o)
	skipped := 0
	for _, r := range report.Rows {
		if r.Verdict == Skipped {
			skipped++
		}
	}
	if skipped != 7 || !report.OK || len(s.asked) != 0 || s.board.Clients() != 0 {
		t.Errorf("%d rows skipped, ok %v, asked %v, %d clients", skipped, report.OK, s.asked, s.board.Clients())
	}
}

// A run that is broken off ends at once, with ten rows.
func TestBrokenOff(t *testing.T) {
	s := newStage(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if report := Run(ctx, s.o); len(report.Rows) != 10 {
		t.Errorf("%d rows", len(report.Rows))
	}
}

func TestEveryTextInBothLanguages(t *testing.T) {
	for key, two := range texts {
		if two[0] == "" || two[1] == "" || strings.Count(two[0], "%") != strings.Count(two[1], "%") {
			t.Errorf("%s: %q", key, two)
		}
	}
	for _, v := range []Verdict{Failed, Unseen, OK, Skipped} {
		if Title("ru", "verdict."+string(v)) == Title("en", "verdict."+string(v)) {
			t.Errorf("%s has one language", v)
		}
	}
}
