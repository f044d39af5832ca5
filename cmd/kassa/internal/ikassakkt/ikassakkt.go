// Package ikassakkt lets a till sell through a Belarusian cash register
// (offline/ikassa/register), behind the port a KKT stands behind.
//
// The register has no FN, keeps its own shift and lets a till sell and put cash
// in, and nothing else. The port's steps mean here:
//
//	Mark     nothing but which register; a shift is the till's own
//	Prepare  the sale is written in the register's words, added up by its rules
//	         and compared; the register is asked whether it is there
//	Commit   SALE or DEPOSIT, sent once
//	Find     what is known of it here; the register can not be asked
//
// What a repetition of the same operationId does is written nowhere, and so
// nothing is ever repeated: after a lost answer, or a restart in the middle,
// Find says Untold, and a person looks at the register's paper. The till's name
// of the document is printed above each receipt, so that it can be found there.
//
// VAT is not sent: SALE has no field for it, the register knows its goods.
//
// A Printer is used by one goroutine at a time.
package ikassakkt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/offline/ikassa"
	"github.com/kassa-pos/kassa/offline/ikassa/register"
	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/till"
)

// Times of the questions to the register.
const (
	believed = 10 * time.Second // an answer this old says that it is there
	// pinPause is how long a refused PIN is not tried again: registers lock
	// themselves against guessing.
	pinPause = time.Minute
)

// Printer registers receipts on a register.
type Printer struct {
	reg *register.Client
	now func() time.Time

	alive    time.Time // its last answer
	barred   time.Time // it refused the PIN
	prepared *request  // what Commit may send
	last     outcome   // of the last Commit
}

var _ till.Fiscal = (*Printer)(nil)

// request is an operation in the register's words; one of the two is set.
type request struct {
	id      uuid.UUID
	sale    *ikassa.Sale
	deposit *ikassa.Deposit
}

// outcome is what is known of an operation that was sent.
type outcome struct {
	id    uuid.UUID
	found kkt.Found
}

// New makes a printer; nothing is called yet.
func New(reg *register.Client, now func() time.Time) *Printer { return &Printer{reg: reg, now: now} }

// String names it.
func (p *Printer) String() string { return "ikassa" }

// ping asks whether the register is there and lets us in.
func (p *Printer) ping(ctx context.Context) error {
	if p.now().Sub(p.barred).Abs() < pinPause {
		return fault.New(fault.RegisterPIN)
	}
	if err := p.reg.Ping(ctx); err != nil {
		return p.failed(err)
	}
	p.alive, p.barred = p.now(), time.Time{}
	return nil
}

// Identify implements till.Fiscal.
func (p *Printer) Identify(ctx context.Context) (kkt.Identity, error) {
	err := p.ping(ctx)
	return kkt.Identity{Model: "iKassa", RegNumber: p.reg.Number(), SKKO: true}, err
}

// Status implements till.Fiscal. The register's shift is not told: a sale is
// refused with its reason when it is not open.
func (p *Printer) Status(ctx context.Context) (kkt.Status, error) {
	s := kkt.Status{Shift: kkt.ShiftClosed, Paper: true}
	if p.now().Sub(p.alive).Abs() < believed {
		return s, nil
	}
	return s, p.ping(ctx)
}

// Mark implements till.Fiscal.
func (p *Printer) Mark(context.Context) (kkt.Mark, error) { return p.place(), nil }

// place is where a register always stands.
func (p *Printer) place() kkt.Mark {
	return kkt.Mark{FN: p.reg.Number(), Cloud: true, ShiftOpen: true}
}

// Prepare implements till.Fiscal.
func (p *Printer) Prepare(ctx context.Context, _ kkt.Mark, op kkt.Operation) error {
	p.prepared = nil
	r, err := write(op)
	if err != nil {
		return err
	}
	if err := p.ping(ctx); err != nil {
		return err
	}
	p.prepared = r
	return nil
}

// Commit implements till.Fiscal.
func (p *Printer) Commit(ctx context.Context, _ kkt.Mark, op kkt.Operation) (doc.Fiscal, error) {
	r := p.prepared
	if r == nil || r.id != op.ID {
		return doc.Fiscal{}, errors.New("ikassakkt: committed what was not prepared")
	}
	p.prepared = nil
	var f doc.Fiscal
	var err error
	if r.deposit != nil {
		f, err = p.deposit(ctx, r.deposit)
	} else {
		f, err = p.sell(ctx, r.sale, op)
	}
	p.last = outcome{id: op.ID, found: p.judge(f, err)}
	switch {
	case err == nil:
		p.alive = p.now()
		return f, nil
	case p.last.found.Kind == kkt.NotRegistered:
		return doc.Fiscal{}, errors.Join(p.failed(err), fiscal.ErrRefused)
	}
	return doc.Fiscal{}, p.failed(err)
}

