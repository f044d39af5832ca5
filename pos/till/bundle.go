package till

import (
	"slices"

	"github.com/google/uuid"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
)

// A line of a receipt has room for one marking code. So a bundle some of whose
// parts are marked, or have serial numbers, stands in the cheque as its parts:
// each with its share of the bundle's price, each unit that has a code on a line
// of its own. The codes are collected beside the cheque, each passes the permit
// port, and the bundle enters the cheque when it is whole, at once. Its parts
// stay together: they are voided together and not sold one by one.

// set is a bundle, or several of one kind, on its way into the cheque.
type set struct {
	lines []cheque.Line
}

// has tells whether a line of it is so.
func (s *set) has(so func(*cheque.Line) bool) bool {
	return s != nil && slices.ContainsFunc(s.lines, func(l cheque.Line) bool { return so(&l) })
}

// next is the first line whose code is not there yet, and of how many units of
// that item it is.
func (s *set) next() (l *cheque.Line, more int) {
	for i := range s.lines {
		switch w := &s.lines[i]; {
		case w.Wants() && l == nil:
			l, more = w, 1
		case w.Wants() && w.Item.ID == l.Item.ID:
			more++
		}
	}
	return l, more
}

// answered notes what a person said of all marking codes that are missing.
func (s *set) answered(choice string) {
	if s == nil || choice != AnswerUnmarked {
		return
	}
	s.lines = slices.Clone(s.lines)
	for i := range s.lines {
		if l := &s.lines[i]; l.WantsMark() {
			l.Unmarked = true
		}
	}
}

// items are those that the law looks at: of a bundle its parts too.
func (h *held) items() []*catalog.Item {
	all := []*catalog.Item{&h.match.Item}
	for i := range h.match.Parts {
		all = append(all, &h.match.Parts[i])
	}
	return all
}

// coded tells whether a part of the bundle has codes of its own.
func (h *held) coded() bool {
	return slices.ContainsFunc(h.match.Parts, func(it catalog.Item) bool { return it.Marked() || it.Serials })
}

// bundled makes a bundle's parts of it where that is needed. It tells whether
// it waits for their codes now.
func (t *turn) bundled(h *held) (waits bool, err *fault.Error) {
	if h.set == nil {
		if len(h.match.Item.Parts) == 0 {
			return false, nil
		}
		if err := t.partsSellable(h); err != nil || !h.coded() {
			return false, err
		}
		if h.set, err = t.parts(h); err != nil {
			return false, err
		}
	}
	l, _ := h.set.next()
	if l == nil || h.later && !h.set.has((*cheque.Line).WantsSerial) {
		return false, nil
	}
	if l.Item.Marked() {
		if err := t.markFault(); err != nil {
			return false, err
		}
	}
	err = t.askPerson(h, AskMark)
	return err == nil, err
}

// partsSellable refuses a bundle with a part that may not be sold, or that is
// not known: it may be marked.
func (t *turn) partsSellable(h *held) *fault.Error {
	for i, p := range h.match.Item.Parts {
		if i >= len(h.match.Parts) || h.match.Parts[i].ID == "" || len(h.match.Parts[i].Parts) > 0 {
			return fault.New(fault.BundleUnknown, h.match.Item.Name, p.ItemID)
		}
		part := held{match: catalog.Match{Item: h.match.Parts[i], Qty: p.Quantity}, times: p.Quantity}
		if err := t.sellable(&part); err != nil {
			return err
		}
	}
	return nil
}

// parts are the lines that a bundle makes: units with a code one by one.
func (t *turn) parts(h *held) (*set, *fault.Error) {
	q, err := h.quantity()
	if err != nil {
		return nil, err
	}
	price, ok := h.match.Item.PriceOf(t.store.PriceType)
	if !ok {
		return nil, fault.New(fault.ItemNoPrice, h.match.Item.Name)
	}
	if q < qty.One || q > cheque.MaxLines*qty.One {
		return nil, fault.New(fault.QtyBad, q.String())
	}
	one, err := t.partsOf(h, price)
	if err != nil {
		return nil, err
	}
	s := &set{}
	for range int(q / qty.One) {
		if len(s.lines)+len(one) > cheque.MaxLines {
			return nil, chequeFault(cheque.ErrFull, q)
		}
		b := &cheque.Bundle{ID: t.env.NewID(), Item: h.match.Item.ID, Name: h.match.Item.Name, Lines: len(one)}
		for _, l := range one {
			l.ID, l.Bundle = t.env.NewID(), b
			s.lines = append(s.lines, l)
		}
	}
	return s, nil
}

