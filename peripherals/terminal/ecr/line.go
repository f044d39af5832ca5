package ecr

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/terminal"
)

// line is an open link. Its reader hands each answer to whoever asked.
type line struct {
	conn link.Conn
	dead chan struct{} // closed when the reader has ended

	writing sync.Mutex

	mu    sync.Mutex // guards asked
	asked map[uint64]chan Answer
}

// answersAhead is how many answers wait for one who asked; those that wait are
// progress, of which the last ones matter.
const answersAhead = 16

func newLine(conn link.Conn) *line {
	l := &line{conn: conn, dead: make(chan struct{}), asked: map[uint64]chan Answer{}}
	go l.read()
	return l
}

// read ends with the link. A frame that is none ends it too: what stood in it
// nobody knows.
func (l *line) read() {
	defer close(l.dead)
	for {
		var a Answer
		if err := ReadFrame(l.conn, &a); err != nil {
			_ = l.conn.Close() // it is the reader's error that counts
			return
		}
		l.mu.Lock()
		ch := l.asked[a.N]
		l.mu.Unlock()
		if ch == nil {
			continue
		}
		if a.Is != IsWaiting {
			select { // the last one always finds room
			case ch <- a:
				continue
			default:
			}
			select {
			case <-ch:
			default:
			}
		}
		select {
		case ch <- a:
		default:
		}
	}
}

func (l *line) expect(n uint64) chan Answer {
	ch := make(chan Answer, answersAhead)
	l.mu.Lock()
	l.asked[n] = ch
	l.mu.Unlock()
	return ch
}

func (l *line) forget(n uint64) {
	l.mu.Lock()
	delete(l.asked, n)
	l.mu.Unlock()
}

func (l *line) send(r Request) error {
	b, err := Frame(r)
	if err != nil {
		return err
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return err
	}
	_, err = l.conn.Write(b)
	return err
}

// close ends the reader and waits for it.
func (l *line) close() error {
	err := l.conn.Close()
	<-l.dead
	return err
}

// open returns the line, opening it when there is none.
func (d *Driver) open(ctx context.Context) (*line, error) {
	ctx, cancel := context.WithTimeout(ctx, d.o.Opening)
	defer cancel()
	select {
	case d.opening <- struct{}{}:
		defer func() { <-d.opening }()
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", terminal.ErrNotConnected, ctx.Err())
	}
	l, halt := d.now()
	if l != nil {
		return l, nil
	}
	go func() {
		select {
		case <-halt:
			cancel()
		case <-ctx.Done():
		}
	}()
	conn, err := d.o.Opener.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", terminal.ErrNotConnected, err)
	}
	l = newLine(conn)
	d.mu.Lock()
	halted := d.halt != halt
	if !halted {
		d.line = l
	}
	d.mu.Unlock()
	if halted {
		_ = l.close() // nothing was sent
		return nil, fmt.Errorf("%w: halted", terminal.ErrNotConnected)
	}
	return l, nil
}

// now is the line that lives, nil when there is none, and what Halt closes.
func (d *Driver) now() (*line, chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.line != nil {
		select {
		case <-d.line.dead:
			d.line = nil
		default:
		}
	}
	return d.line, d.halt
}

// ask sends a request and waits for its last answer. An error from open says
// that nothing was sent; any other that nobody knows.
func (d *Driver) ask(ctx context.Context, r Request, waits func(Answer)) (Answer, error) {
	l, err := d.open(ctx)
	if err != nil {
		return Answer{}, err
	}
	d.mu.Lock()
	d.n++
	r.N = d.n
	d.mu.Unlock()
	answers := l.expect(r.N)
	defer l.forget(r.N)
	if err := l.send(r); err != nil {
		d.drop(l)
		return Answer{}, fmt.Errorf("%w: %w", terminal.ErrUnknown, err)
	}
	silence := time.NewTimer(d.o.Silence)
	defer silence.Stop()
	for {
		var a Answer
		select {
		case a = <-answers:
		case <-l.dead:
			select {
			case a = <-answers: // it came just before the end
			default:
				return Answer{}, fmt.Errorf("%w: the link is gone", terminal.ErrUnknown)
			}
		case <-silence.C:
			d.drop(l)
			return Answer{}, fmt.Errorf("%w: nothing heard for %s", terminal.ErrUnknown, d.o.Silence)
		case <-ctx.Done():
			return Answer{}, fmt.Errorf("%w: %w", terminal.ErrUnknown, ctx.Err())
		}
		if a.Is != IsWaiting || r.Do == DoFind {
			return a, nil
		}
		silence.Reset(d.o.Silence)
		if waits != nil {
			waits(a)
		}
	}
}

// drop closes a line that does not do what it should.
func (d *Driver) drop(l *line) {
	d.mu.Lock()
	if d.line == l {
		d.line = nil
	}
	d.mu.Unlock()
	_ = l.close() // the error that matters has been seen
}
