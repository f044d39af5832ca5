// Package boardtest is a board made of software: GPIO lines behind a unix
// socket, and serial cables made of pseudo terminals.
//
// The lines follow the protocol that board/pins documents (version 1) and
// behave as the kernel's do: an output keeps its level when its client goes
// away; a new level is seen by every client. Several clients may be connected;
// the last word on a line holds.
//
// A Board and its methods may be used concurrently.
package boardtest

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/board/unixsock"
)

// Limits of a board.
const (
	MaxLines   = 256  // lines that can be named
	MaxPulses  = 1000 // remembered pulses; the oldest are forgotten
	MaxClients = 16
)

// ErrLimit: the board has no room for one more line or client.
var ErrLimit = errors.New("boardtest: too many")

// Pulse is an output that was high for a while.
type Pulse struct {
	Line  string        `json:"line"`
	At    time.Time     `json:"at"`    // of the rising edge
	Width time.Duration `json:"width"` // nanoseconds
}

// Board is a virtual board.
type Board struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	lines   map[string]*line
	pulses  []Pulse
	total   int // pulses ever
	clients map[*client]bool
	changed chan struct{} // closed and replaced at every change
	hung    chan struct{} // closed when it answers again; nil: it answers

	unplugged bool
	slow      time.Duration // before each answer
}

type line struct {
	high   bool
	output bool
	since  time.Time // of the level
	input  bool      // some client asked for it
}

// Listen starts a board at the socket path, replacing one that died there.
func Listen(path string) (*Board, error) {
	l, err := unixsock.Listen(path, 0o600)
	if err != nil {
		return nil, fmt.Errorf("virtual board: %w", err)
	}
	b := &Board{listener: l, lines: map[string]*line{}, clients: map[*client]bool{}, changed: make(chan struct{})}
	b.serving.Add(1)
	go b.serve()
	return b, nil
}

// Close switches the board off; clients see it go.
func (b *Board) Close() error {
	b.Hang(false)
	b.mu.Lock()
	b.closed = true
	err := b.listener.Close()
	b.mu.Unlock()
	b.Disconnect()
	b.serving.Wait()
	return err
}

// Disconnect throws all clients out; they may come back.
func (b *Board) Disconnect() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.clients {
		_ = c.conn.Close() // its reader ends and forgets it
	}
}

// Hang makes it deaf and dumb: its links stay, nothing is answered, new
// clients are not greeted, until it is told otherwise.
func (b *Board) Hang(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case on && b.hung == nil && !b.closed:
		b.hung = make(chan struct{})
	case !on && b.hung != nil:
		close(b.hung)
		b.hung = nil
	}
}

// Unplug takes it off its link: everybody is thrown out and nobody gets in,
// until it is told otherwise.
func (b *Board) Unplug(on bool) {
	b.mu.Lock()
	b.unplugged = on
	b.mu.Unlock()
	if on {
		b.Disconnect()
	}
}

// Unplugged tells whether nobody gets in.
func (b *Board) Unplugged() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unplugged
}

// SetSlow has it wait so long before each answer; 0: it does not.
func (b *Board) SetSlow(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.slow = d
}

// Slow is how long it waits before each answer.
func (b *Board) Slow() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.slow
}

// Hung tells whether it does not answer.
func (b *Board) Hung() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hung != nil
}

// wake waits until the board answers.
func (b *Board) wake() {
	for {
		b.mu.Lock()
		hung := b.hung
		b.mu.Unlock()
		if hung == nil {
			return
		}
		<-hung
	}
}

// Clients tells how many are connected.
func (b *Board) Clients() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.clients)
}

// Level tells whether a line is high. A line nobody has named is low.
func (b *Board) Level(name string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[name]
	return l != nil && l.high
}

// Levels gives all lines that have been named.
func (b *Board) Levels() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[string]bool, len(b.lines))
	for name, l := range b.lines {
		all[name] = l.high
	}
	return all
}

// Outputs tells which lines a client drives.
func (b *Board) Outputs() map[string]bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string]bool{}
	for name, l := range b.lines {
		if l.output {
			all[name] = l.high
		}
	}
	return all
}

// Pulses gives the last MaxPulses finished pulses, oldest first, and how many
// there were in all.
func (b *Board) Pulses() (last []Pulse, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Pulse(nil), b.pulses...), b.total
}

// Changed returns a channel that is closed at the next change of any line.
// Take it before looking at the levels.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Set brings an input to a level, as a finger or a sensor would.
func (b *Board) Set(name string, high bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, err := b.line(name)
	if err != nil {
		return err
	}
	if l.output {
		return fmt.Errorf("boardtest: %s is an output", name)
	}
	b.move(name, l, high)
	return nil
}

// Press inverts an input and brings it back: two edges.
func (b *Board) Press(name string) error {
	was := b.Level(name)
	if err := b.Set(name, !was); err != nil {
		return err
	}
	return b.Set(name, was)
}

// Snapshot gives the levels, to be kept over a restart with Restore.
func (b *Board) Snapshot() map[string]bool { return b.Outputs() }

// Restore sets outputs as a Snapshot has them, without pulses.
func (b *Board) Restore(levels map[string]bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, high := range maps.Clone(levels) {
		l, err := b.line(name)
		if err != nil {
			return err
		}
		l.output, l.high, l.since = true, high, time.Now()
	}
	return nil
}

// line finds or makes a line; b.mu is held.
func (b *Board) line(name string) (*line, error) {
	if l := b.lines[name]; l != nil {
		return l, nil
	}
	if len(b.lines) >= MaxLines {
		return nil, fmt.Errorf("%w lines", ErrLimit)
	}
	l := &line{since: time.Now()}
	b.lines[name] = l
	return l, nil
}

// move changes a level and tells everybody; b.mu is held.
func (b *Board) move(name string, l *line, high bool) {
	if l.high == high {
		return
	}
	now := time.Now()
	if l.output && !high {
		b.total++
		b.pulses = append(b.pulses, Pulse{Line: name, At: l.since, Width: now.Sub(l.since)})
		if n := len(b.pulses) - MaxPulses; n > 0 {
			b.pulses = append(b.pulses[:0], b.pulses[n:]...)
		}
	}
	l.high, l.since = high, now
	close(b.changed)
	b.changed = make(chan struct{})
	if l.input {
		for c := range b.clients {
			c.tell(name, high)
		}
	}
}