// partsOf are the lines of one bundle, which together cost its price: shares in
// proportion to what the parts cost by themselves. Of what is weighed the share
// is brought down to what a price per kilogram makes; units take the rest.
func (t *turn) partsOf(h *held, price money.Amount) ([]cheque.Line, *fault.Error) {
	bad := func(err error) *fault.Error { return fault.New(fault.SumRange).With(err) }
	var lines []cheque.Line
	var weights []money.Amount
	for i, p := range h.match.Item.Parts {
		it := h.match.Parts[i]
		own, _ := it.PriceOf(t.store.PriceType)
		l := cheque.Line{Item: it, Code: it.Code, Qty: p.Quantity, Printed: true}
		n := 1
		if p.Quantity.Whole() && !it.Measured() {
			n, l.Qty = int(p.Quantity/qty.One), qty.One
		}
		weight, err := l.Qty.Times(max(own, 1))
		if err != nil {
			return nil, bad(err)
		}
		if len(lines)+n > cheque.MaxLines {
			return nil, chequeFault(cheque.ErrFull, p.Quantity)
		}
		for range n {
			lines, weights = append(lines, l), append(weights, max(weight, 1))
		}
	}
	rest := price
	for i := range lines { // first what can not take every sum
		if l := &lines[i]; l.Qty != qty.One {
			share, err := money.Allocate(rest, []money.Amount{weights[i], sumOf(weights) - weights[i]})
			if err != nil {
				return nil, bad(err)
			}
			if l.Price, err = share[0].MulDiv(int64(qty.One), int64(l.Qty)); err != nil {
				return nil, bad(err)
			}
			total, err := l.Qty.Times(l.Price)
			if err != nil {
				return nil, bad(err)
			}
			rest, weights[i] = rest-total, 0
		}
	}
	shares, err := money.Allocate(rest, weights)
	if err != nil {
		return nil, bad(err)
	}
	for i := range lines {
		l := &lines[i]
		if l.Qty == qty.One {
			l.Price = shares[i]
		}
		if l.Price <= 0 { // a part can not be given away: the receipt would take the catalogue's price
			return nil, fault.New(fault.ItemNoPrice, h.match.Item.Name)
		}
	}
	return joined(lines), nil
}

// joined puts units without codes that cost the same on one line.
func joined(lines []cheque.Line) []cheque.Line {
	all := lines[:0]
	for _, l := range lines {
		if last := len(all) - 1; last >= 0 && !l.Wants() && l.Qty == qty.One && all[last].Item.ID == l.Item.ID && all[last].Price == l.Price {
			all[last].Qty += l.Qty
			continue
		}
		all = append(all, l)
	}
	return all
}

func sumOf(all []money.Amount) (sum money.Amount) {
	for _, a := range all {
		sum += a
	}
	return sum
}

// intoSet gives a unit to the bundle that waits for it. It tells whether one did.
func (t *turn) intoSet(u *held, l *cheque.Line) bool {
	for i := range t.held {
		h := &t.held[i]
		if h.asks != AskMark || h.set == nil {
			continue
		}
		k := slices.IndexFunc(h.set.lines, func(w cheque.Line) bool {
			return w.Item.ID == l.Item.ID && (l.Mark != "" && w.WantsMark() || l.Serial != "" && w.WantsSerial())
		})
		if k < 0 {
			continue
		}
		now := &set{lines: slices.Clone(h.set.lines)}
		w := &now.lines[k]
		w.Mark, w.Permit, w.MRC, w.Code, w.Serial, w.SerialID = l.Mark, l.Permit, l.MRC, l.Code, l.Serial, l.SerialID
		t.held = slices.Clone(t.held)
		t.held[i].set = now
		t.do(Beep{SignalOK})
		t.reply(u.scan.Req, nil)
		if next, _ := now.next(); next == nil {
			whole, _ := t.release(func(o *held) bool { return o.id == h.id })
			whole.asks = ""
			t.settle(whole)
		}
		return true
	}
	return false
}

// putSet puts a bundle into the cheque as a whole or not at all.
func (t *turn) putSet(s *set, generation int64) *fault.Error {
	c := t.cart
	if c.Empty() && c.Revision == 0 {
		c.ID = t.env.NewID()
	}
	ch, err := c.PutAll(s.lines, generation, t.env.Now)
	if err != nil {
		return chequeFault(err, 0)
	}
	rules, next := t.pinned, c.Apply(ch)
	if rules == nil || c.Empty() {
		rules = t.rules
	}
	if _, err := rules.Price(&next, pricing.How{Now: t.today(), Country: t.country()}); err != nil {
		return priceFault(err, "")
	}
	return t.change(c, ch)
}

// voidBundle takes a bundle out of the cheque, with all its parts.
func (t *turn) voidBundle(b *cheque.Bundle) *fault.Error {
	var all []uuid.UUID
	if b != nil {
		all = t.cart.OfBundle(b.ID)
	}
	for _, id := range all {
		ch, err := t.cart.Remove(id, t.env.Now)
		if err != nil {
			return chequeFault(err, 0)
		}
		if err := t.change(t.cart, ch); err != nil {
			return err
		}
	}
	return nil
}
