package bench

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"slices"
	"sync"

	"github.com/kassa-pos/kassa/peripherals/escpos/escpostest"
)

// printerPaper is the width of its roll, in millimetres.
const printerPaper = 80

// PaperRows is how much of the receipt printer's paper the page draws.
const PaperRows = 80

// printer is an emulated receipt printer on the network. A bench without one has
// nil. What is on its paper is not kept.
type printer struct {
	far  *escpostest.Printer
	stop context.CancelFunc
	done sync.WaitGroup
	addr string
	log  *slog.Logger

	mu     sync.Mutex
	unplug context.CancelFunc // nil: it is
	gone   chan struct{}      // closed when nobody is served any more
}

// Printer is the receipt printer as the page shows it.
type Printer struct {
	Address string `json:"address"` // host:port
	escpostest.State
	Lines   []string      `json:"lines"` // the end of its paper, at most PaperRows
	Picture template.HTML `json:"-"`     // the same, drawn as SVG
}

func (b *Bench) startPrinter(log *slog.Logger) error {
	if !b.withPrinter {
		return nil
	}
	l, err := b.home.Listen("printer", b.ports.Printer)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &printer{far: escpostest.New(printerPaper), addr: l.Addr().String(), stop: stop, log: log}
	p.done.Go(func() { forward(ctx, p.far.Changed, b.watch.touch) })
	p.plug(l)
	b.printer = p
	b.later(p.close)
	return nil
}

// plug serves at a port.
func (p *printer) plug(l net.Listener) {
	ctx, unplug := context.WithCancel(context.Background())
	gone := make(chan struct{})
	p.mu.Lock()
	p.unplug, p.gone = unplug, gone
	p.mu.Unlock()
	go func() {
		defer close(gone)
		if err := p.far.ListenAndServe(ctx, l); err != nil {
			p.log.Error("receipt printer", "err", err)
		}
	}()
}

// setPlugged pulls its cable, or plugs it in at the port it had.
func (p *printer) setPlugged(on bool) error {
	p.mu.Lock()
	unplug, gone := p.unplug, p.gone
	if !on {
		p.unplug = nil
	}
	p.mu.Unlock()
	switch {
	case !on && unplug != nil:
		unplug()
		<-gone
	case on && unplug == nil:
		l, err := net.Listen("tcp", p.addr)
		if err != nil {
			return fmt.Errorf("the printer's port: %w", err)
		}
		p.plug(l)
	}
	return nil
}

func (p *printer) plugged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unplug != nil
}

func (p *printer) close() error {
	if err := p.setPlugged(false); err != nil {
		return err
	}
	p.stop()
	p.done.Wait()
	return nil
}

func (p *printer) address() string {
	if p == nil {
		return ""
	}
	return p.addr
}

func (p *printer) state() *Printer {
	if p == nil {
		return nil
	}
	lines := p.far.Lines()
	if len(lines) > PaperRows {
		lines = lines[len(lines)-PaperRows:]
	}
	// The emulator draws it and escapes every text that is on the paper.
	return &Printer{Address: p.address(), State: p.far.State(), Lines: nonNil(lines), Picture: template.HTML(p.far.SVG(PaperRows))}
}

// printerTexts are the faults in a few words: Russian, English, and at length.
var printerTexts = map[escpostest.Fault][3]string{
	escpostest.PaperOut: {"кончилась бумага", "out of paper", "it stops, and says so"},
	escpostest.PaperLow: {"бумаги мало", "paper is low", "it says so and prints on"},
	escpostest.Cover:    {"открыта крышка", "cover open", "it stops, and says so"},
	escpostest.Cutter:   {"заклинило нож", "cutter jammed", "it stops, and says so"},
	escpostest.Hot:      {"перегрелся", "overheated", "it stops until it is cool"},
	escpostest.Offline:  {"нажата протяжка", "feed button held", "it is off line without saying why"},
	escpostest.Slow:     {"печатает медленно", "prints slowly", "ten lines a second"},
	escpostest.Hang:     {"завис", "hangs", "it takes everything, prints nothing and says nothing"},
	escpostest.Garbage:  {"отвечает мусором", "answers garbage", "it prints, and its answers are no status"},
	escpostest.Mute:     {"не отвечает", "silent", "it prints and answers nothing"},
}

func (p *printer) faults() []Fault {
	if p == nil {
		return nil
	}
	on := p.far.State().Faults
	all := []Fault{unplug("printer", !p.plugged())}
	for _, f := range escpostest.Faults() {
		text := printerTexts[f]
		all = append(all, Fault{Device: "printer", Name: string(f), On: slices.Contains(on, f), Mend: mended, Text: map[string]string{"ru": text[0], "en": text[1]}, Help: text[2]})
	}
	return all
}

func (p *printer) fault(name string, args []string) error {
	if len(args) > 0 {
		return wanted(p.faults(), "printer", name, args)
	}
	switch name {
	case mended:
		p.far.MendAll()
		return nil
	case "unplug", "replug":
		return p.setPlugged(name == "replug")
	}
	p.far.Break(escpostest.Fault(name))
	return nil
}

var errNoPrinter = errors.New("this bench has no receipt printer: start it with --printer")

// Printer is the receipt printer now.
func (b *Bench) Printer() (*Printer, error) {
	if b.printer == nil {
		return nil, errNoPrinter
	}
	return b.printer.state(), nil
}

// AtPrinter does what people do at a receipt printer: "tear" takes the paper
// off, "load" puts in a roll of so many lines.
func (b *Bench) AtPrinter(do string, lines int) (*Printer, error) {
	if b.printer == nil {
		return nil, errNoPrinter
	}
	switch {
	case do == "tear":
		b.printer.far.Tear()
	case do == "load" && lines > 0 && lines <= maxRoll:
		b.printer.far.Load(lines)
	default:
		return nil, &BadRequest{fmt.Sprintf("a printer has tear, and load of 1 to %d lines, not %.40q", maxRoll, do)}
	}
	return b.printer.state(), nil
}

// maxRoll is the longest roll that can be put in, in lines.
const maxRoll = 20_000
