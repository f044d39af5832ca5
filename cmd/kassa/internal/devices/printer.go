package devices

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/escpos"
	"github.com/kassa-pos/kassa/pos/fault"
)

// KindPrinter is the group of receipt printers.
const KindPrinter Kind = "printer"

const (
	printerEvery = 10 * time.Second // an idle printer is asked how it is
	printerLimit = 8 * time.Second  // ..and answers within
	kickLimit    = 3 * time.Second  // a drawer opens soon or not at all
)

// Printer is a receipt printer kept running. Who has something to print waits
// for it himself; the till's own loop never does.
type Printer struct {
	name   string
	driver *escpos.Printer
	page   escpos.Page
	now    func() time.Time
	kicks  chan time.Time // when it was asked for

	mu    sync.Mutex
	ready bool
	jobs  int // that are being printed or wait for it
	state escpos.Status
	since time.Time // of what is wrong now
}

// NewPrinter makes a device of a driver: driver gives it, with the listener to
// its status.
func NewPrinter(name string, page escpos.Page, driver func(changed func(escpos.Status)) *escpos.Printer) *Printer {
	p := &Printer{name: name, page: page, now: time.Now, kicks: make(chan time.Time, maxKicks)}
	p.driver = driver(p.told)
	return p
}

// Name is the printer's name.
func (p *Printer) Name() string { return p.name }

// Kind is KindPrinter.
func (p *Printer) Kind() Kind { return KindPrinter }

// Page is what the printer's paper is like.
func (p *Printer) Page() escpos.Page { return p.page }

func (p *Printer) told(s escpos.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.Trouble() != p.state.Trouble() || s.PaperLow != p.state.PaperLow {
		p.since = p.now()
	}
	p.state = s
}

// Status is what the printer said last; ready: it answers.
func (p *Printer) Status() (s escpos.Status, ready bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.ready
}

// Warnings are what is wrong with a printer that answers; that it does not is
// told by the manager.
func (p *Printer) Warnings() []fault.Warning {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.ready:
		return nil
	case p.state.Trouble() != escpos.Fine:
		f := PrinterTrouble(p.state.Trouble())
		return []fault.Warning{{Code: f.Code, Args: f.Args, Severity: fault.Warn, Since: p.since}}
	case p.state.PaperLow:
		return []fault.Warning{{Code: fault.PrinterLow, Severity: fault.Info, Since: p.since}}
	}
	return nil
}

// PrinterTrouble is what is wrong as a person is told it.
func PrinterTrouble(t escpos.Trouble) *fault.Error {
	switch t {
	case escpos.PaperOut:
		return fault.New(fault.PrinterPaper)
	case escpos.CoverOpen:
		return fault.New(fault.PrinterCover)
	case escpos.Cutter:
		return fault.New(fault.PrinterCutter)
	}
	return fault.New(fault.PrinterStopped, string(t))
}

// Print prints a job and waits for it. Errors: PrinterPaper, PrinterCover,
// PrinterCutter, PrinterStopped and DeviceDown when nothing has been printed;
// PrinterPartly when something may have been: whether to print it again is then
// for a person to say.
func (p *Printer) Print(ctx context.Context, j *escpos.Job) error {
	p.count(1)
	defer p.count(-1)
	err := p.driver.Print(ctx, j)
	var e *escpos.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Maybe:
		return fault.New(fault.PrinterPartly, strconv.Itoa(e.Lines), strconv.Itoa(e.Of)).With(err)
	case errors.Is(err, escpos.ErrTooBig), errors.Is(err, escpos.ErrCode):
		return fault.New(fault.PrinterJob).With(err)
	case e.Trouble != escpos.Fine:
		return PrinterTrouble(e.Trouble).With(err)
	}
	return fault.New(fault.DeviceDown, p.Name(), why(e.Err)).With(err)
}

func (p *Printer) count(n int) {
	p.mu.Lock()
	p.jobs += n
	p.mu.Unlock()
}

func (p *Printer) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.jobs > 0
}

// Kick has the drawer on the printer's connector opened now or not at all. It
// never blocks.
func (p *Printer) Kick() error {
	p.mu.Lock()
	ready, jobs := p.ready, p.jobs
	p.mu.Unlock()
	if !ready || jobs > 0 { // behind a slip it would open when nobody looks
		return fault.New(fault.DeviceDown, p.Name(), "not ready for the drawer")
	}
	select {
	case p.kicks <- p.now():
		return nil
	default:
		return fault.New(fault.Busy)
	}
}

// Run asks the printer how it is until it does not answer, and opens the
// drawer.
func (p *Printer) Run(ctx context.Context, ready func()) error {
	defer p.set(false)
	tick := time.NewTicker(printerEvery)
	defer tick.Stop()
	for {
		if err := p.ask(ctx); err != nil {
			return err
		}
		p.set(true)
		ready()
		select {
		case <-tick.C:
		case asked := <-p.kicks:
			if p.now().Sub(asked) > kickLife {
				continue
			}
			if err := p.kick(ctx); err != nil {
				return err
			}
		case <-ctx.Done():
			return errors.Join(ctx.Err(), p.driver.Halt())
		}
	}
}

func (p *Printer) set(ready bool) {
	p.mu.Lock()
	p.ready = ready
	p.mu.Unlock()
}

// ask asks how the printer is, unless it is printing: then whoever prints sees.
func (p *Printer) ask(ctx context.Context) error {
	if p.busy() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, printerLimit)
	defer cancel()
	s, err := p.driver.Status(ctx)
	if err == nil {
		p.told(s)
	}
	if errors.Is(err, context.DeadlineExceeded) && p.busy() {
		return nil // a job was quicker
	}
	return err
}

func (p *Printer) kick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, kickLimit)
	defer cancel()
	j := escpos.NewJob(p.page)
	j.Kick(escpos.Pulse{})
	return p.driver.Print(ctx, j)
}
