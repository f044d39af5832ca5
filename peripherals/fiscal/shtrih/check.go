package shtrih

import (
	"context"
	"fmt"
	"slices"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// checkReceipt refuses, before anything is open on the device, what it or its
// format has no place for, and money it would work out otherwise.
func (p *Printer) checkReceipt(ctx context.Context, op kkt.Operation, id kkt.Identity, ready *prepared) error {
	r := op.Receipt
	if err := checkTaxSystem(id, r.TaxSystem); err != nil {
		return err
	}
	if err := checkMode(op, id); err != nil {
		return err
	}
	if err := checkMoney(r); err != nil {
		return err
	}
	if err := p.checkRates(ctx, r); err != nil {
		return err
	}
	if err := p.checkVATMode(ctx, r, ready); err != nil {
		return err
	}
	if err := p.checkCorrection(ctx, op, id.FFD); err != nil {
		return err
	}
	return p.checkPayout(ctx, op)
}

// checkTaxSystem refuses a system the device is not registered for.
func checkTaxSystem(id kkt.Identity, s tax.System) error {
	if slices.Contains(id.TaxSystems, s) {
		return nil
	}
	return refuse(ourError(cmdCloseReceipt, codeBadParams, "ККТ не зарегистрирована на систему налогообложения "+s.String()))
}

// checkMode refuses a receipt without a cashier on a device that is registered
// to have one, and an electronic one that nobody gets.
func checkMode(op kkt.Operation, id kkt.Identity) error {
	switch {
	case op.Receipt.Automatic && !id.Automatic:
		return refuse(ourError(cmdOpenReceipt, codeBadSetting, "ККТ не зарегистрирована для работы в автоматическом режиме"))
	case op.Receipt.Electronic && (op.People == nil || op.People.Contact == ""):
		return refuse(ourError(cmdOpenReceipt, codeBadParams, "электронный чек некому отправить: не указан телефон или почта покупателя"))
	case op.Receipt.Electronic && plainCorrection(op, id.FFD):
		return refuse(ourError(cmdOpenReceipt, codeBadParams, "чек коррекции в ФФД 1.05 печатается всегда"))
	}
	return nil
}

// checkMoney compares what is stored with what the device will make of it: the
// sum of the lines, kopecks dropped; the VAT of each line and rate; what was
// paid. The device's own total is compared again before closing.
func checkMoney(r *doc.Receipt) error {
	differs := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", fiscal.ErrDiffers, fmt.Sprintf(format, args...))
	}
	var total, paid money.Amount
	var vat []doc.VATSum
	for i := range r.Lines {
		l := &r.Lines[i]
		info, err := tax.Lookup(l.Rate)
		if err != nil {
			return refuse(ourError(cmdItem, codeBadParams, err.Error()))
		}
		if sum, err := info.Included(l.Total); err != nil || sum != l.VAT {
			return differs("line %d: VAT %s of %s at %s, the device computes %s", i+1, l.VAT, l.Total, l.Rate, sum)
		}
		total += l.Total
		vat = doc.AddVAT(vat, doc.VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
	}
	if total-r.Rounding != r.Total || r.Rounding < 0 || r.Rounding >= money.Rouble || (r.Rounding > 0 && r.Total%money.Rouble != 0) {
		return differs("lines of %s rounded by %s are not %s", total, r.Rounding, r.Total)
	}
	if !slices.Equal(vat, r.VAT) {
		return differs("VAT of the lines %v, of the receipt %v", vat, r.VAT)
	}
	for _, pay := range r.Payments {
		paid += pay.Sum
	}
	if paid != r.Total {
		return differs("paid %s of %s", paid, r.Total)
	}
	_, err := slotsOf(r.Payments, true)
	return err
}

// checkVATMode learns who works out VAT. With table 1 set to "by the host" the
// stored sums are sent with each item and at closing, where only six rates
// have a place.
func (p *Printer) checkVATMode(ctx context.Context, r *doc.Receipt, ready *prepared) error {
	const byHost = 1
	t, ok, err := p.findTable(ctx, "тип и режим")
	if err != nil || !ok {
		return err
	}
	n, _, ok, err := p.findField(ctx, t, 14, "начисление налогов", "начисления налогов")
	if err != nil || !ok {
		return err
	}
	v, err := p.readNumber(ctx, t, 1, n)
	if err != nil || v != byHost {
		return err
	}
	ready.hostVAT = true
	if ready.vat, err = p.vatSlots(ctx, r); err != nil {
		return err
	}
	return nil
}
