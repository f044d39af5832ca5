package loop

import (
	"context"
	"errors"
	"time"

	"github.com/kassa-pos/kassa/peripherals/terminal"
	"github.com/kassa-pos/kassa/pos/charge"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// Deadlines of the terminal's runner. A customer is given the time it takes;
// the terminal and the service of codes end it sooner by themselves.
const (
	chargeTimeout     = 10 * time.Minute
	chargeFindTimeout = 10 * time.Second
	countTimeout      = 30 * time.Second
)

// runTerminal is the one goroutine that moves money.
func (l *Loop) runTerminal(ctx context.Context) {
	for {
		select {
		case e := <-l.charges:
			l.post(ctx, l.chargeDo(ctx, e))
		case <-ctx.Done():
			return
		}
	}
}

// toTerminal hands an effect to the terminal's runner.
func (l *Loop) toTerminal(e till.Effect) {
	var overrun till.Event
	switch e := e.(type) {
	case till.Charge: // certainly not begun
		overrun = till.Charged{Op: e.Op, State: charge.Declined, Err: fault.New(fault.TerminalBusy)}
	case till.ChargeFind:
		overrun = till.Charged{Op: e.Op, State: charge.Unknown, Err: fault.New(fault.TerminalBusy)}
	case till.ChargeCount:
		overrun = till.ChargeCounted{Op: e.Op, Err: fault.New(fault.TerminalBusy)}
	}
	offer(l, l.charges, e, overrun)
}

func (l *Loop) chargeDo(ctx context.Context, e till.Effect) till.Event {
	bounded := func(d time.Duration) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	term := l.o.Terminal
	switch e := e.(type) {
	case till.Charge:
		if term == nil {
			return till.Charged{Op: e.Op, State: charge.Declined, Err: fault.New(fault.TerminalOff)}
		}
		ctx, cancel := bounded(chargeTimeout)
		defer cancel()
		show := func(p charge.Progress) { l.later(till.ChargeShown{Op: e.Op, Progress: p}) }
		var slip doc.Slip
		var err error
		switch e.Operation.Kind {
		case charge.Refund:
			slip, err = term.Refund(ctx, e.Operation, show)
		case charge.Cancel:
			slip, err = term.Cancel(ctx, e.Operation)
		default:
			slip, err = term.Authorise(ctx, e.Operation, show)
		}
		return l.charged(e.Op, slip, err)
	case till.ChargeFind:
		if term == nil {
			return till.Charged{Op: e.Op, State: charge.Unknown, Err: fault.New(fault.TerminalOff)}
		}
		ctx, cancel := bounded(chargeFindTimeout)
		defer cancel()
		slip, err := term.Find(ctx, e.Operation)
		if a, ok := term.(terminal.Asker); ok && err != nil {
			if q := a.Question(); q != nil && q.ID == e.Operation.ID {
				l.post(ctx, till.ChargeShown{Op: e.Op, Progress: charge.Progress{Stage: charge.StagePerson}})
			}
		}
		return l.charged(e.Op, slip, err)
	case till.ChargeCount:
		if term == nil {
			return till.ChargeCounted{Op: e.Op, Nothing: true}
		}
		ctx, cancel := bounded(countTimeout)
		defer cancel()
		totals, err := term.Reconcile(ctx, e.ID)
		if errors.Is(err, terminal.ErrUnsupported) {
			return till.ChargeCounted{Op: e.Op, Nothing: true}
		}
		return till.ChargeCounted{Op: e.Op, Totals: totals, Err: l.explain(err)}
	}
	return nil
}

// charged says what an answer of the terminal says.
func (l *Loop) charged(op till.Op, slip doc.Slip, err error) till.Charged {
	switch {
	case err == nil:
		l.unsure = ""
		return till.Charged{Op: op, State: charge.Approved, Slip: slip}
	case terminal.Certain(err):
		l.unsure = ""
		return till.Charged{Op: op, State: charge.Declined, Err: l.o.Explain(err)}
	}
	if err.Error() != l.unsure { // the till goes on asking, for as long as it takes
		l.unsure = err.Error()
		l.o.Log.Warn("nobody knows what became of a payment", "dev", "terminal", "err", err)
	}
	return till.Charged{Op: op, State: charge.Unknown, Err: l.o.Explain(err)}
}
