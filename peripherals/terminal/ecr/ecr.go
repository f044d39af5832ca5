// Package ecr is the driver of the bench's payment terminal, over any link: a
// terminal with a card reader and a bank behind it, and a service of payments by
// QR code. It stands in for a bank's own protocol, behind the same port.
//
// # The line
//
// Frames (wire.go) carry JSON. The till sends requests and numbers them; the
// terminal answers each with the same number, and while a customer is busy says
// "waiting" with what it waits for, at least every few seconds: a terminal that
// has said nothing for Silence is taken for dead, and the operation's outcome
// for unknown. Requests of several numbers may be under way; "find" is answered
// while another operation waits. "abort" has no answer, the operation it calls
// off has.
//
// A payment by QR is answered "shown" with the code's text. What becomes of the
// code is asked every Poll; it lives for Life, and what is not paid then the
// service itself ends.
//
// The terminal remembers operations by the till's ids. One it has not heard of
// when "find" asks is "none", and the id is refused from then on.
//
// Methods may be called from several goroutines.
package ecr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/link"
	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
)

// Options are a driver's settings. The zero value of each means its default.
type Options struct {
	Opener  link.Opener
	Log     *slog.Logger
	Silence time.Duration // a terminal that says nothing for so long is gone: 15 s
	Opening time.Duration // the link opens within: 5 s
	Poll    time.Duration // a code is asked about every so often: 1 s
	Life    time.Duration // a code may be paid for so long: 3 min
}

const (
	defaultSilence = 15 * time.Second
	defaultOpening = 5 * time.Second
	defaultPoll    = time.Second
	defaultLife    = 3 * time.Minute
	writeLimit     = 3 * time.Second
)

// Driver is a terminal.Terminal.
type Driver struct {
	o    Options
	turn chan struct{} // held by the operation under way

	opening chan struct{} // held by who opens the link

	mu      sync.Mutex // guards what follows
	line    *line      // nil: not open
	halt    chan struct{}
	n       uint64
	current uuid.UUID // the operation that Abort calls off
	via     doc.SlipKind
}

// New returns a driver that opens its link when it is asked something.
func New(o Options) *Driver {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		set *time.Duration
		to  time.Duration
	}{{&o.Silence, defaultSilence}, {&o.Opening, defaultOpening}, {&o.Poll, defaultPoll}, {&o.Life, defaultLife}} {
		if *d.set <= 0 {
			*d.set = d.to
		}
	}
	return &Driver{o: o, turn: make(chan struct{}, 1), opening: make(chan struct{}, 1), halt: make(chan struct{})}
}

func (d *Driver) String() string { return "payment terminal at " + d.o.Opener.String() }

// Status asks what stands at the other end.
func (d *Driver) Status(ctx context.Context) (terminal.Status, error) {
	a, err := d.ask(ctx, Request{Do: DoStatus}, nil)
	switch {
	case err != nil:
		return terminal.Status{}, err
	case a.Is != IsReady || a.Status == nil:
		return terminal.Status{}, fmt.Errorf("status: %w: %.40q", ErrGarbage, string(a.Is))
	}
	return *a.Status, nil
}

// Authorise takes a payment by card or by QR.
func (d *Driver) Authorise(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error) {
	return d.do(ctx, DoPay, op, show)
}

// Refund gives money back.
func (d *Driver) Refund(ctx context.Context, op charge.Operation, show func(charge.Progress)) (doc.Slip, error) {
	return d.do(ctx, DoRefund, op, show)
}

// Cancel undoes an operation of the terminal's day.
func (d *Driver) Cancel(ctx context.Context, op charge.Operation) (doc.Slip, error) {
	return d.do(ctx, DoCancel, op, func(charge.Progress) {})
}

// do carries one operation out.
func (d *Driver) do(ctx context.Context, what Do, op charge.Operation, show func(charge.Progress)) (doc.Slip, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	default:
		return doc.Slip{}, terminal.ErrBusy
	}
	d.mu.Lock()
	d.current, d.via = op.ID, op.Via
	halt := d.halt
	d.mu.Unlock()
	req := Request{Do: what, Op: op.ID, Via: op.Via, Sum: op.Sum, Currency: op.Currency}
	if op.Of != nil {
		req.Of, req.RRN = op.Of.Operation, op.Of.RRN
		if op.Kind == charge.Refund {
			req.Of = op.Of.Origin()
		}
	}
	if op.Via == doc.SlipQR && what == DoPay {
		req.Seconds = max(int(d.o.Life/time.Second), 1)
	}
	a, err := d.ask(ctx, req, func(a Answer) { show(charge.Progress{Stage: a.Stage}) })
	if err == nil && a.Is == IsShown {
		if a.QR == "" || len(a.QR) > charge.MaxQR {
			return doc.Slip{}, fmt.Errorf("%w: a code of %d bytes", terminal.ErrUnknown, len(a.QR))
		}
		show(charge.Progress{Stage: charge.StageQR, QR: a.QR})
		return d.poll(ctx, op, halt)
	}
	if err != nil {
		return doc.Slip{}, err
	}
	return d.outcome(a, op)
}

