// Package escpostest is an emulated ESC/POS receipt printer: it takes the
// commands that the driver and other programs send, keeps what is on the paper,
// answers questions about itself through the buffer and past it, and has the
// faults of real ones.
//
// Faithful are: the buffer, which goes on being filled while the printer can
// not print, and is printed when it can again; real-time commands, which are
// obeyed wherever they stand, inside of raster data too; and a command that was
// cut short, which swallows what follows.
//
// A Printer may be used concurrently; it serves one link at a time.
package escpostest

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// Fault is what an emulated printer suffers from.
type Fault string

// The faults.
const (
	PaperOut Fault = "paper_out"
	PaperLow Fault = "paper_low"
	Cover    Fault = "cover"   // it is open
	Cutter   Fault = "cutter"  // it is jammed
	Hot      Fault = "hot"     // its head has to cool
	Offline  Fault = "offline" // the feed button is held
	Slow     Fault = "slow"    // a line every SlowLine
	Hang     Fault = "hang"    // it takes everything and neither prints nor answers
	Garbage  Fault = "garbage" // what it answers is no status
	Mute     Fault = "mute"    // it prints and does not answer
)

// Faults lists them.
func Faults() []Fault {
	return []Fault{PaperOut, PaperLow, Cover, Cutter, Hot, Offline, Slow, Hang, Garbage, Mute}
}

// SlowLine is what a slow printer needs for a line.
const SlowLine = 100 * time.Millisecond

// Buffer is how many bytes wait in the printer; what comes on top is lost.
const Buffer = 4096

// maxRows is how much paper is kept to be looked at; the oldest is torn off.
const maxRows = 4000

// lowRows is how many lines are left when paper is low.
const lowRows = 40

// Printer is an emulated printer.
type Printer struct {
	mu      sync.Mutex
	dots    int
	faults  map[Fault]bool
	left    int // lines of paper, -1: a full roll
	buf     []byte
	part    []byte // of a real-time command that has begun
	out     chan []byte
	look    look
	rows    []Row
	torn    int // rows that are kept no more
	kicks   int
	beeps   int
	cuts    int
	lost    int // bytes that did not fit
	unknown int // commands it does not know
	auto    byte
	changed chan struct{}
	slowed  bool // a timer runs
}

// New is a printer with a roll of so many millimetres, 58 or 80.
func New(paper int) *Printer {
	p := &Printer{dots: 576, faults: map[Fault]bool{}, left: -1, changed: make(chan struct{})}
	if paper == 58 {
		p.dots = 384
	}
	p.look = fresh()
	return p
}

// Serve takes what comes over a link until it ends.
func (p *Printer) Serve(conn io.ReadWriter) error {
	out := make(chan []byte, 256)
	p.mu.Lock()
	p.out = out
	p.mu.Unlock()
	var all sync.WaitGroup
	all.Go(func() {
		for b := range out {
			if _, err := conn.Write(b); err != nil {
				continue // the reader notices
			}
		}
	})
	buf := make([]byte, 512)
	var err error
	for err == nil {
		var n int
		if n, err = conn.Read(buf); n > 0 {
			p.take(buf[:n])
		}
	}
	p.mu.Lock()
	if p.out == out {
		p.out = nil
	}
	close(out)
	p.mu.Unlock()
	all.Wait()
	return err
}

// ListenAndServe serves one connection after another until ctx ends.
func (p *Printer) ListenAndServe(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() }) // Accept tells
	defer stop()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		end := context.AfterFunc(ctx, func() { _ = conn.Close() }) // Serve tells
		_ = p.Serve(conn)                                          // ends when the till goes; the next one is awaited
		if end() {
			_ = conn.Close() // it has ended already
		}
	}
}

// touch tells of a change; mu is held.
func (p *Printer) touch() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// Changed closes at the next change. Take it before looking.
func (p *Printer) Changed() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changed
}

// Break sets a fault.
func (p *Printer) Break(f Fault) { p.set(f, true) }

// Mend ends a fault; what waits in the buffer is printed then.
func (p *Printer) Mend(f Fault) { p.set(f, false) }

// MendAll ends all faults and puts a full roll in.
func (p *Printer) MendAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.faults)
	p.left = -1
	p.work()
	p.tell()
	p.touch()
}

func (p *Printer) set(f Fault, on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults[f] = on
	if f == PaperOut && !on {
		p.left = -1
	}
	p.work()
	p.tell()
	p.touch()
}

// Load puts in a roll of so many lines: after the last one paper is out.
func (p *Printer) Load(lines int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.faults[PaperOut] = lines, lines == 0
	p.work()
	p.tell()
	p.touch()
}

// PowerCut empties the buffer, as losing power does.
func (p *Printer) PowerCut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.buf, p.part, p.auto, p.look = nil, nil, 0, fresh()
	p.touch()
}

// State is the printer at a glance.
type State struct {
	Faults  []Fault `json:"faults"`
	Waiting int     `json:"waiting"` // bytes in the buffer
	Kicks   int     `json:"kicks"`
	Beeps   int     `json:"beeps"`
	Cuts    int     `json:"cuts"`
	Lost    int     `json:"lost"`    // bytes that did not fit into the buffer
	Unknown int     `json:"unknown"` // commands it does not know
}

// State tells how the printer is.
func (p *Printer) State() State {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := State{Faults: []Fault{}, Waiting: len(p.buf), Kicks: p.kicks, Beeps: p.beeps, Cuts: p.cuts, Lost: p.lost, Unknown: p.unknown}
	for _, f := range Faults() {
		if p.faults[f] {
			s.Faults = append(s.Faults, f)
		}
	}
	return s
}
