package loop

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/till"
)

// Deadlines of the fiscal runner, above the driver's own time-outs.
const (
	markTimeout    = 15 * time.Second
	prepareTimeout = 90 * time.Second  // five hundred lines on a slow line
	commitTimeout  = 150 * time.Second // opening a shift may fetch marking keys
	findFDTimeout  = 60 * time.Second
	settleTimeout  = 60 * time.Second
	statusTimeout  = 10 * time.Second
	drawerTimeout  = 5 * time.Second
)

// handsEvery is how often a device is looked at while somebody puts paper into
// it: the next thing they do is press Pay.
const handsEvery = 300 * time.Millisecond

// rest is how long the device is left alone.
func (l *Loop) rest(dev till.Device) time.Duration {
	if dev.Ready && (!dev.Status.Paper || dev.Status.LidOpen) {
		return min(handsEvery, l.o.KKTEvery)
	}
	return l.o.KKTEvery
}

func (l *Loop) toFiscal(e till.Effect) {
	select {
	case l.fiscal <- e:
	default:
		if ev := failed(e, fault.New(fault.FiscalBusy)); ev != nil {
			l.later(ev)
		}
	}
}

// failed is an effect's completion when it was not even tried. A Commit that
// was not sent has certainly not registered.
func failed(e till.Effect, err *fault.Error) till.Event {
	switch e := e.(type) {
	case till.FiscalMark:
		return till.Marked{Op: e.Op, Err: err}
	case till.FiscalPrepare:
		return till.Prepared{Op: e.Op, Err: err}
	case till.FiscalCommit:
		return till.Committed{Op: e.Op, Err: err}
	case till.FiscalFind:
		return till.Resolved{Op: e.Op, Err: err}
	case till.FiscalReport:
		return till.Reported{Op: e.Op, Err: err}
	}
	return nil
}

