package till

import (
	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
)

// An exchange is a return and a sale that follow each other like the receipts
// of several tax systems: one plan, frozen before the first, and a crash
// between them goes on with the next. In both receipts the money that stays in
// the shop goes the way it came with the old goods, so that only the difference
// changes hands.

func (e Exchange) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSaleReturn, base: e.Sale}
	switch {
	case e.Sale == uuid.Nil:
		return b, fault.New(fault.BadRequest, "sale")
	case len(e.Parts) > MaxParts:
		return b, fault.New(fault.BadRequest, "parts")
	}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	return b, t.lawful()
}

func (e Exchange) freeze(t *turn, b *bracket) *fault.Error {
	if was := b.sale.Receipt; was != nil && (was.Claim != nil || was.Repays.ID != uuid.Nil) { // money, not goods
		return fault.New(fault.ReturnOf, b.sale.Name, string(b.sale.Type))
	}
	back, err := t.refund(b, e.Lines, "")
	if err != nil {
		return err
	}
	if back.Hands.ID != uuid.Nil { // the prepayment was for other goods: its money pays
		if moneyOut(&back); t.drawerHolds(&back) != nil {
			return t.drawerHolds(&back)
		}
	}
	priced, err := t.priceFor(b)
	if err != nil {
		return err
	}
	if b.payments, err = e.payments(t, &back, priced.Total); err != nil {
		return err
	}
	if err := t.cashLimit(b.cheque.People, b.payments); err != nil {
		return err
	}
	bodies, err := t.cartBodies(b)
	if err != nil {
		return err
	}
	back.Group, back.Groups = 1, 1+len(bodies)
	for i := range bodies {
		bodies[i].Group, bodies[i].Groups = i+2, back.Groups
	}
	b.people = b.sale.People
	if err := t.receipts(b, doc.Payback, []doc.Receipt{back}); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

// payments pay for the new goods: with what comes back, then with the parts.
func (e Exchange) payments(t *turn, back *doc.Receipt, total money.Amount) ([]doc.Payment, *fault.Error) {
	left := total
	var all []doc.Payment
	for _, p := range back.Payments {
		if sum := min(p.Sum, left); sum > 0 {
			p.Sum, left = sum, left-sum
			p.ID = uuid.Nil
			if p.Type == doc.PayCash {
				p.Tendered, p.Change = sum, 0
			}
			all = append(all, p)
		}
	}
	if left == 0 && len(e.Parts) > 0 {
		return nil, fault.New(fault.PaidMore, e.Parts[0].Sum.String(), left.String())
	}
	if left > 0 {
		more, err := t.payments(e.Parts, left)
		if err != nil {
			return nil, err
		}
		all = addPaid(all, more)
	}
	return all, mixture(all)
}
