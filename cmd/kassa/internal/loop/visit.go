package loop

import (
	"context"
	"errors"
	"time"

	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Limits of what is done on the fiscal device beside the till's operations.
const (
	quietAfter   = 300 * time.Millisecond // an operation: often the next one follows
	quietBracket = 30 * time.Second       // between the steps of one operation: the journal's time and a little
	visitWait    = 15 * time.Second       // to be let in
	visitTime    = 60 * time.Second       // one visit: all settings of a device on a slow line
	visitLook    = 20 * time.Millisecond  // how often a visit looks whether the till waits
	firmTime     = 15 * time.Second       // a visit that must not be interrupted
)

// quiet is the time in which nobody but the till may use the device. It belongs
// to the goroutine of the device.
type quiet struct{ until time.Time }

func (q *quiet) hold(d time.Duration) { q.until = time.Now().Add(d) }

func (q *quiet) left() time.Duration { return time.Until(q.until) }

// saw keeps others off the line while an operation is between its steps.
func (q *quiet) saw(ev till.Event) {
	within := false
	switch e := ev.(type) {
	case till.Marked:
		within = e.Err == nil
	case till.Prepared:
		within = e.Err == nil
	case till.Committed:
		within = e.Err != nil // the till will ask what became of it
	}
	if within {
		q.hold(quietBracket)
	} else {
		q.hold(quietAfter)
	}
}

// visit is somebody's work on the device, between the till's operations.
type visit struct {
	ctx  context.Context
	firm bool
	do   func(context.Context) error
	done chan error // room for one
}

// Visit does something on the fiscal device between two operations of the
// till, in the one goroutine that uses the device. Unless firm, an operation
// that comes meanwhile ends its context: a sale never waits for a technician
// longer than the device needs to let go. A firm visit is short, because a
// sale waits for it. fault.FiscalMissing: no device is configured;
// fault.FiscalBusy: the till came first.
func (l *Loop) Visit(ctx context.Context, firm bool, do func(context.Context) error) error {
	if l.o.Fiscal == nil {
		return fault.New(fault.FiscalMissing)
	}
	v := visit{ctx: ctx, firm: firm, do: do, done: make(chan error, 1)}
	wait := time.NewTimer(visitWait)
	defer wait.Stop()
	select {
	case l.visits <- v:
	case <-wait.C:
		return fault.New(fault.FiscalBusy)
	case <-l.done:
		return fault.New(fault.Unavailable)
	case <-ctx.Done():
		return fault.New(fault.Timeout).With(ctx.Err())
	}
	select {
	case err := <-v.done: // the visit itself ends with ctx
		return err
	case <-l.done:
		return fault.New(fault.Unavailable)
	}
}

// visitors is readable when a visit may begin.
func (l *Loop) visitors(q *quiet) <-chan visit {
	if q.left() > 0 || len(l.fiscal) > 0 {
		return nil
	}
	return l.visits
}

var errTillFirst = errors.New("loop: the till needs the device")

// receive makes a visit.
func (l *Loop) receive(ctx context.Context, v visit) {
	limit := visitTime
	if v.firm {
		limit = firmTime
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ctx, interrupt := context.WithCancelCause(ctx)
	defer interrupt(nil)
	defer context.AfterFunc(v.ctx, func() { interrupt(v.ctx.Err()) })()
	if !v.firm {
		l.workers.Go(func() { l.watch(ctx, interrupt) })
	}
	err := v.do(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errTillFirst) {
		err = fault.New(fault.FiscalBusy).With(err)
	}
	v.done <- err
}

// watch interrupts a visit as soon as the till has something for the device.
func (l *Loop) watch(ctx context.Context, interrupt context.CancelCauseFunc) {
	look := time.NewTicker(visitLook)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if len(l.fiscal) > 0 {
				interrupt(errTillFirst)
				return
			}
		case <-ctx.Done():
			return
		}
	}
}
