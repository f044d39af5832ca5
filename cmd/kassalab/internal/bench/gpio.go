package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/board/pins"
	"github.com/kassa-pos/kassa/cmd/kassalab/internal/home"
)

const (
	socketFile = "gpio.sock"
	gpioFile   = "gpio.json"
	pulsesKept = 20 // pulses shown of the drawer's and the buzzer's lines
)

// The bench's lines are named after what hangs on them.
const (
	lineDrawer = string(pins.Drawer)
	lineSensor = string(pins.DrawerOpen)
	lineBuzzer = string(pins.Buzzer)
)

// LEDs lists the lines that have a lamp.
func LEDs() []string {
	return []string{string(pins.LEDPower), string(pins.LEDNetwork), string(pins.LEDPrinter), string(pins.LEDError)}
}

// Tower lists the lines of the light tower's lamps, from the top.
func Tower() []string {
	return []string{string(pins.TowerRed), string(pins.TowerYellow), string(pins.TowerGreen), string(pins.TowerWhite)}
}

// Inputs lists the lines a person can move: the drawer's sensor goes with the
// drawer.
func Inputs() []string {
	return []string{string(pins.KeyLock), string(pins.KeySubtotal), string(pins.KeyHelp), string(pins.CaseOpen), string(pins.PowerFail)}
}

