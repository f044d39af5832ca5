// Package cloudkkt lets a till without a fiscal device sell: the cloud has a
// till with one (a master) register its receipts.
//
// It stands behind the port a KKT stands behind, because the question is the
// same one: a receipt must be registered once, whatever answer is lost, and
// nothing is paid before that is known. The port's steps mean here:
//
//	Mark     nothing but that there is no FN of ours; a shift is the till's own
//	Prepare  the cloud is asked whether it is there: without it nothing is sold
//	Commit   the sale is created in the queue, and asked about until a master
//	         has registered it
//	Find     the same question after doubt, by the sale's own id
//
// A queued sale can not be taken back: as long as no master has registered it
// the till is in doubt, says so, and asks on. A queue that does not know the
// sale after a while is believed: the same sale with the same id is queued
// again, which the cloud takes for one.
//
// Cash in and out, and shifts, concern nobody but the till. Corrections and
// reports on settlements need a device and are refused.
//
// A Printer is used by one goroutine at a time.
package cloudkkt

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/moysklad"
	"github.com/kassa-pos/kassa/offline/outbox"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/till"
)

// Times of the questions to the cloud.
const (
	askFirst   = 200 * time.Millisecond // doubles up to askMost
	askMost    = 5 * time.Second
	commitWait = 20 * time.Second // then the operator is told that it waits
	findWait   = 5 * time.Second
	grace      = 2 * time.Second  // a request that got no answer may still arrive
	believed   = 10 * time.Second // an answer this old says that the cloud is there
	settleWait = 8 * time.Second  // for what the sale refers to, its shift, to be in the cloud
)

// Options of a Printer.
type Options struct {
	// Client is the attached cloud's; nil: not attached yet.
	Client func() *moysklad.Client
	// Settled tells whether everything made before is in the cloud.
	Settled func() bool
}

// Printer registers receipts through the cloud.
type Printer struct {
	o     Options
	alive time.Time // the cloud's last answer
}

var _ till.Fiscal = (*Printer)(nil)

// New makes a printer; nothing is called yet.
func New(o Options) *Printer { return &Printer{o: o} }

// String names it.
func (p *Printer) String() string { return "cloud" }

// client is the cloud's.
func (p *Printer) client() (*moysklad.Client, error) {
	if c := p.o.Client(); c != nil {
		return c, nil
	}
	return nil, fault.New(fault.FiscalCloudDown)
}

// ping asks the cloud about nothing, to see that it answers.
func (p *Printer) ping(ctx context.Context) error {
	c, err := p.client()
	if err != nil {
		return err
	}
	if _, _, err := c.FiscalStatus(ctx, uuid.Max); err != nil {
		return p.failed(err)
	}
	p.alive = time.Now()
	return nil
}

// failed is a call that did not succeed, as the operator is told.
func (p *Printer) failed(err error) error {
	p.alive = time.Time{}
	var known *fault.Error
	if errors.As(err, &known) && known.Code != fault.CloudDown {
		return known
	}
	return fault.New(fault.FiscalCloudDown).With(err)
}

// Identify implements till.Fiscal.
func (p *Printer) Identify(ctx context.Context) (kkt.Identity, error) {
	return kkt.Identity{Model: "cloud", FFD: "1.2", Cloud: true}, p.ping(ctx)
}

// Status implements till.Fiscal.
func (p *Printer) Status(ctx context.Context) (kkt.Status, error) {
	s := kkt.Status{Shift: kkt.ShiftClosed, Paper: true}
	if time.Since(p.alive) < believed {
		return s, nil
	}
	return s, p.ping(ctx)
}

// place is where a till without an FN always stands.
var place = kkt.Mark{Cloud: true, ShiftOpen: true}

// Mark implements till.Fiscal.
func (p *Printer) Mark(context.Context) (kkt.Mark, error) { return place, nil }

// Prepare implements till.Fiscal.
func (p *Printer) Prepare(ctx context.Context, _ kkt.Mark, op kkt.Operation) error {
	switch {
	case op.Kind.Cash():
		return nil
	case op.Kind != kkt.OpSale && op.Kind != kkt.OpSaleReturn:
		return fault.New(fault.FiscalCloudKind)
	}
	if err := p.ping(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, settleWait)
	defer cancel()
	for pause := newPause(); !p.o.Settled(); {
		if !pause.wait(ctx) {
			return fault.New(fault.FiscalCloudDown)
		}
	}
	return nil
}

