package shtrih

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// prepared is what Prepare left on the device for Commit.
type prepared struct {
	id      uuid.UUID
	epoch   int       // the connection it was made over
	who     string    // the device it was made on
	clock   time.Time // the device's, in case the document's own can not be read
	shift   int64
	receipt int64 // its number within the shift, as it will be
	plain   bool  // a correction without items
	checks  []doc.MarkCheck

	hostVAT bool            // VAT is worked out by us..
	vat     [6]money.Amount // ..and these are its sums
}

// Digest is what tag 1192 of a receipt holds: 16 hexadecimal digits of the
// document id's SHA-256. It tells our receipts from anybody else's.
func Digest(id uuid.UUID) string {
	sum := sha256.Sum256(id[:])
	return hex.EncodeToString(sum[:8])
}

// Prepare implements fiscal.Printer.
func (p *Printer) Prepare(ctx context.Context, mark fiscal.Mark, op fiscal.Operation) error {
	ctx, end := p.begin(ctx)
	defer end()
	p.ready = nil
	if err := checkOperation(op); err != nil {
		return err
	}
	at, fn, err := p.mark(ctx)
	if err != nil {
		return err
	}
	if err := compareMark(mark, at); err != nil {
		return err
	}
	if err := p.cancelLeftovers(ctx, fn); err != nil {
		return err
	}
	ready, err := p.stand(ctx, op.Kind)
	if err != nil {
		return err
	}
	if err := p.build(ctx, mark, op, ready); err != nil {
		p.abandon(ctx)
		return err
	}
	ready.id, ready.epoch, ready.who = op.ID, p.epoch, p.who
	p.ready = ready
	return nil
}

// checkOperation refuses what the till must never ask.
func checkOperation(op fiscal.Operation) error {
	switch op.Kind {
	case kkt.OpOpenShift, kkt.OpCloseShift, kkt.OpStateReport:
		return nil
	case kkt.OpCashIn, kkt.OpCashOut:
		if op.Cash <= 0 || !sum(op.Cash) {
			return fmt.Errorf("shtrih: %s of %s", op.Kind, op.Cash)
		}
		return nil
	}
	switch {
	case !op.Kind.Receipt():
		return fmt.Errorf("shtrih: unknown operation %.40q", string(op.Kind))
	case op.Receipt == nil || len(op.Receipt.Lines) == 0:
		return fmt.Errorf("shtrih: %s without a receipt", op.Kind)
	case (op.Kind == kkt.OpCorrection) != (op.Receipt.Correction != nil):
		return fmt.Errorf("shtrih: %s: a correction has its ground, and nothing else has one", op.Kind)
	case direction(op) == "":
		return fmt.Errorf("shtrih: correction of %.40q", string(op.Receipt.Correction.Of))
	}
	return nil
}

func compareMark(want, at fiscal.Mark) error {
	if at.FN != want.FN {
		return fmt.Errorf("%w: %s instead of %s", fiscal.ErrFNChanged, at.FN, want.FN)
	}
	if !at.Same(want) {
		return fmt.Errorf("%w: at FD %d shift %d (open %t) instead of FD %d shift %d (open %t)", fiscal.ErrMoved,
			at.FD, at.Shift, at.ShiftOpen, want.FD, want.Shift, want.ShiftOpen)
	}
	return nil
}

// stand makes sure that the device can print and is in the mode the operation
// needs. No shift is opened here.
func (p *Printer) stand(ctx context.Context, kind fiscal.OperationKind) (*prepared, error) {
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	st, err := p.fullStatus(ctx)
	if err != nil {
		return nil, err
	}
	shift, err := p.shiftState(ctx)
	if err != nil {
		return nil, err
	}
	refused := func(code byte) error { return refuse(deviceError(cmdStatus.String(), code, "")) }
	switch {
	case st.mode == modeConfirm:
		return nil, refused(0xC0)
	case st.mode == modeDump || (st.mode >= 11 && st.mode <= 12):
		return nil, refused(codePrinting)
	case kind == kkt.OpOpenShift && (st.mode == modeOpen || st.mode == modeExpired):
		return nil, refused(codeShiftOpen)
	case kind == kkt.OpCloseShift && st.mode == modeExpired:
	case st.mode == modeExpired:
		return nil, refused(codeShiftOld)
	case kind != kkt.OpOpenShift && kind != kkt.OpStateReport && st.mode == modeClosed:
		return nil, refused(codeShiftClosed)
	case st.mode != modeOpen && st.mode != modeClosed:
		return nil, refused(codeMode)
	}
	return &prepared{clock: st.clock.Truncate(time.Minute), shift: shift.shift, receipt: shift.receipt + 1}, nil
}

// build makes the document as far as it can be cancelled.
func (p *Printer) build(ctx context.Context, mark fiscal.Mark, op fiscal.Operation, ready *prepared) error {
	if op.Receipt == nil || !op.Receipt.Electronic {
		if err := p.paperless(ctx, false); err != nil {
			return err
		}
	}
	switch op.Kind {
	case kkt.OpOpenShift:
		if err := p.forbidReplacing(ctx); err != nil {
			return err
		}
		return p.buildReport(ctx, cmdBeginOpen, op)
	case kkt.OpCloseShift:
		return p.buildReport(ctx, cmdBeginClose, op)
	case kkt.OpStateReport:
		return p.buildReport(ctx, cmdBeginState, op)
	case kkt.OpCashIn, kkt.OpCashOut:
		return p.prepareCash(ctx, mark, op)
	}
	return p.buildReceipt(ctx, op, ready)
}

