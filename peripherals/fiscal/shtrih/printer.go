package shtrih

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/link"
)

// DefaultPassword is the factory password of the system administrator, row 30.
const DefaultPassword = 30

// Options of a Printer. Zero values mean the defaults named.
type Options struct {
	Password uint32           // DefaultPassword; 0..99999999
	Timeouts Timeouts         // DefaultTimeouts, field by field
	Log      *slog.Logger     // discarded
	Now      func() time.Time // time.Now; only compared with the device's clock
	Zone     *time.Location   // of the device's clock; Now's location
	Cut      bool             // cut the paper in Settle: for devices whose own cutter setting is off
	Protocol Protocol         // Auto
	Speeds   []int            // tried when nothing intelligible comes over a Tunable link, in baud; nil: only the link's own
}

// Printer is one device of the family.
type Printer struct {
	opener link.Opener
	o      Options
	log    *slog.Logger

	// What follows belongs to the goroutine that calls.
	line     transport
	spoken   Protocol // over line, and the last time before
	baud     int      // of the Tunable link that worked last; 0: its own
	epoch    int      // counts connections
	who      string   // serial and firmware as 11h gave them last
	identity *fiscal.Identity
	tables   *tables
	ready    *prepared
	model    model
	buffer   markBuffer
	columns  int    // of the paper; 0: not known yet
	prints   bool   // the next document surely goes on paper
	changes  uint64 // commands sent so far that are not readOnly
	out      outgoing
	in       incoming

	maxCommand int // bytes of a payload, as F7h told; 0: it has not

	mu   sync.Mutex // guards what Halt touches
	conn link.Conn
	stop context.CancelCauseFunc
}

var _ fiscal.Printer = (*Printer)(nil)

// New returns a printer reached through open. Nothing is opened yet.
func New(open link.Opener, o Options) *Printer {
	if o.Password == 0 {
		o.Password = DefaultPassword
	}
	o.Timeouts = o.Timeouts.filled()
	if o.Protocol == "" {
		o.Protocol = Auto
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = o.Now().Location()
	}
	return &Printer{opener: open, o: o, log: o.Log.With("dev", "kkt")}
}

func (p *Printer) String() string { return "SHTRIH-M KKT at " + p.opener.String() }

var errHalted = errors.New("shtrih: halted")

// Halt implements fiscal.Printer. It may be called from any goroutine.
func (p *Printer) Halt() error {
	p.mu.Lock()
	stop := p.stop
	p.mu.Unlock()
	if stop != nil {
		stop(errHalted)
	}
	return p.hangUp()
}

// begin makes the context of one call, which Halt can end.
func (p *Printer) begin(ctx context.Context) (context.Context, func()) {
	ctx, stop := context.WithCancelCause(ctx)
	p.mu.Lock()
	p.stop = stop
	p.mu.Unlock()
	return ctx, func() {
		stop(nil)
		p.mu.Lock()
		p.stop = nil
		p.mu.Unlock()
	}
}

// hangUp closes the connection, which wakes whoever waits on it.
func (p *Printer) hangUp() error {
	p.mu.Lock()
	conn := p.conn
	p.conn = nil
	p.mu.Unlock()
	if conn == nil {
		return nil
	}
	err := conn.Close()
	if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
		return nil // the ended call was faster
	}
	return err
}

// disconnect is hangUp where an error of closing changes nothing.
func (p *Printer) disconnect() {
	p.line = nil
	if err := p.hangUp(); err != nil {
		p.log.Debug("closing the link", "err", err)
	}
}

// connect opens the link if need be and makes sure who is at the other end.
func (p *Printer) connect(ctx context.Context) error {
	p.mu.Lock()
	open := p.conn != nil
	p.mu.Unlock()
	if open && p.line != nil {
		return nil
	}
	p.disconnect()
	var err error
	for _, baud := range p.speeds() {
		if err = p.dial(ctx, baud); !unheard(err) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// dial opens the link, at a speed when one is given, finds out what is spoken
// there and who is at the other end.
func (p *Printer) dial(ctx context.Context, baud int) error {
	opening, cancel := context.WithTimeout(ctx, p.o.Timeouts.Connect)
	defer cancel()
	conn, err := p.at(baud).Open(opening)
	if err != nil {
		return p.lost(ctx, err)
	}
	p.mu.Lock()
	p.conn = conn
	p.mu.Unlock()
	p.epoch++
	p.prints = false
	if p.line, err = p.listen(ctx, conn); err == nil {
		err = p.greet(ctx)
	}
	if err != nil {
		p.disconnect()
		return err
	}
	p.allow()
	if baud != p.baud {
		p.baud = baud
		p.log.Info("the device's speed was found", "baud", baud)
	}
	return nil
}

// greet asks for serial number and firmware; everything known of another
// device is forgotten.
func (p *Printer) greet(ctx context.Context) error {
	code, data, err := p.exchange(ctx, cmdStatus, nil)
	if err != nil {
		return err
	}
	if code != 0 {
		return refuse(deviceError(cmdStatus.String(), code, ""))
	}
	st, err := parseFullStatus(data, p.o.Zone)
	if err != nil {
		return err
	}
	if who := fmt.Sprint(st.serial, " ", st.firmware); who != p.who {
		p.identity, p.tables, p.ready, p.who, p.maxCommand = nil, nil, nil, who, 0
		p.model, p.columns = model{}, 0
	}
	return nil
}

// exchange runs one command over the open link and leaves the refusal, if
// any, to the caller. Errors are ErrNoAnswer or ErrGarbage and have closed the
// link: a device that lost an answer may have been switched off and on, or be
// another one, and is asked again what it speaks and who it is.
func (p *Printer) exchange(ctx context.Context, cmd command, params []byte) (byte, []byte, error) {
	p.mu.Lock()
	conn := p.conn // this one: when ctx ends late, a new one may be open
	p.mu.Unlock()
	if conn == nil {
		p.line = nil
		return 0, nil, p.lost(ctx, errHalted)
	}
	defer p.closeAtEnd(ctx, conn)()
	if cmd.repeat != readOnly {
		p.changes++
	}
	payload := cmd.payload(p.o.Password, params)
	if n := p.line.longest(); len(payload) > n {
		return 0, nil, fmt.Errorf("shtrih: %s of %d bytes, the device takes %d", cmd, len(payload), n)
	}
	answer, err := p.line.exchange(ctx, payload, cmd.timeout(p.o.Timeouts), cmd.repeat == registering)
	var code byte
	var data []byte
	if err == nil {
		code, data, err = cmd.parse(answer)
	}
	if err == nil {
		return code, data, nil
	}
	p.disconnect()
	return 0, nil, p.lost(ctx, fmt.Errorf("%s: %w", cmd, err))
}

// closeAtEnd closes conn when ctx ends, which wakes whoever waits on it. The
// function it returns ends the watch.
func (p *Printer) closeAtEnd(ctx context.Context, conn link.Conn) (unwatch func()) {
	stop := context.AfterFunc(ctx, func() {
		if err := conn.Close(); err != nil {
			p.log.Debug("closing the link", "err", err)
		}
	})
	return func() { stop() }
}

// lost says that the link failed, and why it was given up.
func (p *Printer) lost(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%w: %w (%w)", fiscal.ErrNoAnswer, cause, err)
	}
	if errors.Is(err, errNoise) {
		return fmt.Errorf("%w: %w", fiscal.ErrGarbage, err)
	}
	return fmt.Errorf("%w: %w", fiscal.ErrNoAnswer, err)
}
