package till

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/qty"
)

// An exchange is a return and a sale that follow each other like the receipts
// of several tax systems: one plan, frozen before the first, and a crash
// between them goes on with the next. In both receipts the money that stays in
// the shop goes the way it came with the old goods, so that only the difference
// changes hands.

func (e Exchange) begin(t *turn) (bracket, *fault.Error) {
	b := bracket{kind: kkt.OpSaleReturn, base: e.Sale}
	free := e.Sale == uuid.Nil
	switch {
	case free && len(e.Back) == 0, !free && len(e.Back) > 0:
		return b, fault.New(fault.BadRequest, "sale | back")
	case len(e.Back) > cheque.MaxLines:
		return b, fault.New(fault.ChequeFull, strconv.Itoa(cheque.MaxLines))
	case free && plain(e.Reason, MaxReason) == "":
		return b, fault.New(fault.ReasonNone)
	case free && e.Payment != doc.PayCash && e.Payment != doc.PayElectron:
		return b, fault.New(fault.BadRequest, string(e.Payment))
	case len(e.Parts) > MaxParts:
		return b, fault.New(fault.BadRequest, "parts")
	}
	if err := t.takeCart(&b, e.Seen); err != nil {
		return b, err
	}
	for i := range e.Back {
		if err := t.canComeBack(&e.Back[i]); err != nil {
			return b, err
		}
	}
	return b, t.lawful()
}

// canComeBack refuses goods that can not come back without their sale.
func (t *turn) canComeBack(l *BackLine) *fault.Error {
	switch {
	case !l.Qty.Valid(), !l.Item.Measured() && !l.Qty.Whole(), l.Mark != "" && l.Qty != qty.One && !l.Item.Measured():
		return fault.New(fault.QtyBad, l.Qty.String())
	case l.Price < 0 || l.Price > money.Max:
		return fault.New(fault.AmountBad, l.Price.String())
	case l.Item.Marked() && l.Mark == "":
		return fault.New(fault.ItemMarked, l.Item.Name)
	}
	return t.systemFault(t.systemOf(&l.Item))
}

// unsold are the receipts that take back goods without their sale.
func (e Exchange) unsold(t *turn, b *bracket) ([]doc.Receipt, *fault.Error) {
	old := cheque.Cheque{ID: b.cheque.ID, Catalog: t.generation, Electronic: b.cheque.Electronic, Customer: b.cheque.Customer}
	bodies, err := t.atPrices(old, e.Back, e.Payment)
	if err != nil {
		return nil, err
	}
	for i := range bodies {
		r := &bodies[i]
		r.Reason = plain(e.Reason, MaxReason)
		for k := range r.Lines {
			comesBack(&r.Lines[k])
		}
		if err := t.drawerHolds(r); err != nil {
			return nil, err
		}
	}
	return bodies, nil
}

// sold is the receipt that takes back what a sale sold.
func (e Exchange) sold(t *turn, b *bracket) ([]doc.Receipt, *fault.Error) {
	if was := b.sale.Receipt; b.sale.Type != doc.Sell || was != nil && (was.Claim != nil || was.Repays.ID != uuid.Nil) { // money, not goods
		return nil, fault.New(fault.ReturnOf, b.sale.Name, string(b.sale.Type))
	}
	back, err := t.refund(b, e.Lines, "")
	if err != nil {
		return nil, err
	}
	if back.Hands.ID != uuid.Nil { // the prepayment was for other goods: its money pays
		moneyOut(&back)
		if err := t.drawerHolds(&back); err != nil {
			return nil, err
		}
	}
	b.people = b.sale.People
	return []doc.Receipt{back}, nil
}

func (e Exchange) freeze(t *turn, b *bracket) *fault.Error {
	if err := t.shiftFault(b.mark); err != nil {
		return err
	}
	take := e.sold
	if e.Sale == uuid.Nil {
		take = e.unsold
	}
	backs, err := take(t, b)
	if err != nil {
		return err
	}
	priced, err := t.priceFor(b)
	if err != nil {
		return err
	}
	var came []doc.Payment
	for i := range backs {
		came = addPaid(came, backs[i].Payments)
	}
	if b.payments, err = e.payments(t, came, priced.Total); err != nil {
		return err
	}
	if err := t.cashLimit(b.cheque.People, b.payments); err != nil {
		return err
	}
	bodies, err := t.cartBodies(b)
	if err != nil {
		return err
	}
	groups := len(backs) + len(bodies)
	for i := range backs {
		backs[i].Group, backs[i].Groups = i+1, groups
	}
	for i := range bodies {
		bodies[i].Group, bodies[i].Groups = len(backs)+i+1, groups
	}
	if e.Sale == uuid.Nil {
		d := t.auditWho()
		d.Note, d.Sum = plain(e.Reason, MaxReason), int64(paidSum(came))
		t.audit(auditTakeBack, d, uuid.Nil)
	}
	if err := t.receipts(b, doc.Payback, backs); err != nil {
		return err
	}
	return t.receipts(b, doc.Sell, bodies)
}

// payments pay for the new goods: with what comes back, then with the parts.
func (e Exchange) payments(t *turn, came []doc.Payment, total money.Amount) ([]doc.Payment, *fault.Error) {
	left := total
	var all []doc.Payment
	for _, p := range came {
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