// buildReport begins a document that has a cashier and nothing else to send.
func (p *Printer) buildReport(ctx context.Context, begin command, op fiscal.Operation) error {
	_, err := p.call(ctx, begin, nil)
	if refusedWith(err, codeUnsupported) && op.Kind != kkt.OpStateReport {
		return nil // the report then carries the cashier of the device's own table
	}
	if err != nil {
		return err
	}
	for _, t := range cashierTags(op.Cashier) {
		if err := p.tag(ctx, cmdTag, t); err != nil {
			return err
		}
	}
	return nil
}

// kinds are the two names of an operation: 8Dh counts otherwise than FF46h
// and the FN.
var kinds = map[fiscal.OperationKind]struct{ open, item byte }{
	kkt.OpSale:       {0, 1},
	kkt.OpBuy:        {1, 3},
	kkt.OpSaleReturn: {2, 2},
	kkt.OpBuyReturn:  {3, 4},
}

// buildReceipt makes a receipt, closing apart. Everything that can be refused
// without the device is refused before anything is open on it.
func (p *Printer) buildReceipt(ctx context.Context, op fiscal.Operation, ready *prepared) error {
	id, err := p.identify(ctx)
	if err != nil {
		return err
	}
	if err := p.checkReceipt(ctx, op, id, ready); err != nil {
		return err
	}
	tags, err := receiptTags(op, id.FFD)
	if err != nil {
		return err
	}
	kind := kinds[direction(op)]
	lines, err := entries(kind.item, op.Receipt, id.FFD, ready.hostVAT)
	if err != nil {
		return err
	}
	// Some firmware checks marking codes only within a receipt.
	checking := p.checkMarks(ctx, op, id, ready)
	if checking != nil && !refusedWith(checking, codeMode) {
		return checking
	}
	if err := p.openReceipt(ctx, op, kind.open, id.FFD, ready); err != nil {
		return err
	}
	if err := p.tagReceipt(ctx, op, tags); err != nil || ready.plain {
		return err
	}
	if checking != nil {
		if err := p.checkMarks(ctx, op, id, ready); err != nil {
			return err
		}
	}
	for i, e := range lines {
		if err := p.item(ctx, e, id.FFD); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return p.compareTotal(ctx, op)
}

// openReceipt begins a receipt, on paper or without.
func (p *Printer) openReceipt(ctx context.Context, op fiscal.Operation, kind byte, format string, ready *prepared) error {
	if op.Receipt.Electronic {
		if err := p.checkSender(ctx); err != nil {
			return err
		}
		if err := p.paperless(ctx, true); err != nil {
			return err
		}
	}
	if ready.plain = plainCorrection(op, format); ready.plain {
		_, err := p.call(ctx, cmdBeginCorrect, nil)
		return err
	}
	if op.Kind == kkt.OpCorrection {
		kind |= openCorrection
	}
	_, err := p.call(ctx, cmdOpenReceipt, []byte{kind})
	return err
}

// compareTotal compares the device's sum of the items with ours.
func (p *Printer) compareTotal(ctx context.Context, op fiscal.Operation) error {
	data, err := p.call(ctx, cmdSubtotal, nil)
	if err != nil {
		return err
	}
	u := unpacker{b: data}
	total := money.Amount(u.u(5))
	if u.short {
		return answerError(cmdSubtotal)
	}
	if want := op.Receipt.Total + op.Receipt.Rounding; total != want {
		return fmt.Errorf("%w: %s, the receipt says %s", fiscal.ErrDiffers, total, want)
	}
	return nil
}

// abandon cancels what build began. When the link is down it is left to the
// next Prepare or Find, which cancel leftovers first.
func (p *Printer) abandon(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	fn, err := p.fnStatus(ctx)
	if err == nil {
		err = p.cancelLeftovers(ctx, fn)
	}
	if err != nil {
		p.log.Warn("a document is left open on the device", "err", err)
	}
}

// cancelLeftovers cancels an open receipt and an unfinished FN document.
func (p *Printer) cancelLeftovers(ctx context.Context, fn fnStatus) error {
	st, err := p.shortStatus(ctx)
	if err != nil {
		return err
	}
	if st.mode == modeDocument {
		if _, err := p.call(ctx, cmdCancel, nil); err != nil && !refusedWith(err, codeMode) {
			return err
		}
		p.buffer = markBuffer{} // it goes with the receipt
		p.log.Info("open receipt cancelled")
		if fn, err = p.fnStatus(ctx); err != nil {
			return err
		}
	}
	if fn.document != 0 {
		if _, err := p.call(ctx, cmdFNCancel, nil); err != nil {
			return err
		}
		p.log.Info("open FN document cancelled", "document", fn.document)
	}
	return nil
}
