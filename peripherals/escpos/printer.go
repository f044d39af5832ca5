package escpos

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/link"
)

// The usual times, where Options leave them out.
const (
	DefaultAnswer   = 2 * time.Second  // for a real-time answer
	DefaultPatience = 20 * time.Second // without any progress, of a printer that answers and says it is well
	// perByte is added to a wait for each byte on its way: 9600 baud, and half as
	// much again for the paper.
	perByte = 1500 * time.Microsecond
	// lookEvery is how often a printer that is silent meanwhile is asked how it
	// is: not every model tells by itself.
	lookEvery = 500 * time.Millisecond
	// farewell bounds clearing the buffer of a printer that has failed.
	farewell = 200 * time.Millisecond
)

// ahead is how many bytes may wait in the printer for their answer: less than
// the smallest buffer (4 KB), more than a band of an image.
const ahead = 2 << 10

// Options say how a printer is set up.
type Options struct {
	Blind    bool          // it has no way back: nothing is asked
	Answer   time.Duration // 0: DefaultAnswer
	Patience time.Duration // 0: DefaultPatience
	// Changed is told every new status, on a goroutine of the link; it must not
	// block. nil: nobody.
	Changed func(Status)
	Log     *slog.Logger // nil: none
}

// Printer is a receipt printer behind a link, which is opened when needed and
// again after every failure.
type Printer struct {
	link link.Opener
	o    Options
	turn chan struct{} // capacity 1: held by whoever talks to the printer

	mu     sync.Mutex
	conn   *session // nil: not open
	halted bool
}

// New makes a printer. It opens nothing yet.
func New(open link.Opener, o Options) *Printer {
	if o.Answer <= 0 {
		o.Answer = DefaultAnswer
	}
	if o.Patience <= 0 {
		o.Patience = DefaultPatience
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Changed == nil {
		o.Changed = func(Status) {}
	}
	return &Printer{link: open, o: o, turn: make(chan struct{}, 1)}
}

func (p *Printer) String() string { return "escpos " + p.link.String() }

// take waits for the turn.
func (p *Printer) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open gives the link, fresh or as it was left. Errors of link.Opener.
func (p *Printer) open(ctx context.Context) (*session, error) {
	p.mu.Lock()
	s, halted := p.conn, p.halted
	p.mu.Unlock()
	if halted {
		return nil, context.Canceled
	}
	if s != nil {
		if _, _, _, _, err := s.look(); err == nil {
			return s, nil
		}
		p.drop(s)
	}
	conn, err := p.link.Open(ctx)
	if err != nil {
		return nil, err
	}
	s = newSession(conn, p.o.Blind, p.o.Changed)
	p.mu.Lock()
	halted = p.halted
	if !halted {
		p.conn = s
	}
	p.mu.Unlock()
	if halted {
		return nil, errors.Join(context.Canceled, s.close())
	}
	// Half a command of a job that was cut short would swallow the next one.
	if err := s.send(clearBuffer, time.Now().Add(p.o.Answer)); err != nil {
		p.drop(s)
		return nil, err
	}
	return s, nil
}

// drop closes a link that can not be trusted any more.
func (p *Printer) drop(s *session) {
	p.mu.Lock()
	if p.conn == s {
		p.conn = nil
	}
	p.mu.Unlock()
	if err := s.close(); err != nil {
		p.o.Log.Debug("link did not close", "dev", p.String(), "err", err)
	}
}

// Status asks the printer how it is; of a blind one only the link is opened.
func (p *Printer) Status(ctx context.Context) (Status, error) {
	if err := p.take(ctx); err != nil {
		return Status{}, err
	}
	defer func() { <-p.turn }()
	s, err := p.open(ctx)
	if err != nil || p.o.Blind {
		return Status{}, err
	}
	st, err := s.ask(ctx, p.o.Answer)
	if err != nil {
		p.drop(s)
	}
	return st, err
}

// Print prints a job and returns when the printer has processed it. Every
// failure is an *Error; without Maybe nothing has been printed and the job may
// be printed again. ctx ends it between two pieces.
func (p *Printer) Print(ctx context.Context, j *Job) error {
	fail := func(err error) error { return &Error{Of: j.lines, Err: err} }
	if j.err != nil {
		return fail(j.err)
	}
	if err := p.take(ctx); err != nil {
		return fail(err)
	}
	defer func() { <-p.turn }()
	s, err := p.open(ctx)
	if err != nil {
		return fail(err)
	}
	if !p.o.Blind {
		st, err := s.ask(ctx, p.o.Answer)
		if err != nil {
			p.drop(s)
			return fail(err)
		}
		if t := st.Trouble(); t != Fine {
			return &Error{Trouble: t, Of: j.lines}
		}
	}
	r := run{p: p, s: s, job: j}
	if failed := r.all(ctx); failed != nil {
		// What has not come out yet should not come out as a surprise; a printer
		// that does not know how to forget prints it when it can.
		if err := s.send(clearBuffer, time.Now().Add(farewell)); err != nil {
			p.o.Log.Debug("buffer not cleared", "dev", p.String(), "err", err)
		}
		p.drop(s)
		return failed
	}
	return nil
}

// Halt closes the link and wakes whoever is printing. The printer can not be
// used afterwards.
func (p *Printer) Halt() error {
	p.mu.Lock()
	s := p.conn
	p.conn, p.halted = nil, true
	p.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.close()
}

// piece is a part of a job whose end has been asked for.
type piece struct {
	bytes, lines int
}

// run is a job on its way.
type run struct {
	p    *Printer
	s    *session
	job  *Job
	sent bool    // something left for the printer
	wait []piece // asked for and not answered yet, oldest first
	load int     // bytes of them
	seen int     // answers that have been counted
	out  int     // lines on paper for sure
}

// all sends the job piece by piece and waits for the last answer.
func (r *run) all(ctx context.Context) error {
	_, r.seen, _, _, _ = r.s.look()
	var buf []byte
	lines := 0
	flush := func() *Error {
		if len(buf) == 0 {
			return nil
		}
		if !r.p.o.Blind {
			buf = append(buf, askPaper...)
		}
		err := r.piece(ctx, buf, lines)
		buf, lines = nil, 0
		return err
	}
	for _, st := range r.job.steps {
		if len(buf)+len(st.bytes) > ahead/2 {
			if err := flush(); err != nil {
				return err
			}
		}
		buf, lines = append(buf, st.bytes...), lines+st.lines
	}
	if err := flush(); err != nil {
		return err
	}
	if err := r.settle(ctx, 0); err != nil {
		return err
	}
	return nil
}

// piece sends one piece once there is room for it in the printer.
func (r *run) piece(ctx context.Context, b []byte, lines int) *Error {
	if err := r.settle(ctx, max(ahead-len(b), 0)); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return r.failed(Fine, ctx.Err())
	}
	r.sent = true
	if err := r.s.write(ctx, b, r.p.o.Patience+time.Duration(len(b))*perByte); err != nil {
		st, _, _, _, _ := r.s.look()
		return r.failed(st.Trouble(), err)
	}
	if r.p.o.Blind {
		r.out += lines
		return nil
	}
	r.wait = append(r.wait, piece{len(b), lines})
	r.load += len(b)
	return nil
}

