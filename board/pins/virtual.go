package pins

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"periph.io/x/conn/v3/gpio"
	"periph.io/x/conn/v3/physic"

	"github.com/kassa-pos/kassa/board/unixsock"
)

// # The virtual board's protocol, version 1
//
// Lines of text over a unix stream socket, each ended by LF and at most
// maxMessage bytes; NAME has no spaces. The board greets, then answers every
// request in order with "ok" or "err TEXT", and tells of inputs when it likes:
//
//	board 1                the greeting
//	> out NAME 0|1         make NAME an output and set its level
//	< ok
//	> in NAME up|down|float    make NAME an input, and tell of it from now on
//	< level NAME 0|1       its level now, before the ok, and after each change
//	< ok
//
// Outputs keep their level when a client goes away, as the kernel's do.
const virtualGreeting = "board 1"

// Limits of the protocol.
const (
	maxMessage      = 256         // bytes of a message
	answerTimeout   = time.Second // of one request
	edgesRemembered = 64          // changes of an input nobody has waited for yet
)

// virtual is a board behind a socket.
type virtual struct {
	conn net.Conn

	asking  sync.Mutex  // one request at a time
	asked   atomic.Bool // ..that has no answer yet
	answers chan string

	mu   sync.Mutex
	pins map[string]*virtualPin
	err  error

	gone chan struct{}
}

func dialVirtual(ctx context.Context, path string) (bank, error) {
	conn, err := unixsock.Dial(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("pins: %w", err)
	}
	v := &virtual{conn: conn, answers: make(chan string, 1), pins: map[string]*virtualPin{}, gone: make(chan struct{})}
	in := bufio.NewScanner(conn)
	in.Buffer(make([]byte, 0, maxMessage), maxMessage)
	if err := greeted(conn, in); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go v.read(in)
	return v, nil
}

func greeted(conn net.Conn, in *bufio.Scanner) error {
	if err := conn.SetReadDeadline(time.Now().Add(answerTimeout)); err != nil {
		return fmt.Errorf("pins: %w", err)
	}
	if !in.Scan() {
		return fmt.Errorf("pins: the board does not greet: %w", ended(in))
	}
	if in.Text() != virtualGreeting {
		return fmt.Errorf("pins: not a virtual board: it says %.40q", in.Text())
	}
	return conn.SetReadDeadline(time.Time{})
}

// read takes what the board says until it goes away.
func (v *virtual) read(in *bufio.Scanner) {
	for in.Scan() {
		if !v.heard(in.Text()) {
			v.lose(fmt.Errorf("pins: the board says %.40q", in.Text()))
			return
		}
	}
	v.lose(ended(in))
}

// heard handles one message; false when it makes no sense.
func (v *virtual) heard(text string) bool {
	word := strings.Fields(text)
	switch {
	case text == "ok" || strings.HasPrefix(text, "err "):
		if !v.asked.CompareAndSwap(true, false) {
			return false // an answer to nothing
		}
		select {
		case v.answers <- text:
			return true
		default: // the one before came too late
			return false
		}
	case len(word) == 3 && word[0] == "level" && (word[2] == "0" || word[2] == "1"):
		v.mu.Lock()
		p := v.pins[word[1]]
		v.mu.Unlock()
		if p != nil {
			p.changed(word[2] == "1")
		}
		return true
	}
	return false
}

func (v *virtual) lose(err error) {
	v.mu.Lock()
	if v.err == nil {
		v.err = err
		close(v.gone)
	}
	v.mu.Unlock()
	_ = v.conn.Close() // it is given up already
}

// ask sends a request and waits for its answer. A board that does not answer
// in time is given up: a later answer would belong to another request.
func (v *virtual) ask(request string) error {
	v.asking.Lock()
	defer v.asking.Unlock()
	err := v.conn.SetWriteDeadline(time.Now().Add(answerTimeout))
	v.asked.Store(true)
	if err == nil {
		_, err = v.conn.Write([]byte(request + "\n"))
	}
	if err != nil {
		v.lose(err)
		return fmt.Errorf("%w: %w", ErrLost, v.cause())
	}
	t := time.NewTimer(answerTimeout)
	defer t.Stop()
	select {
	case a := <-v.answers:
		if text, bad := strings.CutPrefix(a, "err "); bad {
			return errors.New(text)
		}
		return nil
	case <-t.C:
		v.lose(errors.New("no answer"))
	case <-v.gone:
	}
	return fmt.Errorf("%w: %w", ErrLost, v.cause())
}

func (v *virtual) line(_ context.Context, name string) (gpio.PinIO, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := &virtualPin{PinIO: gpio.INVALID, board: v, name: name, edges: make(chan struct{}, edgesRemembered)}
	v.pins[name] = p
	return p, nil
}

func (v *virtual) lost() <-chan struct{} { return v.gone }

func (v *virtual) cause() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}

func (v *virtual) close() error {
	v.lose(ErrClosed)
	return nil
}

// virtualPin is a line of a virtual board. What it does not define fails as
// gpio.INVALID does.
type virtualPin struct {
	gpio.PinIO
	board *virtual
	name  string
	edges chan struct{}

	mu    sync.Mutex
	level bool
	known bool
}

func (p *virtualPin) Name() string   { return p.name }
func (p *virtualPin) String() string { return p.name }

func (p *virtualPin) Out(l gpio.Level) error {
	return p.board.ask("out " + p.name + " " + digit(bool(l)))
}

func (p *virtualPin) PWM(gpio.Duty, physic.Frequency) error {
	return errors.New("pins: a virtual line has no PWM")
}

func (p *virtualPin) In(pull gpio.Pull, _ gpio.Edge) error {
	word := map[gpio.Pull]string{gpio.PullUp: "up", gpio.PullDown: "down"}[pull]
	if word == "" {
		word = "float"
	}
	return p.board.ask("in " + p.name + " " + word)
}

func (p *virtualPin) Read() gpio.Level {
	p.mu.Lock()
	defer p.mu.Unlock()
	return gpio.Level(p.level)
}

func (p *virtualPin) changed(level bool) {
	p.mu.Lock()
	edge := p.known && level != p.level
	p.level, p.known = level, true
	p.mu.Unlock()
	if !edge {
		return
	}
	select {
	case p.edges <- struct{}{}:
	default: // enough edges wait already; the level is read after them
	}
}

func (p *virtualPin) WaitForEdge(timeout time.Duration) bool {
	t := time.NewTimer(timeout)
	defer t.Stop()
	select {
	case <-p.edges:
		return true
	case <-t.C:
	case <-p.board.gone:
	}
	return false
}

func digit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// ended tells why a scanner stopped; the end of the stream is an error here.
func ended(in *bufio.Scanner) error {
	if err := in.Err(); err != nil {
		return err
	}
	return net.ErrClosed
}