// judge is what the end of a request says of its operation.
func (p *Printer) judge(f doc.Fiscal, err error) kkt.Found {
	var no *register.Refused
	switch {
	case err == nil:
		return kkt.Found{Kind: kkt.Registered, Fiscal: f, Now: p.place()}
	case errors.As(err, &no), errors.Is(err, register.ErrUnsent):
		return kkt.Found{Kind: kkt.NotRegistered}
	}
	return kkt.Found{Kind: kkt.Untold, Why: err.Error(), Now: p.place()}
}

// deposit puts cash in. Its number is kept where the register tells one.
func (p *Printer) deposit(ctx context.Context, d *ikassa.Deposit) (doc.Fiscal, error) {
	put, err := p.reg.Deposit(ctx, d)
	if err != nil {
		return doc.Fiscal{}, err
	}
	return p.fiscal(put), nil
}

// fiscal is what the register has said of a document.
func (p *Printer) fiscal(s register.Sold) doc.Fiscal {
	f := doc.Fiscal{FN: s.Register, FD: s.Number, Receipt: int64(s.Number), UID: s.UID, Time: s.Time, SKKO: true}
	if f.FN == "" {
		f.FN = p.reg.Number()
	}
	if f.Time.IsZero() {
		f.Time = p.now()
	}
	return f
}

// sell registers a sale and compares what the register says of it.
func (p *Printer) sell(ctx context.Context, s *ikassa.Sale, op kkt.Operation) (doc.Fiscal, error) {
	sold, err := p.reg.Sale(ctx, s)
	if err != nil {
		return doc.Fiscal{}, err
	}
	f := p.fiscal(sold)
	f.Total = op.Total()
	if f.FN == "" || f.FD == 0 {
		return f, errors.New("the register has sold, and did not say under which number")
	}
	if sold.Total != nil && *sold.Total != ikassa.Sum(op.Total()) {
		return f, fmt.Errorf("the register has sold for %s under number %d, not for %s", *sold.Total, f.FD, op.Total())
	}
	return f, nil
}

// Find implements till.Fiscal.
func (p *Printer) Find(_ context.Context, mark kkt.Mark, op kkt.Operation) (kkt.Found, error) {
	if p.last.id != op.ID {
		return kkt.Found{Kind: kkt.Untold, Now: p.place(), Why: "the till has stopped meanwhile"}, nil
	}
	found := p.last.found
	if found.Kind == kkt.NotRegistered {
		found.Now = mark
	}
	return found, nil
}

// failed is a call that did not succeed, as the operator is told.
func (p *Printer) failed(err error) error {
	p.alive = time.Time{}
	var no *register.Refused
	switch {
	case errors.As(err, &no) && no.PIN():
		p.barred = p.now()
		return fault.New(fault.RegisterPIN).With(err)
	case errors.As(err, &no):
		if code, ok := reasons[no.Code]; ok {
			return fault.New(code).With(err)
		}
		return fault.New(fault.FiscalRefused, no.Code.Text("ru")).Saying(no.Detail)
	}
	return fault.New(fault.FiscalNoAnswer).With(err)
}

// reasons are the refusals that say what a person has to do.
var reasons = map[ikassa.Result]fault.Code{
	ikassa.ShiftClosed: fault.RegisterShift, ikassa.AlreadyClosed: fault.RegisterShift, ikassa.ShiftTooLong: fault.RegisterLong,
	ikassa.CertExpired: fault.RegisterCertificate, ikassa.Blocked: fault.RegisterBlocked, ikassa.SalePending: fault.RegisterPending,
}

// Settle implements till.Fiscal: the register prints by itself.
func (p *Printer) Settle(context.Context) error { return nil }

// Report implements till.Fiscal.
func (p *Printer) Report(context.Context) error { return fault.New(fault.RegisterOnly) }

// OpenDrawer implements till.Fiscal: a drawer hangs at the board, or at the
// register, which opens it.
func (p *Printer) OpenDrawer(context.Context) error { return nil }

// Halt implements till.Fiscal: every call ends with its context.
func (p *Printer) Halt() error { return nil }
