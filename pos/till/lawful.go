package till

import (
	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/restrict"
	"github.com/kassa-pos/kassa/pos/tax"
)

// What the law and the region say of an item is looked at when it is scanned
// and again when it is paid for: hours may have begun since, a cheque may have
// been parked, a price changed.

var federal = restrict.Default()

func (s *State) restrict() *restrict.Rules {
	if s.Settings.Restrict != nil {
		return s.Settings.Restrict
	}
	if s.country() != tax.Russia {
		return unrestricted
	}
	return federal
}

// restricted tells why an item may not be sold at this hour; nil: it may.
func (t *turn) restricted(it *catalog.Item) *fault.Error {
	for _, g := range t.restrict().Of(it) {
		if until := g.Closed(t.today()); !until.IsZero() {
			return fault.New(fault.ItemHours, it.Name, until.Format("15:04 02.01"))
		}
	}
	return nil
}

// ageMissing names a group of the items whose age check this cheque lacks; "":
// none.
func (t *turn) ageMissing(items ...*catalog.Item) string {
	for _, it := range items {
		for _, g := range t.restrict().Of(it) {
			if g.Years(t.today()) > 0 && t.cart.AgeOf(g.ID) == nil {
				return g.ID
			}
		}
	}
	return ""
}

// groupsOf names the groups an item is in, with their restrictions of today.
func (t *turn) groupsOf(it *catalog.Item) (ids []string) {
	for _, g := range t.restrict().Of(it) {
		ids = append(ids, g.ID)
	}
	return ids
}

// handable refuses goods that are handed over without being scanned and would
// not be sold now: at these hours, or to a buyer whose age nobody looked at.
func (t *turn) handable(r *doc.Receipt) *fault.Error {
	for i := range r.Lines {
		l := &r.Lines[i]
		for _, id := range l.Groups {
			g := t.restrict().Named(id)
			if g == nil {
				continue
			}
			if until := g.Closed(t.today()); !until.IsZero() {
				return fault.New(fault.ItemHours, l.Name, until.Format("15:04 02.01"))
			}
			if g.Years(t.today()) > 0 && t.jobAge(id) == nil {
				return fault.New(fault.AgeMissing, l.Name)
			}
		}
	}
	return nil
}

// jobAge finds the age check of the cheque that is being paid.
func (t *turn) jobAge(group string) *cheque.AgeCheck {
	if t.job == nil {
		return nil
	}
	return t.job.cheque.AgeOf(group)
}

// lawful looks at the whole cart before it is paid for and handed over.
func (t *turn) lawful() *fault.Error { return t.lawfulTo(true) }

// lawfulTo looks at the whole cart before it is paid for; handed tells whether
// the goods are handed over as well.
func (t *turn) lawfulTo(handed bool) *fault.Error {
	for i := range t.cart.Lines {
		l := &t.cart.Lines[i]
		if err := t.restricted(&l.Item); err != nil {
			return err
		}
		if group := t.ageMissing(&l.Item); group != "" {
			return fault.New(fault.AgeMissing, l.Item.Name)
		}
		if l.WantsMark() && handed { // whichever way it came into the cheque
			return fault.New(fault.ItemMarked, l.Item.Name)
		}
		if l.WantsSerial() && handed {
			return fault.New(fault.SerialNeeded, l.Item.Name)
		}
		if b := l.Bundle; b != nil && len(t.cart.OfBundle(b.ID)) != b.Lines {
			return fault.New(fault.BundleBroken, b.Name)
		}
		if l.Mark != "" {
			if err := t.markFault(); err != nil {
				return err
			}
		}
		if err := t.priceLawful(&l.Item, t.priced.Shown(i)); err != nil {
			return err
		}
	}
	return nil
}

// priceLawful refuses a price below the least one there is for such goods.
func (t *turn) priceLawful(it *catalog.Item, l doc.Line) *fault.Error {
	for _, g := range t.restrict().Of(it) {
		least := g.LeastPrice(t.today())
		if sum, err := l.Qty.Times(least); least > 0 && (err != nil || l.Total < sum) {
			return fault.New(fault.ItemLeast, it.Name, least.String())
		}
	}
	return nil
}