// gpio is the virtual board with a cash drawer, a buzzer, lamps and switches.
// The drawer springs open at the rising edge of its line and is closed by
// hand; its sensor follows.
type gpio struct {
	board *boardtest.Board
	home  *home.Home
	path  string
	touch func()
	log   *slog.Logger

	mu     sync.Mutex
	open   bool
	opened int  // times the drawer sprang open
	coil   bool // the drawer's line, as last seen
	pulses int  // the board's count of pulses, as last seen
	inputs map[string]bool

	kept   []byte // follow's: what the file holds
	nudged chan struct{}
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// gpioState is what survives a restart.
type gpioState struct {
	DrawerOpen bool            `json:"drawer_open"`
	Opened     int             `json:"opened"`
	Outputs    map[string]bool `json:"outputs"`
	Inputs     map[string]bool `json:"inputs"`
}

func newGPIO(h *home.Home, touch func(), log *slog.Logger) (*gpio, error) {
	was, err := readGPIO(h.Path(gpioFile))
	if err != nil {
		return nil, err
	}
	g := &gpio{home: h, path: h.Path(socketFile), touch: touch, log: log, open: was.DrawerOpen, opened: was.Opened,
		coil: was.Outputs[lineDrawer], inputs: map[string]bool{}, nudged: make(chan struct{}, 1)}
	if g.board, err = boardtest.Listen(g.path); err != nil {
		return nil, err
	}
	err = g.board.Restore(was.Outputs)
	for _, name := range Inputs() {
		g.inputs[name] = was.Inputs[name]
		err = errors.Join(err, g.board.Set(name, was.Inputs[name]))
	}
	if err = errors.Join(err, g.board.Set(lineSensor, g.open)); err != nil {
		return nil, errors.Join(err, g.board.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	g.done.Go(func() { g.follow(ctx) })
	return g, nil
}

func readGPIO(path string) (gpioState, error) {
	var s gpioState
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read GPIO state: %s: %w", path, err)
	}
	return s, nil
}

// follow moves the drawer with its line and keeps what has changed.
func (g *gpio) follow(ctx context.Context) {
	for {
		changed := g.board.Changed()
		g.look()
		if err := g.keep(); err != nil {
			g.log.Error("can not keep GPIO state", "err", err)
		}
		g.touch()
		select {
		case <-changed:
		case <-g.nudged:
		case <-ctx.Done():
			return
		}
	}
}

// look opens the drawer when its coil was pulled. A pulse may be over before
// anybody looks, so the edges are counted: finished pulses, and one that lasts.
func (g *gpio) look() {
	pulses, before := g.board.Pulses()
	high := g.board.Level(lineDrawer)
	if _, after := g.board.Pulses(); after != before {
		return // moved meanwhile: the change that did it brings us back
	}
	g.mu.Lock()
	fresh := pulses[len(pulses)-min(len(pulses), before-g.pulses):]
	rises := len(of(fresh, lineDrawer)) + one(high) - one(g.coil)
	g.coil, g.pulses = high, before
	g.mu.Unlock()
	if rises > 0 {
		g.spring()
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// of picks a line's pulses.
func of(all []boardtest.Pulse, line string) []boardtest.Pulse {
	var some []boardtest.Pulse
	for _, p := range all {
		if p.Line == line {
			some = append(some, p)
		}
	}
	return some
}

// spring opens the drawer.
func (g *gpio) spring() {
	g.mu.Lock()
	g.open = true
	g.opened++
	g.mu.Unlock()
	g.sense(true)
}

// shut closes the drawer, as a hand does.
func (g *gpio) shut() {
	g.mu.Lock()
	g.open = false
	g.mu.Unlock()
	g.sense(false)
}

// sense moves the drawer's contact. A till that has made an output of the
// sensor's line by mistake keeps it.
func (g *gpio) sense(open bool) {
	if err := g.board.Set(lineSensor, open); err != nil {
		g.log.Warn("can not move the drawer's sensor", "err", err)
	}
	g.nudge()
}

// move brings one of Inputs to a level.
func (g *gpio) move(line string, high bool) error {
	if !slices.Contains(Inputs(), line) {
		return &BadRequest{fmt.Sprintf("no input is called %.40q: there are %v", line, Inputs())}
	}
	if err := g.board.Set(line, high); err != nil {
		return err
	}
	g.mu.Lock()
	g.inputs[line] = high
	g.mu.Unlock()
	g.nudge()
	return nil
}

// nudge makes follow look and keep even when no line has moved.
func (g *gpio) nudge() {
	select {
	case g.nudged <- struct{}{}:
	default: // it is about to look anyway
	}
}

// slowBoard is how long a slow board takes for an answer.
const slowBoard = 500 * time.Millisecond

// keep writes what survives a restart, if it has changed. Lamps do not: they
// blink, and the till sets them when it finds the board again.
func (g *gpio) keep() error {
	outputs := g.board.Snapshot()
	for _, lamp := range append(LEDs(), Tower()...) {
		delete(outputs, lamp)
	}
	g.mu.Lock()
	text, err := json.Marshal(gpioState{DrawerOpen: g.open, Opened: g.opened, Outputs: outputs, Inputs: g.inputs})
	g.mu.Unlock()
	if err != nil || bytes.Equal(text, g.kept) {
		return err
	}
	if err := g.home.Write(gpioFile, text); err != nil {
		return err
	}
	g.kept = text
	return nil
}

func (g *gpio) state() GPIO {
	pulses, _ := g.board.Pulses()
	g.mu.Lock()
	defer g.mu.Unlock()
	s := GPIO{Socket: g.path, Clients: g.board.Clients(), DrawerOpen: g.open, DrawerOpened: g.opened,
		Buzzing: g.board.Level(lineBuzzer), LEDs: map[string]bool{}, Tower: map[string]bool{}, Inputs: map[string]bool{}}
	for _, name := range LEDs() {
		s.LEDs[name] = g.board.Level(name)
	}
	for _, name := range Tower() {
		s.Tower[name] = g.board.Level(name)
	}
	for _, name := range append(Inputs(), lineSensor) {
		s.Inputs[name] = g.board.Level(name)
	}
	s.Beeps = last(of(pulses, lineBuzzer))
	s.Kicks = last(of(pulses, lineDrawer))
	return s
}

// last turns the newest pulses into what is shown.
func last(pulses []boardtest.Pulse) []Pulse {
	shown := []Pulse{}
	for _, p := range pulses[max(0, len(pulses)-pulsesKept):] {
		shown = append(shown, Pulse{At: p.At, Milliseconds: p.Width.Milliseconds()})
	}
	return shown
}

// close switches the board off.
func (g *gpio) close() error {
	g.stop()
	g.done.Wait()
	return errors.Join(g.keep(), g.board.Close())
}

func (g *gpio) faults() []Fault {
	return []Fault{
		{Device: "gpio", Name: "unplug", Mend: "replug", On: g.board.Unplugged(), Text: map[string]string{"ru": "отсоединить плату", "en": "take it off"}, Help: "the board's connections break, and none is made until it is plugged in again"},
		hangs("gpio", g.board.Hung()),
		{Device: "gpio", Name: slow, Mend: "slow off", On: g.board.Slow() > 0, Text: map[string]string{"ru": "замедлить", "en": "slow down"}, Help: "every line takes half a second"},
		{Device: "gpio", Name: "disconnect", Text: map[string]string{"ru": "оборвать связь", "en": "drop the link"},
			Help: "the board's connections break; they may be made again at once"}}
}

func (g *gpio) fault(name string, args []string) error {
	off := name == slow && len(args) == 1 && args[0] == "off"
	if len(args) > 0 && !off {
		return wanted(nil, "gpio", name, args)
	}
	switch name {
	case "unplug", "replug":
		g.board.Unplug(name == "unplug")
	case slow:
		if g.board.SetSlow(slowBoard); off {
			g.board.SetSlow(0)
		}
	case hang, unhang:
		g.board.Hang(name == hang)
		g.nudge()
	default:
		g.board.Disconnect()
	}
	return nil
}
