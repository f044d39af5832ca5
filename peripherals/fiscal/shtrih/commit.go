package shtrih

import (
	"context"
	"fmt"
	"time"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// Commit implements fiscal.Printer.
func (p *Printer) Commit(ctx context.Context, mark fiscal.Mark, op fiscal.Operation) (doc.Fiscal, error) {
	ctx, end := p.begin(ctx)
	defer end()
	ready := p.ready
	p.ready = nil // one attempt: after it only Find knows
	if op.Kind.Receipt() {
		p.buffer = markBuffer{} // it goes with the receipt, whatever becomes of that
	}
	if ready == nil || ready.id != op.ID {
		return doc.Fiscal{}, fmt.Errorf("%w: the operation is not prepared", fiscal.ErrMoved)
	}
	at, _, err := p.mark(ctx)
	if err != nil {
		return doc.Fiscal{}, err
	}
	if err := compareMark(mark, at); err != nil {
		return doc.Fiscal{}, err
	}
	if p.who != ready.who {
		return doc.Fiscal{}, fmt.Errorf("%w: the operation was prepared on another device (%s, now %s)", fiscal.ErrMoved, ready.who, p.who)
	}
	switch {
	case op.Kind.Cash():
		return p.commitCash(ctx, mark, op)
	case op.Kind == kkt.OpStateReport:
		return p.commitState(ctx, mark, op, ready)
	case !op.Kind.Receipt():
		return p.commitShift(ctx, mark, op)
	case p.epoch != ready.epoch: // the link was lost meanwhile: is the document still there, and whole?
		if err := p.stillThere(ctx, op, ready); err != nil {
			return doc.Fiscal{}, err
		}
	}
	if ready.plain {
		return p.commitCorrection(ctx, mark, op, ready)
	}
	return p.commitReceipt(ctx, mark, op, ready)
}

// stillThere looks whether a receipt survived the loss of the link.
func (p *Printer) stillThere(ctx context.Context, op fiscal.Operation, ready *prepared) error {
	if !ready.plain {
		return p.compareTotal(ctx, op)
	}
	fn, err := p.fnStatus(ctx)
	if err == nil && fn.document != fnCorrection {
		err = fmt.Errorf("%w: the correction is gone (%02Xh is open in the FN)", fiscal.ErrMoved, fn.document)
	}
	return err
}

func (p *Printer) commitReceipt(ctx context.Context, mark fiscal.Mark, op fiscal.Operation, ready *prepared) (doc.Fiscal, error) {
	params, err := closeParams(op.Receipt, ready.vat)
	if err != nil {
		return doc.Fiscal{}, err
	}
	data, err := p.register(ctx, cmdCloseReceipt, params)
	if err != nil {
		return doc.Fiscal{}, err
	}
	c, err := parseClosed(data, p.o.Zone)
	if err != nil {
		return doc.Fiscal{}, err
	}
	return p.registered(ctx, mark, op, c, ready, ready.receipt)
}

// registered makes the outcome of what the device says it registered.
func (p *Printer) registered(ctx context.Context, mark fiscal.Mark, op fiscal.Operation, c closed, ready *prepared, receipt int64) (doc.Fiscal, error) {
	if c.fd != mark.FD+1 {
		return doc.Fiscal{}, fmt.Errorf("%w: registered as FD %d instead of %d", fiscal.ErrMoved, c.fd, mark.FD+1)
	}
	f := doc.Fiscal{FN: mark.FN, FD: c.fd, Sign: c.sign, Shift: ready.shift, Receipt: receipt, Time: c.time, Total: op.Total(), Marks: ready.checks}
	p.complete(ctx, &f, ready.clock)
	return f, nil
}

// commitState registers a report on the state of settlements.
func (p *Printer) commitState(ctx context.Context, mark fiscal.Mark, op fiscal.Operation, ready *prepared) (doc.Fiscal, error) {
	data, err := p.register(ctx, cmdStateReport, nil)
	if err != nil {
		return doc.Fiscal{}, err
	}
	c, err := parseReported(data, p.o.Zone)
	if err != nil {
		return doc.Fiscal{}, err
	}
	return p.registered(ctx, mark, op, c, ready, 0)
}

// complete adds what FF45h does not tell. The receipt is fiscal by now: when
// the device can not be read any more, what is known has to do.
func (p *Printer) complete(ctx context.Context, f *doc.Fiscal, clock time.Time) {
	p.sign(ctx, f)
	if d, err := p.stored(ctx, f.FD); err != nil {
		p.log.Warn("registered, its details could not be read", "doc", f.FD, "err", err)
	} else {
		f.Time, f.Total = d.time, d.total
	}
	if shift, err := p.shiftState(ctx); err != nil {
		p.log.Warn("registered, its numbers could not be read", "doc", f.FD, "err", err)
	} else if f.Shift = shift.shift; f.Receipt != 0 {
		f.Receipt = shift.receipt
	}
	if f.Time.IsZero() {
		f.Time = clock
	}
}

// sign adds who the device is, as far as it can be learnt.
func (p *Printer) sign(ctx context.Context, f *doc.Fiscal) {
	if p.identity == nil {
		if _, err := p.identify(ctx); err != nil {
			p.log.Warn("done, the device could not be identified", "doc", f.FD, "err", err)
			return
		}
	}
	f.Serial, f.RegNumber = p.identity.Serial, p.identity.RegNumber
}

// commitShift opens or closes the shift. The answer carries no numbers, so
// they are read at once; a failure there leaves the outcome to Find.
func (p *Printer) commitShift(ctx context.Context, mark fiscal.Mark, op fiscal.Operation) (doc.Fiscal, error) {
	cmd := cmdOpenShift
	if op.Kind == kkt.OpCloseShift {
		cmd = cmdZReport
	}
	if _, err := p.register(ctx, cmd, nil); err != nil {
		return doc.Fiscal{}, err
	}
	d, err := p.stored(ctx, mark.FD+1)
	if err != nil {
		return doc.Fiscal{}, unsure(err)
	}
	if d.form != reportForm(op.Kind) {
		return doc.Fiscal{}, fmt.Errorf("%w: FD %d is of form %d", fiscal.ErrMoved, d.fd, d.form)
	}
	f := doc.Fiscal{FN: mark.FN, FD: d.fd, Sign: d.sign, Shift: d.shift, Time: d.time}
	p.sign(ctx, &f)
	return f, nil
}

// reportForm is the form of a document that is no receipt.
func reportForm(kind fiscal.OperationKind) byte {
	switch kind {
	case kkt.OpOpenShift:
		return formOpenShift
	case kkt.OpStateReport:
		return formState
	}
	return formCloseShift
}

// register runs a registering command. A refusal is ErrRefused only when it
// is certain that nothing was registered.
func (p *Printer) register(ctx context.Context, cmd command, params []byte) ([]byte, error) {
	data, err := p.call(ctx, cmd, params)
	if refusedWith(err, codesUnsure...) {
		return nil, unsure(err)
	}
	return data, err
}

// unsure strips ErrRefused from err: it would promise that nothing happened.
func unsure(err error) error { return fmt.Errorf("%w: %v", fiscal.ErrNoAnswer, err) }

// stored reads a document's card from the FN's archive.
func (p *Printer) stored(ctx context.Context, fd uint32) (stored, error) {
	data, err := p.call(ctx, cmdFindDocument, pack().u(uint64(fd), 4).b)
	if err != nil {
		return stored{}, err
	}
	d, err := parseStored(data, p.o.Zone)
	if err == nil && d.fd != fd {
		err = fmt.Errorf("%w: asked for FD %d, got %d", fiscal.ErrGarbage, fd, d.fd)
	}
	return d, err
}
