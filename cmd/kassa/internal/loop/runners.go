package loop

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/till"
)

// perform hands an effect to whoever does it. It returns at once.
func (l *Loop) perform(e till.Effect) {
	switch e := e.(type) {
	case till.Reply:
		l.reply(e)
	case till.Post:
		if err := l.o.Journal.Post(e.Entries...); err != nil {
			l.o.Log.Error("cart event not queued", "err", err)
			l.later(till.PostFailed{Entries: e.Entries, Err: l.o.Explain(err)})
		}
	case till.Store:
		offer(l, l.store, e, till.Stored{Op: e.Op, Err: fault.New(fault.JournalWrite)})
	case till.Lookup:
		offer(l, l.find, e, till.Looked{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.FindCustomer:
		offer(l, l.who, e, till.CustomerFound{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.FindItems:
		offer(l, l.items, e, till.ItemsFound{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.Recalc:
		offer(l, l.recalcs, e, till.Recalculated{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.CheckPermit:
		offer(l, l.permits, e, till.Permitted{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.Weigh:
		offer(l, l.weigh, e, till.Weighed{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.LoadSale:
		offer(l, l.sale, e, till.SaleLoaded{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.Authenticate:
		offer(l, l.pins, e, till.Authenticated{Op: e.Op, Err: fault.New(fault.Busy)})
	case till.OpenDrawer:
		if !l.o.Outputs.OpenDrawer() {
			l.toFiscal(e)
		}
	case till.Beep:
		l.o.Outputs.Beep(e.Signal)
	case till.PrintTickets:
		if l.o.Tickets != nil {
			l.o.Tickets(e.Tickets)
		}
	case till.Wake:
		l.o.Wake()
	case till.Charge, till.ChargeFind, till.ChargeCount:
		l.toTerminal(e)
	case till.ChargeAbort:
		if l.o.Terminal != nil {
			l.o.Terminal.Abort()
		}
	case till.After:
		l.workers.Go(func() { l.after(e) })
	default:
		l.toFiscal(e)
	}
}

// offer queues work for a runner, or answers in its place when it is overrun.
func offer[E till.Effect](l *Loop, queue chan E, e E, overrun till.Event) {
	select {
	case queue <- e:
	default:
		l.later(overrun)
	}
}

// later sends an event from the owner's own goroutine, which must not wait
// for its own inbox.
func (l *Loop) later(ev till.Event) {
	l.workers.Go(func() { l.post(l.ctx, ev) })
}

func (l *Loop) after(e till.After) {
	timer := time.NewTimer(e.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		l.post(l.ctx, till.Timer{Op: e.Op})
	case <-l.ctx.Done():
	}
}

func (l *Loop) runStore(ctx context.Context) {
	for {
		select {
		case e := <-l.store:
			// Not the loop's context: a write that has begun is awaited even
			// while stopping, up to its own deadline.
			write, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
			_, err := l.o.Journal.Append(write, e.Entries...)
			cancel()
			done := till.Stored{Op: e.Op}
			if err != nil {
				l.o.Log.Error("journal write failed", "err", err)
				if done.Nothing = l.o.WroteNothing(err); done.Nothing {
					done.Err = l.o.Explain(err)
				} else {
					done.Err = fault.New(fault.JournalWrite).With(err)
				}
			}
			l.post(ctx, done)
		case <-ctx.Done():
			return
		}
	}
}

func (l *Loop) runFind(ctx context.Context) {
	for {
		select {
		case e := <-l.find:
			look, cancel := context.WithTimeout(ctx, findTimeout)
			done := till.Looked{Op: e.Op}
			done.Match, done.Err = l.lookup(look, e.Generation, e.Code)
			for _, goods := range labelled(e.Goods) {
				if done.Err == nil && done.Label == nil {
					done.Label, done.Err = l.lookup(look, e.Generation, goods)
				}
			}
			cancel()
			l.post(ctx, done)
		case <-ctx.Done():
			return
		}
	}
}

// lookup finds what a code stands for; nil when nothing has it.
func (l *Loop) lookup(ctx context.Context, generation int64, code string) (*catalog.Match, *fault.Error) {
	m, err := l.o.Catalog.Lookup(ctx, generation, code)
	switch {
	case err == nil:
		return &m, nil
	case errors.Is(err, ErrNoItem):
		return nil, nil
	}
	return nil, l.o.Explain(err)
}

// labelled are the spellings of a code of goods in a label: as printed, and
// without its leading zeros.
func labelled(goods string) []string {
	short := strings.TrimLeft(goods, "0")
	switch {
	case goods == "":
		return nil
	case short == "" || short == goods:
		return []string{goods}
	}
	return []string{goods, short}
}

// runPermits asks about marked units, several at a time: one slow answer holds
// up no other.
func (l *Loop) runPermits(ctx context.Context) {
	for {
		select {
		case e := <-l.permits:
			l.post(ctx, l.checkPermit(ctx, e))
		case <-ctx.Done():
			return
		}
	}
}

func (l *Loop) checkPermit(ctx context.Context, e till.CheckPermit) till.Permitted {
	ctx, cancel := context.WithTimeout(ctx, permitTimeout)
	defer cancel()
	done := till.Permitted{Op: e.Op}
	if l.o.SoldUnit != nil {
		sold, err := l.o.SoldUnit(ctx, e.Query.Unit)
		if err != nil {
			done.Err = l.o.Explain(err)
			return done
		}
		if sold {
			done.Answer.Refused = fault.MarkSold
			return done
		}
	}
	if e.Query.Own {
		return done
	}
	if l.o.Permit == nil {
		done.Answer.Refused = fault.PermitOff
		return done
	}
	answer, err := l.o.Permit.Check(ctx, e.Query)
	if done.Answer = answer; err != nil {
		done.Err = fault.New(fault.PermitDown)
		var known *fault.Error
		if errors.As(err, &known) {
			done.Err = known
		}
	}
	return done
}

// runScale weighs one thing after the other.
func (l *Loop) runScale(ctx context.Context) {
	for {
		select {
		case e := <-l.weigh:
			done := till.Weighed{Op: e.Op, Err: fault.New(fault.ScaleDown)}
			if l.o.Scale != nil {
				wait, cancel := context.WithTimeout(ctx, weighTimeout)
				w, err := l.o.Scale.Weigh(wait)
				cancel()
				if done.Weight, done.Err = w, nil; err != nil {
					done.Err = fault.Of(err)
				}
			}
			l.post(ctx, done)
		case <-ctx.Done():
			return
		}
	}
}

func (l *Loop) runSale(ctx context.Context) {
	for {
		select {
		case e := <-l.sale:
			look, cancel := context.WithTimeout(ctx, saleTimeout)
			sale, back, err := l.o.Sale(look, e.ID)
			cancel()
			done := till.SaleLoaded{Op: e.Op, Back: back}
			switch {
			case err == nil:
				done.Sale = &sale
			case !errors.Is(err, ErrNoSale):
				done.Err = l.o.Explain(err)
			}
			l.post(ctx, done)
		case <-ctx.Done():
			return
		}
	}
}

// maxCustomers are enough to know that somebody has to choose.
const maxCustomers = 20

func (l *Loop) runCustomers(ctx context.Context) {
	for {
		select {
		case e := <-l.who:
			done := till.CustomerFound{Op: e.Op}
			if l.o.Customers == nil {
				done.Err = fault.New(fault.CustomersOff)
			} else {
				look, cancel := context.WithTimeout(ctx, askTimeout)
				found, err := l.o.Customers.FindCustomers(look, e.Text, maxCustomers)
				cancel()
				if done.Found = found; err != nil {
					done.Err = l.o.Explain(err)
				}
			}
			l.post(ctx, done)
		case <-ctx.Done():
			return
		}
	}
}

func (l *Loop) runItems(ctx context.Context) {
	for {
		select {
		case e := <-l.items:
			done := till.ItemsFound{Op: e.Op}
			if l.o.Items == nil {
				done.Err = fault.New(fault.CatalogMissing)
			} else {
				var err error
				look, cancel := context.WithTimeout(ctx, findTimeout)
				done.Items, done.Generation, err = l.o.Items(look, e.IDs)
				cancel()
				if err != nil {
					done.Err = l.o.Explain(err)
				}
			}
			l.post(ctx, done)
		case <-ctx.Done():
			return
		}
	}
}

func (l *Loop) runPINs(ctx context.Context) {
	for {
		select {
		case e := <-l.pins:
			l.post(ctx, l.authenticate(ctx, e))
		case <-ctx.Done():
			return
		}
	}
}

// authenticate compares with every cashier, so the time tells nothing about
// who has which PIN.
func (l *Loop) authenticate(ctx context.Context, e till.Authenticate) till.Authenticated {
	done := till.Authenticated{Op: e.Op}
	deadline := time.Now().Add(pinTimeout)
	for _, c := range l.o.Cashiers() {
		if ctx.Err() != nil || time.Now().After(deadline) {
			done.Err = fault.New(fault.Timeout)
			return done
		}
		hash := c.PINHash
		if e.Badge {
			hash = c.BadgeHash
		}
		if hash == "" {
			continue
		}
		ok, err := l.o.CheckPIN(hash, e.PIN)
		if err != nil {
			l.o.Log.Error("stored PIN hash", "cashier", c.ID, "err", err)
			continue
		}
		if ok && done.Cashier == nil {
			done.Cashier = &c
		}
	}
	return done
}
