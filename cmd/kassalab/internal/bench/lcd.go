package bench

import (
	"context"
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/board/boardtest"
	"github.com/kassa-pos/kassa/peripherals/display/hd44780/hd44780test"
)

// The panel: twenty columns and four rows behind a PCF8574 at its usual address.
const (
	lcdColumns = 20
	lcdRows    = 4
	lcdAddress = 0x27
	lcdROM     = "a00"
	slowBus    = 20 * time.Millisecond // a transfer on a slow bus: a picture takes seconds
)

// glass is a customer display of either kind.
type glass interface {
	breakable
	state() Display
	port() string
	close() error
}

// lcd is an HD44780 panel on the virtual board's I2C bus.
type lcd struct {
	panel *hd44780test.Panel
	bus   *boardtest.I2C
	path  string
	stop  context.CancelFunc
	done  chan struct{}
}

func newLCD(path string, touch func()) (*lcd, error) {
	panel := hd44780test.New(lcdAddress, lcdColumns, lcdRows)
	bus, err := boardtest.ListenI2C(path, panel)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	l := &lcd{panel: panel, bus: bus, path: path, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		forward(ctx, panel.Changed, touch)
	}()
	return l, nil
}

func (l *lcd) close() error {
	err := l.bus.Close()
	l.stop()
	<-l.done
	return err
}

func (l *lcd) port() string { return l.path }

func (l *lcd) state() Display {
	unplugged, _, _ := l.bus.State()
	codes := l.panel.Codes()
	return Display{Plugged: !unplugged, Port: l.path, Lines: l.read(codes), Picture: l.draw(codes)}
}

// read gives what is on the glass as text: a letter of the panel's own memory is
// a block, for nobody but the eye knows what it shows.
func (l *lcd) read(codes [][]byte) []string {
	lines := make([]string, lcdRows)
	for i := range lines {
		lines[i] = strings.Repeat(" ", lcdColumns)
		if i < len(codes) {
			lines[i] = strings.Map(func(r rune) rune {
				if r < 16 {
					return '▯'
				}
				return r
			}, string([]rune(string(codes[i]))))
		}
	}
	return lines
}

// A cell of the picture: five by eight dots and the gap beside it.
const (
	dot   = 3
	cellW = 6 * dot
	cellH = 10 * dot
)

// draw is the glass with every dot of the letters the till has drawn itself.
// Letters of the ROM, whose dots are the maker's, are set in type.
func (l *lcd) draw(codes [][]byte) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="lcdglass" viewBox="0 0 %d %d" role="img" aria-label="%s">`, lcdColumns*cellW+cellW, lcdRows*cellH+cellH/2, template.HTMLEscapeString(strings.Join(l.read(codes), " | ")))
	for y, row := range codes {
		for x, code := range row {
			left, top := x*cellW+cellW/2, y*cellH+cellH/4
			fmt.Fprintf(&b, `<rect class="cell" x="%d" y="%d" width="%d" height="%d"/>`, left, top, 5*dot, 8*dot)
			switch {
			case code < 16:
				l.dots(&b, int(code&7), left, top)
			case code > ' ' && code < 0x7F:
				fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`, left+5*dot/2, top+7*dot, template.HTMLEscapeString(string(rune(code))))
			}
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String()) // numbers, and text that was escaped
}

func (l *lcd) dots(b *strings.Builder, slot, left, top int) {
	for y, bits := range l.panel.Glyph(slot) {
		for x := range 5 {
			if bits&(0x10>>x) != 0 {
				fmt.Fprintf(b, `<rect class="dot" x="%d" y="%d" width="%d" height="%d"/>`, left+x*dot, top+y*dot, dot, dot)
			}
		}
	}
}

func (l *lcd) faults() []Fault {
	unplugged, hung, late := l.bus.State()
	f := slows("display", late > 0)
	f.Help = "every transfer of the bus takes 20 ms"
	return []Fault{unplug("display", unplugged), hangs("display", hung), f}
}

func (l *lcd) fault(name string, args []string) error {
	off := name == slow && len(args) == 1 && args[0] == "off"
	if len(args) > 0 && !off {
		return wanted(l.faults(), "display", name, args)
	}
	switch name {
	case "unplug", "replug":
		if l.bus.Unplug(name == "unplug"); name == "unplug" {
			l.panel.PowerCycle()
		}
	case hang, unhang:
		l.bus.Hang(name == hang)
	case slow:
		if l.bus.SetSlow(slowBus); off {
			l.bus.SetSlow(0)
		}
	}
	return nil
}
