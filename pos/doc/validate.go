package doc

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// ErrInvalid is wrapped by everything Validate returns.
var ErrInvalid = errors.New("doc: invalid document")

// Validate checks a document against itself: identity, body and money. A
// document that fails must not be journaled; one read back that fails is
// damage or a bug and is reported by verify.
func (d *Document) Validate() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w %d: %s", ErrInvalid, d.Number, fmt.Sprintf(format, args...))
	}
	if d.ID == uuid.Nil || d.Number <= 0 || d.Time.IsZero() || d.Currency == "" {
		return bad("id, number, time and currency are required")
	}
	want := d.Type.body()
	if want == "" {
		return bad("unknown type %.40q", string(d.Type))
	}
	has := map[string]bool{"receipt": d.Receipt != nil, "cash": d.Cash != nil, "shift": d.Shift != nil, "stock": d.Stock != nil}
	for kind, set := range has {
		if set != (kind == want) {
			return bad("a %s carries a %s body and no other", d.Type, want)
		}
	}
	if d.Receipt != nil {
		if err := d.Receipt.validate(); err != nil {
			return bad("%v", err)
		}
	}
	if d.Receipt != nil && (d.Receipt.Correction != nil) != (d.Type == Correction) {
		return bad("a correction needs its ground, and nothing else has one")
	}
	if d.Cash != nil && (d.Cash.Sum <= 0 || d.Cash.Sum > money.Max) {
		return bad("cash sum %s", d.Cash.Sum)
	}
	if d.Fiscal != nil && (d.Fiscal.FN == "" || d.Fiscal.FD == 0) {
		return bad("fiscal data without FN or FD")
	}
	return nil
}

