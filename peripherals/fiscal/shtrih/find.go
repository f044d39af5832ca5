package shtrih

import (
	"context"
	"fmt"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
)

// maxTags bounds the reading of one document's tags: a receipt of a thousand
// lines fits, a device that never ends does not.
const maxTags = 2048

// Find implements fiscal.Printer. With another FN in the device it returns
// ErrFNChanged and judges nothing.
func (p *Printer) Find(ctx context.Context, mark fiscal.Mark, op fiscal.Operation) (fiscal.Found, error) {
	ctx, end := p.begin(ctx)
	defer end()
	p.ready = nil
	if err := checkOperation(op); err != nil {
		return fiscal.Found{}, err
	}
	now, fn, err := p.mark(ctx)
	if err != nil {
		return fiscal.Found{}, err
	}
	if now.FN != mark.FN {
		return fiscal.Found{}, fmt.Errorf("%w: %s instead of %s", fiscal.ErrFNChanged, now.FN, mark.FN)
	}
	if op.Kind.Cash() {
		return p.findCash(ctx, mark, op, now)
	}
	if now.FD == mark.FD {
		if err := p.cancelLeftovers(ctx, fn); err != nil {
			return fiscal.Found{}, err
		}
		// Only with nothing left open is it certain that a late command can
		// not register any more: look again.
		if now, _, err = p.mark(ctx); err != nil {
			return fiscal.Found{}, err
		}
	}
	w, err := p.witness(ctx)
	if err != nil {
		return fiscal.Found{}, err
	}
	now = w.onto(now)
	switch {
	case now.FD == mark.FD:
		return fiscal.Found{Kind: kkt.NotRegistered, Now: now}, nil
	case now.FD < mark.FD:
		return fiscal.Found{Kind: kkt.Foreign, Now: now,
			Why: fmt.Sprintf("последний ФД %d меньше запомненного %d", now.FD, mark.FD)}, nil
	}
	return p.judge(ctx, mark, op, now)
}

// judge compares the document after mark with op.
func (p *Printer) judge(ctx context.Context, mark fiscal.Mark, op fiscal.Operation, now fiscal.Mark) (fiscal.Found, error) {
	d, err := p.stored(ctx, mark.FD+1)
	if refusedWith(err, codeNoData) {
		return fiscal.Found{Kind: kkt.Foreign, Now: now, Why: fmt.Sprintf("ФД %d нет в архиве ФН", mark.FD+1)}, nil
	}
	if err != nil {
		return fiscal.Found{}, err
	}
	if why := disagree(d, op); why != "" {
		return fiscal.Found{Kind: kkt.Foreign, Now: now, Why: why}, nil
	}
	tags, err := p.readTags(ctx, d.fd)
	if err != nil {
		return fiscal.Found{}, err
	}
	if op.Kind.Receipt() && tags.requisite != "" && tags.requisite != requisite(op) {
		return fiscal.Found{Kind: kkt.Foreign, Now: now,
			Why: fmt.Sprintf("ФД %d: чек с такой же суммой, но другой (реквизит 1192 %q)", d.fd, tags.requisite)}, nil
	}
	f := doc.Fiscal{FN: mark.FN, FD: d.fd, Sign: d.sign, Shift: d.shift, Time: d.time, Total: d.total, Recovered: true}
	if f.Shift == 0 {
		f.Shift, f.Receipt = tags.shift, tags.receipt
		f.Marks = storedChecks(op.Receipt, tags.checks)
	}
	id, err := p.identify(ctx)
	if err != nil {
		return fiscal.Found{}, err
	}
	f.Serial, f.RegNumber = id.Serial, id.RegNumber
	return fiscal.Found{Kind: kkt.Registered, Fiscal: f, Now: now}, nil
}

// disagree says in what d can not be op, "" when it can.
func disagree(d stored, op fiscal.Operation) string {
	if d.dateBad {
		return fmt.Sprintf("ФД %d: неверные дата и время", d.fd)
	}
	if !op.Kind.Receipt() {
		if want := reportForm(op.Kind); d.form != want {
			return fmt.Sprintf("ФД %d: форма %d вместо %d", d.fd, d.form, want)
		}
		return ""
	}
	form, want := d.form == formReceipt || d.form == formBSO, "чека"
	if op.Kind == kkt.OpCorrection {
		form, want = d.form == formCorrection || d.form == formBSOCorrect, "чека коррекции"
	}
	switch optype := kinds[direction(op)].item; {
	case !form:
		return fmt.Sprintf("ФД %d: форма %d вместо %s", d.fd, d.form, want)
	case d.optype != optype:
		return fmt.Sprintf("ФД %d: признак расчёта %d вместо %d", d.fd, d.optype, optype)
	case d.total != op.Total():
		return fmt.Sprintf("ФД %d: сумма %s вместо %s", d.fd, d.total, op.Total())
	}
	return ""
}
