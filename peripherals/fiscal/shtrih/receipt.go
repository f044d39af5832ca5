package shtrih

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kassa-pos/kassa/peripherals/fiscal"
	"github.com/kassa-pos/kassa/peripherals/text"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/tax"
)

// Limits of the protocol, in bytes and kopecks.
const (
	maxName  = 128
	maxTitle = 64
	maxSum   = 9_999_999_999
	notGiven = 0xFFFFFFFFFF // a sum the device works out itself
)

// Slots of FF45h's payments.
const (
	slots            = 16
	slotCash         = 1
	slotElectron     = 2
	slotElectronLast = 13
	slotAdvance      = 14
	slotCredit       = 15
	slotCounter      = 16
)

// department every line goes to; the family wants 1..16.
const department = 1

// tagCashier sends who is at the till. 1203 goes only when it is a person's
// INN: devices refuse any other.
func (p *Printer) tagCashier(ctx context.Context, op fiscal.Operation) error {
	if title := strings.TrimSpace(op.Cashier.Title()); title != "" {
		if err := p.tag(ctx, textTag(tagCashier, title, maxTitle)); err != nil {
			return err
		}
	}
	if personINN(op.Cashier.INN) {
		return p.tag(ctx, textTag(tagCashierINN, op.Cashier.INN, 12))
	}
	return nil
}

// tagReceipt sends the tags of the receipt as a whole.
func (p *Printer) tagReceipt(ctx context.Context, op fiscal.Operation, format string) error {
	if err := p.tagCashier(ctx, op); err != nil {
		return err
	}
	if g := op.Receipt.Correction; g != nil {
		for _, t := range groundTags(g, format) {
			if err := p.tag(ctx, t); err != nil {
				return err
			}
		}
	}
	return p.tagRequisite(ctx, op)
}

// tagRequisite marks the receipt as ours, or names the one it puts right. A
// device that does not want the tag does without; Find then goes by number,
// kind and total.
func (p *Printer) tagRequisite(ctx context.Context, op fiscal.Operation) error {
	err := p.tag(ctx, textTag(tagRequisite, requisite(op), maxRequisite))
	if refusedWith(err, codeBadParams, codeBadSetting, codeBadModel, codeUnsupported) {
		p.log.Debug("the device does not take tag 1192", "err", err)
		return nil
	}
	return err
}

func (p *Printer) tag(ctx context.Context, t tlv) error {
	_, err := p.call(ctx, cmdTag, t.encode())
	return err
}

// item registers one line: FF46h, then its tags, in this order only.
func (p *Printer) item(ctx context.Context, kind byte, l *doc.Line, format string) error {
	params, err := itemParams(kind, l)
	if err != nil {
		return err
	}
	if _, err := p.call(ctx, cmdItem, params); err != nil {
		return err
	}
	if format != "1.2" {
		return nil
	}
	_, err = p.call(ctx, cmdItemTag, tlv{tagUnit, []byte{byte(l.UnitCode)}}.encode())
	return err
}

// itemParams lays out FF46h after the password: quantity in millionths, sums
// in kopecks, the amount explicit so that the device only checks it.
func itemParams(kind byte, l *doc.Line) ([]byte, error) {
	mask, err := vatMask(l.Rate)
	if err != nil {
		return nil, err
	}
	if !l.Qty.Valid() || !sum(l.Price) || !sum(l.Total) || l.UnitCode < 0 || l.UnitCode > 255 ||
		l.Method < 1 || l.Method > 7 || l.Kind < 1 || l.Kind > 33 {
		return nil, fmt.Errorf("shtrih: line out of range: quantity %s, price %s, total %s, unit %d, method %d, kind %d",
			l.Qty, l.Price, l.Total, l.UnitCode, l.Method, l.Kind)
	}
	return pack().u(uint64(kind), 1).
		u(uint64(l.Qty)*1000, 6).
		u(uint64(l.Price), 5).
		u(uint64(l.Total), 5).
		u(notGiven, 5).
		bytes(mask, department, byte(l.Method), byte(l.Kind)).
		bytes(itemName(l.Name)...).b, nil
}

// itemName is the name as the device prints it. A leading "//" would hide the
// line from the paper.
func itemName(name string) []byte {
	name = strings.TrimSpace(name)
	for strings.HasPrefix(name, "//") {
		name = strings.TrimSpace(name[1:])
	}
	return text.CP1251.EncodeMax(name, maxName)
}

func sum(a money.Amount) bool { return a >= 0 && a <= maxSum }

// closeParams lays out FF45h after the password: 16 payments, rounding, six
// VAT sums the device works out itself, tax system.
func closeParams(r *doc.Receipt) ([]byte, error) {
	paid, err := slotsOf(r.Payments, true)
	if err != nil {
		return nil, err
	}
	p := pack()
	for _, a := range paid[1:] {
		p.u(uint64(a), 5)
	}
	return p.u(0, 1).u(0, 6*5).u(uint64(r.TaxSystem), 1).b, nil
}

// slotsOf sums payments by the device's slots. Cash goes as handed over when
// the device works out the change.
func slotsOf(payments []doc.Payment, handed bool) (paid [slots + 1]money.Amount, err error) {
	for _, pay := range payments {
		slot, ok := map[doc.PaymentType]int{doc.PayCash: slotCash, doc.PayElectron: slotElectron, doc.PayAdvance: slotAdvance,
			doc.PayCredit: slotCredit, doc.PayCounter: slotCounter}[pay.Type]
		if !ok {
			return paid, fmt.Errorf("shtrih: payment type %.40q", string(pay.Type))
		}
		amount := pay.Sum
		if handed && pay.Type == doc.PayCash && pay.Tendered > pay.Sum {
			amount = pay.Tendered
		}
		if paid[slot] += amount; !sum(amount) || !sum(paid[slot]) {
			return paid, fmt.Errorf("shtrih: payment of %s: %w", amount, money.ErrRange)
		}
	}
	return paid, nil
}

// checkTaxSystem refuses a system the device is not registered for.
func checkTaxSystem(id fiscal.Identity, s tax.System) error {
	if slices.Contains(id.TaxSystems, s) {
		return nil
	}
	return refuse(ourError(cmdCloseReceipt, codeBadParams, "ККТ не зарегистрирована на систему налогообложения "+s.String()))
}

// personINN tells whether s is a person's INN: 12 digits with the right two
// check digits.
func personINN(s string) bool {
	if len(s) != 12 || !digits(s) {
		return false
	}
	check := func(n int, weights ...int) bool {
		total := 0
		for i, w := range weights {
			total += w * int(s[i]-'0')
		}
		return total%11%10 == int(s[n]-'0')
	}
	return check(10, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) && check(11, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}
