package shtrih

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// A correction receipt has no items in FFD 1.05: it is begun by FF35h, gets
// its ground as tags and is registered, sums and all, by FF4Ah. Since FFD 1.1
// it is a receipt like any other, opened with another kind.

// openCorrection is added to the kind of receipt 8Dh opens. UNVERIFIED: the
// public protocol papers stop before it; it is what the vendor's own drivers
// are seen to send.
const openCorrection = 0x80

// unnumbered stands for the number of a ground that has none: FFD 1.05 wants
// one always.
const unnumbered = "б/н"

// direction is the kind of settlement a receipt registers; a correction's
// stands in its ground.
func direction(op kkt.Operation) kkt.OperationKind {
	if op.Kind != kkt.OpCorrection {
		return op.Kind
	}
	switch op.Receipt.Correction.Of {
	case doc.Sell:
		return kkt.OpSale
	case doc.Payback:
		return kkt.OpSaleReturn
	case doc.Buy:
		return kkt.OpBuy
	case doc.Buyback:
		return kkt.OpBuyReturn
	}
	return ""
}

// plainCorrection tells whether op is a correction without items.
func plainCorrection(op kkt.Operation, format string) bool {
	return op.Kind == kkt.OpCorrection && oldFormat(format)
}

// oldFormat tells whether the format is one of those before FFD 1.1. A device
// that does not say which it speaks is taken for an old one.
func oldFormat(format string) bool { return format != "1.1" && format != "1.2" }

// checkCorrection refuses what FFD 1.05 has no place for.
func (p *Printer) checkCorrection(ctx context.Context, op kkt.Operation, format string) error {
	if op.Kind != kkt.OpCorrection {
		return nil
	}
	if err := checkGround(op.Receipt.Correction); err != nil {
		return err
	}
	if !plainCorrection(op, format) {
		return nil
	}
	if kind := direction(op); kind != kkt.OpSale && kind != kkt.OpBuy {
		return refuse(ourError(cmdCorrect, codeBadParams,
			"в ФФД 1.05 чек коррекции бывает только прихода или расхода: возврат оформляется обычным чеком"))
	}
	_, err := p.vatSlots(ctx, op.Receipt)
	return err
}

// groundTags are the tags that say what is corrected and why.
func groundTags(g *doc.Ground, format string) []tlv {
	year, month, day := g.Date.Date()
	date := tlv{tagGroundDate, pack().u(uint64(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()), 4).b}
	number := strings.TrimSpace(g.Number)
	ground := []tlv{date}
	if oldFormat(format) {
		if number == "" {
			number = unnumbered
		}
		ground = []tlv{textTag(tagGroundText, g.Reason, maxGroundText), date}
	}
	if number != "" {
		ground = append(ground, textTag(tagGroundNumber, number, maxGroundNumber))
	}
	tags := []tlv{nest(tagGround, ground...)}
	if !oldFormat(format) { // in FFD 1.05 it is a parameter of FF4Ah
		tags = append(tags, tlv{tagCorrectionType, []byte{orderByte(g)}})
	}
	return tags
}

func orderByte(g *doc.Ground) byte {
	if g.ByOrder {
		return 1
	}
	return 0
}

// vatSlots are the six sums of FF4Ah: the VAT of a rate, and of 0 % and of
// none the turnover. What the slots stand for the device's own table of rates
// says; a rate without one is refused.
func (p *Printer) vatSlots(ctx context.Context, r *doc.Receipt) ([6]money.Amount, error) {
	var sums [6]money.Amount
	for _, v := range r.VAT {
		slot, err := p.vatSlot(ctx, v.Rate)
		if err != nil {
			return sums, err
		}
		if slot == 0 {
			return sums, refuse(ourError(cmdCorrect, codeBadParams,
				fmt.Sprintf("для ставки НДС %s в чеке коррекции этой ККТ нет места", v.Rate)))
		}
		sum := v.VAT
		if v.Rate == tax.VAT0 || v.Rate == tax.None {
			sum = v.Total
		}
		sums[slot-1] += sum
	}
	return sums, nil
}

// vatSlot finds the slot (1..6) of a rate, 0 when it has none. Firmware of
// 2026 is said to keep 22 % in the slots of 20 %; the table of rates tells.
func (p *Printer) vatSlot(ctx context.Context, rate tax.Rate) (int, error) {
	row := int(vatRates[rate].row)
	replaced, ok := map[tax.Rate]int{tax.VAT22: 1, tax.VAT22of: 5, tax.VAT20: 1, tax.VAT20of: 5}[rate]
	if !ok {
		if row > 6 {
			return 0, nil
		}
		return row, nil
	}
	info, err := tax.Lookup(rate)
	if err != nil {
		return 0, err
	}
	percent, told, err := p.rowPercent(ctx, byte(replaced))
	switch {
	case err != nil:
		return 0, err
	case told && percent != uint64(info.Percent)*100, !told && row > 6:
		return 0, nil
	}
	return replaced, nil
}

// correctionParams lays out FF4Ah after the password.
func correctionParams(op kkt.Operation, vat [6]money.Amount) ([]byte, error) {
	paid, err := slotsOf(op.Receipt.Payments, false)
	if err != nil {
		return nil, err
	}
	p := pack().bytes(orderByte(op.Receipt.Correction), kinds[direction(op)].item).u(uint64(op.Total()), 5)
	electronic := money.Amount(0)
	for _, a := range paid[slotElectron : slotElectronLast+1] {
		electronic += a
	}
	for _, a := range append([]money.Amount{paid[slotCash], electronic, paid[slotAdvance], paid[slotCredit], paid[slotCounter]}, vat[:]...) {
		p.u(uint64(a), 5)
	}
	return p.bytes(byte(op.Receipt.TaxSystem)).b, nil
}

func (p *Printer) commitCorrection(ctx context.Context, mark kkt.Mark, op kkt.Operation, ready *prepared) (doc.Fiscal, error) {
	vat, err := p.vatSlots(ctx, op.Receipt)
	if err != nil {
		return doc.Fiscal{}, err
	}
	params, err := correctionParams(op, vat)
	if err != nil {
		return doc.Fiscal{}, err
	}
	data, err := p.register(ctx, cmdCorrect, params)
	if err != nil {
		return doc.Fiscal{}, err
	}
	receipt, c, err := parseCorrected(data, p.o.Zone)
	if err != nil {
		return doc.Fiscal{}, err
	}
	return p.registered(ctx, mark, op, c, ready, receipt)
}

// checkGround refuses a ground that FFD has no room for: it must go as it is
// stored or not at all.
func checkGround(g *doc.Ground) error {
	switch {
	case g.Date.IsZero(), g.Date.Year() < 2000:
		return refuse(ourError(cmdCorrect, codeBadParams, "не указана дата корректируемого расчёта"))
	case g.ByOrder && strings.TrimSpace(g.Number) == "":
		return refuse(ourError(cmdCorrect, codeBadParams, "не указан номер предписания"))
	case text.Width(g.Number) > maxGroundNumber:
		return refuse(ourError(cmdCorrect, codeBadParams, fmt.Sprintf("номер предписания длиннее %d знаков", maxGroundNumber)))
	}
	return nil
}
