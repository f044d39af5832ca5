package shtrih

import (
	"fmt"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/money"
)

// Sums, in kopecks.
const (
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

// closeParams lays out FF45h after the password: 16 payments, dropped kopecks,
// six VAT sums (zeros where the device works them out itself), tax system.
func closeParams(r *doc.Receipt, vat [6]money.Amount) ([]byte, error) {
	paid, err := slotsOf(r.Payments, true)
	if err != nil {
		return nil, err
	}
	p := pack()
	for _, a := range paid[1:] {
		p.u(uint64(a), 5)
	}
	p.u(uint64(r.Rounding), 1)
	for _, a := range vat {
		p.u(uint64(a), 5)
	}
	return p.u(uint64(r.TaxSystem), 1).b, nil
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
		if pay.Type == doc.PayElectron && pay.Slot != 0 {
			slot = pay.Slot
		}
		if pay.Slot != 0 && (pay.Type != doc.PayElectron || slot < slotElectron || slot > slotElectronLast) {
			return paid, fmt.Errorf("shtrih: %s in slot %d", pay.Type, pay.Slot)
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
