package till

import (
	"slices"
	"strconv"

	"github.com/kassa-pos/kassa/pos/catalog"
	"github.com/kassa-pos/kassa/pos/cheque"
	"github.com/kassa-pos/kassa/pos/doc"
	"github.com/kassa-pos/kassa/pos/fault"
	"github.com/kassa-pos/kassa/pos/money"
	"github.com/kassa-pos/kassa/pos/pricing"
	"github.com/kassa-pos/kassa/pos/qty"
)

// A customer's order becomes a cheque at the prices that were agreed: no
// discount touches them. What was paid in the cloud pays a part of it, as an
// advance; the receipt carries the order on to the cloud. Marked goods are a
// line for each unit, and the code of each is scanned before it is paid for.

// OrderLine is a position of an order with its item.
type OrderLine struct {
	Item  catalog.Item
	Qty   qty.Milli
	Price money.Amount // of one unit
}

// takeOrder fills the empty cheque with an order.
func (t *turn) takeOrder(e TakeOrder) {
	t.reply(e.Req, t.fillOrder(e))
}

func (t *turn) fillOrder(e TakeOrder) *fault.Error {
	switch {
	case !t.cart.Empty() || len(t.scans) > 0:
		return fault.New(fault.ChequeNotEmpty)
	case len(e.Lines) == 0:
		return fault.New(fault.ChequeEmpty)
	case e.Order.ID != "" && t.prepaidHere(e.Order.ID) != nil:
		return fault.New(fault.ClaimOrder, e.Order.Name, t.prepaidHere(e.Order.ID).Number)
	case len(e.Lines) > cheque.MaxLines:
		return fault.New(fault.ChequeFull, strconv.Itoa(cheque.MaxLines))
	}
	var lines []cheque.Line
	for i := range e.Lines {
		l := &e.Lines[i]
		if err := t.orderable(l); err != nil {
			return err
		}
		l.Item.DiscountProhibited = true // the price is agreed
		line := cheque.Line{Item: l.Item, Code: l.Item.Code, Qty: l.Qty, Price: l.Price, Printed: true}
		units := 1
		if line.Wants() && !l.Item.Measured() { // a code for each unit is scanned before it is paid for
			line.Qty, units = qty.One, int(l.Qty/qty.One)
		}
		for range units {
			line.ID = t.env.NewID()
			lines = append(lines, line)
		}
	}
	c := cheque.Cheque{ID: t.env.NewID()}
	ch, err := c.Fill(e.Order, lines, e.Generation, t.env.Now)
	if err != nil {
		return chequeFault(err, 0)
	}
	next := c.Apply(ch)
	if _, err := t.rules.Price(&next, pricing.How{Now: t.today(), Country: t.country()}); err != nil {
		return priceFault(err, "")
	}
	t.dropCart()
	t.cart = c
	return t.change(c, ch)
}

// prepaidHere finds this till's own prepayment of an order: its goods are handed
// over by it, and what the cloud says was paid is the same money.
func (s *State) prepaidHere(order string) *Claim {
	i := slices.IndexFunc(s.claims, func(c Claim) bool { return c.Kind == doc.ClaimPrepayment && c.Order == order })
	if i < 0 {
		return nil
	}
	return &s.claims[i]
}

// payOrder pays what was not paid for an order before.
func (e Pay) payOrder(t *turn, paid []doc.Payment) ([]doc.Payment, *fault.Error) {
	left := t.priced.Total - paidSum(paid)
	if left == 0 {
		if len(e.Parts) > 0 || e.Tendered != 0 {
			return nil, fault.New(fault.PaidMore, e.Tendered.String(), left.String())
		}
		return paid, nil
	}
	parts, err := e.parts()
	if err != nil {
		return nil, err
	}
	more, err := t.payments(parts, left)
	if err != nil {
		return nil, err
	}
	all := append(paid, more...)
	return all, mixture(all)
}

// orderable refuses what an order can not put into a cheque unseen.
func (t *turn) orderable(l *OrderLine) *fault.Error {
	switch {
	case l.Item.Marked() && t.markFault() != nil:
		return t.markFault()
	case !l.Item.Measured() && !l.Qty.Whole(), !l.Qty.Valid(), (l.Item.Marked() || l.Item.Serials) && l.Qty > cheque.MaxLines*qty.One:
		return fault.New(fault.QtyBad, l.Qty.String())
	case l.Price <= 0:
		return fault.New(fault.ItemNoPrice, l.Item.Name)
	}
	return t.sellable(&held{match: catalog.Match{Item: l.Item, Qty: l.Qty}, times: l.Qty})
}