// runFiscal is the one goroutine that talks to the fiscal device. Between
// commands it looks how the device is.
func (l *Loop) runFiscal(ctx context.Context) {
	dev := till.Device{Since: l.o.Now(), Err: fault.New(fault.FiscalMissing)}
	quiet := &quiet{}
	courier := newCourier(l, quiet)
	defer courier.timer.Stop()
	tell := func(next till.Device) {
		if next.Ready == dev.Ready && !next.Since.IsZero() {
			next.Since = dev.Since
		}
		courier.follow(ctx, next)
		// An open document is between an operation's steps, unless the till has
		// stopped before a person, who may have to look at the device now.
		if v, _ := l.View(); next.Status.DocumentOpen && v.Phase != till.Idle.String() && v.Phase != till.Blocked.String() {
			quiet.hold(quietBracket)
		}
		if !sameDevice(next, dev) {
			l.post(ctx, till.DeviceChanged{Device: next})
		}
		dev = next
	}
	l.post(ctx, till.DeviceChanged{Device: dev})
	poll := time.NewTimer(0)
	defer poll.Stop()
	for {
		select {
		case e := <-l.fiscal:
			if l.o.Fiscal == nil {
				if ev := failed(e, fault.New(fault.FiscalMissing)); ev != nil {
					l.post(ctx, ev)
				}
				continue
			}
			ev := l.fiscalDo(ctx, e)
			quiet.saw(ev)
			courier.saw(ev)
			if ev != nil {
				l.post(ctx, ev)
			}
			switch err := trouble(ev); {
			case err != nil && dev.Ready && silent(err):
				tell(till.Device{Since: l.o.Now(), Identity: dev.Identity, Err: err, Unprinted: dev.Unprinted})
			case err != nil && dev.Ready:
				tell(l.look(ctx, dev))
			case e == till.FiscalSettle{}:
				dev = l.settle(ctx, dev, tell)
			}
			poll.Reset(l.rest(dev))
		case <-poll.C:
			if l.o.Fiscal != nil {
				tell(l.look(ctx, dev))
				if dev.Unprinted && dev.Ready && dev.Status.Paper && !dev.Status.LidOpen {
					dev = l.settle(ctx, dev, tell)
				}
			}
			poll.Reset(l.rest(dev))
		case v := <-l.visitors(quiet):
			l.receive(ctx, v)
			courier.stale = true
			poll.Reset(0)
		case <-courier.due():
			courier.turn(ctx)
		case <-courier.timer.C:
			courier.turn(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// settle sees the last document onto paper and looks how the device is now. A
// document that is not on paper yet is tried again when there is paper.
func (l *Loop) settle(ctx context.Context, was till.Device, tell func(till.Device)) till.Device {
	settling, cancel := context.WithTimeout(ctx, settleTimeout)
	err := l.o.Fiscal.Settle(settling)
	cancel()
	if err != nil && ctx.Err() == nil {
		l.o.Log.Warn("the document is registered but not on paper yet", "dev", "kkt", "err", err)
	}
	was.Unprinted = err != nil
	now := l.look(ctx, was)
	tell(now)
	return now
}

// silent tells an error of the link from a refusal by the device.
func silent(err *fault.Error) bool {
	return err.Code == fault.FiscalNoAnswer || err.Code == fault.FiscalGarbage || err.Code == fault.Timeout
}

// sameDevice ignores the device's clock, which always moves.
func sameDevice(a, b till.Device) bool {
	a.Status.Clock, b.Status.Clock = time.Time{}, time.Time{}
	aErr, bErr := a.Err, b.Err
	a.Err, b.Err = nil, nil
	if (aErr == nil) != (bErr == nil) || (aErr != nil && (aErr.Code != bErr.Code || aErr.Detail != bErr.Detail)) {
		return false
	}
	return reflect.DeepEqual(a, b)
}

// look asks who and how the device is.
func (l *Loop) look(ctx context.Context, was till.Device) till.Device {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	now := till.Device{Ready: true, Since: l.o.Now(), Identity: was.Identity, Unprinted: was.Unprinted}
	var err error
	if !was.Ready {
		if now.Identity, err = l.o.Fiscal.Identify(ctx); err == nil {
			now.Status, err = l.o.Fiscal.Status(ctx)
		}
	} else {
		now.Status, err = l.o.Fiscal.Status(ctx)
	}
	if err != nil {
		return till.Device{Since: l.o.Now(), Identity: was.Identity, Err: l.o.Explain(err), Unprinted: was.Unprinted}
	}
	now.Drift = kkt.Drift(now.Status.Clock, l.o.Now()).Truncate(time.Minute)
	return now
}

func trouble(ev till.Event) *fault.Error {
	switch e := ev.(type) {
	case till.Marked:
		return e.Err
	case till.Prepared:
		return e.Err
	case till.Committed:
		return e.Err
	case till.Resolved:
		return e.Err
	case till.Reported:
		return e.Err
	}
	return nil
}

func (l *Loop) fiscalDo(ctx context.Context, e till.Effect) till.Event {
	bounded := func(d time.Duration) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	switch e := e.(type) {
	case till.FiscalMark:
		ctx, cancel := bounded(markTimeout)
		defer cancel()
		mark, err := l.o.Fiscal.Mark(ctx)
		return till.Marked{Op: e.Op, Mark: mark, Err: l.explain(err)}
	case till.FiscalPrepare:
		ctx, cancel := bounded(prepareTimeout)
		defer cancel()
		return till.Prepared{Op: e.Op, Err: l.explain(l.o.Fiscal.Prepare(ctx, e.Mark, e.Operation))}
	case till.FiscalCommit:
		ctx, cancel := bounded(commitTimeout)
		defer cancel()
		f, err := l.o.Fiscal.Commit(ctx, e.Mark, e.Operation)
		if err == nil && !e.Operation.Kind.Cash() && (f.FN == "" || f.FD == 0) {
			f, err = doc.Fiscal{}, errors.New("registered without FN or FD") // ask the FN itself
		}
		return till.Committed{Op: e.Op, Fiscal: f, Err: l.explain(err), Refused: errors.Is(err, fiscal.ErrRefused)}
	case till.FiscalFind:
		ctx, cancel := bounded(findFDTimeout)
		defer cancel()
		found, err := l.o.Fiscal.Find(ctx, e.Mark, e.Operation)
		return till.Resolved{Op: e.Op, Found: found, Err: l.explain(err)}
	case till.FiscalReport:
		ctx, cancel := bounded(settleTimeout)
		defer cancel()
		return till.Reported{Op: e.Op, Err: l.explain(l.o.Fiscal.Report(ctx))}
	case till.OpenDrawer:
		ctx, cancel := bounded(drawerTimeout)
		defer cancel()
		if err := l.o.Fiscal.OpenDrawer(ctx); err != nil {
			l.o.Log.Warn("drawer did not open", "err", err)
		}
	}
	return nil
}

func (l *Loop) explain(err error) *fault.Error {
	if err == nil {
		return nil
	}
	return l.o.Explain(err)
}