// settle waits until no more than so many bytes wait for their answer. As long
// as the printer answers and is well it may take Patience and the bytes' own
// time for each step forward.
func (r *run) settle(ctx context.Context, room int) *Error {
	allowed := func() time.Time { return time.Now().Add(r.p.o.Patience + time.Duration(r.load)*perByte) }
	until := allowed()
	for {
		st, answers, _, changed, err := r.s.look()
		if r.count(answers) {
			until = allowed()
		}
		switch {
		case r.load <= room:
			return nil
		case err != nil:
			return r.failed(st.Trouble(), err)
		case st.Trouble() != Fine:
			return r.failed(st.Trouble(), nil)
		case ctx.Err() != nil:
			return r.failed(Fine, ctx.Err())
		case !time.Now().Before(until):
			return r.failed(Fine, ErrSilent)
		}
		if err := pause(ctx, changed, min(lookEvery, time.Until(until))); errors.Is(err, ErrSilent) {
			if _, err := r.s.ask(ctx, r.p.o.Answer); err != nil {
				return r.failed(st.Trouble(), err)
			}
		}
	}
}

// count takes the answers that have come; it tells whether there were any.
func (r *run) count(answers int) bool {
	moved := false
	for ; r.seen < answers; r.seen++ {
		if len(r.wait) == 0 {
			continue // to nothing we asked: of a job that was cut short
		}
		r.out, r.load = r.out+r.wait[0].lines, r.load-r.wait[0].bytes
		r.wait, moved = r.wait[1:], true
	}
	return moved
}

func (r *run) failed(t Trouble, err error) *Error {
	return &Error{Trouble: t, Lines: r.out, Of: r.job.lines, Maybe: r.sent, Err: err}
}