// Commit implements till.Fiscal.
func (p *Printer) Commit(ctx context.Context, _ kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	if op.Kind.Cash() {
		return doc.Fiscal{}, nil
	}
	c, err := p.client()
	if err != nil {
		return doc.Fiscal{}, errors.Join(err, fiscal.ErrRefused)
	}
	d := *op.Document
	d.People = op.People
	if err := p.queue(ctx, c, &d); err != nil {
		return doc.Fiscal{}, p.refused(err)
	}
	ctx, cancel := context.WithTimeout(ctx, commitWait)
	defer cancel()
	return p.await(ctx, c, op)
}

// queue creates the sale. A shift that was opened a moment ago may still be on
// its way up: the cloud says so, and is asked again.
func (p *Printer) queue(ctx context.Context, c *moysklad.Client, d *doc.Document) error {
	waiting, cancel := context.WithTimeout(ctx, settleWait)
	defer cancel()
	for pause := newPause(); ; {
		err := c.Queue(ctx, d)
		var e *moysklad.Error
		if !errors.As(err, &e) || e.Code != codeNoShift {
			return err
		}
		p.o.Settled() // wakes who sends it
		if !pause.wait(waiting) {
			return err
		}
	}
}

// codeNoShift: the cloud does not know the sale's shift.
const codeNoShift = 12012

// refused tells a sale that is certainly not in the queue from one that may be.
func (p *Printer) refused(err error) error {
	var e *moysklad.Error
	switch {
	case errors.Is(err, moysklad.ErrInexpressible):
		return errors.Join(fault.New(fault.FiscalCloudKind).With(err), fiscal.ErrRefused)
	case errors.As(err, &e) && e.Status != 0 && (e.Class() == outbox.Person || e.Class() == outbox.OurFault):
		return errors.Join(p.failed(err), fiscal.ErrRefused)
	}
	return p.failed(err)
}

// await asks until a master has registered the sale, or time is over.
func (p *Printer) await(ctx context.Context, c *moysklad.Client, op kkt.Operation) (doc.Fiscal, error) {
	for pause := newPause(); ; {
		status, f, err := c.FiscalStatus(ctx, op.ID)
		switch {
		case err != nil && ctx.Err() == nil:
			return f, p.failed(err)
		case status == moysklad.Fiscalised:
			f.Total = op.Total()
			return f, nil
		case err == nil && status == moysklad.Unknown:
			return f, errUnknown
		}
		if !pause.wait(ctx) {
			return f, fault.New(fault.FiscalCloudQueued)
		}
	}
}

var errUnknown = errors.New("cloudkkt: the cloud does not know the sale")

// Find implements till.Fiscal.
func (p *Printer) Find(ctx context.Context, mark kkt.Mark, op kkt.Operation) (kkt.Found, error) {
	nothing := kkt.Found{Kind: kkt.NotRegistered, Now: mark}
	if op.Kind.Cash() {
		return nothing, nil
	}
	c, err := p.client()
	if err != nil {
		return kkt.Found{}, err
	}
	for range 2 { // unknown twice: it is not on its way any more
		asking, cancel := context.WithTimeout(ctx, findWait)
		f, err := p.await(asking, c, op)
		cancel()
		switch {
		case err == nil:
			return kkt.Found{Kind: kkt.Registered, Fiscal: f, Now: mark}, nil
		case !errors.Is(err, errUnknown):
			return kkt.Found{}, err
		}
		if later := (&pause{next: grace}); !later.wait(ctx) {
			return kkt.Found{}, fault.New(fault.FiscalCloudDown)
		}
	}
	return nothing, nil
}

// Settle implements till.Fiscal: there is no paper.
func (p *Printer) Settle(context.Context) error { return nil }

// Report implements till.Fiscal.
func (p *Printer) Report(context.Context) error { return fault.New(fault.FiscalCloudKind) }

// OpenDrawer implements till.Fiscal: a drawer hangs at the board or nowhere.
func (p *Printer) OpenDrawer(context.Context) error { return nil }

// Halt implements till.Fiscal: every call ends with its context.
func (p *Printer) Halt() error { return nil }

// pause is a wait that grows.
type pause struct{ next time.Duration }

func newPause() *pause { return &pause{next: askFirst} }

// wait waits, and tells whether there is time left.
func (w *pause) wait(ctx context.Context) bool {
	t := time.NewTimer(w.next)
	defer t.Stop()
	w.next = min(2*w.next, askMost)
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
