package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// ErrDiffers says that a driver did what the recording does not have.
var ErrDiffers = errors.New("record: the driver does otherwise than in the recording")

// Playback is a link that answers as a recording says: what is written must
// be what was written then, hidden bytes apart, and what came then comes once
// everything before it has happened. Times are not kept.
type Playback struct {
	name string

	mu      sync.Mutex
	steps   []Step // what is left; the first may be partly done
	past    []string
	err     error         // the first difference
	changed chan struct{} // closed and replaced with every change
}

// Play makes a link of a recording.
func Play(rec Recording) *Playback {
	p := &Playback{name: "recording of " + rec.Header.Device, changed: make(chan struct{})}
	for _, s := range rec.Steps {
		s.Bytes = slices.Clone(s.Bytes)
		if s.Way == 0 && strings.HasPrefix(s.Mark, "stuck") {
			continue
		}
		p.steps = append(p.steps, s)
	}
	return p
}

func (p *Playback) String() string { return p.name }

// Err is the first difference; or what of the recording nobody asked for, a
// closing apart.
func (p *Playback) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	for _, s := range p.steps {
		if s.Mark != "close" {
			return fmt.Errorf("%w: it ended early, next is %s", ErrDiffers, s)
		}
	}
	return nil
}

func (s Step) String() string {
	if s.Way == 0 {
		return fmt.Sprintf("%.6f %s", s.At.Seconds(), s.Mark)
	}
	return fmt.Sprintf("%.6f %c %s", s.At.Seconds(), s.Way, hex(s.Bytes))
}

// next drops the first step; p.mu is held.
func (p *Playback) next() {
	p.past = append(p.past, p.steps[0].String())
	p.steps = p.steps[1:]
	p.tell()
}

func (p *Playback) tell() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// shownPast is how many steps before a difference are told with it.
const shownPast = 6

// differ keeps the first difference; p.mu is held.
func (p *Playback) differ(got string) error {
	if p.err == nil {
		want := "the end"
		if len(p.steps) > 0 {
			want = p.steps[0].String()
		}
		before := p.past[max(0, len(p.past)-shownPast):]
		p.err = fmt.Errorf("%w:\n  %s\n- %s\n+ %s", ErrDiffers, strings.Join(before, "\n  "), want, got)
		p.tell()
	}
	return p.err
}

// Open opens as the recording says: an opening that failed then fails.
func (p *Playback) Open(context.Context) (link.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && len(p.steps) > 0 && p.steps[0].Mark == "close" {
		p.next() // a driver that never closed what broke
	}
	switch {
	case p.err != nil:
		return nil, p.err
	case len(p.steps) == 0 || p.steps[0].Way != 0:
		return nil, p.differ("open")
	}
	mark := p.steps[0].Mark
	p.next()
	if why, failed := strings.CutPrefix(mark, "none"); failed {
		return nil, errors.New("recorded:" + why)
	}
	if mark != "open" {
		return nil, p.differ("open")
	}
	return &played{p: p, closed: make(chan struct{})}, nil
}

// played is one opening.
type played struct {
	p           *Playback
	once        sync.Once
	closed      chan struct{}
	mu          sync.Mutex
	read, write time.Time
}

// wait waits for a change, the deadline or the end; p.mu is not held.
func (c *played) wait(changed chan struct{}, until time.Time) error {
	var late <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		late = t.C
	}
	select {
	case <-changed:
		return nil
	case <-c.closed:
		return os.ErrClosed
	case <-late:
		return os.ErrDeadlineExceeded
	}
}

// Read gives what came at this place of the recording.
func (c *played) Read(b []byte) (int, error) {
	for {
		c.mu.Lock()
		until := c.read
		c.mu.Unlock()
		p := c.p
		p.mu.Lock()
		if err := p.err; err != nil {
			p.mu.Unlock()
			return 0, err
		}
		if len(p.steps) > 0 {
			switch s := &p.steps[0]; {
			case s.Way == Heard:
				n := min(len(b), len(s.Bytes))
				for i, x := range s.Bytes[:n] {
					b[i] = byte(max(x, 0))
				}
				if s.Bytes = s.Bytes[n:]; len(s.Bytes) == 0 {
					p.next()
				}
				p.mu.Unlock()
				return n, nil
			case strings.HasPrefix(s.Mark, "lost"):
				p.next()
				p.mu.Unlock()
				return 0, io.EOF
			}
		}
		changed := p.changed
		p.mu.Unlock()
		if err := c.wait(changed, until); err != nil {
			return 0, err
		}
	}
}

// Write compares b with what was written then. Something that came before is
// waited for: another goroutine may be about to read it.
func (c *played) Write(b []byte) (int, error) {
	c.mu.Lock()
	until := c.write
	c.mu.Unlock()
	p := c.p
	for done := 0; done < len(b); {
		p.mu.Lock()
		if err := p.err; err != nil {
			p.mu.Unlock()
			return done, err
		}
		if len(p.steps) > 0 && p.steps[0].Way == Heard {
			changed := p.changed
			p.mu.Unlock()
			err := c.wait(changed, until)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				p.mu.Lock()
				err = p.differ("> " + hex(Plain(b[done:])))
				p.mu.Unlock()
			}
			if err != nil {
				return done, err
			}
			continue
		}
		if len(p.steps) == 0 || p.steps[0].Way != Sent {
			err := p.differ("> " + hex(Plain(b[done:])))
			p.mu.Unlock()
			return done, err
		}
		s := &p.steps[0]
		n := min(len(b)-done, len(s.Bytes))
		for i, want := range s.Bytes[:n] {
			if want != Hidden && want != int16(b[done+i]) {
				err := p.differ("> " + hex(Plain(b[done:])))
				p.mu.Unlock()
				return done, err
			}
		}
		done += n
		if s.Bytes = s.Bytes[n:]; len(s.Bytes) == 0 {
			p.next()
		}
		p.mu.Unlock()
	}
	return len(b), nil
}

// Close ends this opening and wakes who waits.
func (c *played) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.p.mu.Lock()
		defer c.p.mu.Unlock()
		if len(c.p.steps) > 0 && c.p.steps[0].Mark == "close" {
			c.p.next()
		}
	})
	return nil
}

// SetReadDeadline implements link.Conn for the Reads that begin after it.
func (c *played) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = t
	return nil
}

// SetWriteDeadline implements link.Conn for the Writes that begin after it.
func (c *played) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write = t
	return nil
}