func (r *Receipt) validate() error {
	if len(r.Lines) == 0 {
		return errors.New("receipt without lines")
	}
	var gross, discount, total, paid, prepaid money.Amount
	var vat []VATSum
	slack := money.Amount(0)
	if r.BaseID != uuid.Nil || r.Hands.ID != uuid.Nil {
		slack = partSlack
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		if err := l.validate(slack); err != nil {
			return fmt.Errorf("line %d: %w", i+1, err)
		}
		gross, discount, total, prepaid = gross+l.Gross, discount+l.Discount, total+l.Total, prepaid+l.Prepaid
		vat = AddVAT(vat, VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
	}
	for i, p := range r.Payments {
		if err := p.Validate(); err != nil {
			return fmt.Errorf("payment %d: %w", i+1, err)
		}
		paid += p.Sum
	}
	if gross != r.Gross || discount != r.Discount || total-r.Rounding != r.Total {
		return fmt.Errorf("lines add up to %s - %s = %s, the receipt says %s - %s - %s = %s", gross, discount, total, r.Gross, r.Discount, r.Rounding, r.Total)
	}
	if r.Rounding != 0 && (r.Rounding < 0 || r.Rounding >= money.Rouble || r.Total%money.Rouble != 0) {
		return fmt.Errorf("rounded by %s to %s", r.Rounding, r.Total)
	}
	if paid != r.Total {
		return fmt.Errorf("payments %s, total %s", paid, r.Total)
	}
	if prepaid != 0 && r.Hands.ID == uuid.Nil {
		return fmt.Errorf("%s of a prepayment that is not named", prepaid)
	}
	if r.Claim != nil {
		if err := r.Claim.validate(); err != nil {
			return err
		}
	}
	if r.Bonus != nil {
		if err := r.Bonus.validate(); err != nil {
			return err
		}
	}
	if r.Total < 0 || r.Total > money.Max {
		return fmt.Errorf("total %s: %w", r.Total, money.ErrRange)
	}
	if len(vat) != len(r.VAT) {
		return fmt.Errorf("%d VAT rates on lines, %d on the receipt", len(vat), len(r.VAT))
	}
	for i := range vat {
		if vat[i] != r.VAT[i] {
			return fmt.Errorf("VAT of lines %v, of the receipt %v", vat[i], r.VAT[i])
		}
	}
	return nil
}

// Kinds of electronic payment a fiscal device tells apart.
const (
	firstSlot = 2
	lastSlot  = 13
)

// Validate checks a payment against itself. No error repeats a card number.
func (p Payment) Validate() error {
	switch p.Type {
	case PayCash, PayElectron, PayAdvance, PayCredit, PayCounter:
	default:
		return fmt.Errorf("unknown type %.20q", string(p.Type))
	}
	if p.Slot != 0 && (p.Type != PayElectron || p.Slot < firstSlot || p.Slot > lastSlot) {
		return fmt.Errorf("%s in slot %d", p.Type, p.Slot)
	}
	if w := p.Way(); (w.QR && !w.Electronic()) || (w.Via != "" && (w.Type != PayAdvance || (w.Via != PayCash && w.Via != PayElectron))) ||
		(w.Claim != ClaimRef{} && (w.Type != PayAdvance || w.Claim.ID == uuid.Nil)) {
		return fmt.Errorf("%s via %.20q, QR %t, claim %s", p.Type, string(p.Via), p.QR, p.Claim.ID)
	}
	if p.Slip != nil {
		if err := p.Slip.validate(&p); err != nil {
			return err
		}
	}
	// Cash handed over is kept or given back; nothing else is handed over.
	handed := p.Tendered != 0 || p.Change != 0
	if p.ID == uuid.Nil || p.Sum < 0 || p.Change < 0 || (handed && (p.Type != PayCash || p.Tendered-p.Change != p.Sum)) {
		return fmt.Errorf("id, or %s of %s, tendered %s, change %s", p.Type, p.Sum, p.Tendered, p.Change)
	}
	return nil
}

// partSlack is how many kopecks a part of a line may differ from quantity times
// price: parts of a weighed line that is returned or handed over piece by piece
// add up to what the whole costs, so that single parts are rounded up or down.
// Fiscal devices allow as much. The gross sum, which no device sees, is the
// part's total and its share of the discount, and may be three kopecks off.
const partSlack = 1

// near tells whether two sums differ by at most slack.
func near(a, b, slack money.Amount) bool { return a-b <= slack && b-a <= slack }

func (l *Line) validate(slack money.Amount) error {
	if l.ID == uuid.Nil || l.Name == "" || !l.Qty.Valid() || l.BasePrice < 0 || l.Price < 0 || l.Total < 0 {
		return fmt.Errorf("id, name, quantity %s, prices %s and %s or total %s", l.Qty, l.BasePrice, l.Price, l.Total)
	}
	if gross, err := l.Qty.Times(l.BasePrice); err != nil || !near(gross, l.Gross, 3*slack) {
		return fmt.Errorf("%s x %s is not %s", l.Qty, l.BasePrice, l.Gross)
	}
	if total, err := l.Qty.Times(l.Price); err != nil || !near(total, l.Total, slack) || l.Gross-l.Discount != l.Total {
		return fmt.Errorf("%s x %s is not %s, or not %s - %s", l.Qty, l.Price, l.Total, l.Gross, l.Discount)
	}
	if l.Prepaid < 0 || l.Prepaid > l.Total {
		return fmt.Errorf("%s of %s was prepaid", l.Prepaid, l.Total)
	}
	var reasons money.Amount
	for _, r := range l.Discounts {
		reasons += r.Sum
	}
	if len(l.Discounts) > 0 && reasons != l.Discount {
		return fmt.Errorf("reasons add up to %s, the discount is %s", reasons, l.Discount)
	}
	info, err := tax.Lookup(l.Rate)
	if err != nil {
		return err
	}
	if vat, err := info.Included(l.Total); err != nil || vat != l.VAT {
		return fmt.Errorf("VAT %s of %s at %s", l.VAT, l.Total, l.Rate)
	}
	return nil
}

// AddVAT adds v to the sum of its rate, keeping order of first appearance.
func AddVAT(sums []VATSum, v VATSum) []VATSum {
	for i := range sums {
		if sums[i].Rate == v.Rate {
			sums[i].Total += v.Total
			sums[i].VAT += v.VAT
			return sums
		}
	}
	return append(sums, v)
}