// poll asks what becomes of a code until somebody knows. A lost link is no end
// of it: the service goes on without us.
func (d *Driver) poll(ctx context.Context, op charge.Operation, halt <-chan struct{}) (doc.Slip, error) {
	tick := time.NewTicker(d.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-halt:
			return doc.Slip{}, fmt.Errorf("%w: halted", terminal.ErrUnknown)
		case <-ctx.Done():
			return doc.Slip{}, fmt.Errorf("%w: %w", terminal.ErrUnknown, ctx.Err())
		}
		slip, err := d.find(ctx, op)
		if err == nil || terminal.Certain(err) && !errors.Is(err, terminal.ErrNotConnected) {
			return slip, err
		}
	}
}

// Find asks what became of an operation.
func (d *Driver) Find(ctx context.Context, op charge.Operation) (doc.Slip, error) {
	select {
	case d.turn <- struct{}{}: // nothing else is under way: Abort is about this one
		d.mu.Lock()
		d.current, d.via = op.ID, op.Via
		d.mu.Unlock()
		<-d.turn
	default:
	}
	slip, err := d.find(ctx, op)
	if errors.Is(err, terminal.ErrNotConnected) {
		return slip, fmt.Errorf("%w: nobody answers", terminal.ErrUnknown)
	}
	return slip, err
}

func (d *Driver) find(ctx context.Context, op charge.Operation) (doc.Slip, error) {
	a, err := d.ask(ctx, Request{Do: DoFind, Op: op.ID, Via: op.Via}, nil)
	if err != nil {
		return doc.Slip{}, err
	}
	return d.outcome(a, op)
}

// outcome reads a last answer about an operation.
func (d *Driver) outcome(a Answer, op charge.Operation) (doc.Slip, error) {
	switch a.Is {
	case IsApproved:
		if a.Slip == nil {
			return doc.Slip{}, fmt.Errorf("%w: approved without a slip", terminal.ErrUnknown)
		}
		slip := *a.Slip
		slip.Kind, slip.Operation, slip.Of, slip.ByHand = op.Via, op.ID, op.Of.Origin(), false
		if err := terminal.CheckSlip(slip); err != nil {
			return doc.Slip{}, err
		}
		return slip, nil
	case IsDeclined:
		return doc.Slip{}, &terminal.Declined{Reason: known(a.Reason), Code: terminal.Words(a.Code), Text: terminal.Words(a.Text)}
	case IsNone:
		return doc.Slip{}, &terminal.Declined{Reason: terminal.NoSuch}
	case IsCancelled:
		return doc.Slip{}, terminal.ErrCancelled
	case IsBusy:
		return doc.Slip{}, terminal.ErrBusy
	case IsUnable:
		return doc.Slip{}, terminal.ErrUnsupported
	}
	return doc.Slip{}, fmt.Errorf("%w: the terminal says %.20q", terminal.ErrUnknown, string(a.Is))
}

// known makes of a reason one of the port's.
func known(r terminal.Reason) terminal.Reason {
	switch r {
	case terminal.Funds, terminal.Card, terminal.PIN, terminal.Host, terminal.Limit, terminal.Expired, terminal.DayOver, terminal.TooMuch, terminal.NoSuch:
		return r
	}
	return terminal.Refused
}

// Abort calls off the operation that waits, or was asked about last.
func (d *Driver) Abort() {
	d.mu.Lock()
	l, op, via := d.line, d.current, d.via
	d.mu.Unlock()
	if l == nil || op == uuid.Nil {
		return
	}
	go func() { // ends within writeLimit
		if err := l.send(Request{Do: DoAbort, Op: op, Via: via}); err != nil {
			d.o.Log.Warn("the terminal was not told to call it off", "dev", "terminal", "err", err)
		}
	}()
}

// Reconcile closes the terminal's day.
func (d *Driver) Reconcile(ctx context.Context, id uuid.UUID) (charge.Totals, error) {
	a, err := d.ask(ctx, Request{Do: DoReconcile, Op: id}, nil)
	switch {
	case err != nil:
		return charge.Totals{}, err
	case a.Is == IsUnable:
		return charge.Totals{}, terminal.ErrUnsupported
	case a.Is != IsTotals || a.Totals == nil:
		return charge.Totals{}, fmt.Errorf("reconcile: %w: %.40q", ErrGarbage, string(a.Is))
	}
	return *a.Totals, nil
}

// Halt closes the link.
func (d *Driver) Halt() error {
	d.mu.Lock()
	l := d.line
	d.line = nil
	close(d.halt)
	d.halt = make(chan struct{})
	d.mu.Unlock()
	if l != nil {
		return l.close()
	}
	return nil
}
