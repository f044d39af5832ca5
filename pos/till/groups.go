package till

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/kkt"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/record"
	"github.com/kassa-pos/kassa/pos/tax"
)

// systemOf is the tax system an item is sold under.
func (s *State) systemOf(it *catalog.Item) tax.System {
	if it.TaxSystem != 0 && s.country() == tax.Russia {
		return it.TaxSystem
	}
	return s.store.TaxSystem
}

// systemFault tells why nothing may be sold under a tax system; nil: it may.
func (s *State) systemFault(sys tax.System) *fault.Error {
	known := len(s.device.Identity.TaxSystems) > 0
	if s.country() != tax.Russia {
		return nil
	}
	if sys == tax.UTII || (sys != 0 && known && !s.device.Supports(sys)) {
		return fault.New(fault.FiscalTaxSystem, sys.Printed())
	}
	return nil
}

// split makes of a priced cheque the receipts it needs, one for each tax
// system in order of first appearance.
func (t *turn) split(c *cheque.Cheque, p *pricing.Priced) ([]doc.Receipt, *fault.Error) {
	var all []doc.Receipt
	for i, row := range p.Rows {
		sys := t.systemOf(&c.Lines[i].Item)
		if err := t.systemFault(sys); err != nil {
			return nil, err
		}
		g := slices.IndexFunc(all, func(r doc.Receipt) bool { return r.TaxSystem == sys })
		if g < 0 {
			g = len(all)
			all = append(all, doc.Receipt{ChequeID: c.ID, TaxSystem: sys, Catalog: c.Catalog, CustomerID: customerID(c), Electronic: c.Electronic, Order: orderOf(c), Tablet: tabletOf(c)})
		}
		for _, l := range p.Lines[row.First : row.First+row.Count] {
			t.checkedBy(&l)
			l.Groups = t.groupsOf(&c.Lines[i].Item)
			addLine(&all[g], l)
		}
	}
	if len(all) > 1 {
		for i := range all {
			all[i].Group, all[i].Groups = i+1, len(all)
		}
	}
	for i := range all {
		all[i].Recalc = pricedBy(c)
	}
	if c.Recalc != nil && c.Recalc.Online {
		cloudPoints(c.Recalc, all)
	} else {
		spent(c.Customer, all)
	}
	return all, nil
}

// checkedBy notes what the store wants of the device's check of a marking code.
func (t *turn) checkedBy(l *doc.Line) {
	if l.Mark != "" {
		l.MarkAnyway, l.MarkProven = t.store.Marking == catalog.MarksAny, t.store.Marking == catalog.MarksCorrect
	}
}

// spent tells of each receipt how many of the customer's points paid for it:
// together as many as pay for all of them at once.
func spent(who *catalog.Customer, all []doc.Receipt) {
	if who == nil || who.BonusProgram == "" {
		return
	}
	var so money.Amount
	for i := range all {
		sum := paidByPoints(&all[i])
		if points := who.Points(so+sum) - who.Points(so); points > 0 {
			all[i].Bonus = &doc.Bonus{Program: who.BonusProgram, Spent: points, Sum: sum}
		}
		so += sum
	}
}

// customerID is the known customer's.
func customerID(c *cheque.Cheque) string {
	if c.Customer == nil {
		return ""
	}
	return c.Customer.ID
}

func orderOf(c *cheque.Cheque) *doc.Order {
	if c.Order == nil {
		return nil
	}
	o := c.Order.Order
	return &o
}

// addLine puts a line into a receipt and its sums.
func addLine(r *doc.Receipt, l doc.Line) {
	r.Lines = append(r.Lines, l)
	r.Gross, r.Discount, r.Total = r.Gross+l.Gross, r.Discount+l.Discount, r.Total+l.Total
	r.VAT = doc.AddVAT(r.VAT, doc.VATSum{Rate: l.Rate, Total: l.Total, VAT: l.VAT})
}

// receipts turns receipt bodies into the bracket's plan: the first document
// now, the others after it.
func (t *turn) receipts(b *bracket, typ doc.Type, bodies []doc.Receipt) *fault.Error {
	for i := range bodies {
		d := t.newDocument(typ, int64(len(b.docs)+len(b.later))+1)
		d.Receipt = &bodies[i]
		first := len(b.docs) == 0
		if first {
			d.ID = b.id
		}
		if err := d.Validate(); err != nil {
			return fault.New(fault.Internal).With(err)
		}
		if first {
			b.docs = []doc.Document{d}
		} else {
			b.later = append(b.later, d)
		}
	}
	return nil
}

// following is the bracket of the next print group. The FN stands right after
// this one's document; if somebody else has used it by then, Prepare refuses.
func (b *bracket) following(now time.Time) *bracket {
	n := *b
	f := b.docs[0].Fiscal
	n.id, n.docs, n.later = b.later[0].ID, b.later[:1:1], b.later[1:]
	n.kind = kindOf(n.docs[0].Type)
	if n.kind != b.kind { // the sale of an exchange
		n.people = b.cheque.People
	}
	n.done = append(slices.Clone(b.done), lastPart(&b.docs[0]))
	if !b.mark.Cloud {
		n.mark.FN, n.mark.FD, n.mark.ShiftOpen, n.mark.Doc, n.mark.Drawer = f.FN, f.FD, true, 0, 0
	}
	n.cheque = b.cheque.Apply(b.cheque.Sell(lineIDs(&b.docs[0]), now))
	n.tickets, n.knows = nil, nil // they go with this one
	n.attempts, n.reason, n.doubt, n.next, n.minted = 0, nil, nil, nil, true
	return &n
}

// kindOf is how a receipt of a type is registered.
func kindOf(typ doc.Type) kkt.OperationKind {
	if c, ok := correctable[typ]; ok {
		return c.kind
	}
	return kkt.OpCorrection
}

// sold journals that the cheque holds only what is still to be registered.
func (b *bracket) sold(now time.Time) record.Entry {
	ch := b.cheque.Sell(lineIDs(&b.docs[0]), now)
	return record.Entry{Kind: record.Cart, ID: b.cheque.ID, Group: b.cheque.ID, Shift: b.docs[0].ShiftID, Schema: 1, Data: encode(ch)}
}

func lineIDs(d *doc.Document) []uuid.UUID {
	ids := make([]uuid.UUID, len(d.Receipt.Lines))
	for i := range ids {
		ids[i] = d.Receipt.Lines[i].ID
	}
	return ids
}

// priceFor prices a cheque that is not the cart, with the rules it was shown
// with.
func (t *turn) priceFor(b *bracket) (pricing.Priced, *fault.Error) {
	rules := b.rules
	if rules == nil {
		rules = t.rules
	}
	p, err := rules.Price(&b.cheque, pricing.How{Now: t.today(), Country: t.country(), Round: b.round})
	if err != nil {
		return p, priceFault(err, "")
	}
	return p, nil
}
