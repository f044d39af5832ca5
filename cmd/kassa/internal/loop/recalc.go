package loop

import (
	"context"
	"errors"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

func (l *Loop) runRecalcs(ctx context.Context) {
	for {
		select {
		case e := <-l.recalcs:
			l.post(ctx, l.recalc(ctx, e))
		case <-ctx.Done():
			return
		}
	}
}

// recalc asks for the cloud's prices. The limit holds also for a calculator
// that does not keep to its context: its late answer goes nowhere.
func (l *Loop) recalc(ctx context.Context, e till.Recalc) till.Recalculated {
	if l.o.Calculator == nil {
		return till.Recalculated{Op: e.Op, Err: fault.New(fault.CloudNone)}
	}
	ctx, cancel := context.WithTimeout(ctx, recalcLimit)
	defer cancel()
	type outcome struct {
		recalc cheque.Recalc
		err    error
	}
	answer := make(chan outcome, 1)
	l.workers.Go(func() {
		r, err := l.o.Calculator.Recalc(ctx, e.Query)
		answer <- outcome{r, err}
	})
	select {
	case a := <-answer:
		done := till.Recalculated{Op: e.Op, Recalc: a.recalc}
		var known *fault.Error
		switch {
		case errors.As(a.err, &known):
			done.Err = known
		case a.err != nil && ctx.Err() != nil:
			done.Err = fault.New(fault.CloudDown).With(a.err)
		case a.err != nil:
			done.Err = fault.New(fault.CloudGarbage).With(a.err)
		}
		return done
	case <-ctx.Done():
		return till.Recalculated{Op: e.Op, Err: fault.New(fault.CloudDown).With(ctx.Err())}
	}
}
